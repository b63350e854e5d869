/** What is fuzzed: something that takes bytes, and what must hold whatever they are. */

import type { Coder } from '@dsm/primitive';

/**
 * What can be wrong:
 *
 *     throws           an exception that no caller expects
 *     untyped refusal  a refusal that is none of those that the interface names
 *     two spellings    bytes were taken that encoding would not have given
 *     shared bytes     a decoded value changes when the input does
 *     changed input    the input was written to
 *     endless          more branches were taken than the length of the input allows
 *     allocation       more room was asked for than the length of the input allows
 *     pollution        objects have a property that nobody gave them
 *     rule             a rule of the target's own, which its sentence names
 */
export type Property =
  | 'throws'
  | 'untyped refusal'
  | 'two spellings'
  | 'shared bytes'
  | 'changed input'
  | 'endless'
  | 'allocation'
  | 'pollution'
  | 'rule';

export class Broken extends Error {
  readonly property: Property;
  constructor(property: Property, sentence: string) {
    super(sentence);
    this.property = property;
  }
}

export interface Target {
  /** Package, file and what it is called there: `primitive/entry.entry`. */
  readonly name: string;
  /** What is tried first; it need not be good. */
  readonly samples: readonly Uint8Array[];
  /** Short pieces that are put in here and there. */
  readonly words: readonly Uint8Array[];
  /** The layout, if the target has one. */
  readonly layout: Coder<unknown> | undefined;
  /**
   * One execution: true if the bytes were taken, false if they were refused as they should be. Throws
   * `Broken` if something does not hold; whatever else it throws is a finding, too.
   */
  readonly run: (bytes: Uint8Array) => boolean | Promise<boolean>;
  /** How much one execution costs, beside a decoder: fewer are made of what costs more. */
  readonly cost: number;
}

/** The bytes of two arrays are the same. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  if (a.length > 128) return Buffer.compare(a, b) === 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
