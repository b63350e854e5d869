/** Random histories of a registry: nodes join, grow, fill up, fall silent and leave. */

import assert from 'node:assert/strict';
import { intents, next, registryAddress, type SignedSignal } from '@dsm/availability';
import {
  emptySeat,
  equal,
  nodeId,
  registry as registryObject,
  type Registry,
} from '@dsm/primitive';
import fc from 'fast-check';
import { setOf, signalOf } from './registry-signals.ts';
import { firstOf } from './signers.ts';

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

/** Histories of thirty changes and more; throws where one breaks what none may break. */
export function checkHistories(numRuns: number): void {
  const histories = fc.array(change, { minLength: 30, maxLength: 36 });
  fc.assert(
    fc.property(histories, fc.constantFrom(0, 1), (changes, admission) => {
      checkHistory(changes, admission as 0 | 1);
    }),
    { numRuns },
  );
}

function checkHistory(changes: readonly Change[], admission: 0 | 1): void {
  let registry = firstOf(8, { groupsMax: 2, admission });
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
}

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
