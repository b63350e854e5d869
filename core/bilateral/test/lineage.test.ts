/**
 * Lineage, on what real devices have written: a mint, a load, a payment out of the purse, and the
 * openings that convict whoever spends a purse note twice.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  checkEvidence,
  entry,
  equal,
  keyOf,
  kinds,
  nextHead,
  registryLineage,
  slotKey,
  slotListRoot,
  slotPath,
  statementDigest,
  stepBodyDigest,
  type Certificate,
  type Evidence,
  type Slot,
} from '@dsm/primitive';
import {
  checkPart,
  encodeOpening,
  encodeOperation,
  issueHead,
  issuePlace,
  lineageRefusals,
  opensPurseNote,
  partHead,
  spendPlace,
  tokenId,
  type Issue,
  type IssuePart,
  type LineageKnown,
  type LineageRefusal,
  type LineageVerdict,
  type Movement,
  type Note,
  type Origin,
  type Policy,
  type SpendPart,
} from '@dsm/protocols';
import {
  cardOf,
  certificateOf,
  flipped,
  named,
  network,
  nodesOf,
  signAs,
  type Actor,
} from './actor.ts';
import {
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
  type Person,
  type Sent,
} from './fixture.ts';

const [ada, bob] = [person('ada'), person('bob')];
const nodes = nodesOf(1);
const gold = policyOf(ada, { registry: registryLineage(nodes.registry) });
const token = tokenId(gold);
/** A token whose certificates are those of other nodes. */
const silver = policyOf(ada, { ticker: 'SLV', registry: named('another registry') });

const first = issueOf(ada, gold, [60n, 40n]);
const second = issueOf(ada, gold, [50n], first);

const minted = ((): Sent => {
  const mint = encodeOperation({ type: 'mint', issue: first });
  return sent(ada, openDurable(ada), ada, [mint], [gold]);
})();

const loadOperation = ((): Movement & { readonly type: 'load' } => {
  const inputs = inInputOrder([...minted.durable.notes.values()]).map((note) => inputOf(ada, note));
  const bounds = { depth: 1, receipts: 3 };
  const coin = (amount: bigint): ReturnType<typeof outputTo> =>
    outputTo(ada, amount, { ...bounds, kind: 1 });
  const outputs = [coin(64n), coin(32n), outputTo(ada, 4n, bounds)];
  return { type: 'load', token, inputs, outputs, memo: '' };
})();
const loaded = sent(ada, minted.durable, ada, [encodeOperation(loadOperation)], [gold]);
const [ofAda] = introduced(ada, bob, loaded.durable, openDurable(bob));
const coins = [...ofAda.notes.values()].filter(({ kind }) => kind === 1);
const paid = sent(ada, ofAda, bob, [payment(ada, bob, coins, 90n)], [gold]);

/** The part of a lineage that a sent run makes. */
function spendOf(by: Actor, { change }: Sent, certified: boolean): SpendPart {
  const { before, entries, step, slots, demand } = change.run;
  const spends = slots.slice(0, demand.slots.length);
  const body = stepBodyDigest(step);
  const digest = statementDigest(body, slotListRoot(slots));
  const signature = signAs(by, by.working, kinds.signedStep, digest);
  return {
    before,
    entry: entries[0]!,
    body,
    slots,
    signatures: [{ suite: by.suite, publicKey: by.working.publicKey, signature }],
    certificates: spends.map((slot) => (certified ? certificateOf(nodes, slot) : undefined)),
  };
}

function issuePartOf(
  issue: Issue,
  {
    by = ada,
    certified = true,
    policy = gold,
  }: {
    readonly by?: Person;
    readonly certified?: boolean;
    readonly policy?: Policy;
  } = {},
): IssuePart {
  const place = issuePlace(issue.parent, policy);
  const slots: Slot[] = [{ key: slotKey(place), value: issueHead(issue) }];
  const body = named('the body of a step');
  const digest = statementDigest(body, slotListRoot(slots));
  const authorisation = {
    suite: by.keys.suite,
    publicKey: by.keys.working.publicKey,
    body,
    path: slotPath(slots, 0),
    signature: signAs(by.keys, by.keys.working, kinds.signedStep, digest),
  };
  const certificate = certified ? certificateOf(nodes, slots[0]!) : undefined;
  return { issue, authorisation, certificate };
}

function knownOf(origins: readonly Origin[], policies: readonly Policy[] = [gold]): LineageKnown {
  const byHead = new Map(origins.map((origin) => [keyOf(origin.head), origin]));
  return {
    network,
    originOf: (head) => byHead.get(keyOf(head)),
    policyOf: (wanted) => policies.find((each) => equal(tokenId(each), wanted)),
    registry: nodes.registry,
  };
}

function originOf(verdict: LineageVerdict): Origin {
  assert.equal(verdict.type, 'good', verdict.type === 'bad' ? verdict.refusal : '');
  return (verdict as LineageVerdict & { type: 'good' }).origin;
}

const firstOrigin = originOf(checkPart(issuePartOf(first), knownOf([])));
const loadPart = spendOf(ada.keys, loaded, true);
const loadOrigin = originOf(checkPart(loadPart, knownOf([firstOrigin])));
const paidPart = spendOf(ada.keys, paid, true);
const known = knownOf([firstOrigin, loadOrigin]);

test('a mint, a load and a payment are traced back, certified at every step', () => {
  assert.deepEqual(firstOrigin.head, issueHead(first));
  assert.deepEqual(firstOrigin.issued, { index: 1, total: 100n });
  const paidOrigin = originOf(checkPart(paidPart, known));
  for (const origin of [firstOrigin, loadOrigin, paidOrigin]) assert.ok(origin.certified);
  assert.deepEqual([loadOrigin.purse, paidOrigin.purse], [false, true]);
  assert.deepEqual(paidOrigin.head, paid.change.run.heads[0]);
  assert.deepEqual(paidOrigin.head, partHead(paidPart));
  assert.deepEqual(paidOrigin.sources, [loadOrigin.head, loadOrigin.head]);
});

test('certified means certified all the way back: one gap, and nothing after it is', () => {
  const certifiedAfter = (issued: boolean, load: boolean, pay: boolean): boolean => {
    const a = originOf(checkPart(issuePartOf(first, { certified: issued }), knownOf([])));
    const b = originOf(checkPart(spendOf(ada.keys, loaded, load), knownOf([a])));
    return originOf(checkPart(spendOf(ada.keys, paid, pay), knownOf([a, b]))).certified;
  };
  for (let bits = 0; bits < 8; bits++) {
    const [a, b, c] = [(bits & 1) !== 0, (bits & 2) !== 0, (bits & 4) !== 0];
    assert.equal(certifiedAfter(a, b, c), a && b && c);
  }
  const half = { ...paidPart, certificates: [paidPart.certificates[0], undefined] };
  assert.equal(originOf(checkPart(half, known)).certified, false);
  const later = issuePartOf(second);
  assert.ok(originOf(checkPart(later, known)).certified);
  const gap = originOf(checkPart(issuePartOf(first, { certified: false }), knownOf([])));
  assert.equal(originOf(checkPart(later, knownOf([gap]))).certified, false);
});

test('what is not here yet is missing, by name', () => {
  assert.deepEqual(checkPart(issuePartOf(first), knownOf([], [])), {
    type: 'missing',
    heads: [],
    policy: token,
  });
  assert.deepEqual(checkPart(issuePartOf(second), knownOf([])), {
    type: 'missing',
    heads: [issueHead(first)],
  });
  assert.deepEqual(checkPart(paidPart, knownOf([])), {
    type: 'missing',
    heads: [loadOrigin.head, loadOrigin.head],
  });
  assert.deepEqual(checkPart(paidPart, knownOf([firstOrigin, loadOrigin], [])), {
    type: 'missing',
    heads: [],
    policy: token,
  });
});

const issueOfFirst = (changes: Partial<Issue>): IssuePart => issuePartOf({ ...first, ...changes });

/** The load once more, with another operation, its slots and signatures made to fit. */
function respent(changes: Partial<Movement>, type: 'transfer' | 'load' = 'load'): SpendPart {
  const decoded = entry.decode(loadPart.entry);
  assert.ok(decoded.ok);
  const operation = encodeOperation({ ...loadOperation, ...changes, type });
  const bytes = entry.encode({ ...decoded.value, operation });
  const head = nextHead(loadPart.before, bytes);
  const inputs = changes.inputs ?? loadOperation.inputs;
  const slots = inputs.map((input) => ({ key: slotKey(spendPlace(input)), value: head }));
  return resigned({
    ...loadPart,
    entry: bytes,
    slots,
    certificates: slots.map((slot) => certificateOf(nodes, slot)),
  });
}

function resigned(part: SpendPart, by: Actor = ada.keys): SpendPart {
  const digest = statementDigest(part.body, slotListRoot(part.slots));
  const signature = signAs(by, by.working, kinds.signedStep, digest);
  return {
    ...part,
    signatures: [{ suite: by.suite, publicKey: by.working.publicKey, signature }],
  };
}

function withInput(changes: Partial<Movement['inputs'][number]>): SpendPart {
  const [one, two] = loadOperation.inputs;
  return respent({ inputs: [{ ...one!, ...changes }, two!] });
}

const bounds = { depth: 1, receipts: 3 };
const coin = outputTo(ada, 64n, { ...bounds, kind: 1 });
const wrongVotes = (of: Certificate | undefined): Certificate => ({
  ...of!,
  votes: of!.votes.map((vote) => ({ ...vote, signature: flipped(vote.signature, 40) })),
});

/** Bent parts with what is known; each breaks one rule and no other. */
const bends: Record<LineageRefusal, readonly (readonly [IssuePart | SpendPart, LineageKnown])[]> = {
  malformed: [
    [{ ...loadPart, entry: loadPart.entry.subarray(1) }, known],
    [withoutCertificate(), known],
    [memoPart(), known],
    [garbledPart(), known],
  ],
  chain: [
    [issueOfFirst({ index: 2 }), known],
    [issueOfFirst({ total: 101n }), known],
    [issuePartOf({ ...second, index: 3 }), known],
    [issuePartOf({ ...second, total: 151n }), known],
    [issuePartOf({ ...second, parent: loadOrigin.head }), known],
    [issuePartOf(second), knownOf([{ ...firstOrigin, token: named('another') }])],
  ],
  cap: [[issuePartOf(issueOf(ada, gold, [1_000_001n])), known]],
  conservation: [
    [issueOfFirst({ outputs: [outputTo(ada, 60n), outputTo(ada, 41n)] }), known],
    [issueOfFirst({ outputs: [outputTo(ada, 100n, { kind: 1 })] }), known],
    [issueOfFirst({ outputs: [outputTo(ada, 100n), outputTo(ada, 0n)] }), known],
    [respent({ outputs: [coin] }), known],
    [respent({ outputs: [coin, outputTo(ada, 37n, bounds)] }), known],
    [respent({ outputs: [coin, outputTo(ada, 36n, bounds), outputTo(ada, 0n, bounds)] }), known],
  ],
  input: [
    [withInput({ amount: 61n }), known],
    [withInput({ key: bob.keys.writer }), known],
    [withInput({ kind: 1 }), known],
    [withInput({ depth: 1 }), known],
    [withInput({ receipts: 2 }), known],
    [
      respent({ inputs: [loadOperation.inputs[0]!, { ...loadOperation.inputs[1]!, index: 9 }] }),
      known,
    ],
    [loadPart, knownOf([{ ...firstOrigin, token: named('another') }])],
    [respent({}, 'transfer'), known],
  ],
  bounds: [
    [respent({ outputs: [coin, outputTo(ada, 36n, { depth: 2, receipts: 3 })] }), known],
    [respent({ outputs: [coin, outputTo(ada, 36n, { depth: 1, receipts: 2 })] }), known],
  ],
  slots: [
    [resigned({ ...loadPart, slots: loadPart.slots.slice(1) }), known],
    [resigned({ ...loadPart, slots: reslotted() }), known],
  ],
  signature: [
    [issuePartOf(first, { by: bob }), known],
    [{ ...issuePartOf(first), authorisation: issuePartOf(second).authorisation }, known],
    [resigned(loadPart, bob.keys), known],
    [{ ...loadPart, signatures: badlySigned() }, known],
    [{ ...loadPart, signatures: [...loadPart.signatures, ...badlySigned()] }, known],
    [{ ...loadPart, body: named('another body') }, known],
    [loadPart, { ...known, network: named('another network') }],
  ],
  certificate: [
    [issuePartOf(issueOf(ada, silver, [10n]), { policy: silver }), knownOf([], [silver])],
    [{ ...issuePartOf(first), certificate: certificateOf(nodes, loadPart.slots[0]!) }, known],
    [{ ...issuePartOf(first), certificate: wrongVotes(issuePartOf(first).certificate) }, known],
    [{ ...loadPart, certificates: loadPart.certificates.toReversed() }, known],
    [{ ...loadPart, certificates: loadPart.certificates.map(wrongVotes) }, known],
    [loadPart, { ...known, registry: { ...nodes.registry, version: 2, first: named('first') } }],
  ],
};

function withoutCertificate(): SpendPart {
  return { ...loadPart, certificates: loadPart.certificates.slice(1) };
}

function memoPart(): SpendPart {
  return withOperation(encodeOperation({ type: 'memo', text: 'no value' }));
}

function garbledPart(): SpendPart {
  return withOperation(Uint8Array.of(2, 1, 1));
}

function withOperation(operation: Uint8Array): SpendPart {
  const decoded = entry.decode(loadPart.entry);
  assert.ok(decoded.ok);
  return { ...loadPart, entry: entry.encode({ ...decoded.value, operation }) };
}

function reslotted(): readonly Slot[] {
  const [one, ...rest] = loadPart.slots;
  return [{ ...one!, value: named('another head') }, ...rest];
}

function badlySigned(): SpendPart['signatures'] {
  return loadPart.signatures.map((one) => ({ ...one, signature: flipped(one.signature, 40) }));
}

for (const [refusal, cases] of Object.entries(bends)) {
  test(`${refusal}: ${lineageRefusals[refusal as LineageRefusal]}`, () => {
    for (const [i, [part, from]] of cases.entries()) {
      assert.deepEqual(checkPart(part, from), { type: 'bad', refusal }, `bend ${i}`);
    }
  });
}

const purseNote = coins[0]!;
const place = spendPlace(purseNote);
const opening = encodeOpening({
  before: loadPart.before,
  index: purseNote.index,
  entry: loadPart.entry,
});

function statedBy(
  by: Person,
  note: Note,
  name: string,
): Extract<Evidence, { type: 'spends' }>['first'] {
  const slots = [{ key: slotKey(spendPlace(note)), value: named(name) }];
  const body = named(`body of ${name}`);
  const digest = statementDigest(body, slotListRoot(slots));
  const { suite, working } = by.keys;
  const signature = signAs(by.keys, working, kinds.signedStep, digest);
  const { publicKey } = working;
  return { value: named(name), authorisation: { suite, publicKey, body, path: [], signature } };
}

const twice: Extract<Evidence, { type: 'spends' }> = {
  type: 'spends',
  card: cardOf(ada.keys),
  place,
  first: statedBy(ada, purseNote, 'to bob'),
  second: statedBy(ada, purseNote, 'to cyd'),
  opening,
};

test('two spends of a purse note convict its owner', () => {
  assert.deepEqual(checkEvidence(twice, network, opensPurseNote, undefined), {
    ok: true,
    culprit: { type: 'device', id: ada.keys.id },
  });
});

test('no evidence: an online note, another note, another writer, or bytes that open nothing', () => {
  const online = [...ofAda.notes.values()].find(({ kind }) => kind === 0)!;
  const { before, entry: bytes } = loadPart;
  const openings: readonly (readonly [Note, Uint8Array])[] = [
    [online, encodeOpening({ before, index: online.index, entry: bytes })],
    [purseNote, encodeOpening({ before, index: 1 - purseNote.index, entry: bytes })],
    [purseNote, encodeOpening({ before, index: 99, entry: bytes })],
    [purseNote, encodeOpening({ before: named('x'), index: purseNote.index, entry: bytes })],
    [purseNote, encodeOpening({ before, index: purseNote.index, entry: bytes.subarray(1) })],
    [purseNote, Uint8Array.of(...opening, 0)],
    [purseNote, new Uint8Array(0)],
    [{ ...purseNote, key: bob.keys.writer }, opening],
  ];
  for (const [i, [note, bytesOf]] of openings.entries()) {
    assert.equal(opensPurseNote(spendPlace(note), bytesOf), false, `opening ${i}`);
  }
  assert.ok(opensPurseNote(place, opening));
});

test('no evidence: what looks like a purse note and does not come of a load', () => {
  const { token: of, inputs, outputs, memo } = loadOperation;
  const bytes = withOperation(
    encodeOperation({ type: 'transfer', token: of, inputs, outputs, memo }),
  ).entry;
  const { before } = loadPart;
  const note: Note = { ...purseNote, source: nextHead(before, bytes) };
  const transferred = encodeOpening({ before, index: note.index, entry: bytes });
  assert.equal(opensPurseNote(spendPlace(note), transferred), false);
});

test('no evidence: a load that a stranger wrote about a victim, whose card he shows', () => {
  const stranger = person('stranger');
  const forged = { ...loadOperation, outputs: [outputTo(ada, 100n, { ...bounds, kind: 1 })] };
  const decoded = entry.decode(loadPart.entry);
  assert.ok(decoded.ok);
  const bytes = entry.encode({ ...decoded.value, operation: encodeOperation(forged) });
  const before = named('the lane of the stranger');
  const source = nextHead(before, bytes);
  const note: Note = { ...purseNote, source, index: 0 };
  const claim: Evidence = {
    ...twice,
    place: spendPlace(note),
    opening: encodeOpening({ before, index: 0, entry: bytes }),
    first: statedBy(stranger, note, 'one'),
    second: statedBy(stranger, note, 'two'),
  };
  assert.deepEqual(checkEvidence(claim, network, opensPurseNote, undefined), {
    ok: false,
    refusal: 'signature',
  });
});
