/**
 * The MAC of an answer to a challenge: it comes from the peer of this relationship, whatever it says.
 *
 *     mac = H_attest-mac( ack key ‖ nonce ‖ DevID of the asked ‖ option( attestation ) )
 *
 * Without it, whoever stands between could make an honest device look changed.
 */

import { encodeWith, hash, option, variable } from '@dsm/primitive';
import type { Relationship } from './relationship.ts';

const answer = option(variable(4_096));

export function attestMac(
  { ackKey }: Pick<Relationship, 'ackKey'>,
  nonce: Uint8Array,
  asked: Uint8Array,
  attestation: Uint8Array | undefined,
): Uint8Array {
  return hash('attest-mac', ackKey, nonce, asked, encodeWith(answer, attestation));
}
