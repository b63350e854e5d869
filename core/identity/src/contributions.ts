/**
 * Entropy from several, for the words of one identity: commit, then reveal.
 *
 *     commitment  H_contribution( contributor ‖ entropy )
 *     transcript  all commitments, strictly ascending by contributor, the owner's own among them
 *     words       H_mix( transcript digest ‖ every entropy, in the order of the transcript )
 *
 * Nobody reveals before the transcript stands, so nobody chooses his part by what the others gave.
 * The owner's own part is never shown to anybody: the words stay secret though all others tell
 * theirs. Who does not reveal can only make the owner begin again, with other contributors.
 */

import {
  ascending,
  bytes32,
  choice,
  compare,
  concat,
  encodeWith,
  equal,
  hash,
  keyOf,
  kinds,
  limits,
  object,
  struct,
  type Coder,
  type Obj,
} from '@dsm/primitive';

export interface Commitment {
  /** Whatever names the contributor: a DevID, a digest of a name. */
  readonly contributor: Uint8Array;
  readonly commitment: Uint8Array;
}

export interface Reveal {
  readonly contributor: Uint8Array;
  readonly entropy: Uint8Array;
}

/** What contributors and the owner send one another. */
export type Contribution =
  | ({ readonly type: 'commitment' } & Commitment)
  | { readonly type: 'transcript'; readonly commitments: readonly Commitment[] }
  | ({ readonly type: 'reveal' } & Reveal);

const commitmentCoder: Coder<Commitment> = struct({ contributor: bytes32, commitment: bytes32 });

const commitmentsCoder: Coder<readonly Commitment[]> = ascending(
  commitmentCoder,
  ({ contributor }) => contributor,
  limits.contributorsMax,
  1,
);

export const contribution: Obj<Contribution> = object(
  kinds.contribution,
  2_048,
  choice<Contribution>({
    commitment: [1, commitmentCoder],
    transcript: [2, struct({ commitments: commitmentsCoder })],
    reveal: [3, struct({ contributor: bytes32, entropy: bytes32 })],
  }),
);

export const contributionRefusals = {
  order: 'the commitments do not strictly ascend by contributor, or there are too many or none',
  own: 'the owner’s own part is not in it',
  count: 'not every contributor has revealed, or somebody who has committed to nothing',
  reveal: 'what is revealed is not what was committed to',
  identical: 'two contributors gave the same',
} as const;
export type ContributionRefusal = keyof typeof contributionRefusals;

export function commitTo({ contributor, entropy }: Reveal): Commitment {
  return { contributor, commitment: hash('contribution', contributor, entropy) };
}

/** What the genesis says of all that took part. */
export function transcriptDigest(commitments: readonly Commitment[]): Uint8Array {
  return hash('transcript', encodeWith(commitmentsCoder, commitments));
}

/** True if the contributor may reveal: its own commitment stands in the transcript as it gave it. */
export function mayReveal(commitments: readonly Commitment[], mine: Reveal): boolean {
  const { contributor, commitment } = commitTo(mine);
  const found = commitments.find((one) => equal(one.contributor, contributor));
  return found !== undefined && equal(found.commitment, commitment);
}

export type Mixed =
  | { readonly ok: true; readonly entropy: Uint8Array; readonly transcript: Uint8Array }
  | { readonly ok: false; readonly refusal: ContributionRefusal };

/** The 32 bytes of the words. `reveals` stand in any order; the owner's own is `own`. */
export function mix(
  commitments: readonly Commitment[],
  own: Reveal,
  reveals: readonly Reveal[],
): Mixed {
  if (!isTranscript(commitments)) return { ok: false, refusal: 'order' };
  if (!mayReveal(commitments, own)) return { ok: false, refusal: 'own' };
  const all = new Map([own, ...reveals].map((one) => [keyOf(one.contributor), one]));
  const named = commitments.map(({ contributor }) => all.get(keyOf(contributor)));
  const complete = named.filter((one) => one !== undefined);
  if (complete.length !== commitments.length || reveals.length + 1 !== commitments.length) {
    return { ok: false, refusal: 'count' };
  }
  const kept = complete.every((one, i) =>
    equal(commitTo(one).commitment, commitments[i]!.commitment),
  );
  if (!kept) return { ok: false, refusal: 'reveal' };
  if (new Set(complete.map(({ entropy }) => keyOf(entropy))).size !== complete.length) {
    return { ok: false, refusal: 'identical' };
  }
  const transcript = transcriptDigest(commitments);
  const entropy = hash('mix', transcript, concat(...complete.map((one) => one.entropy)));
  return { ok: true, entropy, transcript };
}

function isTranscript(commitments: readonly Commitment[]): boolean {
  const { length } = commitments;
  return (
    length >= 1 &&
    length <= limits.contributorsMax &&
    commitments.every(
      ({ contributor }, i) => i === 0 || compare(commitments[i - 1]!.contributor, contributor) < 0,
    )
  );
}
