/** Vectors of allow-lists, of totals, and of escrows as their payers move them. */

import { compare, lockHash, proofObject, type Lock } from '@dsm/primitive';
import {
  allowList,
  encodeOperation,
  proveAllowed,
  type Escrow,
  type EscrowOperation,
} from '@dsm/protocols';
import type { Draft } from './draft.ts';
import { clubMembers, coinId, escrowFor, preimages } from './tokens.ts';
import { alice, bob, carol, drawn, type Actor } from './world.ts';

const list = allowList(clubMembers);
const outputs = (owners: readonly Uint8Array[]): readonly { owner: Uint8Array }[] =>
  owners.map((owner) => ({ owner }));

function listDraft(name: string, comment: string, owners: readonly Uint8Array[]): Draft {
  return { name, comment, check: 'derive', given: { devices: clubMembers, owners } };
}

const shownProof = (owners: readonly Uint8Array[]): Uint8Array =>
  proofObject.encode(proveAllowed(list, outputs(owners))!);

function shown(
  name: string,
  comment: string,
  expect: 'ok' | 'not-allowed',
  given: { root?: Uint8Array; proof?: Uint8Array; owners: readonly Uint8Array[] },
): Draft {
  return { name, comment, check: 'check', given, expect };
}

const root = list.root();
const both = [carol.id, bob.id];
const bothProof = shownProof(both);

export const allowLists: readonly Draft[] = [
  listDraft('one owner', 'The proof of one device.', [carol.id]),
  listDraft('two owners', 'In the order of a proof, whatever theirs.', both),
  listDraft('an owner twice', 'Shown once.', [carol.id, bob.id, carol.id]),
  listDraft('a stranger', 'The proof shows that it is absent.', [alice.id]),
  listDraft('nobody', 'No proof covers no keys.', []),
  {
    name: 'an empty list',
    comment: 'For nobody.',
    check: 'derive',
    given: { devices: [], owners: [carol.id] },
  },
  shown('for everybody', 'Nothing is shown.', 'ok', { owners: [alice.id] }),
  shown('both shown', 'Each is on the list.', 'ok', { root, proof: bothProof, owners: both }),
  shown('an owner twice, shown once', 'Once is enough.', 'ok', {
    root,
    proof: bothProof,
    owners: [...both, carol.id],
  }),
  shown('nobody to show', 'A burn of everything.', 'ok', { root, owners: [] }),
  shown('shown for everybody', 'There is no list.', 'not-allowed', {
    proof: bothProof,
    owners: both,
  }),
  shown('not shown', 'There is a list.', 'not-allowed', { root, owners: both }),
  shown('shown for nobody', 'Nothing is to be shown.', 'not-allowed', {
    root,
    proof: bothProof,
    owners: [],
  }),
  shown('one of two shown', 'The other might be anybody.', 'not-allowed', {
    root,
    proof: shownProof([bob.id]),
    owners: both,
  }),
  shown('a stranger beside one', 'Not on the list.', 'not-allowed', {
    root,
    proof: shownProof([alice.id, bob.id]),
    owners: [alice.id, bob.id],
  }),
  shown('on another list', 'The root is another one.', 'not-allowed', {
    root: drawn('another list'),
    proof: bothProof,
    owners: both,
  }),
];

const locks: readonly Lock[] = preimages.map((preimage, i) => ({
  hash: lockHash(preimage),
  amount: BigInt(i + 1),
}));
const escrow = drawn('an escrow');
const huge = (1n << 128n) - 1n;

function exit(name: string, comment: string, change: object): Draft {
  const { suite, workingKey } = alice;
  const claim = { escrow, total: 30n, locks, suite, publicKey: workingKey, preimages: [] };
  return { name, comment, check: 'exit', given: { ...claim, ...change } };
}

export const totals: readonly Draft[] = [
  {
    name: 'nothing',
    comment: 'As funding says.',
    check: 'line',
    given: { escrow, total: 0n, locks: [] },
  },
  {
    name: 'a total',
    comment: 'Nothing locked.',
    check: 'line',
    given: { escrow, total: 30n, locks: [] },
  },
  {
    name: 'three locks',
    comment: 'Ascending by hash.',
    check: 'line',
    given: { escrow, total: 30n, locks },
  },
  {
    name: 'the greatest',
    comment: 'All that 128 bits hold.',
    check: 'line',
    given: { escrow, total: huge, locks: [] },
  },
  exit('the total', 'No lock is opened.', {}),
  exit('one lock', 'Its amount beside the total.', { preimages: preimages.slice(1, 2) }),
  exit('every lock', 'In the order of their hashes.', { preimages }),
  exit('a lock of another amount', 'Another head: the amount is part of it.', {
    locks: locks.map((lock) => ({ ...lock, amount: lock.amount + 1n })),
    preimages: preimages.slice(1, 2),
  }),
  exit('a preimage of nothing', 'No amount: this is no exit.', { preimages: [drawn('x')] }),
  exit('preimages that descend', 'No amount: this is no exit.', {
    preimages: preimages.toReversed(),
  }),
  exit('a preimage twice', 'No amount: this is no exit.', {
    preimages: [preimages[0], preimages[0]],
  }),
  exit('more than 128 bits', 'A sum that no escrow holds.', {
    total: huge,
    preimages: preimages.slice(0, 1),
  }),
  {
    name: 'places',
    comment: 'Where exit and lock are decided, and what gives a lock up.',
    check: 'places',
    given: { escrow, payerKey: alice.key, preimage: preimages[0] },
  },
];

const open = escrowFor(alice, bob, coinId);
const id = drawn('the rules look escrows up by their ids');
const hash = drawn('a new lock');
const [kept, free] = [
  open.locks.find(({ givenUp }) => givenUp === 0)!,
  open.locks.find(({ givenUp }) => givenUp === 1)!,
];
const opens = (lock: Lock): Uint8Array =>
  preimages.find((one) => compare(lockHash(one), lock.hash) === 0)!;

export const pays = (escrowOf: Uint8Array, total: bigint, count: number): EscrowOperation => ({
  type: 'total',
  escrow: escrowOf,
  total,
  count,
  ticks: drawn(`ticks ${count}`),
  memo: '',
});
const locking = (amount: bigint, of: Uint8Array = hash): EscrowOperation => ({
  type: 'lock',
  escrow: id,
  hash: of,
  amount,
  route: drawn('a route', 99),
});
const claiming = (preimage: Uint8Array): EscrowOperation => ({
  type: 'claim',
  escrow: id,
  preimage,
});
const cancelling = (of: Uint8Array): EscrowOperation => ({ type: 'cancel', escrow: id, hash: of });

function tell(
  name: string,
  comment: string,
  operations: readonly EscrowOperation[],
  expect = 'ok',
  from: Escrow = open,
): Draft {
  const given = { operations: operations.map(encodeOperation), escrow: from };
  return { name, comment, check: 'tell', given, expect };
}

const full: Escrow = {
  ...open,
  locks: Array.from({ length: 16 }, (_, i) => ({
    hash: new Uint8Array(32).fill(i),
    amount: 1n,
    route: new Uint8Array(0),
    givenUp: 0,
  })),
};
const outputsDraft = (name: string, comment: string, amount: bigint, payer: Actor): Draft => ({
  name,
  comment,
  check: 'outputs',
  given: { note: open.note, payer: { device: payer.id, key: payer.key }, amount },
});

/** 100: 30 paid, 20 and 10 locked, 40 left. */
export const escrows: readonly Draft[] = [
  tell('a payment', 'The total grows.', [pays(id, 31n, 4)]),
  tell('a stream', 'Many transfers in one total.', [pays(id, 60n, 260), pays(id, 70n, 300)]),
  tell('everything', 'Nothing is left but what is locked.', [pays(id, 70n, 4)]),
  tell('a lock, opened', 'It joins the total.', [locking(40n), claiming(opens(kept))]),
  tell('a lock, given up', 'It joins the rest.', [cancelling(free.hash), locking(50n)]),
  tell('the same total', 'It does not grow.', [pays(id, 30n, 4)], 'total-falls'),
  tell('a lower total', 'It never falls.', [pays(id, 29n, 4)], 'total-falls'),
  tell('the same count', 'A payment is a transfer.', [pays(id, 31n, 3)], 'total-falls'),
  tell('a lower count', 'It never falls.', [pays(id, 31n, 2)], 'total-falls'),
  tell('into the locks', 'What is locked is not left.', [pays(id, 71n, 4)], 'over-funded'),
  tell('a lock of nothing', 'Nothing would be locked.', [locking(0n)], 'over-funded'),
  tell('a lock of more', 'More than is left.', [locking(41n)], 'over-funded'),
  tell('a lock twice', 'It stands already.', [locking(1n, kept.hash)], 'lock-known'),
  tell(
    'a lock that was given up',
    'It stands until it is cancelled.',
    [locking(1n, free.hash)],
    'lock-known',
  ),
  tell('a seventeenth lock', 'Sixteen at most.', [locking(1n)], 'lock-known', full),
  tell('a preimage of nothing', 'It opens no lock.', [claiming(drawn('x'))], 'lock-unknown'),
  tell(
    'a lock opened twice',
    'It is gone.',
    [claiming(opens(kept)), claiming(opens(kept))],
    'lock-unknown',
  ),
  tell('no such lock', 'There is nothing to cancel.', [cancelling(hash)], 'lock-unknown'),
  tell('a lock that is kept', 'The payee may open it.', [cancelling(kept.hash)], 'lock-kept'),
  outputsDraft('nothing taken', 'Everything returns.', 0n, alice),
  outputsDraft('a part taken', 'The rest returns.', 30n, alice),
  outputsDraft('everything taken', 'Nothing returns.', 100n, alice),
];
