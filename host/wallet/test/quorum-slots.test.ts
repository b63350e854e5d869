/** Certificates out of four nodes: one may lie, two may not be missing. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeApi } from '@dsm/ports';
import {
  authorises,
  checkCertificate,
  groupOf,
  registriesOf,
  slotKey,
  slotState,
  type Certificate,
  type Registry,
  type SlotState,
  type SlotVote,
  type SlotWrite,
} from '@dsm/primitive';
import fc from 'fast-check';
import { installNative } from '@dsm/node';
import { filled, slotAuthor } from '@dsm/ports/conformance';
import { nodeKeys, secretsInMemory, vote } from '@dsm/storage-node';
import { quorum, type Fault, type NodeFault, type SlotOutcome } from '../src/quorum.ts';
import { cluster, dead, equivocator, hung, network, type Cluster } from './quorum-cluster.ts';

installNative();

const author = slotAuthor(network, 1);
const ten = author.write(1, 10, { hint: filled(7) });
const twenty = author.write(1, 20);

function proves(registry: Registry, certificate: Certificate | undefined, write: SlotWrite): void {
  assert.ok(certificate !== undefined);
  const slot = { key: slotKey(write.place), value: write.value };
  assert.equal(checkCertificate(certificate, registriesOf(registry), slot), undefined);
}

test('a write is certified by q votes, and a reading has the certificate, too', async () => {
  const { registry, nodes } = await cluster(12);
  const plane = quorum(registry, nodes);
  assert.deepEqual(await plane.readSlot(ten.place), { type: 'free', answers: registry.q });
  const outcome = await plane.writeSlot(ten);
  assert.ok(outcome.type === 'certified');
  proves(registry, outcome.certificate, ten);
  assert.deepEqual(outcome.hints, [filled(7)]);
  const reading = await plane.readSlot(ten.place);
  assert.ok(reading.type === 'voted');
  proves(registry, reading.certificate, ten);
  assert.deepEqual(
    reading.values.map(({ value }) => value),
    [ten.value],
  );
  const again = await plane.writeSlot(ten);
  assert.equal(again.type, 'certified');
  const group = groupOf(registry, slotKey(ten.place));
  for (const [i, node] of nodes.entries()) {
    await node.readSlot(slotKey(ten.place));
    assert.equal(node.metrics().slots, group.includes(i) ? 1 : 0);
  }
});

test('one dead or hung node of four does not matter, two dead leave it undecided', async () => {
  for (const broken of [dead, hung]) {
    for (let at = 0; at < 4; at++) {
      const { registry, nodes } = await cluster();
      const plane = quorum(registry, replaced(nodes, new Map([[at, broken]])));
      const outcome = await plane.writeSlot(ten);
      assert.ok(outcome.type === 'certified');
      proves(registry, outcome.certificate, ten);
      assert.equal((await plane.readSlot(ten.place)).type, 'voted');
      assert.equal((await plane.readSlot(author.place(2))).type, 'free');
    }
  }
  const { registry, nodes } = await cluster();
  const twoDead = quorum(registry, [dead, nodes[1], dead, nodes[3]]);
  assert.deepEqual(await twoDead.writeSlot(ten), { type: 'undecided', votes: 2 });
  assert.deepEqual(await twoDead.readSlot(author.place(2)), { type: 'undecided', answers: 2 });
  const half = await twoDead.readSlot(ten.place);
  assert.ok(half.type === 'voted' && half.certificate === undefined);
  const { value, authorisation } = half.values[0]!;
  const completed = {
    place: ten.place,
    value,
    authorisation,
    hint: undefined,
    certificate: undefined,
  };
  assert.equal((await quorum(registry, nodes).writeSlot(completed)).type, 'certified');
});

test('two hung nodes are waited for until the signal, and no longer', async () => {
  const { registry, nodes } = await cluster();
  const plane = quorum(registry, [hung, hung, nodes[2], nodes[3]]);
  const abort = new AbortController();
  const [writing, reading] = [
    plane.writeSlot(ten, abort.signal),
    plane.readSlot(author.place(2), abort.signal),
  ];
  await quorum(registry, [dead, dead, nodes[2], nodes[3]]).writeSlot(ten);
  abort.abort();
  assert.deepEqual(await writing, { type: 'undecided', votes: 2 });
  assert.deepEqual(await reading, { type: 'undecided', answers: 2 });
});

test('whatever one node lies, the others certify, and the liar is named', async () => {
  const forged = { ...twenty, value: filled(11) };
  const lies: readonly (readonly [Fault, Lie])[] = [
    ['malformed', () => new Uint8Array(40)],
    ['malformed', () => new Uint8Array(0)],
    ['place', (state) => slotState.encode({ ...state, place: author.place(3) })],
    ['vote', withVote((vote) => ({ ...vote, signature: filled(9) }))],
    ['vote', withVote((vote) => ({ ...vote, version: 2 }))],
    ['vote', withVote((vote) => ({ ...vote, path: [{ side: 0, sibling: filled(9) }] }))],
    // Frozen is a slot between several values only.
    ['vote', withVote(() => undefined)],
    [
      'vote',
      withVote(({ signature, ...vote }) => ({
        ...vote,
        signature: signature.with(5, signature[5]! ^ 1),
      })),
    ],
    // A vote for one value under another one, which the writer has signed as well.
    ['vote', (state) => withValues(state, [twenty])],
    ['authorisation', (state) => withValues(state, [ten, forged])],
    ['repeated', (state) => withValues(state, [ten, ten])],
  ];
  for (const [fault, lie] of lies) {
    for (const at of [0, 3]) await assertNamed(at, fault, lie);
  }
});

test('a vote for a value that the writer never signed is none, though the node signed it', async () => {
  const forged = { ...twenty, value: filled(11) };
  const places = await cluster();
  for (const at of [0, 3]) {
    const { voter } = await nodeKeys(1, secretsInMemory(filled(at + 100)));
    const signed = vote(voter(), places.registry, {
      key: slotKey(ten.place),
      value: forged.value,
    });
    await assertNamed(at, 'authorisation', (state) =>
      withValues({ ...state, vote: { version: places.registry.version, ...signed } }, [forged]),
    );
  }
});

test('the vote of one node is none of another', async () => {
  const { registry, nodes } = await cluster();
  const faults: NodeFault[] = [];
  const echo: NodeApi = { ...nodes[1]!, address: 'echo' };
  const plane = quorum(registry, [echo, nodes[1], nodes[2], dead], {
    onFault: (fault) => faults.push(fault),
  });
  assert.deepEqual(await plane.writeSlot(ten), { type: 'undecided', votes: 2 });
  assert.deepEqual(faults, [{ node: 0, fault: 'vote' }]);
});

type Lie = (state: SlotState) => Uint8Array;

async function assertNamed(at: number, fault: Fault, lie: Lie): Promise<void> {
  const { registry, nodes } = await cluster();
  const faults: NodeFault[] = [];
  const honest = nodes[at]!;
  const named = Promise.withResolvers<void>();
  const liar: NodeApi = {
    ...honest,
    writeSlot: async (bytes) => lie(decoded(await honest.writeSlot(bytes))),
    readSlot: async (key) => lie(decoded((await honest.readSlot(key))!)),
  };
  const plane = quorum(registry, replaced(nodes, new Map([[at, liar]])), {
    onFault: (found) => {
      faults.push(found);
      named.resolve();
    },
  });
  const outcome = await plane.writeSlot(ten);
  assert.ok(outcome.type === 'certified', fault);
  proves(registry, outcome.certificate, ten);
  assert.ok(outcome.certificate.votes.every(({ node }) => node !== at));
  assert.deepEqual(outcome.values.length, 1);
  await named.promise;
  const reading = await plane.readSlot(ten.place);
  assert.ok(reading.type === 'voted');
  proves(registry, reading.certificate, ten);
  assert.ok(
    faults.every((found) => found.node === at && found.fault === fault),
    fault,
  );
}

test('a second value by the writer is a conflict: the first has the certificate', async () => {
  const { registry, nodes } = await cluster();
  const plane = quorum(registry, nodes);
  await plane.writeSlot(ten);
  const outcome = await plane.writeSlot(twenty);
  assert.ok(outcome.type === 'conflict');
  proves(registry, outcome.certificate, ten);
  assertBoth(outcome);
  const reading = await plane.readSlot(ten.place);
  assert.ok(reading.type === 'voted');
  proves(registry, reading.certificate, ten);
  assert.equal(reading.values.length, 2);
  const first = await plane.writeSlot(ten);
  assert.ok(first.type === 'certified');
  assert.equal(first.values.length, 2);
});

test('a split vote is a conflict without a certificate', async () => {
  const { registry, nodes } = await cluster();
  await quorum(registry, [nodes[0], nodes[1], dead, dead]).writeSlot(ten);
  await quorum(registry, [dead, dead, nodes[2], nodes[3]]).writeSlot(twenty);
  for (const write of [ten, twenty]) {
    const outcome = await quorum(registry, nodes).writeSlot(write);
    assert.ok(outcome.type === 'conflict');
    assert.equal(outcome.certificate, undefined);
    assertBoth(outcome);
  }
});

test('a slow node is waited for as long as its vote can still decide, and no longer', async () => {
  const { registry, nodes } = await cluster();
  await quorum(registry, [dead, dead, nodes[2], dead]).writeSlot(twenty);
  const slow: NodeApi = {
    ...nodes[3]!,
    writeSlot: async (bytes) => {
      await new Promise((resolve) => setImmediate(resolve));
      return nodes[3]!.writeSlot(bytes);
    },
  };
  const decided = await quorum(registry, [nodes[0], nodes[1], nodes[2], slow]).writeSlot(ten);
  assert.ok(decided.type === 'certified');
  proves(registry, decided.certificate, ten);
  const lost = await quorum(registry, [nodes[0], nodes[1], nodes[2], hung]).writeSlot(twenty);
  assert.ok(lost.type === 'conflict');
  assertBoth(lost);
});

test('two certificates for one slot never come from four nodes of which one is faulty', async () => {
  const places = await cluster();
  const writes = [10, 20, 30].map((value) => author.write(1, value));
  const reach = fc.subarray([0, 1, 2, 3], { minLength: 3 });
  const plan = fc.record({
    faulty: fc.nat(3),
    reaches: fc.tuple(reach, reach, reach),
    scheduler: fc.scheduler(),
  });
  let certified = 0;
  await fc.assert(
    fc.asyncProperty(plan, async ({ faulty, reaches, scheduler }) => {
      const nodes = await Promise.all(
        places.nodes.map(async (_, i) => (i === faulty ? equivocator(places, i) : places.twin(i))),
      );
      const delayed = nodes.map((node, i): NodeApi => ({
        ...node,
        writeSlot: async (bytes) => {
          await scheduler.schedule(Promise.resolve(), `ask ${i}`);
          const answer = await node.writeSlot(bytes);
          await scheduler.schedule(Promise.resolve(), `answer of ${i}`);
          return answer;
        },
      }));
      const outcomes = await scheduler.waitFor(
        Promise.all(
          writes.map((write, w) => {
            const reached = delayed.map((node, i) => (reaches[w]!.includes(i) ? node : dead));
            return quorum(places.registry, reached).writeSlot(write);
          }),
        ),
      );
      const values = certifiedValues(places, outcomes);
      certified += values.length;
      assert.ok(new Set(values).size <= 1, `certified: ${values.join()}`);
    }),
    { numRuns: 60 },
  );
  assert.ok(certified > 20, `only ${certified} certificates were made: the test tests nothing`);
});

test('beyond the assumption it does happen: two faulty nodes certify two values', async () => {
  const places = await cluster();
  const [one, other] = [await places.twin(0), await places.twin(1)];
  const [third, fourth] = [equivocator(places, 2), equivocator(places, 3)];
  const outcomes = await Promise.all([
    quorum(places.registry, [one, dead, third, fourth]).writeSlot(ten),
    quorum(places.registry, [dead, other, third, fourth]).writeSlot(twenty),
  ]);
  assert.deepEqual(certifiedValues(places, outcomes), [10, 20]);
});

/** The values with a certificate that a stranger accepts; each of them is one byte, repeated. */
function certifiedValues({ registry }: Cluster, outcomes: readonly SlotOutcome[]): number[] {
  return outcomes.flatMap((outcome) => {
    if (outcome.type === 'undecided' || outcome.certificate === undefined) return [];
    const { key, value } = outcome.certificate;
    assert.equal(
      checkCertificate(outcome.certificate, registriesOf(registry), { key, value }),
      undefined,
    );
    return [value[0]!];
  });
}

function assertBoth({ values }: { readonly values: SlotState['values'] }): void {
  const found = values.map(({ value }) => value[0]!).toSorted((a, b) => a - b);
  assert.deepEqual(found, [10, 20]);
  for (const { value, authorisation } of values) {
    assert.ok(authorises(network, ten.place, value, authorisation));
  }
}

function replaced(
  nodes: readonly NodeApi[],
  byIndex: ReadonlyMap<number, NodeApi>,
): readonly NodeApi[] {
  return nodes.map((node, i) => byIndex.get(i) ?? node);
}

function decoded(bytes: Uint8Array): SlotState {
  const state = slotState.decode(bytes);
  assert.ok(state.ok);
  return state.value;
}

function withVote(change: (vote: SlotVote) => SlotState['vote']): Lie {
  return ({ vote, ...state }) => {
    assert.ok(vote !== undefined);
    return slotState.encode({ ...state, vote: change(vote) });
  };
}

function withValues(state: SlotState, writes: readonly SlotWrite[]): Uint8Array {
  const values = writes.map(({ value, authorisation }) => ({ value, authorisation, hints: [] }));
  return slotState.encode({ ...state, values });
}

test('a node that lags and answers first hides no certificate', async () => {
  const { registry, nodes } = await cluster(4);
  const group = groupOf(registry, slotKey(ten.place));
  const lagging = group[0]!;
  const without = nodes.map((node, i) => (i === lagging ? dead : node));
  assert.equal((await quorum(registry, without).writeSlot(ten)).type, 'certified');
  const slower = async (key: Uint8Array, node: NodeApi): Promise<Uint8Array | undefined> => {
    for (let turns = 0; turns < 20; turns++) await Promise.resolve();
    return node.readSlot(key);
  };
  const late = nodes.map((node, i): NodeApi => {
    const isLast = i === group.at(-1);
    return isLast ? { ...node, readSlot: (key) => slower(key, node) } : node;
  });
  const reading = await quorum(registry, late).readSlot(ten.place);
  assert.ok(reading.type === 'voted');
  proves(registry, reading.certificate, ten);
});
