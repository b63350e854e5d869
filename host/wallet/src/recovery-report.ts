/** What comes back of a wallet, counted from its rows and from what the nodes show. Nothing is written. */

import { equal } from '@dsm/primitive';
import { forms, noteKinds, spendPlace } from '@dsm/protocols';
import { format } from './amounts.ts';
import type { Edge } from './edge-api.ts';
import { allEdges } from './edges.ts';
import { treeView } from './devices.ts';
import { contactView } from './contacts.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { heldViews } from './held-view.ts';
import type { Token } from './model.ts';
import type { NoteRow } from './rows.ts';
import type { RecoveredEdge, RecoveredToken, RecoveryReport } from './recovery-api.ts';
import { idText } from './text.ts';
import { notesOf, standingOf } from './value.ts';

export async function recoveryReport(engine: Engine): Promise<RecoveryReport> {
  const { model } = engine;
  const { row, device } = model;
  const contacts = [...model.contacts.values()].map((contact) => {
    const { name, device: id, state } = contactView(model, contact);
    return { name, device: id, state };
  });
  const tokens: RecoveredToken[] = [];
  for (const token of model.tokens.values()) tokens.push(await tokenIn(engine, token));
  const edges = allEdges(model)
    .filter(({ mine, theirs, locked }) => mine + theirs + locked > 0n)
    .map(edgeIn);
  return {
    source: 'store',
    device: idText('device', device.id),
    name: row.name,
    incarnation: row.incarnation,
    devices: devicesIn(engine),
    capsule: undefined,
    contacts: contacts.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    relationships: [...model.relationships.values()].filter(({ key }) => !equal(key, model.own))
      .length,
    tokens: tokens.filter(
      ({ kept, spent, purse, uncertified }) => kept + spent + purse + uncertified > 0n,
    ),
    edges,
    receipts: model.payments.length,
    held: heldViews(model).length,
    missing: row.phase === 1 ? missingIn(tokens, edges) : [],
  };
}

function devicesIn({ model }: Engine): RecoveryReport['devices'] {
  const devices = treeView(model, model.card.body.genesis)?.devices ?? [];
  return devices.map(({ device, name, state, here }) => ({ device, name, state, here }));
}

async function tokenIn(engine: Engine, token: Token): Promise<RecoveredToken> {
  const { model } = engine;
  const sums = { kept: 0n, spent: 0n, purse: 0n, uncertified: 0n };
  for (const row of notesOf(model, token.id)) {
    const standing = standingOf(model, row);
    if (row.note.kind === noteKinds.escrow || standing === 'void') continue;
    const amount = token.rules.form === forms.fungible ? row.note.amount : 1n;
    sums[await fateOf(engine, row, standing === 'spendable')] += amount;
  }
  const { ticker, decimals } = token.rules;
  return { token: idText('token', token.id), ticker, decimals, ...sums };
}

async function fateOf(
  { quorum }: Engine,
  { note }: NoteRow,
  isCertified: boolean,
): Promise<'kept' | 'spent' | 'purse' | 'uncertified'> {
  if (note.kind === noteKinds.purse) return 'purse';
  const reading = await quorum.readSlot(spendPlace(note));
  if (reading.type === 'undecided') {
    throw new DsmError('offline', 'too few nodes answer to see which notes are free');
  }
  if (reading.type === 'voted') return 'spent';
  return isCertified ? 'kept' : 'uncertified';
}

function edgeIn({ contact, token, mine, theirs }: Edge): RecoveredEdge {
  const next =
    mine > 0n
      ? `leave it (edge exit) for what ${contact} has paid; what was funded from here returns when ${contact} leaves`
      : `nothing to do: it is ${contact}’s until ${contact} leaves`;
  const { ticker, decimals } = token;
  return { contact, ticker, decimals, mine, theirs, next };
}

function missingIn(
  tokens: readonly RecoveredToken[],
  edges: readonly RecoveredEdge[],
): readonly string[] {
  const lost = tokens.filter(({ purse }) => purse > 0n);
  const spent = tokens.filter((token) => token.spent > 0n);
  return [
    ...lost.map(
      ({ purse, ticker, decimals }) =>
        `${format(purse, decimals)} ${ticker} of the purse: it is lost with the device that held it`,
    ),
    ...spent.map(
      ({ spent: amount, ticker, decimals }) =>
        `${format(amount, decimals)} ${ticker} were spent after this was written down; what came of them is with whoever was paid, change with the lost device`,
    ),
    ...(edges.length === 0
      ? []
      : [
          'payments over the edges that were there: a restore ends them, what is in them is listed',
        ]),
    'what came after this was written down, unless the nodes or a contact still have it for this device',
  ];
}
