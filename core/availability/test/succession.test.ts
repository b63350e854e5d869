/**
 * Succession: each refusal of a signer and of a certificate, and no fork in any order of messages.
 * The explorations find the fork as soon as one rule is taken away.
 */

import assert from 'node:assert/strict';
import {
  checkSuccession,
  commitTo,
  endorse,
  freshSigner,
  isAgreed,
  phases,
  registryAddress,
  succession,
  type SignerState,
  type Succession,
} from '@dsm/availability';
import { registryLineage, zero32, type Registry } from '@dsm/primitive';
import { cheapTest, once } from './cheap-signatures.ts';
import { firstOf, saidBy } from './signers.ts';
import { exploreSuccession, honestRules, type SignerRules } from './succession-explorer.ts';

const scene = once(() => {
  const old = firstOf(4);
  const lineage = registryLineage(old);
  const previous = registryAddress(old);
  const closed = new Uint8Array(32).fill(3);
  const after: Registry = { ...old, first: lineage, previous, version: 2, closed };
  return { old, lineage, after, ours: registryAddress(after) };
});
const other = new Uint8Array(32).fill(9);

function said(
  phase: 1 | 2,
  attempt: number,
  value: Uint8Array,
  by: readonly number[] = [0, 1, 2],
): Succession {
  const { lineage } = scene();
  return saidBy({ lineage, version: 1, phase, attempt, value }, by);
}

function state(change: Partial<SignerState>): SignerState {
  return { ...freshSigner, ...change };
}

cheapTest('a certificate is committed by enough signers of the version before', () => {
  const { old, after, ours } = scene();
  const good = said(phases.commit, 1, ours);
  assert.equal(checkSuccession(old, after, good), undefined);
  assert.deepEqual(succession.decode(succession.encode(good)), { ok: true, value: good });
  const bad: readonly Succession[] = [
    said(phases.endorse, 1, ours),
    said(phases.commit, 1, other),
    said(phases.commit, 1, ours, [0, 1]),
    { ...good, attempt: 2 },
    { ...good, version: 2 },
    { ...good, lineage: zero32 },
    { ...good, signatures: [...good.signatures.slice(0, 2), { ...good.signatures[2]!, node: 3 }] },
    { ...good, signatures: [good.signatures[0]!, good.signatures[0]!, good.signatures[1]!] },
    { ...good, signatures: [...good.signatures, good.signatures[0]!] },
    // Signed with the keys of this version, all the same.
    saidBy({ ...good, version: 2 }, [0, 1, 2]),
    saidBy({ ...good, lineage: other }, [0, 1, 2]),
  ];
  for (const claim of bad) assert.equal(checkSuccession(old, after, claim), 'agreement');
});

cheapTest('no version changes what none may change', () => {
  const { old, after, ours } = scene();
  const changes: readonly Partial<Registry>[] = [
    { version: 3 },
    { network: zero32 },
    { first: other },
    { previous: other },
    { r: 7 },
    { q: 4 },
    { f: 2 },
    { bucketBits: 9 },
    { seatBytes: 1 },
    { admission: 1 },
  ];
  for (const change of changes) {
    const forged = { ...after, ...change };
    assert.equal(checkSuccession(old, forged, said(phases.commit, 1, ours)), 'shape');
  }
});

cheapTest(
  'a signer that missed the last change, and a node that is no signer, count for nothing',
  () => {
    const { old, ours } = scene();
    const words = { version: 1, phase: phases.commit, attempt: 1, value: ours };
    const agrees = (signers: Registry): boolean =>
      isAgreed(saidBy({ ...words, lineage: registryLineage(signers) }, [0, 1, 2]), signers);
    const nodes = old.nodes.map((node, i) => (i === 2 ? { ...node, missed: 1 } : node));
    assert.equal(agrees({ ...old, signers: [0, 1, 2] }), true);
    assert.equal(agrees({ ...old, nodes }), false);
    assert.equal(agrees({ ...old, signers: [0, 1, 3] }), false);
  },
);

cheapTest('a signer endorses one value in an attempt, and none in an earlier one', () => {
  const { old, ours } = scene();
  const first = endorse(freshSigner, { attempt: 1, value: ours }, undefined, old);
  assert.ok(first.ok);
  assert.deepEqual(first.state, state({ attempt: 1, endorsed: ours }));
  const refused = (attempt: number, value: Uint8Array): string => {
    const signing = endorse(first.state, { attempt, value }, undefined, old);
    return signing.ok ? 'ok' : signing.refusal;
  };
  assert.equal(refused(1, ours), 'ok');
  assert.equal(refused(1, other), 'other');
  assert.equal(refused(0, ours), 'late');
  assert.equal(refused(2, other), 'ok');
  assert.equal(refused(3, other), 'early');
});

cheapTest('a later attempt is reached at once with the endorsements of the one before', () => {
  const { old, ours } = scene();
  const attempt = 7;
  const shown = said(phases.endorse, 6, ours);
  assert.ok(endorse(freshSigner, { attempt, value: ours }, shown, old).ok);
  const weak = said(phases.endorse, 6, ours, [0, 1]);
  const refused = endorse(freshSigner, { attempt, value: ours }, weak, old);
  assert.deepEqual(refused, { ok: false, refusal: 'early' });
});

cheapTest(
  'a signer that has committed endorses another value only for later endorsements of it',
  () => {
    const { old, ours } = scene();
    const locked = state({ attempt: 2, lock: { attempt: 2, value: ours } });
    const refusal = (attempt: number, shown: Succession | undefined): string => {
      const signing = endorse({ ...locked, attempt: 3 }, { attempt, value: other }, shown, old);
      return signing.ok ? 'ok' : signing.refusal;
    };
    assert.equal(refusal(4, undefined), 'locked');
    assert.equal(refusal(4, said(phases.endorse, 2, other)), 'locked');
    assert.equal(refusal(4, said(phases.endorse, 4, other)), 'locked');
    assert.equal(refusal(4, said(phases.endorse, 3, ours)), 'proof');
    assert.equal(refusal(4, said(phases.endorse, 3, other, [0, 1])), 'proof');
    assert.equal(refusal(4, said(phases.commit, 3, other)), 'proof');
    assert.equal(refusal(4, said(phases.endorse, 3, other)), 'ok');
    assert.ok(endorse(locked, { attempt: 3, value: ours }, undefined, old).ok);
  },
);

cheapTest('a signer commits to what enough have endorsed, and not in an earlier attempt', () => {
  const { old, ours } = scene();
  const shown = said(phases.endorse, 1, ours);
  const signing = commitTo(freshSigner, shown, old);
  assert.ok(signing.ok);
  assert.deepEqual(signing.state.lock, { attempt: 1, value: ours });
  const refusal = (from: SignerState, proof: Succession): string => {
    const refused = commitTo(from, proof, old);
    return refused.ok ? 'ok' : refused.refusal;
  };
  assert.equal(refusal(state({ attempt: 2 }), shown), 'late');
  assert.equal(refusal(freshSigner, said(phases.endorse, 1, ours, [0, 1])), 'proof');
  assert.equal(refusal(freshSigner, said(phases.commit, 1, ours)), 'proof');
});

cheapTest(
  'what a signer has endorsed binds it in that attempt, not in one that it commits in',
  () => {
    const { old, ours } = scene();
    const endorsed = (attempt: number): Uint8Array | undefined => {
      const signing = commitTo(state({ attempt: 1, endorsed: other }), said(1, attempt, ours), old);
      assert.ok(signing.ok);
      return signing.state.endorsed;
    };
    assert.deepEqual(endorsed(1), other);
    assert.equal(endorsed(2), undefined);
  },
);

cheapTest('in no order of messages are two successors certified: three attempts', () => {
  const explored = exploreSuccession(honestRules, 3);
  assert.equal(explored.isForked, false);
  assert.ok(explored.states > 50_000, `${explored.states} states`);
});

/** Rules that lack one thing each. */
const weakened: Readonly<Record<string, SignerRules>> = {
  'nobody is locked': {
    ...honestRules,
    endorse: (from, asked, shown, by) => endorse({ ...from, lock: undefined }, asked, shown, by),
  },
  'any endorsements lift a lock': {
    ...honestRules,
    endorse: (from, asked, shown, by) =>
      endorse(shown === undefined ? from : { ...from, lock: undefined }, asked, shown, by),
  },
  'a signer commits in an attempt that it has left': {
    ...honestRules,
    commitTo: (from, shown, by) => {
      const signing = commitTo({ ...from, attempt: 0 }, shown, by);
      const isLate = shown.attempt < from.attempt;
      return signing.ok && isLate ? { ok: true, state: { ...from, lock: from.lock } } : signing;
    },
  },
  'two values are endorsed in one attempt': {
    ...honestRules,
    endorse: (from, asked, shown, by) =>
      endorse({ ...from, endorsed: undefined }, asked, shown, by),
  },
  'one honest signer is enough': { ...honestRules, honestNeeded: 1 },
};

for (const [what, rules] of Object.entries(weakened)) {
  cheapTest(`the exploration finds the fork when ${what}`, () => {
    assert.equal(exploreSuccession(rules, 3, 200_000).isForked, true);
  });
}
