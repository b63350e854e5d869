/**
 * Own incarnations: what the nodes know of a device that comes back.
 *
 * A certified incarnation stands in its slot, with a hint at the card that opened it, and the card
 * says the birth that was drawn for it. Words lead to the device, the births to its keys.
 */

import type { Card, Certificate } from '@dsm/primitive';
import type { Quorum } from './quorum.ts';
import { fetchCard, nextCertified } from './succession.ts';

/** A certified incarnation of this device and the birth from which its keys follow. */
export interface OwnIncarnation {
  readonly incarnation: number;
  readonly birth: Uint8Array;
  /** With its certificate. */
  readonly card: Card & { readonly succession: Certificate };
}

/** Incarnations that one device is asked for. */
const incarnationsMax = 1_024;

/**
 * The certified incarnations after the one of `card`, oldest first. One whose card no node has any
 * more is passed over: its keys are lost, and nobody can take its place.
 */
export async function ownIncarnations(
  nodes: Pick<Quorum, 'readSlot' | 'fetch'>,
  { body }: Card,
): Promise<readonly OwnIncarnation[]> {
  const found: OwnIncarnation[] = [];
  let incarnation = body.incarnation;
  while (found.length < incarnationsMax) {
    const next = await nextCertified(nodes, { ...body, incarnation });
    if (next === undefined) break;
    incarnation = next.incarnation;
    const card = await fetchCard(nodes, next.hints, next.certificate.value);
    if (card === undefined) continue;
    const { birth } = card.body;
    found.push({ incarnation, birth, card: { ...card, succession: next.certificate } });
  }
  return found;
}
