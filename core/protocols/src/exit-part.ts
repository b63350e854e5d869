/**
 * Exit parts: an escrow's end. What the payee took, by what the payer had said, and the certificate.
 *
 *     fund's head ‖ index ‖ claim ‖ payee's authorisation ‖ certificate? ‖ certificates of paid locks
 */

import {
  authorisationCoder,
  authorises,
  bytes32,
  certificate,
  citationHolds,
  equal,
  exitAmount,
  exitHead,
  kinds,
  limits,
  list,
  lockHash,
  object,
  option,
  slotKey,
  struct,
  u16,
  type Authorisation,
  type Certificate,
  type ExitClaim,
  type Obj,
} from '@dsm/primitive';
import { exitOutputs, exitPlace, lockPlace } from './escrow.ts';
import { mayBeSpentBy } from './movement.ts';
import { noteId, noteKinds, type Note } from './note.ts';
import {
  allHold,
  bad,
  certificateHolds,
  type LineageKnown,
  type LineageRefusal,
  type LineageVerdict,
  type Origin,
} from './origin.ts';

export interface ExitPart {
  readonly source: Uint8Array;
  readonly index: number;
  /** By the payee's exit key, with the claim as its backing. */
  readonly authorisation: Authorisation;
  readonly certificate: Certificate | undefined;
  /** That each paid lock was opened, in the order of the preimages. */
  readonly opened: readonly Certificate[];
}

export const exitPart: Obj<ExitPart> = object(
  kinds.exitPart,
  limits.objectBytesMax,
  struct<ExitPart>({
    source: bytes32,
    index: u16,
    authorisation: authorisationCoder,
    certificate: option(certificate),
    opened: list(certificate, limits.locksMax),
  }),
);

/** The claim of an exit, if its authorisation backs it with one. */
export function claimOfExit({ authorisation }: ExitPart): ExitClaim | undefined {
  const { backing } = authorisation;
  return backing?.type === 'exit' ? backing : undefined;
}

export function checkExit(part: ExitPart, known: LineageKnown): LineageVerdict {
  const { source, index } = part;
  const origin = known.originOf(source);
  if (origin === undefined) return { type: 'missing', heads: [source] };
  const policy = known.policyOf(origin.token);
  if (policy === undefined) return { type: 'missing', heads: [], policy: origin.token };
  const output = origin.outputs[index];
  const claim = claimOfExit(part);
  const { payer } = origin;
  if (output?.kind !== noteKinds.escrow || payer === undefined) return bad('input');
  if (claim === undefined) return bad('malformed');
  const note: Note = { ...output, token: origin.token, source, index };
  if (!mayBeSpentBy(policy, part.authorisation.suite)) return bad('suite');
  const refusal = exitRefusal(part, claim, note, payer.key, known.network);
  if (refusal !== undefined) return bad(refusal);
  const head = exitHead(claim);
  const certified = isCertified(part, claim, note, payer.key, origin, known);
  // A version of the registry that is not here yet may come, and say so.
  if (certified === 'version') return { type: 'missing', heads: [] };
  if (typeof certified === 'string') return bad(certified);
  return {
    type: 'good',
    origin: {
      type: 'exit',
      head,
      token: origin.token,
      outputs: exitOutputs(note, payer, exitAmount(claim)!),
      certified,
      sources: [source],
      issued: undefined,
      payer: undefined,
      purse: false,
    },
  };
}

/** The claim is of this escrow, the payer has said it, and the payee's key takes it. */
function exitRefusal(
  { authorisation }: ExitPart,
  claim: ExitClaim,
  note: Note,
  payerKey: Uint8Array,
  network: Uint8Array,
): LineageRefusal | undefined {
  const amount = exitAmount(claim);
  const about = equal(claim.citation.escrow, noteId(note.source, note.index));
  if (!about || amount === undefined || amount > note.amount) return 'exit';
  if (!citationHolds(network, payerKey, claim.citation)) return 'citation';
  const place = exitPlace({ note, payerKey });
  return authorises(network, place, exitHead(claim), authorisation) ? undefined : 'signature';
}

function isCertified(
  { certificate: claimed, opened }: ExitPart,
  claim: ExitClaim,
  note: Note,
  payerKey: Uint8Array,
  origin: Origin,
  { registries, policyOf }: LineageKnown,
): boolean | 'certificate' | 'lock' | 'version' {
  const policy = policyOf(note.token)!;
  const locks = claim.preimages.map((preimage, i) => {
    const slot = { key: slotKey(lockPlace({ note }, lockHash(preimage))), value: preimage };
    return certificateHolds(opened[i], slot, registries, policy);
  });
  // A lock that is only said to be open could have been given up for certain before.
  const areOpened = allHold(locks);
  if (opened.length !== claim.preimages.length || areOpened === 'bad') return 'lock';
  if (!areOpened) return 'version';
  const slot = { key: slotKey(exitPlace({ note, payerKey })), value: exitHead(claim) };
  const holds = allHold([certificateHolds(claimed, slot, registries, policy), origin.certified]);
  return holds === 'bad' ? 'certificate' : holds;
}
