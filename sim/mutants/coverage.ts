/**
 * What a test runs, measured by the engine itself, block by block: which tests pass a point of the
 * source, and how often. Only those can notice that something else stands there.
 */

import { Session, type Profiler } from 'node:inspector';
import { shift } from './source.ts';
import { scriptName } from './world.ts';

/** Offsets in the sources, by file, each file's own in ascending order. */
export type Points = ReadonlyMap<string, readonly number[]>;

/** How often each point of each file was passed, in the order of its points. */
export type Hits = ReadonlyMap<string, readonly number[]>;

/**
 * Counts from now on, for as long as the process lives: what is loaded before is not counted, and
 * what is counted runs slowly. Each call gives what was passed since the call before.
 */
export function startCounting(): (points: Points) => Hits {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return (points) => {
    const files = new Map([...points.keys()].map((file) => [scriptName(file), file]));
    const hits = new Map<string, readonly number[]>();
    session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error;
      for (const { url, functions } of taken.result) {
        const file = files.get(url);
        if (file !== undefined) hits.set(file, counted(points.get(file)!, functions));
      }
    });
    return hits;
  };
}

/** Ranges come outer before inner, so what is written last is the nearest. */
function counted(
  points: readonly number[],
  functions: readonly Profiler.FunctionCoverage[],
): readonly number[] {
  const counts = Array.from({ length: points.length }, () => 0);
  for (const { ranges } of functions) {
    for (const { startOffset, endOffset, count } of ranges) {
      let at = firstFrom(points, startOffset - shift);
      for (; at < points.length && points[at]! < endOffset - shift; at++) counts[at] = count;
    }
  }
  return counts;
}

function firstFrom(points: readonly number[], offset: number): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
