/**
 * The next version of a registry: each rule and refusal, and what holds in every history. Whoever
 * has the same closed set has the same version, in whatever order he learned it.
 */

import assert from 'node:assert/strict';
import {
  byteCommitStatement,
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
  signalDigest,
  byteCommitDigest,
  type ByteCommit,
  type ClosedSet,
  type Intent,
  type Signal,
  type SignedByteCommit,
  type SignedSignal,
} from '@dsm/availability';
import {
  address,
  admissions,
  compare,
  emptySeat,
  equal,
  keyOf,
  kinds,
  nodeId,
  registry as registryObject,
  registryLineage,
  zero32,
  type Registry,
} from '@dsm/primitive';
import fc from 'fast-check';
import { cheapTest } from './cheap-signatures.ts';
import { firstOf, identityOf, idOf, network, saidBy, signAs, voterOf } from './signers.ts';

interface Said {
  readonly intent?: Intent;
  /** Shares of the capacity that the last commits used, in percent. */
  readonly used?: readonly number[];
  readonly capacityBytes?: number;
}

/** What node `number` says to the version after `registry`. */
function signalOf(registry: Registry, number: number, said: Said = {}): SignedSignal {
  const { intent = intents.stay, used = [], capacityBytes = 4_000 } = said;
  const commits = commitsOf(
    registry,
    number,
    used.map((share) => (share * capacityBytes) / 100),
  );
  const signal: Signal = {
    lineage: registryLineage(registry),
    version: registry.version,
    suite: 1,
    identityKey: identityOf(number).publicKey,
    address: `node-${number}`,
    capacityBytes,
    voteKey: voterOf(number, registry.version + 1).publicKey,
    intent,
    commits,
  };
  return signed(signal, number);
}

function signed(signal: Signal, number: number): SignedSignal {
  const { secretKey } = identityOf(number);
  return { signal, signature: signAs(secretKey, kinds.signal, signalDigest(signal)) };
}

function commitsOf(
  registry: Registry,
  number: number,
  used: readonly number[],
): readonly SignedByteCommit[] {
  const { publicKey: identityKey, secretKey } = identityOf(number);
  let previous = zero32;
  return used.map((objectsUsed, sequence) => {
    const commit: ByteCommit = {
      node: idOf(number),
      sequence,
      version: registry.version,
      objectsRoot: zero32,
      objectsUsed,
      slotsRoot: zero32,
      slotsUsed: 0,
      previous,
    };
    previous = byteCommitDigest(commit);
    const statement = byteCommitStatement(commit, { suite: 1, identityKey });
    const signature = signAs(secretKey, kinds.byteCommit, statement);
    return { commit, suite: 1, identityKey, signature };
  });
}

function setOf(registry: Registry, signals: readonly SignedSignal[]): ClosedSet {
  const id = ({ signal }: SignedSignal): Uint8Array => nodeId(signal.suite, signal.identityKey);
  const ascending = signals.toSorted((a, b) => compare(id(a), id(b)));
  return {
    lineage: registryLineage(registry),
    version: registry.version,
    signals: ascending,
  };
}

function after(registry: Registry, signals: readonly SignedSignal[]): Registry {
  const made = next(registry, setOf(registry, signals));
  assert.ok(made.ok, made.ok ? '' : made.refusal);
  return made.registry;
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function addresses({ nodes }: Registry): readonly string[] {
  return nodes.map(({ address: where }) => where);
}

function groupNames(registry: Registry): readonly (readonly string[])[] {
  return registry.groups.map((group) =>
    group.map((index) => registry.nodes[index]!.address).toSorted(),
  );
}

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

/** What a change of a history is: who joins, who says what. */
interface Change {
  readonly joins: number;
  readonly leave: number;
  readonly silent: number;
  readonly up: number;
  readonly grows: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  joins: fc.nat({ max: 3 }),
  leave: fc.nat({ max: 40 }),
  silent: fc.nat({ max: 40 }),
  up: fc.nat({ max: 40 }),
  grows: fc.nat({ max: 40 }),
});

cheapTest(
  'in every history: well-formed, groups disjoint, nobody moves another one’s seats',
  () => {
    const histories = fc.array(change, { minLength: 30, maxLength: 36 });
    fc.assert(
      fc.property(histories, fc.constantFrom(0, 1), (changes, admission) => {
        let registry = firstOf(8, { groupsMax: 2, admission: admission as 0 | 1 });
        let newest = 8;
        const left = new Set<string>();
        for (const one of changes) {
          const signals = saidIn(registry, one, left);
          for (let i = 0; i < one.joins; i++) signals.push(signalOf(registry, ++newest));
          const made = next(registry, setOf(registry, signals));
          if (!made.ok) {
            assert.equal(made.refusal, 'signers');
            continue;
          }
          checkChange(registry, made.registry, signals);
          registry = made.registry;
        }
      }),
      { numRuns: 2 },
    );
  },
);

function saidIn(registry: Registry, one: Change, left: Set<string>): SignedSignal[] {
  const { nodes } = registry;
  return nodes.flatMap(({ address: where, capacityBytes }, i): readonly SignedSignal[] => {
    const number = Number(where.slice('node-'.length));
    if (i === one.silent % nodes.length && i !== 0) return [];
    if (i === one.leave % nodes.length && nodes.length > 6) left.add(where);
    const isPlaced = registry.seats.includes(i) || registry.groups.flat().includes(i);
    const intent = !left.has(where) ? intents.stay : isPlaced ? intents.leave : intents.gone;
    const used = i === one.up % nodes.length ? [90, 90, 90] : [];
    const grown = i === one.grows % nodes.length ? capacityBytes * 2 : capacityBytes;
    return [signalOf(registry, number, { intent, used, capacityBytes: Math.min(grown, 64_000) })];
  });
}

/** What no change may break. */
function checkChange(before: Registry, made: Registry, signals: readonly SignedSignal[]): void {
  assert.deepEqual(registryObject.decode(registryObject.encode(made)), { ok: true, value: made });
  const members = made.groups.flat();
  assert.equal(new Set(members).size, members.length);
  assert.ok(made.groups.length >= before.groups.length);
  const again = next(before, setOf(before, signals.toReversed()));
  assert.ok(again.ok && equal(registryAddress(again.registry), registryAddress(made)));
  // A seat that changes hands was empty, or its holder has given it up himself.
  for (const [seat, owner] of before.seats.entries()) {
    if (owner === emptySeat) continue;
    const id = before.nodes[owner]!.id;
    const now = made.seats[seat]!;
    const isSame = now !== emptySeat && equal(made.nodes[now]!.id, id);
    if (isSame) continue;
    const holder = made.nodes.find((node) => equal(node.id, id));
    const gaveUp =
      holder === undefined || holder.capacityBytes < before.nodes[owner]!.capacityBytes;
    const said = signals.find(({ signal }) => equal(nodeId(1, signal.identityKey), id));
    const leaves = said === undefined || said.signal.intent !== intents.stay;
    assert.ok(gaveUp || leaves);
  }
}
