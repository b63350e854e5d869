/** What a wallet keeps of credentials: those that it holds and has issued, and when it has shown one. */

import { credentialBodyCoder, type CredentialBody } from '@dsm/identity';
import {
  bytes32,
  kinds,
  list,
  object,
  oneOf,
  struct,
  text,
  u128,
  u64,
  type Obj,
} from '@dsm/primitive';
import { rowKey } from './rows.ts';

export interface IssuedRow {
  readonly body: CredentialBody;
  readonly serial: bigint;
  readonly device: Uint8Array;
  /** 1 once the owner has decided to take it back. */
  readonly revoked: 0 | 1;
}

/** The issuer keeps what it needs to revoke, and none of what the credential says. */
export const issuedRow: Obj<IssuedRow> = object(
  kinds.revocation,
  1_024,
  struct<IssuedRow>({
    body: credentialBodyCoder,
    serial: u128,
    device: bytes32,
    revoked: oneOf([0, 1]),
  }),
);

/** A presentation that has left. */
export interface ShownRow {
  readonly audience: string;
  readonly names: readonly string[];
  readonly seenAt: number;
}

export const shownRow: Obj<ShownRow> = object(
  kinds.presentation,
  8_192,
  struct<ShownRow>({ audience: text(256), names: list(text(48), 64), seenAt: u64 }),
);

const [held, issued] = [Uint8Array.of(0), Uint8Array.of(1)];

/** The key of a credential that this wallet holds; without a digest, what they all begin with. */
export function heldKey(digest: Uint8Array = new Uint8Array(0)): Uint8Array {
  return rowKey('credential', held, digest);
}

export function issuedKey(digest: Uint8Array = new Uint8Array(0)): Uint8Array {
  return rowKey('credential', issued, digest);
}

export function shownKey(digest: Uint8Array, ...nonce: readonly Uint8Array[]): Uint8Array {
  return rowKey('presentation', digest, ...nonce);
}
