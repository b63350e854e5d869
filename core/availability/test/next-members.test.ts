/** Whom the next version of a registry lists, puts into groups and lets sign. */

import assert from 'node:assert/strict';
import { intents, type Intent } from '@dsm/availability';
import { limits, type Registry } from '@dsm/primitive';
import { cheapTest } from './cheap-signatures.ts';
import { addresses, after, groupNames, numbers, signalOf } from './registry-signals.ts';
import { firstOf } from './signers.ts';

/** What follows if these nodes speak, and some of them do not want to stay. */
function followed(
  registry: Registry,
  speaking: readonly number[],
  wishes: Readonly<Record<number, Intent>>,
): Registry {
  return after(
    registry,
    speaking.map((n) => signalOf(registry, n, { intent: wishes[n] ?? intents.stay })),
  );
}

function hasSeat(registry: Registry, name: string): boolean {
  return registry.seats.includes(addresses(registry).indexOf(name));
}

cheapTest('a node that is gone stays listed for its place alone, without any seat', () => {
  const all = numbers(1, 4);
  const second = followed(firstOf(4), all, { 2: intents.leave });
  assert.equal(hasSeat(second, 'node-2'), false);
  const third = followed(second, all, { 2: intents.gone });
  assert.deepEqual(groupNames(third), [['node-1', 'node-2', 'node-3', 'node-4']]);
});

cheapTest('a node that is gone stays listed for its seats alone, then is dropped', () => {
  const registry = firstOf(5, { groupsMax: 1 });
  const second = followed(registry, numbers(1, 5), { 5: intents.gone });
  assert.ok(addresses(second).includes('node-5'));
  assert.equal(hasSeat(second, 'node-5'), false);
  const third = followed(second, numbers(1, 5), { 5: intents.gone });
  assert.equal(addresses(third).includes('node-5'), false);
});

const takers: Readonly<
  Record<string, readonly [readonly number[], Readonly<Record<number, Intent>>, boolean]>
> = {
  'one that stays': [[1, 2, 3, 4, 5], { 2: intents.leave }, true],
  'not one that leaves, too': [[1, 2, 3, 4, 5], { 2: intents.leave, 5: intents.leave }, false],
  'not one that is silent': [[1, 2, 3, 4], { 2: intents.leave }, false],
};

for (const [who, [speaking, wishes, takesIt]] of Object.entries(takers)) {
  cheapTest(`who takes the place of a leaving node: ${who}`, () => {
    const made = followed(firstOf(5, { groupsMax: 1 }), speaking, wishes);
    const member = takesIt ? 'node-5' : 'node-2';
    assert.deepEqual(groupNames(made), [['node-1', 'node-3', 'node-4', member].toSorted()]);
  });
}

cheapTest('signers go before nodes that were none, wherever they stand in the list', () => {
  const count = limits.registrySignersMax + 3;
  const last = numbers(3, count - 1);
  const registry: Registry = { ...firstOf(count, { groupsMax: 1 }), signers: last };
  const made = followed(registry, numbers(1, count), {});
  assert.deepEqual(made.signers, last);
});
