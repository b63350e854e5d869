/**
 * The next version of a registry: each rule and refusal, and what holds in every history. Whoever
 * has the same closed set has the same version, in whatever order he learned it.
 */

import assert from 'node:assert/strict';
import {
  capacitySignal,
  checkSignal,
  checkSuccession,
  closedSet,
  graceVersions,
  intents,
  next,
  phases,
  registryAddress,
  signal as signalObject,
  type ClosedSet,
  type Intent,
  type Signal,
  type SignedByteCommit,
  type SignedSignal,
} from '@dsm/availability';
import { address, admissions, keyOf, registryLineage, zero32, type Registry } from '@dsm/primitive';
import { cheapTest } from './cheap-signatures.ts';
import { checkHistories } from './registry-histories.ts';
import {
  addresses,
  after,
  commitsOf,
  groupNames,
  numbers,
  setOf,
  signalOf,
  signed,
} from './registry-signals.ts';
import { firstOf, network, saidBy, voterOf } from './signers.ts';

cheapTest(
  'a signal is refused when it is of another version, not signed, or its commits do not hold',
  () => {
    const registry = firstOf(4);
    const lineage = registryLineage(registry);
    const check = (one: SignedSignal): string | undefined =>
      checkSignal(one, network, lineage, registry.version);
    const good = signalOf(registry, 1, { used: [10, 20, 30] });
    assert.equal(check(good), undefined);
    assert.deepEqual(signalObject.decode(signalObject.encode(good)), { ok: true, value: good });
    const { signal } = good;
    const changed = (change: Partial<Signal>): SignedSignal => signed({ ...signal, ...change }, 1);
    assert.equal(check(changed({ version: 2 })), 'lineage');
    assert.equal(check(changed({ lineage: zero32 })), 'lineage');
    assert.equal(check({ ...good, signal: { ...signal, address: 'elsewhere' } }), 'signature');
    assert.equal(check(signed(signal, 2)), 'signature');
    const [first, second, third] = signal.commits as [
      SignedByteCommit,
      SignedByteCommit,
      SignedByteCommit,
    ];
    assert.equal(check(changed({ commits: [first, third] })), 'commits');
    assert.equal(check(changed({ commits: [second, first] })), 'commits');
    assert.equal(check(changed({ commits: commitsOf(registry, 2, [1]) })), 'commits');
    assert.equal(
      check(changed({ commits: commitsOf({ ...registry, version: 2 }, 1, [1]) })),
      'commits',
    );
    assert.equal(check(changed({ capacityBytes: 500 })), 'commits');
    const forged = { ...first, commit: { ...first.commit, objectsUsed: 1 } };
    assert.equal(check(changed({ commits: [forged] })), 'commits');
  },
);

cheapTest('up and down are said by three commits, all above or all below', () => {
  const registry = firstOf(4);
  const says = (used: readonly number[]): string =>
    capacitySignal(signalOf(registry, 1, { used }).signal);
  assert.equal(says([]), 'stable');
  assert.equal(says([90, 90]), 'stable');
  assert.equal(says([85, 90, 100]), 'up');
  assert.equal(says([84, 90, 100]), 'stable');
  assert.equal(says([35, 0, 10]), 'down');
  assert.equal(says([36, 0, 10]), 'stable');
});

cheapTest(
  'nothing follows from a set of another version, with a bad signal, or with too few signers',
  () => {
    const registry = firstOf(4);
    const refusal = (set: ClosedSet): string => {
      const made = next(registry, set);
      return made.ok ? 'ok' : made.refusal;
    };
    const all = numbers(1, 4).map((number) => signalOf(registry, number));
    const good = setOf(registry, all);
    assert.equal(refusal(good), 'ok');
    assert.equal(refusal({ ...good, version: 2 }), 'lineage');
    assert.equal(refusal({ ...good, lineage: zero32 }), 'lineage');
    assert.equal(
      refusal({
        ...good,
        signals: [...good.signals.slice(1), { ...good.signals[0]!, signature: all[1]!.signature }],
      }),
      'signal',
    );
    assert.equal(refusal(setOf(registry, all.slice(0, 3))), 'ok');
    assert.equal(refusal(setOf(registry, all.slice(0, 2))), 'signers');
    const strangers = numbers(5, 9).map((number) => signalOf(registry, number));
    assert.equal(refusal(setOf(registry, [...all.slice(0, 2), ...strangers])), 'signers');
  },
);

cheapTest(
  'a closed set has one encoding, so every order of learning gives the same version',
  () => {
    const registry = firstOf(4);
    const all = numbers(1, 6).map((number) => signalOf(registry, number));
    const orders = [all, all.toReversed(), [...all.slice(3), ...all.slice(0, 3)]];
    const made = orders.map((order) => registryAddress(after(registry, order)));
    assert.equal(new Set(made.map(keyOf)).size, 1);
    const set = setOf(registry, all);
    assert.deepEqual(closedSet.decode(closedSet.encode(set)), { ok: true, value: set });
    assert.throws(
      () => closedSet.encode({ ...set, signals: set.signals.toReversed() }),
      RangeError,
    );
    assert.throws(() => closedSet.encode({ ...set, signals: [all[0]!, all[0]!] }), RangeError);
  },
);

cheapTest('the next version names what it follows from, renews keys, and can be certified', () => {
  const registry = firstOf(4);
  const signals = numbers(1, 4).map((number) => signalOf(registry, number));
  const made = after(registry, signals);
  assert.equal(made.version, 2);
  assert.deepEqual(made.closed, address(closedSet.encode(setOf(registry, signals))));
  assert.deepEqual(
    made.nodes.map(({ voteKey }) => voteKey),
    numbers(1, 4).map((n) => voterOf(n, 2).publicKey),
  );
  const claim = saidBy(
    {
      lineage: registryLineage(registry),
      version: 1,
      phase: phases.commit,
      attempt: 1,
      value: registryAddress(made),
    },
    [0, 1, 2],
  );
  assert.equal(checkSuccession(registry, made, claim), undefined);
});

cheapTest(
  'whom the signers name joins at once; where signals call, as many as ups outnumber downs',
  () => {
    const named = firstOf(4);
    const all = numbers(1, 4);
    const joined = after(
      named,
      [...all, 5, 6].map((n) => signalOf(named, n)),
    );
    assert.deepEqual(
      addresses(joined).toSorted(),
      numbers(1, 6).map((n) => `node-${n}`),
    );
    const open = firstOf(4, { admission: admissions.signalled });
    const grown = (used: readonly (readonly number[])[]): number => {
      const members = all.map((n, i) => signalOf(open, n, { used: used[i] ?? [] }));
      const applicants = [5, 6, 7].map((n) => signalOf(open, n));
      return after(open, [...members, ...applicants]).nodes.length - 4;
    };
    const [up, down] = [
      [90, 90, 90],
      [1, 1, 1],
    ];
    assert.equal(grown([]), 0);
    assert.equal(grown([up]), 1);
    assert.equal(grown([up, up]), 2);
    assert.equal(grown([up, up, down]), 1);
    assert.equal(grown([up, down, down]), 0);
  },
);

cheapTest('one who applies and says leave, or is gone, does not join', () => {
  const registry = firstOf(4);
  const members = numbers(1, 4).map((n) => signalOf(registry, n));
  for (const intent of [intents.leave, intents.gone]) {
    const made = after(registry, [...members, signalOf(registry, 5, { intent })]);
    assert.equal(made.nodes.length, 4);
  }
});

cheapTest('a node that leaves gives up its seats at once, its place when another takes it', () => {
  const registry = firstOf(4);
  const leaves = (n: number): SignedSignal =>
    signalOf(registry, n, n === 2 ? { intent: intents.leave } : {});
  const alone = after(registry, numbers(1, 4).map(leaves));
  assert.deepEqual(groupNames(alone), [['node-1', 'node-2', 'node-3', 'node-4']]);
  assert.equal(alone.seats.includes(addresses(alone).indexOf('node-2')), false);
  const replaced = after(registry, [...numbers(1, 4).map(leaves), signalOf(registry, 5)]);
  assert.deepEqual(groupNames(replaced), [['node-1', 'node-3', 'node-4', 'node-5']]);
  assert.ok(addresses(replaced).includes('node-2'));
});

cheapTest('a node that is gone is dropped once it has neither a seat nor a place', () => {
  const registry = firstOf(4);
  const says = (from: Registry, intent: Intent): readonly SignedSignal[] => [
    ...[1, 3, 4].map((n) => signalOf(from, n)),
    signalOf(from, 2, { intent }),
  ];
  const still = after(registry, says(registry, intents.gone));
  assert.ok(addresses(still).includes('node-2'));
  const second = after(registry, [...says(registry, intents.leave), signalOf(registry, 5)]);
  const third = after(second, [...says(second, intents.gone), signalOf(second, 5)]);
  assert.equal(addresses(third).includes('node-2'), false);
  assert.deepEqual(groupNames(third), [['node-1', 'node-3', 'node-4', 'node-5']]);
});

cheapTest('a silent node keeps seats and place without a vote, then is treated as leaving', () => {
  let registry = firstOf(5, { groupsMax: 1 });
  const others = [1, 2, 3, 5];
  for (let missed = 1; missed <= graceVersions; missed++) {
    registry = after(
      registry,
      others.map((n) => signalOf(registry, n)),
    );
    const silent = registry.nodes.find(({ address: where }) => where === 'node-4')!;
    assert.equal(silent.missed, missed);
    assert.deepEqual(groupNames(registry), [['node-1', 'node-2', 'node-3', 'node-4']]);
    assert.ok(registry.seats.includes(registry.nodes.indexOf(silent)));
  }
  registry = after(
    registry,
    others.map((n) => signalOf(registry, n)),
  );
  assert.deepEqual(groupNames(registry), [['node-1', 'node-2', 'node-3', 'node-5']]);
  registry = after(
    registry,
    others.map((n) => signalOf(registry, n)),
  );
  assert.equal(addresses(registry).includes('node-4'), false);
});

cheapTest('a node that speaks again has missed nothing', () => {
  const registry = firstOf(4);
  const second = after(
    registry,
    [1, 2, 3].map((n) => signalOf(registry, n)),
  );
  assert.equal(second.nodes[3]!.missed, 1);
  const third = after(
    second,
    numbers(1, 4).map((n) => signalOf(second, n)),
  );
  assert.equal(third.nodes[3]!.missed, 0);
  assert.deepEqual(third.nodes[3]!.voteKey, voterOf(4, 3).publicKey);
});

cheapTest('a new group is not the group of those who joined: each of them changes places', () => {
  const registry = firstOf(16, { groupsMax: 4 });
  const made = after(
    registry,
    numbers(1, 20).map((n) => signalOf(registry, n)),
  );
  assert.equal(made.groups.length, 5);
  const joined = new Set(numbers(17, 20).map((n) => `node-${n}`));
  const newest = groupNames(made).at(-1)!;
  assert.ok(newest.filter((name) => joined.has(name)).length <= 1);
  const spread = groupNames(made).filter((group) => group.some((name) => joined.has(name)));
  assert.ok(spread.length >= 2);
});

cheapTest(
  'signers stay, others fill up to the limit, and the threshold follows their number',
  () => {
    let registry = firstOf(4);
    assert.deepEqual([registry.signers.length, registry.threshold], [4, 3]);
    registry = after(
      registry,
      numbers(1, 7).map((n) => signalOf(registry, n)),
    );
    assert.deepEqual([registry.signers.length, registry.threshold], [7, 5]);
    const silent = after(
      registry,
      numbers(1, 6).map((n) => signalOf(registry, n)),
    );
    assert.equal(silent.signers.length, 7);
    const leaving = after(
      registry,
      numbers(1, 7).map((n) => signalOf(registry, n, n === 7 ? { intent: intents.leave } : {})),
    );
    assert.deepEqual([leaving.signers.length, leaving.threshold], [6, 4]);
  },
);

cheapTest(
  'in every history: well-formed, groups disjoint, nobody moves another one’s seats',
  () => {
    checkHistories(1);
  },
);
