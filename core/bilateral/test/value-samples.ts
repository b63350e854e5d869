/** Good values of everything that the layer of value writes: what decoders are tried with. */

import {
  compare,
  demandedSlot,
  exitHead,
  lockHash,
  slotKey,
  zero32,
  type Authorisation,
  type ExitClaim,
  type SlotWrite,
} from '@dsm/primitive';
import {
  allowList,
  encodeOperation,
  escrowId,
  exitPlace,
  forms,
  issueHead,
  issuePlace,
  proveAllowed,
  remintedPlace,
  type ExitPart,
  type Issue,
  type IssuePart,
  type Operation,
  type Policy,
} from '@dsm/protocols';
import { actor, authorisationOf, certificateOf, named } from '@dsm/primitive/fixture';
import {
  citationOf,
  exitAuthorisation,
  exitPartOf,
  fundOperation,
  lockOperation,
  saidOf,
  totalOperation,
} from './escrow-scene.ts';
import { introduced, idOf, inInputOrder, inputOf, openDurable, outputTo, sent } from './fixture.ts';
import {
  ada,
  bob,
  first,
  gold,
  issuePartOf,
  loadOperation,
  minted,
  nodes,
  token,
} from './lineage-scene.ts';

const members = ['one', 'two', 'three']
  .map((name) => actor(`issuer ${name}`).writer)
  .toSorted(compare);
const list = allowList([ada.keys.id, bob.keys.id, named('a third')]);

/** With every option taken, and with none. */
export const policies: readonly Policy[] = [
  gold,
  {
    ...gold,
    form: forms.unique,
    decimals: 0,
    threshold: 2,
    members,
    burn: 1,
    allowed: list.root(),
    suites: [1, 2],
    anchors: [
      { label: 'Ansicht', address: named('a picture') },
      { label: 'Prospekt', address: named('a text') },
    ],
  },
];

const [ofAda] = introduced(ada, bob, minted.durable, openDurable(bob));
const notes = inInputOrder([...ofAda.notes.values()]);
const fund = fundOperation(ada, bob, notes, 80n);
const funded = sent(ada, ofAda, bob, [encodeOperation(fund)], [gold]);
const escrow = funded.change.escrows[0]!;
const id = escrowId(escrow);
const preimage = named('a preimage');
const lock = lockOperation(id, preimage, 15n);
const locked = sent(ada, funded.durable, bob, [encodeOperation(lock)], [gold]);
const citation = citationOf(ada, locked, saidOf(locked.change.escrows[0]!))!;
const claim: ExitClaim = { citation, preimages: [preimage] };

const remint: Issue = {
  token,
  index: 2,
  parent: issueHead(first),
  amount: 0n,
  total: 100n,
  outputs: [outputTo(ada, 100n)],
  anchors: [named('an anchor')],
  remint: {
    notes: notes
      .map((note) => ({ key: note.key, id: idOf(note) }))
      .toSorted((a, b) => compare(a.id, b.id)),
    lineage: named('object with the lineage'),
  },
};
export const issues: readonly Issue[] = [first, remint];

const reminted = remint.remint!.notes.map((note) => ({
  key: slotKey(remintedPlace(note)),
  value: issueHead(remint),
}));
export const issueParts: readonly IssuePart[] = [
  issuePartOf(first),
  {
    ...issuePartOf(remint),
    spends: reminted.map((slot, i) => ({
      authorisation: authorisationOf(ada.keys, [slot]),
      certificate: i === 0 ? certificateOf(nodes, slot) : undefined,
    })),
  },
];

export const exitParts: readonly ExitPart[] = [
  exitPartOf({ by: bob, escrow, nodes }, claim),
  exitPartOf({ by: bob, escrow, nodes, certified: false }, { citation, preimages: [] }),
];

const issueSlot = demandedSlot(issuePlace(first.parent, gold), issueHead(first));
const exitSlot = demandedSlot(exitPlace(escrow), exitHead(claim));
const byCommittee: Authorisation = {
  ...authorisationOf(ada.keys, [issueSlot]),
  backing: {
    type: 'committee',
    committee: { threshold: 2, members: policies[1]!.members },
    further: [
      {
        suite: 1,
        publicKey: bob.keys.working.publicKey,
        signature: authorisationOf(bob.keys, [issueSlot]).signature,
      },
    ],
  },
};

/** Writes with both kinds of backing. */
export const backedWrites: readonly SlotWrite[] = [
  {
    place: issuePlace(first.parent, gold),
    value: issueHead(first),
    authorisation: byCommittee,
    hint: named('hint'),
    certificate: undefined,
  },
  {
    place: exitPlace(escrow),
    value: exitHead(claim),
    authorisation: exitAuthorisation(bob, exitSlot, claim),
    hint: undefined,
    certificate: undefined,
  },
];

const { inputs, outputs } = fund;
const moved = { token, inputs, outputs, memo: '' };
const allowed = proveAllowed(list, outputs);
const input = inputOf(bob, escrow.note);

/** Every operation, with and without what it may leave out. */
export const operations: readonly Operation[] = [
  { type: 'app', app: named('app'), data: named('data') },
  { type: 'memo', text: 'ein Wort' },
  { ...moved, type: 'transfer', allowed },
  loadOperation,
  {
    type: 'collect',
    token,
    source: issueHead(first),
    outputs: [
      { ...first.outputs[0]!, index: 0 },
      { ...first.outputs[1]!, index: 3 },
    ],
  },
  { ...moved, type: 'burn', outputs: [], allowed: undefined },
  fund,
  { type: 'exit', token, input, claim },
  { ...totalOperation(id, 44n, 3), ticks: named('the last tick'), memo: 'Milch' },
  { ...lock, route: named('what the next device is told') },
  { type: 'claim', escrow: id, preimage },
  { type: 'cancel', escrow: id, hash: lockHash(preimage) },
  { type: 'remint', inputs: notes.map((note) => inputOf(ada, note)), issue: remint },
  { ...totalOperation(zero32, 0n, 0) },
  { type: 'app', app: named('an app'), data: named('an act') },
];
