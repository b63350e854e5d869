/** Lineage of issues and spends: every part checked, every gap named, every rule broken once. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  compare,
  entry,
  keyOf,
  kinds,
  nextHead,
  slotKey,
  slotListRoot,
  statementDigest,
  type Certificate,
  type Slot,
  registriesOf,
} from '@dsm/primitive';
import {
  checkPart,
  decodePart,
  encodeOperation,
  encodePart,
  inputOrder,
  issueHead,
  lineageRefusals,
  partHead,
  spendPlace,
  type Issue,
  type IssuePart,
  type LineageKnown,
  type LineageRefusal,
  type Movement,
  type Policy,
  type RemintSpend,
  type SpendPart,
} from '@dsm/protocols';
import {
  certificateOf,
  flipped,
  named,
  nextNodes,
  nodesOf,
  signAs,
  type Actor,
} from '@dsm/primitive/fixture';
import { issueOf, outputTo } from './fixture.ts';

import {
  ada,
  bob,
  first,
  firstOrigin,
  gold,
  issuePartOf,
  known,
  knownOf,
  loaded,
  loadOperation,
  loadOrigin,
  loadPart,
  nodes,
  originOf,
  paid,
  paidPart,
  second,
  silver,
  spendOf,
  token,
  withOperation,
} from './lineage-scene.ts';

test('a mint, a load and a payment are traced back, certified at every step', () => {
  assert.deepEqual(firstOrigin.head, issueHead(first));
  assert.deepEqual(firstOrigin.issued, { index: 1, total: 100n, certified: true });
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

test('a certificate of a version that is not known yet is missing, and counts once it is', () => {
  const later = nextNodes(nodes);
  const certificates = loadPart.certificates.map((_, i) =>
    certificateOf(later, loadPart.slots[i]!),
  );
  const part = { ...loadPart, certificates };
  const both = { ...known, registries: registriesOf(nodes.registry, later.registry) };
  assert.equal(originOf(checkPart(part, known)).certified, false);
  assert.equal(originOf(checkPart(part, both)).certified, true);
  assert.equal(originOf(checkPart(loadPart, both)).certified, true, 'the older ones stay good');
  const never = certificates.map((one) => ({ ...one, version: 9, lineage: named('another') }));
  assert.deepEqual(checkPart({ ...loadPart, certificates: never }, both), {
    type: 'bad',
    refusal: 'certificate',
  });
  const onlyLater = { ...known, registries: registriesOf(later.registry) };
  assert.equal(originOf(checkPart(loadPart, onlyLater)).certified, false);
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
const bends: Record<
  Exclude<LineageRefusal, 'remint' | 'exit' | 'citation' | 'lock'>,
  readonly (readonly [IssuePart | SpendPart, LineageKnown])[]
> = {
  malformed: [
    [{ ...loadPart, entry: loadPart.entry.subarray(1) }, known],
    [withoutCertificate(), known],
    [memoPart(), known],
    [garbledPart(), known],
    [issueOfFirst({ anchors: [named('one anchor for two notes')] }), known],
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
  movement: [
    [issueOfFirst({ outputs: [outputTo(ada, 60n), outputTo(ada, 41n)] }), known],
    [issueOfFirst({ outputs: [outputTo(ada, 100n, { kind: 1 })] }), known],
    [issueOfFirst({ amount: 0n, total: 0n, outputs: [outputTo(ada, 0n)] }), known],
    [issueOfFirst({ outputs: [outputTo(ada, 100n), outputTo(ada, 0n)] }), known],
    [issueOfFirst({ outputs: [outputTo(ada, 100n, { depth: 1 })] }), known],
    [respent({ outputs: [coin] }), known],
    [respent({ outputs: [coin, outputTo(ada, 37n, bounds)] }), known],
    [respent({ outputs: [coin, outputTo(ada, 36n, bounds), outputTo(ada, 0n, bounds)] }), known],
    [respent({ outputs: [coin, outputTo(ada, 36n, { depth: 2, receipts: 3 })] }), known],
    [respent({ outputs: [coin, outputTo(ada, 36n, { depth: 1, receipts: 2 })] }), known],
    [respent({}, 'transfer'), known],
    [{ ...issuePartOf(first), spends: [respending()] }, known],
    // Too deep, or too many parts behind it, under a policy that allows fewer.
    [paidPart, underPolicy({ depthMax: 1 })],
    [paidPart, underPolicy({ receiptsMax: 6 })],
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
  ],
  suite: [[loadPart, underPolicy({ suites: [2] })]],
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
    [loadPart, { ...known, registries: registriesOf(nodesOf(2).registry) }],
  ],
};

/** What is known, with a policy that says something else. */
function underPolicy(changes: Partial<Policy>): LineageKnown {
  return { ...known, policyOf: () => ({ ...gold, ...changes }) };
}

/** The holder's side of a re-mint, which a mint has not. */
function respending(): RemintSpend {
  return { authorisation: issuePartOf(first).authorisation, certificate: undefined };
}

function withoutCertificate(): SpendPart {
  return { ...loadPart, certificates: loadPart.certificates.slice(1) };
}

function memoPart(): SpendPart {
  return withOperation(encodeOperation({ type: 'memo', text: 'no value' }));
}

function garbledPart(): SpendPart {
  return withOperation(Uint8Array.of(2, 1, 1));
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

test('an issue up to the cap is good', () => {
  const most = issueOf(ada, gold, [gold.cap]);
  assert.ok(originOf(checkPart(issuePartOf(most), known)).certified);
});

test('an anchor for each note is as good as none', () => {
  const anchors = [named('one'), named('two')];
  assert.ok(originOf(checkPart(issueOfFirst({ anchors }), known)).certified);
});

test('a payment as deep as the policy just allows is good', () => {
  const { depth, receipts } = originOf(checkPart(paidPart, known)).outputs[0]!;
  const just = underPolicy({ depthMax: depth, receiptsMax: receipts });
  assert.ok(originOf(checkPart(paidPart, just)).certified);
});

test('no part rests on itself, and parts that are asked for twice are one part', () => {
  const [one, two] = loadOperation.inputs;
  const spends = (source: Uint8Array): SpendPart => {
    const inputs = [{ ...one!, source }, two!].toSorted((a, b) =>
      compare(inputOrder(a), inputOrder(b)),
    );
    return respent({ inputs });
  };
  // A head is a hash over what it spends: naming it changes it, so a cycle would be a fixed point.
  let at = partHead(loadPart);
  const heads = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const part = spends(at);
    assert.deepEqual(checkPart(part, knownOf([firstOrigin])), { type: 'missing', heads: [at] });
    heads.add(keyOf(at));
    at = partHead(part);
    assert.equal(heads.has(keyOf(at)), false);
  }
  const again = decodePart(encodePart(loadPart));
  assert.deepEqual(partHead(again!), partHead(loadPart));
  assert.deepEqual(checkPart(again!, known), checkPart(loadPart, known));
});
