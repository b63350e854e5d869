/**
 * A network that misbehaves in the same way in every run of one seed.
 *
 * What the faults do is allowed to a real network and its strangers: messages are lost, repeated,
 * swapped, cut short and changed. Nothing larger than a message may be comes out.
 */

import type { Entropy } from '@dsm/ports';
import { seededEntropy } from './entropy.ts';

/** What arrives when `message` is sent: nothing, it, or something else. Called once a message. */
export type Fault = (message: Uint8Array) => readonly Uint8Array[];

/** One `Fault` for each direction of each connection; it may remember. */
export type Faults = () => Fault;

/** How many of a thousand messages suffer what. */
export interface FaultRates {
  readonly drop?: number;
  readonly duplicate?: number;
  /** The message waits for the next one and comes after it; the last one of all may never come. */
  readonly reorder?: number;
  readonly truncate?: number;
  /** One bit is changed. */
  readonly flip?: number;
}

export function seededFaults(seed: string | number, rates: FaultRates): Faults {
  let directions = 0;
  return () => {
    directions += 1;
    return fault(seededEntropy(`${seed} direction ${directions}`), rates);
  };
}

function fault(entropy: Entropy, rates: FaultRates): Fault {
  const below = (bound: number): number =>
    new DataView(entropy.bytes(4).buffer).getUint32(0) % bound;
  const happens = (rate: number | undefined): boolean => below(1_000) < (rate ?? 0);
  let held: Uint8Array | undefined;
  return (message) => {
    let bytes = message.slice();
    if (happens(rates.truncate)) bytes = bytes.slice(0, Math.max(1, below(bytes.length)));
    if (happens(rates.flip)) bytes[below(bytes.length)]! ^= 1 << below(8);
    const copies = happens(rates.drop) ? 0 : happens(rates.duplicate) ? 2 : 1;
    const arriving = Array.from({ length: copies }, () => bytes.slice());
    const earlier = held === undefined ? [] : [held];
    held = undefined;
    if (copies > 0 && happens(rates.reorder)) {
      held = arriving.pop();
      return [...arriving, ...earlier];
    }
    return [...arriving, ...earlier];
  };
}
