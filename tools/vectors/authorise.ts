/** Authorisations and citations: what a slot's writer signs, and what an escrow's payer has signed. */

import {
  exitHead,
  exitPosition,
  kinds,
  signedKinds,
  slotKey,
  slotListRoot,
  slotPath,
  statementDigest,
  totalLine,
  type Authorisation,
  type Backing,
  type Citation,
  type Committee,
  type ExitClaim,
  type KeySignature,
  type Slot,
  type SlotPlace,
  type Total,
} from '@dsm/primitive';
import { drawn, signature, signed, type Actor } from './world.ts';

/** The only line of its list, signed in the context of the slot's kind. */
export function authorisedBy(
  by: Actor,
  place: SlotPlace,
  value: Uint8Array,
  backing?: Backing,
  body: Uint8Array = drawn('a body'),
): Authorisation {
  const digest = statementDigest(body, slotListRoot([{ key: slotKey(place), value }]));
  return {
    suite: by.suite,
    publicKey: by.workingKey,
    body,
    path: [],
    signature: signed(by, signedKinds[place.kind], digest),
    backing,
  };
}

/** By the root key, as incarnations are. */
export function authorisedByRoot(by: Actor, place: SlotPlace, value: Uint8Array): Authorisation {
  const made = authorisedBy(by, place, value);
  const digest = statementDigest(made.body, slotListRoot([{ key: slotKey(place), value }]));
  const root = signature(by.root!, kinds.incarnation, by.suite, digest);
  return { ...made, publicKey: by.rootKey, signature: root };
}

/** By the first signer, with the others' signatures beside it. */
export function authorisedByAll(
  committee: Committee,
  [first, ...others]: readonly [Actor, ...Actor[]],
  place: SlotPlace,
  value: Uint8Array,
  body?: Uint8Array,
): Authorisation {
  const of = ({ suite, publicKey, signature: made }: KeySignature): KeySignature => ({
    suite,
    publicKey,
    signature: made,
  });
  const further = others.map((by) => of(authorisedBy(by, place, value, undefined, body)));
  const { threshold, members } = committee;
  const backing: Backing = { type: 'committee', committee: { threshold, members }, further };
  return authorisedBy(first, place, value, backing, body);
}

/** A line among others of a step that the payer signed. */
export function citedBy(payer: Actor, said: Total): Citation {
  const lines: readonly Slot[] = [
    { key: drawn('line 0'), value: drawn('line value 0') },
    totalLine(said),
    { key: drawn('line 2'), value: drawn('line value 2') },
  ];
  const body = drawn('the body of the step');
  const digest = statementDigest(body, slotListRoot(lines));
  return {
    escrow: said.escrow,
    total: said.total,
    locks: said.locks,
    suite: payer.suite,
    publicKey: payer.workingKey,
    body,
    path: slotPath(lines, 1),
    signature: signed(payer, kinds.signedStep, digest),
  };
}

/** The payee's write to the exit slot. */
export function exitedBy(
  payee: Actor,
  payer: Actor,
  claim: ExitClaim,
): {
  readonly place: SlotPlace;
  readonly value: Uint8Array;
  readonly authorisation: Authorisation;
} {
  const position = exitPosition(claim.citation.escrow, payer.key);
  const place: SlotPlace = { kind: 5, writer: payee.key, position };
  const value = exitHead(claim);
  return {
    place,
    value,
    authorisation: authorisedBy(payee, place, value, { type: 'exit', ...claim }),
  };
}
