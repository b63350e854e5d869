/**
 * A challenge: what a verifier says first, so that nothing that was shown before serves again.
 *
 *     challenge  network ‖ nonce ‖ audience ‖ option( token ‖ names )
 *
 * Without the last field it asks for a login, with it for a credential of that token. Who draws the
 * nonce decides how long it is good; whoever answers reads the audience before he answers.
 */

import { bytes32, kinds, object, option, struct, text, type Obj } from '@dsm/primitive';
import { namesCoder } from './attributes.ts';

export const audienceBytesMax = 256;

/** Which attributes of which token are asked for. */
export interface Wanted {
  readonly token: Uint8Array;
  readonly names: readonly string[];
}

export interface Challenge {
  readonly network: Uint8Array;
  /** 32 fresh bytes. */
  readonly nonce: Uint8Array;
  /** Who asks: an origin such as `https://shop.example`, or the id of a device. */
  readonly audience: string;
  readonly wanted: Wanted | undefined;
}

export const challenge: Obj<Challenge> = object(
  kinds.challenge,
  8_192,
  struct<Challenge>({
    network: bytes32,
    nonce: bytes32,
    audience: text(audienceBytesMax),
    wanted: option(struct<Wanted>({ token: bytes32, names: namesCoder })),
  }),
);
