/**
 * Origins: what is remembered of a part of a lineage that was checked.
 *
 * A lineage is a graph of parts, one for each head that created notes: an issue, a spend, or an
 * exit. Parts are content-addressed by that head, so only missing ones travel, and each is checked
 * once. An origin is enough to check what rests on it.
 */

import {
  checkCertificate,
  equal,
  type Certificate,
  type Registries,
  type Slot,
} from '@dsm/primitive';
import type { Output } from './note.ts';
import type { Policy } from './policy.ts';

/** What kind of part made the notes: those of an issue or an exit enter their owner's map by `collect`. */
export type OriginType = 'issue' | 'spend' | 'exit';

export interface IssuedAt {
  readonly index: number;
  readonly total: bigint;
  /** The chain is certified up to here; a re-mint may still lack the spends that its notes take. */
  readonly certified: boolean;
}

export interface Origin {
  readonly head: Uint8Array;
  readonly token: Uint8Array;
  readonly type: OriginType;
  readonly outputs: readonly Output[];
  readonly certified: boolean;
  /** Heads that it rests on: none for the first issue of a token. */
  readonly sources: readonly Uint8Array[];
  /** Of an issue: its place in the issuer chain, which goes on whatever becomes of its notes. */
  readonly issued: IssuedAt | undefined;
  /** Of a fund: who gets back what the payee leaves, and whose key speaks for the payer. */
  readonly payer: { readonly device: Uint8Array; readonly key: Uint8Array } | undefined;
  /** True if every input was a purse note: it may stand uncertified within a payee's limit. */
  readonly purse: boolean;
}

export const lineageRefusals = {
  malformed: 'the bytes are no part of a lineage',
  chain: 'the issue does not follow its parent',
  cap: 'the issue exceeds the cap of its policy',
  remint: 'the re-mint adds something, or does not name what was spent into it',
  input: 'an input is not the note that its origin created',
  movement: 'the inputs and outputs do not keep the rules of the token',
  suite: 'the token is not spent by keys of this suite',
  slots: 'the slot list does not name every spend',
  exit: 'the exit is not of this escrow, or takes more than its payer has said',
  citation: 'the payer has not signed what the exit cites',
  lock: 'a lock is paid that is not certified as opened',
  signature: 'a spend is not signed by the key of its note',
  certificate: 'a certificate does not certify its slot',
} as const;

export type LineageRefusal = keyof typeof lineageRefusals;

export type LineageVerdict =
  | { readonly type: 'good'; readonly origin: Origin }
  | {
      readonly type: 'missing';
      readonly heads: readonly Uint8Array[];
      readonly policy?: Uint8Array;
    }
  | { readonly type: 'bad'; readonly refusal: LineageRefusal };

/** What a device already knows when it checks a part. */
export interface LineageKnown {
  readonly network: Uint8Array;
  readonly originOf: (head: Uint8Array) => Origin | undefined;
  readonly policyOf: (token: Uint8Array) => Policy | undefined;
  readonly registries: Registries;
}

export const bad = (refusal: LineageRefusal): LineageVerdict => ({ type: 'bad', refusal });

/** Only certificates of the registry lineage that the token's policy names count. */
export function certificateHolds(
  claim: Certificate | undefined,
  slot: Slot,
  registries: Registries,
  policy: Policy,
): boolean | 'bad' {
  if (claim === undefined) return false;
  const { lineage } = registries;
  if (!equal(policy.registry, lineage) || !equal(claim.lineage, lineage)) return 'bad';
  // A version that is not known yet may come: it is missing, not wrong.
  if (registries.at(claim.version) === undefined) return false;
  return checkCertificate(claim, registries, slot) === undefined ? true : 'bad';
}

/** True if all hold, false if some are not there yet, `bad` if one certifies something else. */
export function allHold(answers: readonly (boolean | 'bad')[]): boolean | 'bad' {
  if (answers.includes('bad')) return 'bad';
  return !answers.includes(false);
}
