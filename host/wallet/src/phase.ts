/**
 * Phases: whether this device may still act, and what its owner is told if it may not.
 *
 *     live        it acts
 *     restored    out of a backup or a capsule: it listens, and acts after its first sync
 *     superseded  a later incarnation of it is certified: nothing is signed here any more
 *     retired     its device tree has taken it out: nothing is signed here any more
 *
 * The last two are for good. What the nodes have certified stays; contacts, history and receipts can
 * still be read, and a backup can still be made.
 */

import type { KeyPair } from '@dsm/primitive';
import { DsmError, type ErrorCode } from './errors.ts';
import type { Keys } from './keys.ts';
import { phaseOf, type Phase, type PhaseNumber } from './phase-numbers.ts';

/** The phases that do not end. */
export type OverPhase = Extract<Phase, 'superseded' | 'retired'>;

const refusal: Record<Exclude<Phase, 'live'>, readonly [ErrorCode, string]> = {
  restored: ['needs-restore', 'a restored wallet acts only after its first sync'],
  superseded: [
    'superseded',
    'a copy of this wallet was restored elsewhere, and the nodes have certified it as what comes after ' +
      'this one: nothing is signed here any more',
  ],
  retired: [
    'retired',
    'the owner’s device tree has taken this device out: nothing is signed here any more',
  ],
};

/** Throws unless the device may act. */
export function checkLive(row: { readonly phase: PhaseNumber }): void {
  const phase = phaseOf(row);
  if (phase !== 'live') throw mayNotAct(phase);
}

/** Throws if the device acts never again: a restored one still listens. */
export function checkNotOver(row: { readonly phase: PhaseNumber }): void {
  const phase = phaseOf(row);
  if (phase === 'superseded' || phase === 'retired') throw mayNotAct(phase);
}

export function mayNotAct(phase: Exclude<Phase, 'live'>): DsmError {
  return new DsmError(...refusal[phase]);
}

/**
 * The keys of a device that acts never again: whatever reaches for a secret of them is refused, so
 * that nothing which was forgotten elsewhere can sign.
 */
export function mutedKeys(keys: Keys, phase: OverPhase): Keys {
  const mute = ({ publicKey }: KeyPair): KeyPair => ({
    publicKey,
    get secretKey(): never {
      throw mayNotAct(phase);
    },
  });
  return {
    ...keys,
    root: () => mute(keys.root()),
    working: () => mute(keys.working()),
    lane: (relationship) => mute(keys.lane(relationship)),
    capsule: () => mute(keys.capsule()),
    issuer: (n) => mute(keys.issuer(n)),
    byDigest: (digest) => {
      const pair = keys.byDigest(digest);
      return pair && mute(pair);
    },
  };
}
