/** One execution of a target under its bounds, and making what was found as short as it can be. */

import { beginExecution, endExecution, Excess } from './coverage.ts';
import { Broken, same, type Property, type Target } from './target.ts';

export interface Finding {
  readonly target: string;
  readonly property: Property;
  readonly sentence: string;
  readonly input: Uint8Array;
}

export type Outcome = 'taken' | 'refused' | Finding;

/** What a longer input may cost more. A decoder takes well below forty branches for a byte. */
const branchesBase = 20_000;
const branchesPerByte = 400;
const roomBase = 65_536;
const roomPerByte = 64;

let copy = new Uint8Array(1 << 17);

export function execute(target: Target, bytes: Uint8Array): Outcome | Promise<Outcome> {
  if (bytes.length > copy.length) copy = new Uint8Array(bytes.length * 2);
  copy.set(bytes);
  const { cost } = target;
  const { length } = bytes;
  beginExecution(
    cost * (branchesBase + branchesPerByte * length),
    cost * (roomBase + roomPerByte * length),
  );
  try {
    const taken = target.run(bytes);
    if (typeof taken !== 'boolean') return waited(target, bytes, taken);
    endExecution();
    return judged(target, bytes, taken);
  } catch (error) {
    endExecution();
    return found(target, error, bytes.length);
  }
}

async function waited(
  target: Target,
  bytes: Uint8Array,
  running: Promise<boolean>,
): Promise<Outcome> {
  try {
    const taken = await running;
    return judged(target, bytes, taken);
  } catch (error) {
    return found(target, error, bytes.length);
  } finally {
    endExecution();
  }
}

function judged(target: Target, bytes: Uint8Array, taken: boolean): Outcome {
  if (!same(bytes, copy.subarray(0, bytes.length))) {
    return found(target, new Broken('changed input', 'the input was written to'), bytes.length);
  }
  for (const name in {}) {
    Reflect.deleteProperty(Object.prototype, name);
    return found(target, new Broken('pollution', `every object has "${name}"`), bytes.length);
  }
  return taken ? 'taken' : 'refused';
}

function found({ name }: Target, error: unknown, length: number): Finding {
  const input = copy.slice(0, length);
  const known = error instanceof Broken || error instanceof Excess;
  const sentence = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    target: name,
    property: known ? error.property : 'throws',
    sentence: known ? error.message : sentence,
    input,
  };
}

const triesMax = 3_000;

/** A shorter input that shows the same, if there is one. */
export async function shortened(target: Target, finding: Finding): Promise<Finding> {
  let best = finding;
  let tries = 0;
  const holds = async (bytes: Uint8Array): Promise<boolean> => {
    tries += 1;
    const outcome = await execute(target, bytes);
    if (typeof outcome === 'string' || outcome.property !== finding.property) return false;
    best = outcome;
    return true;
  };
  for (let piece = 2 ** 15; piece >= 1; piece >>= 1) {
    for (let at = 0; at + piece <= best.input.length && tries < triesMax;) {
      const { input } = best;
      const shorter = new Uint8Array(input.length - piece);
      shorter.set(input.subarray(0, at));
      shorter.set(input.subarray(at + piece), at);
      if (!(await holds(shorter))) at += piece;
    }
  }
  for (let at = 0; at < best.input.length && tries < triesMax; at++) {
    if (best.input[at] !== 0) await holds(best.input.with(at, 0));
  }
  return best;
}
