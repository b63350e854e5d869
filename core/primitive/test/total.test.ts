/** Totals and citations, exits and locks: what a payee may write, and what no node takes from it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compare } from '../src/bytes.ts';
import { kinds, type Kind } from '../src/kinds.ts';
import { slotListRoot, slotPath, statementDigest, type Slot } from '../src/slot-list.ts';
import {
  authorises,
  signedKinds,
  slotKey,
  slotKinds,
  slotWrite,
  type Authorisation,
  type SlotKind,
  type SlotPlace,
} from '../src/slot.ts';
import { keyDigest } from '../src/suite.ts';
import {
  citationHolds,
  exitAmount,
  exitHead,
  exitPosition,
  lockCancel,
  lockHash,
  lockPosition,
  totalLine,
  type Citation,
  type ExitClaim,
  type Lock,
  type Total,
} from '../src/total.ts';
import {
  actor,
  authorisationOf,
  flipped,
  installFakes,
  named,
  network,
  signAs,
  type Actor,
} from './fixture.ts';

installFakes();

const [payer, payee, stranger] = [actor('payer'), actor('payee'), actor('stranger')];
const escrow = named('an escrow');
const [one, two, three] = ['one', 'two', 'three']
  .map((name) => named(`preimage ${name}`))
  .toSorted((a, b) => compare(lockHash(a), lockHash(b))) as [Uint8Array, Uint8Array, Uint8Array];
const lockOf = (preimage: Uint8Array, amount: bigint): Lock => ({
  hash: lockHash(preimage),
  amount,
});
const said: Total = { escrow, total: 40n, locks: [lockOf(one, 7n), lockOf(two, 11n)] };

/** A statement of `by` as a line of the list that its step signs, between two others. */
function cited(total: Total, by: Actor = payer, kind: Kind = kinds.signedStep): Citation {
  const lines: readonly Slot[] = [
    { key: named('a slot'), value: named('x') },
    totalLine(total),
    { key: named('another slot'), value: named('y') },
  ];
  const body = named('the body of a step');
  const statement = statementDigest(body, slotListRoot(lines));
  const signature = signAs(by, by.working, kind, statement);
  const { publicKey } = by.working;
  return { ...total, suite: by.suite, publicKey, body, path: slotPath(lines, 1), signature };
}

const citation = cited(said);
const holds = (of: Citation, key = payer.writer, on = network): boolean =>
  citationHolds(on, key, of);

test('a citation shows one total and its locks, by the key of the payer', () => {
  assert.ok(holds(citation));
  assert.ok(holds(cited({ escrow, total: (1n << 128n) - 1n, locks: [] })));
  assert.ok(holds(cited(said, stranger), stranger.writer));
  const refused: Readonly<Record<string, boolean>> = {
    'a stranger says it': holds(cited(said, stranger)),
    'another key is asked for': holds(citation, stranger.writer),
    'a higher total': holds({ ...citation, total: 41n }),
    'another escrow': holds({ ...citation, escrow: named('another escrow') }),
    'a lock less': holds({ ...citation, locks: citation.locks.slice(1) }),
    'a dearer lock': holds({ ...citation, locks: [lockOf(one, 8n), lockOf(two, 11n)] }),
    'another lock': holds({ ...citation, locks: [lockOf(one, 7n), lockOf(three, 11n)] }),
    'another body': holds({ ...citation, body: named('another body') }),
    'no path': holds({ ...citation, path: [] }),
    'another path': holds({ ...citation, path: citation.path.toReversed() }),
    'a bent signature': holds({ ...citation, signature: flipped(citation.signature, 40) }),
    'another network': holds(citation, payer.writer, named('another network')),
    'signed as an issue': holds(cited(said, payer, kinds.issue)),
    'another suite': holds({ ...citation, suite: 2 }),
  };
  for (const [name, answer] of Object.entries(refused)) assert.equal(answer, false, name);
});

test('an exit takes the total and the locks that it opens, each once and in their order', () => {
  const amount = (...preimages: readonly Uint8Array[]): bigint | undefined =>
    exitAmount({ citation, preimages });
  assert.deepEqual([amount(), amount(one), amount(two), amount(one, two)], [40n, 47n, 51n, 58n]);
  assert.equal(amount(two, one), undefined);
  assert.equal(amount(one, one), undefined);
  assert.equal(amount(three), undefined);
  assert.equal(amount(one, two, three), undefined);
});

test('the value of an exit fixes all that it takes: no two amounts have one head', () => {
  const claims: readonly ExitClaim[] = [
    { citation, preimages: [] },
    { citation, preimages: [one] },
    { citation, preimages: [two] },
    { citation, preimages: [one, two] },
    { citation: cited({ ...said, total: 41n }), preimages: [] },
    { citation: cited({ ...said, escrow: named('another') }), preimages: [] },
    // The payer says the same lock with another amount, under the same total.
    { citation: cited({ ...said, locks: [lockOf(one, 8n), lockOf(two, 11n)] }), preimages: [one] },
  ];
  assert.equal(new Set(claims.map((claim) => exitHead(claim).join())).size, claims.length);
  // What is not taken does not matter: another statement of the same total is the same exit.
  const fewer = { citation: cited({ ...said, locks: [lockOf(three, 5n)] }), preimages: [] };
  assert.deepEqual(exitHead(fewer), exitHead(claims[0]!));
  assert.equal(exitHead({ citation, preimages: [two, one, three] }).length, 32);
});

// What nodes admit.

const exitPlace: SlotPlace = {
  kind: slotKinds.exit,
  writer: payee.writer,
  position: exitPosition(escrow, payer.writer),
};
const claim: ExitClaim = { citation, preimages: [one] };

interface Written {
  readonly place: SlotPlace;
  readonly value: Uint8Array;
  readonly authorisation: Authorisation;
}

interface Writing {
  readonly place?: SlotPlace;
  readonly value?: Uint8Array;
  readonly by?: Actor;
  readonly kind?: Kind;
}

/** The payee's signature over one value, with what backs it. */
function written(
  { place = exitPlace, value = exitHead(claim), by = payee, kind }: Writing = {},
  backing: Authorisation['backing'] = { type: 'exit', ...claim },
): Written {
  const signedAs = kind ?? signedKinds[place.kind];
  const authorisation = authorisationOf(by, [{ key: slotKey(place), value }], 0, signedAs);
  return { place, value, authorisation: { ...authorisation, backing } };
}

const admitted = ({ place, value, authorisation }: Written): boolean =>
  authorises(network, place, value, authorisation);
const exitBy = (other: ExitClaim, value = exitHead(other)): Written =>
  written({ value }, { type: 'exit', ...other });

test('an exit is admitted with what the payer has said, and no other way', () => {
  assert.ok(admitted(written()));
  assert.ok(admitted(exitBy({ citation, preimages: [] })));
  const byStranger = { citation: cited(said, stranger), preimages: [one] };
  const elsewhere = { citation: cited({ ...said, escrow: named('another') }), preimages: [one] };
  const bare = written();
  const committee = { threshold: 1, members: [payee.writer] };
  const refused: Readonly<Record<string, Written>> = {
    'no citation': {
      ...bare,
      authorisation: { ...bare.authorisation, backing: undefined },
    },
    'a committee instead': written({}, { type: 'committee', committee, further: [] }),
    'a citation by another key': exitBy(byStranger),
    'a citation of another escrow': exitBy(elsewhere),
    'another value than the citation gives': exitBy(claim, named('another value')),
    'the value of a lock less': exitBy(claim, exitHead({ citation, preimages: [] })),
    'the value of another total': exitBy({ ...claim, citation: { ...citation, total: 41n } }),
    'a preimage that opens nothing': exitBy({ citation, preimages: [three] }),
    'a preimage twice': exitBy({ citation, preimages: [one, one] }),
    'preimages out of order': exitBy({ citation, preimages: [two, one] }),
    'a bent citation': exitBy({
      ...claim,
      citation: { ...citation, signature: flipped(citation.signature, 40) },
    }),
    'the payer writes': written({ by: payer }),
    'a stranger writes': written({ by: stranger }),
    'signed as a lock': written({ kind: kinds.lock }),
    'the slot of another payer': written({
      place: { ...exitPlace, position: exitPosition(escrow, stranger.writer) },
    }),
  };
  for (const [name, one] of Object.entries(refused)) assert.equal(admitted(one), false, name);
});

const lockPlace: SlotPlace = {
  kind: slotKinds.lock,
  writer: payee.writer,
  position: lockPosition(escrow, lockHash(one)),
};

test('a lock is opened or given up by the payee alone, and needs nothing else', () => {
  const cancel = lockCancel(escrow, lockHash(one));
  assert.notDeepEqual(lockHash(cancel), lockHash(one));
  const decided = (value: Uint8Array, changes: Writing = {}): Written => {
    const made = written({ place: lockPlace, value, ...changes });
    return { ...made, authorisation: { ...made.authorisation, backing: undefined } };
  };
  assert.ok(admitted(decided(one)));
  assert.ok(admitted(decided(cancel)));
  assert.equal(admitted(decided(one, { by: payer })), false);
  assert.equal(admitted(decided(one, { kind: kinds.signedStep })), false);
  assert.equal(admitted(written({ place: lockPlace, value: one })), false);
});

test('nothing but an exit or an issue is backed by anything', () => {
  for (const kind of Object.values(slotKinds)) {
    const place: SlotPlace = { kind, writer: payee.writer, position: named('a position') };
    const value = named('a value');
    const byRoot = kind === slotKinds.incarnation || kind === slotKinds.tree;
    const by = byRoot ? rooted(payee) : payee;
    const made = written({ place: { ...place, writer: by.writer }, value, by });
    const bare = { ...made, authorisation: { ...made.authorisation, backing: undefined } };
    assert.equal(admitted(bare), kind !== slotKinds.exit, `bare ${kind}`);
    assert.equal(admitted(made), false, `backed ${kind}`);
  }
});

/** Incarnations and device trees are written by root keys. */
function rooted(by: Actor): Actor {
  return { ...by, writer: keyDigest(by.suite, by.root.publicKey) };
}

test('exits and locks have slots of their own, apart for each escrow, payer and lock', () => {
  const keys = ([5, 6] as readonly SlotKind[]).flatMap((kind) =>
    [
      exitPosition(escrow, payer.writer),
      exitPosition(escrow, stranger.writer),
      exitPosition(named('another'), payer.writer),
      lockPosition(escrow, lockHash(one)),
    ].map((position) => slotKey({ kind, writer: payee.writer, position }).join()),
  );
  assert.equal(new Set([...keys, totalLine(said).key.join()]).size, keys.length + 1);
});

test('a write of an exit survives its bytes', () => {
  const write = { ...written(), hint: named('hint'), certificate: undefined };
  assert.deepEqual(slotWrite.decode(slotWrite.encode(write)), { ok: true, value: write });
});
