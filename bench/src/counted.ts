/** Signatures that are counted, and timed by the clock on the wall, where they are made and verified. */

import type { Signatures } from '@dsm/primitive';

export interface Taken {
  readonly signed: number;
  readonly verified: number;
  readonly signMs: number;
  readonly verifyMs: number;
}

export interface Counted {
  readonly signatures: Signatures;
  /** Since the beginning. */
  readonly taken: () => Taken;
}

export function counted(by: Signatures): Counted {
  let taken: Taken = { signed: 0, verified: 0, signMs: 0, verifyMs: 0 };
  const sign: Signatures['sign'] = (...args) => {
    const start = performance.now();
    const signature = by.sign(...args);
    const signMs = taken.signMs + performance.now() - start;
    taken = { ...taken, signed: taken.signed + 1, signMs };
    return signature;
  };
  const verify: Signatures['verify'] = (...args) => {
    const start = performance.now();
    const holds = by.verify(...args);
    const verifyMs = taken.verifyMs + performance.now() - start;
    taken = { ...taken, verified: taken.verified + 1, verifyMs };
    return holds;
  };
  return { signatures: { ...by, sign, verify }, taken: () => taken };
}
