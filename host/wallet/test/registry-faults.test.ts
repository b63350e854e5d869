/** A registry change among crashes and liars: nothing certified is lost, and no lie is taken over. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  closedSet,
  phases,
  registryAddress,
  succession,
  signalDigest,
  successionDigest,
  votePage,
  type NodeAnswer,
  type Signal,
  type VotePage,
} from '@dsm/availability';
import { memoryEngine } from '@dsm/memory';
import { installNative } from '@dsm/node';
import type { Engine } from '@dsm/ports';
import { filled, slotAuthor } from '@dsm/ports/conformance';
import {
  decodeWith,
  encodeWith,
  equal,
  kinds,
  limits,
  registriesOf,
  registryLineage,
  slotKey,
} from '@dsm/primitive';
import {
  askOne,
  evolutionRefusals,
  nodeKeys,
  secretsInMemory,
  signerRefusals,
} from '@dsm/storage-node';
import { followRegistry, planOf, quorum, type Quorum, type RegistryPlan } from '../src/index.ts';
import {
  network,
  registryWorld,
  stateOf,
  type Heard,
  type Member,
  type RegistryWorld,
} from './registry-world.ts';

installNative();

const author = slotAuthor(network, 1);

function clientOf(world: RegistryWorld): Quorum {
  const registry = world.newest();
  const dial = world.dial('client');
  return quorum(
    registry,
    registry.nodes.map(({ address }) => dial(address)),
  );
}

async function certified(world: RegistryWorld, position: number, value: number): Promise<boolean> {
  return (await clientOf(world).writeSlot(author.write(position, value))).type === 'certified';
}

/** An engine that stops for ever at a commit, before it is done or after. */
interface Cut {
  readonly engine: Engine;
  /** Ends everything at so many commits from now: an odd number before the commit, an even one after. */
  arm: (at: number) => void;
  readonly isDead: () => boolean;
  readonly died: Promise<void>;
}

function cutting(member: Member): Cut {
  const inner = memoryEngine({ place: member.place });
  const dead = Promise.withResolvers<void>();
  const never = new Promise<never>(() => {});
  let left = Infinity;
  let isDead = false;
  const die = (): Promise<never> => {
    isDead = true;
    member.place.held = false;
    dead.resolve();
    return never;
  };
  const alive = <T>(work: () => Promise<T>): Promise<T> => (isDead ? never : work());
  return {
    arm: (at) => {
      left = at;
    },
    isDead: () => isDead,
    died: dead.promise,
    engine: {
      ...inner,
      get: (shelf, key) => alive(() => inner.get(shelf, key)),
      sizeOf: (shelf, key) => alive(() => inner.sizeOf(shelf, key)),
      commit: (writes) =>
        alive(async () => {
          left -= 1;
          if (left === 0) return die();
          await inner.commit(writes);
          left -= 1;
          return left === 0 ? die() : undefined;
        }),
    },
  };
}

test('a node that dies at any commit of a change goes on where it was', async () => {
  let last = 0;
  for (let at = 1; last === 0; at++) {
    let cut: Cut | undefined;
    const engine = (member: Member): Engine => {
      if (member.address !== 'node-2' || cut !== undefined) return memoryEngine(member);
      cut = cutting(member);
      member.died = cut.died;
      return cut.engine;
    };
    const world = await registryWorld({ engine });
    assert.ok(await certified(world, 1, 10));
    // One slot that only the node that dies has voted for.
    await world.dial('client')('node-2').writeSlot(author.encoded(4, 10));
    const plan = await world.plan(world.newest());
    cut!.arm(at);
    // A signer that dies leaves enough others; what it was asked is never answered.
    const applied = world.apply(plan);
    const others = [1, 3, 4].map((n) => world.members.get(`node-${n}`)!.node!);
    const member = world.members.get('node-2')!;
    await applied;
    await Promise.race([cut!.died, member.node!.follow()]);
    if (cut!.isDead()) {
      Object.assign(member, { node: undefined, died: undefined });
      await world.start(member);
    } else {
      last = at;
      cut!.arm(Infinity);
    }
    assert.notEqual((await world.apply(plan)).type, 'undecided');
    await Promise.all([...others, member.node!].map((node) => node.follow()));
    for (const node of [...others, member.node!]) assert.equal(node.standing()?.version, 2);
    assert.ok(await certified(world, 1, 10));
    assert.equal(await certified(world, 1, 20), false);
    const own = stateOf(await member.node!.readSlot(slotKey(author.place(4))));
    assert.ok(own?.vote?.version === 2 && equal(own.values[0]!.value, filled(10)));
    await Promise.all([...others, member.node!].map((node) => node.close()));
  }
  assert.ok(last > 12, `${last} points to die at`);
});

/** What a liar makes of the pages of its map. */
const lies: Readonly<Record<string, (page: VotePage) => VotePage>> = {
  'leaves a slot out': ({ rows, last }) => ({ rows: rows.slice(1), last }),
  'shows no values': ({ last }) => ({
    rows: [{ type: 'digest', key: filled(1), digest: filled(2) }],
    last,
  }),
  'shows another value': ({ rows, last }) => ({
    rows: rows.map((row) =>
      row.type === 'digest'
        ? row
        : { ...row, values: row.values.map((one) => ({ ...one, value: filled(77) })) },
    ),
    last,
  }),
  'says the same for ever': ({ rows }) => ({ rows, last: 0 }),
  'has nothing': () => ({ rows: [], last: 1 }),
};

for (const [what, lie] of Object.entries(lies)) {
  test(`a map that ${what} is not taken over`, async () => {
    let lied = 0;
    const tamper = ({ to, request, answer }: Heard): NodeAnswer => {
      if (to !== 'node-1' || request.type !== 'votes' || answer.type !== 'ok') return answer;
      lied += 1;
      return { type: 'ok', body: encodeWith(votePage, lie(decodeWith(votePage, answer.body)!)) };
    };
    const world = await registryWorld({ tamper });
    await world.newcomer(5);
    world.members.get('node-4')!.intent = 1;
    for (const position of [1, 2, 3]) assert.ok(await certified(world, position, 10));
    // Of the four that were there the liar is the first whom the newcomer asks.
    const second = await world.change(['node-5']);
    assert.equal(second.version, 2);
    for (const position of [1, 2, 3]) {
      assert.ok(await certified(world, position, 10));
      assert.equal(await certified(world, position, 20), false);
    }
    const newcomer = world.members.get('node-5')!.node!;
    assert.equal(newcomer.metrics().slots, 3);
    assert.ok(lied > 0);
    await world.close();
  });
}

for (const type of ['votes', 'close'] as const) {
  test(`bytes that are no answer to "${type}" count for nothing`, async () => {
    const tamper = ({ from, to, request, answer }: Heard): NodeAnswer =>
      from === 'node-5' && to === 'node-1' && request.type === type
        ? { type: 'ok', body: filled(3) }
        : answer;
    const world = await registryWorld({ tamper });
    await world.newcomer(5);
    world.members.get('node-4')!.intent = 1;
    assert.ok(await certified(world, 1, 10));
    await world.change(['node-5']);
    assert.equal(world.members.get('node-5')!.node!.metrics().slots, 1);
    assert.ok(await certified(world, 1, 10));
    await world.close();
  });
}

/** A certificate by signers who sign twice, as nobody can who is honest. */
async function forkedCertificate(plan: RegistryPlan): Promise<Uint8Array> {
  const { old } = plan;
  const said = {
    lineage: registryLineage(old),
    version: old.version,
    phase: phases.commit,
    attempt: 9,
    value: registryAddress(plan.next),
  };
  const signatures = [];
  for (const node of [0, 1, 2]) {
    const { voter } = await nodeKeys(1, secretsInMemory(filled(node + 1)));
    const signature = voter().sign(kinds.succession, network, successionDigest(said));
    signatures.push({ node, signature });
  }
  return succession.encode({ ...said, signatures });
}

test('two registries after one version: the second is refused by nodes, and seen', async () => {
  const world = await registryWorld();
  const first = world.newest();
  const plan = await world.plan(first);
  const shorter = planOf(first, plan.set.signals.slice(1));
  assert.ok(shorter.ok);
  const shown = await forkedCertificate(shorter.plan);
  await world.apply(plan);
  await world.settled();
  const dial = world.dial('client');
  await dial('node-1').putObject(closedSet.encode(shorter.plan.set));
  const { closed } = shorter.plan;
  await assert.rejects(askOne(dial('node-1'), { type: 'succeed', closed, shown }), {
    message: evolutionRefusals.fork,
  });
  assert.equal(world.members.get('node-1')!.node!.metrics().registryForks, 1);
  assert.equal(world.newest().version, 2);
  await world.close();
});

test('a registry that too few signers have signed is believed by nobody', async () => {
  const world = await registryWorld();
  const plan = await world.plan(world.newest());
  const full = succession.decode(await forkedCertificate(plan));
  assert.ok(full.ok);
  const weak = { ...full.value, signatures: full.value.signatures.slice(0, 2) };
  const dial = world.dial('client');
  await dial('node-1').putObject(closedSet.encode(plan.set));
  const shown = succession.encode(weak);
  await assert.rejects(askOne(dial('node-1'), { type: 'succeed', closed: plan.closed, shown }), {
    message: evolutionRefusals.proof,
  });
  const known = await followRegistry(registriesOf(world.first), dial);
  assert.equal(known.newest.version, 1);
  await world.close();
});

test('a signer endorses no set without its signal, with a stranger, or that leaves out who answers', async () => {
  let isSilent = false;
  const reaches = (from: string, to: string): boolean =>
    !(isSilent && from === 'planner' && to === 'node-5');
  const world = await registryWorld({ nodes: 5, reaches });
  await world.newcomer(6);
  const first = world.newest();
  const dial = world.dial('planner');
  const full = await world.plan(first, ['node-6']);
  const endorsed = async (plan: RegistryPlan): Promise<string> => {
    await dial('node-1').putObject(closedSet.encode(plan.set));
    const { closed } = plan;
    const request = { type: 'endorse', attempt: 1, closed, shown: undefined } as const;
    try {
      await askOne(dial('node-1'), request);
      return 'endorsed';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const without = async (id: Uint8Array): Promise<RegistryPlan> => {
    const key = (await nodeKeys(1, secretsInMemory(id))).identity.publicKey;
    const some = full.set.signals.filter(({ signal }) => !equal(signal.identityKey, key));
    const planned = planOf(first, some);
    assert.ok(planned.ok);
    return planned.plan;
  };
  assert.equal(await endorsed(await without(filled(1))), signerRefusals.own);
  assert.equal(await endorsed(await without(filled(5))), signerRefusals['left-out']);
  world.members.get('node-1')!.admits = false;
  assert.equal(await endorsed(full), signerRefusals.stranger);
  world.members.get('node-1')!.admits = true;
  // Who is silent for the planner alone is heard by the signers.
  isSilent = true;
  const relayed = await world.plan(first, ['node-6']);
  assert.equal(relayed.set.signals.length, 6);
  assert.equal(await endorsed(full), 'endorsed');
  await world.close();
});

test('a plan that was left half way is brought to its end before another one', async () => {
  const world = await registryWorld();
  await world.newcomer(5);
  const first = world.newest();
  const [plain, wider] = [await world.plan(first), await world.plan(first, ['node-5'])];
  const dial = world.dial('planner');
  // Two signers lock themselves on the plain plan; the planner goes away.
  const bytes = closedSet.encode(plain.set);
  const { closed } = plain;
  for (const { address } of first.nodes) await dial(address).putObject(bytes);
  const signatures = [];
  for (const address of ['node-1', 'node-2', 'node-3']) {
    const request = { type: 'endorse', attempt: 1, closed, shown: undefined } as const;
    const decoded = succession.decode((await askOne(dial(address), request))!);
    assert.ok(decoded.ok);
    signatures.push(...decoded.value.signatures);
  }
  const shown = succession.encode({
    lineage: registryLineage(first),
    version: 1,
    phase: phases.endorse,
    attempt: 1,
    value: registryAddress(plain.next),
    signatures,
  });
  for (const address of ['node-1', 'node-2']) {
    await askOne(dial(address), { type: 'commit', closed, shown });
  }
  const applied = await world.apply(wider);
  assert.equal(applied.type, 'other');
  await world.settled();
  assert.equal(world.newest().nodes.length, 4);
  assert.equal((await world.change(['node-5'])).nodes.length, 5);
  await world.close();
});

test('signers that hear nothing agree on nothing, and everything goes on as it was', async () => {
  const world = await registryWorld();
  const plan = await world.plan(world.newest());
  const stopped = [world.members.get('node-1')!, world.members.get('node-2')!];
  for (const member of stopped) await world.stop(member);
  assert.deepEqual(await world.apply(plan), { type: 'undecided' });
  for (const member of stopped) await world.start(member);
  assert.equal(world.newest().version, 1);
  assert.ok(await certified(world, 1, 10));
  assert.equal((await world.apply(plan)).type, 'applied');
  await world.settled();
  assert.ok(await certified(world, 1, 10));
  await world.close();
});

test('a closed set that is larger than an object is agreed on in chunks', async () => {
  const world = await registryWorld();
  const first = world.newest();
  const plan = await world.plan(first);
  const applicants = await Promise.all(
    Array.from({ length: 150 }, async (_, i) => {
      const { identity, nextVoteKey } = await nodeKeys(1, secretsInMemory(filled(100 + i)));
      const signal: Signal = {
        ...plan.set.signals[0]!.signal,
        identityKey: identity.publicKey,
        address: `applicant-${i}`,
        voteKey: nextVoteKey(),
      };
      const signature = identity.sign(kinds.signal, network, signalDigest(signal));
      return { signal, signature };
    }),
  );
  const wide = planOf(first, [...plan.set.signals, ...applicants]);
  assert.ok(wide.ok);
  assert.ok(closedSet.encode(wide.plan.set).length > limits.objectBytesMax);
  const applied = await world.apply(wide.plan);
  assert.ok(applied.type === 'applied');
  assert.equal(applied.registry.nodes.length, 154);
  await world.close();
});
