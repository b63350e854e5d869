/**
 * Kept secrets: what a wallet from words has at hand without them, as one row.
 *
 *     sealed     version ‖ kind ‖ nonce (24) ‖ box
 *     box        XChaCha20-Poly1305( H_kept( secret of the keystore ), nonce, kept, DevID ‖ u32 incarnation )
 *     kept       u32 index ‖ standing (32) ‖ list of ( u32 incarnation ‖ birth (32) ‖ u32 generation ‖ secret (32) )
 *
 * Nothing in it leads to D: both kinds of secrets are hashes of D.
 */

import {
  bytes32,
  concat,
  encodeWith,
  equal,
  fixed,
  hash,
  isZero,
  kinds,
  list,
  object,
  struct,
  u32,
  variable,
  decodeWith,
  type Coder,
  type Obj,
} from '@dsm/primitive';
import type { Aead, Entropy } from '@dsm/ports';
import { DsmError } from './errors.ts';
import type { Incarnation, Secrets } from './keys.ts';

/** What a wallet from words keeps. */
export interface Kept {
  /** Which device of its words this is. */
  readonly index: number;
  readonly standing: Uint8Array;
  /** Oldest first: the incarnations whose notes or edges are still here, and the one of now. */
  readonly incarnations: readonly KeptIncarnation[];
}

export interface KeptIncarnation extends Incarnation {
  readonly secret: Uint8Array;
  /** Of the incarnation itself, or of a later generation of its keys. */
  readonly generation: number;
}

interface SealedSecrets {
  readonly nonce: Uint8Array;
  readonly box: Uint8Array;
}

const incarnationsMax = 1_024;
const boxBytesMax = 131_072;
export const secretsRowBytesMax: number = boxBytesMax + 64;

export const keptCoder: Coder<Kept> = struct<Kept>({
  index: u32,
  standing: bytes32,
  incarnations: list(
    struct<KeptIncarnation>({
      incarnation: u32,
      birth: bytes32,
      generation: u32,
      secret: bytes32,
    }),
    incarnationsMax,
  ),
});

export const secretsRow: Obj<SealedSecrets> = object(
  kinds.secrets,
  secretsRowBytesMax,
  struct({ nonce: fixed(24), box: variable(boxBytesMax) }),
);

/** Whose row it is, and of which incarnation: no row is taken for another one. */
export interface SecretsOf {
  readonly device: Uint8Array;
  readonly incarnation: number;
}

export function sealKept(
  { aead, entropy }: { readonly aead: Aead; readonly entropy: Entropy },
  secret: Uint8Array,
  of: SecretsOf,
  kept: Kept,
): Uint8Array {
  const nonce = entropy.bytes(24);
  const plain = encodeWith(keptCoder, kept);
  const box = aead.seal(hash('kept', secret), nonce, plain, boundTo(of));
  plain.fill(0);
  return secretsRow.encode({ nonce, box });
}

/** Throws `locked` if the keystore's secret is another one. */
export function openKept(aead: Aead, secret: Uint8Array, of: SecretsOf, bytes: Uint8Array): Kept {
  const row = secretsRow.decode(bytes);
  if (!row.ok)
    throw new DsmError('rotten', `the row of the secrets cannot be read: ${row.refusal}`);
  const { nonce, box } = row.value;
  const plain = aead.open(hash('kept', secret), nonce, box, boundTo(of));
  if (plain === undefined) {
    throw new DsmError('locked', 'the keystore holds the secret of another wallet');
  }
  const kept = decodeWith(keptCoder, plain);
  if (kept === undefined) throw new DsmError('rotten', 'the kept secrets cannot be read');
  return kept;
}

function boundTo({ device, incarnation }: SecretsOf): Uint8Array {
  return concat(device, encodeWith(u32, incarnation));
}

/** The secrets that are kept, without D. */
export function secretsFrom({ standing, incarnations }: Kept): Secrets {
  const find = (of: Incarnation, generation: number): Uint8Array | undefined =>
    incarnations.find(
      (one) =>
        one.incarnation === of.incarnation &&
        equal(one.birth, of.birth) &&
        one.generation === generation,
    )?.secret;
  return {
    device: undefined,
    standing,
    incarnation: (incarnation, birth) => find({ incarnation, birth }, 0),
    generation: find,
  };
}

/** What is kept of those incarnations whose secrets are known. */
export function keptOf(
  secrets: Secrets,
  index: number,
  incarnations: readonly Incarnation[],
): Kept {
  const { standing } = secrets;
  return {
    index,
    standing,
    incarnations: incarnations.flatMap(({ incarnation, birth, generation = 0 }) => {
      const of = { incarnation, birth };
      const kept =
        generation === 0
          ? secrets.incarnation(incarnation, birth)
          : secrets.generation?.(of, generation);
      const secret = isZero(birth) ? undefined : kept;
      return secret === undefined ? [] : [{ ...of, generation, secret }];
    }),
  };
}
