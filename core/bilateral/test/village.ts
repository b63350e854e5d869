/**
 * A village: three devices that issue, pay, burn, set apart and leave, and everything that is under
 * way between them. What a turn does is decided by the core; the village keeps it and counts.
 */

import assert from 'node:assert/strict';

import {
  equal,
  exitAmount,
  exitHead,
  keyOf,
  lockHash,
  type Citation,
  type Claim,
  type ExitClaim,
} from '@dsm/primitive';
import {
  boundsAfter,
  choose,
  denominations,
  encodeOperation,
  escrowId,
  exitOutputs,
  forms,
  giveUp,
  issueHead,
  lockIn,
  nextEscrow,
  noteKinds,
  placed,
  tokenId,
  type Escrow,
  type EscrowOperation,
  type Issue,
  type Movement,
  type Note,
  type NoteKind,
  type Policy,
} from '@dsm/protocols';
import { named } from '@dsm/primitive/fixture';
import { notesFor } from '../src/run.ts';
import {
  citationOf,
  exitOperation,
  fundOperation,
  lockOperation,
  saidOf,
  totalOperation,
} from './escrow-scene.ts';
import {
  absorbed,
  inInputOrder,
  inputOf,
  introduced,
  issueOf,
  openDurable,
  outputTo,
  payment,
  person,
  policyOf,
  sent,
  type Durable,
  type Person,
} from './fixture.ts';

export const persons: readonly Person[] = [person('ada'), person('bob'), person('cyd')];
const wide = { depthMax: 64, receiptsMax: 4_096, burn: 1 } as const;

/** Tokens are issued by the person of the same number; the last are items. */
export const policies: readonly Policy[] = [
  policyOf(persons[0]!, wide),
  policyOf(persons[1]!, { ...wide, ticker: 'SLV' }),
  policyOf(persons[2]!, { ...wide, ticker: 'ART', form: forms.unique, decimals: 0 }),
];
export const art = 2;

/** A run that was sent and has not been absorbed. */
export interface Parcel {
  readonly from: number;
  readonly to: number;
  readonly claim: Claim;
  readonly value: readonly Note[];
}

/** What an issue or an exit has made for somebody who has not collected it yet. */
interface Waiting {
  readonly owner: number;
  readonly note: Note;
}

export interface Village {
  readonly devices: readonly Durable[];
  readonly wire: readonly Parcel[];
  readonly delivered: readonly Parcel[];
  readonly issues: readonly (Issue | undefined)[];
  readonly waiting: readonly Waiting[];
  readonly burnt: readonly Note[];
  /** What payees hold of their payers, oldest first. */
  readonly citations: readonly Citation[];
  /** Locks that are certified as opened. */
  readonly opened: readonly Uint8Array[];
  readonly exits: number;
}

export function founded(): Village {
  const devices = persons.map((each) => openDurable(each));
  for (let i = 0; i < persons.length; i++) {
    for (let j = i + 1; j < persons.length; j++) {
      [devices[i], devices[j]] = introduced(persons[i]!, persons[j]!, devices[i]!, devices[j]!) as [
        Durable,
        Durable,
      ];
    }
  }
  return {
    devices,
    wire: [],
    delivered: [],
    issues: policies.map(() => undefined),
    waiting: [],
    burnt: [],
    citations: [],
    opened: [],
    exits: 0,
  };
}

/** The issuer of the token makes something for somebody. */
export function issued(village: Village, token: number, owner: number, amount: bigint): Village {
  const by = persons[token]!;
  const before = village.issues[token];
  const total = before?.total ?? 0n;
  const amounts = token === art ? [total + 1n, total + 2n] : [amount, 1n];
  const plain = issueOf(by, policies[token]!, amounts, before);
  const count = token === art ? 2n : plain.amount;
  const outputs = amounts.map((each) => outputTo(persons[owner]!, each));
  const issue: Issue = { ...plain, amount: count, total: total + count, outputs };
  const source = issueHead(issue);
  const notes = placed(outputs).map((each) => ({ ...each, token: issue.token, source }));
  return {
    ...village,
    issues: village.issues.with(token, issue),
    waiting: [...village.waiting, ...notes.map((note) => ({ owner, note }))],
  };
}

/** Somebody takes what waits for it into its map. */
export function collects(village: Village, number: number): Village {
  const { waiting } = village;
  if (waiting.length === 0) return village;
  const at = number % waiting.length;
  const { owner, note } = waiting[at]!;
  const { token, source, ...output } = note;
  const operation = encodeOperation({ type: 'collect', token, source, outputs: [output] });
  const rest = waiting.filter((_, i) => i !== at);
  return { ...posted(village, owner, owner, operation), waiting: rest };
}

/** Notes that can still be spent a few times under the policy's bounds. */
export function unspent(village: Village, who: number, token: number, kind: NoteKind): Note[] {
  const id = tokenId(policies[token]!);
  return [...village.devices[who]!.notes.values()].filter(
    (note) => equal(note.token, id) && note.kind === kind && note.depth < 55 && note.receipts < 90,
  );
}

export function loads(village: Village, who: number, token: number, amount: bigint): Village {
  const notes = choose(unspent(village, who, token, noteKinds.online), amount);
  if (token === art || notes === undefined || amount < 2n) return village;
  const { notes: coins, rest } = denominations(amount);
  const { moved, bounds, taken } = movementOf(who, notes);
  const outputs = coins.map((coin) =>
    outputTo(persons[who]!, coin, { ...bounds, kind: noteKinds.purse }),
  );
  const change = taken - amount + rest;
  if (change > 0n) outputs.push(outputTo(persons[who]!, change, bounds));
  return posted(village, who, who, encodeOperation({ ...moved, type: 'load', outputs }));
}

interface Spent {
  readonly moved: Omit<Movement, 'outputs'>;
  readonly bounds: { readonly depth: number; readonly receipts: number };
  readonly taken: bigint;
}

function movementOf(who: number, notes: readonly Note[]): Spent {
  const inputs = inInputOrder(notes).map((note) => inputOf(persons[who]!, note));
  const taken = inputs.reduce((sum, input) => sum + input.amount, 0n);
  const { token } = notes[0]!;
  return {
    moved: { token, inputs, allowed: undefined, memo: '' },
    bounds: boundsAfter(inputs),
    taken,
  };
}

export function pays(
  village: Village,
  who: number,
  to: number,
  token: number,
  amount: bigint,
): Village {
  if (token === art) return gives(village, who, to, amount);
  const notes =
    choose(unspent(village, who, token, noteKinds.purse), amount) ??
    choose(unspent(village, who, token, noteKinds.online), amount);
  return notes === undefined
    ? village
    : posted(village, who, to, payment(persons[who]!, persons[to]!, notes, amount));
}

/** One or two items go to somebody as they are. */
function gives(village: Village, who: number, to: number, number: bigint): Village {
  const all = unspent(village, who, art, noteKinds.online);
  const items = all.slice(0, 1 + (Number(number) % 2));
  if (items.length === 0) return village;
  const { moved, bounds } = movementOf(who, items);
  const outputs = moved.inputs.map((input) => outputTo(persons[to]!, input.amount, bounds));
  return posted(village, who, to, encodeOperation({ ...moved, type: 'transfer', outputs }));
}

/** All but `amount` of a note stays, or of two items one. */
export function burns(village: Village, who: number, token: number, amount: bigint): Village {
  const all = unspent(village, who, token, noteKinds.online);
  const notes = token === art ? all.slice(0, 2) : all.slice(0, 1);
  if (notes.length === 0) return village;
  const { moved, bounds, taken } = movementOf(who, notes);
  const kept = token === art ? notes.slice(1).map((note) => note.amount) : [taken - amount];
  const outputs = kept
    .filter((each) => each > 0n)
    .map((each) => outputTo(persons[who]!, each, bounds));
  const gone = token === art ? notes[0]!.amount : taken - (outputs[0]?.amount ?? 0n);
  const operation = encodeOperation({ ...moved, type: 'burn', outputs });
  const burnt = [...village.burnt, { ...notes[0]!, amount: gone }];
  return { ...posted(village, who, who, operation), burnt };
}

export function funds(
  village: Village,
  who: number,
  to: number,
  token: number,
  amount: bigint,
): Village {
  const notes = choose(unspent(village, who, token, noteKinds.online), amount);
  if (token === art || notes === undefined) return village;
  const operation = fundOperation(persons[who]!, persons[to]!, notes, amount);
  return posted(village, who, to, encodeOperation(operation));
}

/** The payer of some escrow says more of it: a payment, a lock, or what became of a lock. */
export function says(village: Village, who: number, number: number, amount: bigint): Village {
  const own = [...village.devices[who]!.escrows.values()].filter(({ payer }) =>
    equal(payer, persons[who]!.keys.id),
  );
  const escrow = own[number % Math.max(own.length, 1)];
  if (escrow === undefined) return village;
  const operation = wordOf(village, escrow, amount);
  if (typeof nextEscrow(escrow, operation) === 'string') return village;
  return posted(village, who, numberOf(escrow.note.owner), encodeOperation(operation));
}

function wordOf(village: Village, escrow: Escrow, amount: bigint): EscrowOperation {
  const id = escrowId(escrow);
  const [held] = escrow.locks;
  if (held === undefined && amount % 3n === 0n) {
    return lockOperation(id, preimageOf(id, escrow.total), amount);
  }
  const preimage = village.opened.find((each) => lockIn(escrow, lockHash(each)) !== undefined);
  if (preimage !== undefined) return { type: 'claim', escrow: id, preimage };
  if (held?.givenUp === 1) return { type: 'cancel', escrow: id, hash: held.hash };
  return totalOperation(id, escrow.total + amount, escrow.count + 1);
}

/** What the payee knows of a lock that was made at this total. */
function preimageOf(escrow: Uint8Array, total: bigint): Uint8Array {
  return named(`${escrow.join()} at ${total}`);
}

/** A payee opens the lock that it holds for certain, or gives it up for certain. */
export function decides(village: Village, number: number, open: boolean): Village {
  const held = village.devices.flatMap(({ escrows, device }) =>
    [...escrows.values()].filter(
      ({ note, locks }) =>
        equal(note.owner, device.id) && locks.some(({ givenUp }) => givenUp === 0),
    ),
  );
  const escrow = held[number % Math.max(held.length, 1)];
  if (escrow === undefined) return village;
  const { hash } = escrow.locks.find(({ givenUp }) => givenUp === 0)!;
  const totals = Array.from({ length: Number(escrow.total) + 1 }, (_, i) => BigInt(i));
  const preimage = totals
    .map((total) => preimageOf(escrowId(escrow), total))
    .find((each) => equal(lockHash(each), hash))!;
  if (village.opened.some((each) => equal(each, preimage))) return village;
  if (open) return { ...village, opened: [...village.opened, preimage] };
  const at = keyOf(escrowId(escrow));
  const devices = village.devices.map((of) => {
    const known = of.escrows.get(at);
    const seen = known === undefined ? undefined : giveUp(known, hash);
    return seen === undefined ? of : { ...of, escrows: new Map(of.escrows).set(at, seen) };
  });
  return { ...village, devices };
}

/** A payee leaves an escrow by something that its payer has said; the rest waits for the payer. */
export function exits(village: Village, number: number): Village {
  const { citations, opened, devices } = village;
  const citation = citations[number % Math.max(citations.length, 1)];
  if (citation === undefined) return village;
  const at = keyOf(citation.escrow);
  const who = devices.findIndex(({ notes }) => notes.has(at));
  if (who < 0) return village;
  const { note, payer, payerKey } = devices[who]!.escrows.get(at)!;
  const preimages = citation.locks.flatMap(({ hash }) =>
    opened.filter((each) => equal(lockHash(each), hash)),
  );
  const claim: ExitClaim = { citation, preimages };
  const left = posted(village, who, who, exitOperation(persons[who]!, note, claim));
  const [, back] = exitOutputs(note, { device: payer, key: payerKey }, exitAmount(claim)!);
  const source = exitHead(claim);
  const returned = { ...back, token: note.token, source, index: 1 };
  const waiting = back.amount === 0n ? [] : [{ owner: numberOf(payer), note: returned }];
  return { ...left, waiting: [...left.waiting, ...waiting], exits: left.exits + 1 };
}

function numberOf(device: Uint8Array): number {
  return persons.findIndex(({ keys }) => equal(keys.id, device));
}

export function posted(village: Village, who: number, to: number, operation: Uint8Array): Village {
  const [by, peer] = [persons[who]!, persons[to]!];
  const { durable, claim, change } = sent(by, village.devices[who]!, peer, [operation], policies);
  const devices = village.devices.with(who, durable);
  if (who === to) return { ...village, devices };
  const value = notesFor(operation, change.run.heads[0]!, peer.keys.id);
  return { ...village, devices, wire: [...village.wire, { from: who, to, claim, value }] };
}

/** Some parcel arrives. One that is too early is refused for now and stays on the wire. */
export function arrives(village: Village, number: number): Village {
  const { wire } = village;
  if (wire.length === 0) return village;
  const at = number % wire.length;
  const parcel = wire[at]!;
  const { from, to, claim } = parcel;
  const verdict = absorbed(persons[to]!, village.devices[to]!, persons[from]!, claim, policies);
  const early = wire.slice(0, at).some((other) => other.from === from && other.to === to);
  assert.deepEqual(
    verdict.type === 'pending' ? verdict.pending : verdict.type,
    early ? 'early' : 'accepted',
  );
  if (verdict.type !== 'accepted') return village;
  const said = verdict.value.escrows.map((each) =>
    citationOf(persons[from]!, { claim }, saidOf(each))!,
  );
  return {
    ...village,
    devices: village.devices.with(to, verdict.durable!),
    wire: wire.filter((_, i) => i !== at),
    delivered: [...village.delivered, parcel],
    citations: [...village.citations, ...said],
  };
}

/** A parcel that was absorbed arrives once more: no second effect. */
export function repeats(village: Village, number: number): Village {
  const parcel = village.delivered[number % (village.delivered.length + 1)];
  if (parcel === undefined) return village;
  const { from, to, claim } = parcel;
  const verdict = absorbed(persons[to]!, village.devices[to]!, persons[from]!, claim, policies);
  assert.equal(verdict.type, 'already-accepted');
  return village;
}
