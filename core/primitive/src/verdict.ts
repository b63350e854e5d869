/**
 * Verdicts: what this device answers to what somebody else has sent.
 *
 * Bad input is not an exception, it is the ordinary case. The table is closed: one line, one rule,
 * one refusal, in the order in which `accept` looks, cheapest first. `pending` is never invalid:
 * something is not understood or not here yet.
 */

export const refusals = {
  'wrong-device': 'the step is not by the peer of this relationship',
  'wrong-cause': 'the step does not append a run',
  'wrong-relationship': 'the step names another relationship',
  'old-incarnation': 'the device has certified a later incarnation since',
  'too-large': 'the run has more than 256 entries or 16 KiB',
  malformed: 'the bytes are not the canonical encoding of a claim',
  fork: 'another entry stands at this position of the lane already',
  bricked: 'there is evidence that this device told two histories',
  side: 'the entry is written on the other side of the relationship',
  index: 'the indices of the run do not follow the lane one by one',
  entropy: 'the entropy does not follow from the one before, the operation and the index',
  absorbed: 'the entry claims to have absorbed a head that this device never wrote, or goes back',
  operation: 'the operation breaks a rule of its kind',
  head: 'the step names another head, index or count than the run leads to',
  'step-fork': 'another step of this device with this number is known already',
  'step-chain': 'the step does not follow the neighbouring step that is known',
  writes: 'the step writes other leaves than its cause demands',
  slots: 'the slot list is not what the run demands',
  'proof-before': 'the proof and the old leaves do not give the root before the step',
  'proof-after': 'the proof and the new leaves do not give the root after the step',
  key: 'a slot needs the signature of a key that has not signed, or a key has no slot to sign for',
  signature: 'a signature does not verify',
  retired: 'the step is signed by a key of its author that was not in force at its number',
} as const;

export type Refusal = keyof typeof refusals;

export const pendings = {
  incarnation: 'the device speaks for an incarnation whose card is not here yet',
  card: 'the key that was in force at the step’s number is not known here yet',
  version: 'the format is newer than this software',
  early: 'an earlier run of the lane is not here yet',
  operation: 'the operation is not known to this software',
  policy: 'the policy of the token is not here yet',
} as const;

export type Pending = keyof typeof pendings;

export type Verdict<T> =
  | { readonly type: 'accepted'; readonly value: T }
  | { readonly type: 'already-accepted' }
  | { readonly type: 'pending'; readonly pending: Pending }
  | { readonly type: 'refused'; readonly refusal: Refusal; readonly detail?: string };

export type Unaccepted = Exclude<Verdict<never>, { type: 'accepted' }>;

export const accepted = <T>(value: T): Verdict<T> => ({ type: 'accepted', value });
export const pending = (what: Pending): Unaccepted => ({ type: 'pending', pending: what });
export const refused = (refusal: Refusal, detail?: string): Unaccepted =>
  detail === undefined ? { type: 'refused', refusal } : { type: 'refused', refusal, detail };
