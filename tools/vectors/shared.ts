/** Vectors of shared state: names of apps, and orders of acts. */

import { utf8, type Side } from '@dsm/primitive';
import type { Draft } from './draft.ts';
import { drawn } from './world.ts';

interface ActGiven {
  readonly index: number;
  readonly after: number;
  readonly head: Uint8Array;
}

function app(name: string, comment: string, changes: object): Draft {
  const given = {
    name: utf8('tasks'),
    version: 1,
    rules: utf8('add appends a task; done and rename change the one with this id'),
    ...changes,
  };
  return { name, comment, check: 'app', given };
}

/** Acts as pairs: index, and how much of the other lane their author had absorbed. */
function ordered(
  name: string,
  comment: string,
  low: readonly (readonly [number, number])[],
  high: readonly (readonly [number, number])[],
): Draft {
  const side = (of: Side, acts: typeof low): ActGiven[] =>
    acts.map(([index, after]) => ({ index, after, head: drawn(`${name} ${of} ${index}`) }));
  return { name, comment, check: 'order', given: { low: side(0, low), high: side(1, high) } };
}

const pairs = (count: number, after: (i: number) => number): [number, number][] =>
  Array.from({ length: count }, (_, i) => [i + 1, after(i)]);

export const sharedDrafts: readonly Draft[] = [
  app('an app', 'Name, version and rules.', {}),
  app('a later version', 'Another app.', { version: 2 }),
  app('other rules', 'Another app.', { rules: utf8('größer als 漢字 🙂, and whatever follows') }),
  app('no name, no rules', 'Nothing forbids it.', { name: utf8(''), rules: utf8('') }),
  ordered('nothing', 'No acts, no order.', [], []),
  ordered(
    'one lane',
    'The other is silent.',
    pairs(3, () => 0),
    [],
  ),
  ordered(
    'in turns',
    'Each knows what came before: no coin.',
    [
      [1, 0],
      [3, 2],
    ],
    [
      [2, 1],
      [5, 3],
    ],
  ),
  ordered('crossed', 'One act each, and a coin.', [[1, 0]], [[1, 0]]),
  ordered(
    'apart',
    'Eight acts each, none known to the other.',
    pairs(8, () => 0),
    pairs(8, () => 0),
  ),
  ordered(
    'two behind',
    'Each knows all but the last two of the other.',
    pairs(8, (i) => Math.max(0, i - 2)),
    pairs(8, (i) => Math.max(0, i - 2)),
  ),
  ordered(
    'apart, then one knows all',
    'The last act of the lower rests on everything.',
    [...pairs(5, () => 0), [9, 12]],
    [
      [2, 0],
      [3, 0],
      [7, 1],
      [12, 1],
    ],
  ),
];
