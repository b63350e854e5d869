/**
 * The policy of a token (CPTA): what the token is, for ever. Addressed by its own hash.
 *
 *     OFFSET  SIZE  FIELD
 *          0     2  version 0x01, kind 0x20
 *          2    32  network
 *         34    32  registry lineage whose certificates count
 *         66  4+n   ticker, 1 to 12 ASCII letters and digits
 *            4+n   name, at most 48 bytes, plain: nothing that is not seen, no marks that join letters
 *             1    form: 0 fungible, 1 unique, 2 credential
 *             1    decimals, at most 38; 0 unless fungible
 *            16    cap: smallest units, or items; not zero
 *             1    issuers needed to sign
 *         2+32n    digests of the issuers' keys, ascending, 1 to 5
 *             1    issuers that may be dishonest without harm
 *             1    1 if holders may destroy what they hold
 *         1+32     root of the list of devices that may hold it, or any device
 *          2+n     suites whose keys may spend it, ascending
 *            2+n   anchors: a label, and the address of an object that says more
 *             2    lineage depth cap
 *             4    lineage receipts cap
 *
 * A unique token is a series of items: the amount of a note is the item's serial number, so notes
 * are never split or merged. A credential is unique and stays with the device that it was issued to.
 */

import {
  address,
  ascending,
  bytes32,
  committeeWriter,
  isSound,
  kinds,
  limits,
  membersCoder,
  object,
  oneOf,
  option,
  struct,
  text,
  u128,
  u16,
  u32,
  u8,
  utf8,
  where,
  type Committee,
  type Obj,
  type Suite,
} from '@dsm/primitive';

export const forms = { fungible: 0, unique: 1, credential: 2 } as const;
export type Form = (typeof forms)[keyof typeof forms];

/** Something that the issuer says about the token, kept elsewhere. */
export interface Anchor {
  readonly label: string;
  readonly address: Uint8Array;
}

export interface Policy extends Committee {
  readonly network: Uint8Array;
  readonly registry: Uint8Array;
  readonly ticker: string;
  readonly name: string;
  readonly form: Form;
  readonly decimals: number;
  readonly cap: bigint;
  /** Up to so many members may be dishonest, and still no two issues stand at one position. */
  readonly bad: number;
  readonly burn: 0 | 1;
  /** Root of the allow-list (allow-list.ts); undefined: any device may hold the token. */
  readonly allowed: Uint8Array | undefined;
  readonly suites: readonly Suite[];
  readonly anchors: readonly Anchor[];
  readonly depthMax: number;
  readonly receiptsMax: number;
}

const anchorsMax = 8;
const labelBytesMax = 32;

export const policy: Obj<Policy> = object(
  kinds.policy,
  limits.policyBytesMax,
  where(
    struct<Policy>({
      network: bytes32,
      registry: bytes32,
      ticker: text(12),
      name: text(limits.nameBytesMax),
      form: oneOf([0, 1, 2]),
      decimals: u8,
      cap: u128,
      threshold: u8,
      members: membersCoder,
      bad: u8,
      burn: oneOf([0, 1]),
      allowed: option(bytes32),
      suites: ascending<Suite>(oneOf([1, 2]), (suite) => Uint8Array.of(suite), 2, 1),
      anchors: ascending<Anchor>(
        struct({ label: text(labelBytesMax), address: bytes32 }),
        ({ label }) => utf8(label),
        anchorsMax,
      ),
      depthMax: u16,
      receiptsMax: u32,
    }),
    (value) => isPlain(value) && isBounded(value) && isSound(value, value.bad),
  ),
);

/**
 * Characters that are not seen, turn the writing around, join others, stand for others or belong to
 * nobody: a fixed table, so that every version of every runtime judges one policy alike.
 */
const unplain: readonly (readonly [first: number, last: number])[] = [
  [0x0000, 0x001f],
  [0x007f, 0x00a0],
  [0x00ad, 0x00ad],
  [0x0300, 0x036f],
  [0x0374, 0x0374],
  [0x037e, 0x037e],
  [0x0387, 0x0387],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x20d0, 0x20ff],
  [0x2126, 0x2126],
  [0x212a, 0x212b],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xe000, 0xf8ff],
  [0xf900, 0xfaff],
  [0xfe00, 0xfe0f],
  [0xfe20, 0xfe2f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xffff],
  [0x2f800, 0x2fa1f],
  [0xe0000, 0x10ffff],
];

/** Text that looks the same to everybody: not empty, no spaces around it, no such character. */
export function isPlainText(text: string): boolean {
  const points = Array.from(text, (character) => character.codePointAt(0)!);
  return (
    text !== '' &&
    !text.startsWith(' ') &&
    !text.endsWith(' ') &&
    points.every((point) => !unplain.some(([first, last]) => point >= first && point <= last))
  );
}

/** Tickers are ASCII, names and labels plain. */
function isPlain({ ticker, name, anchors }: Policy): boolean {
  return (
    /^[A-Za-z0-9]+$/.test(ticker) &&
    isPlainText(name) &&
    anchors.every(({ label }) => isPlainText(label))
  );
}

function isBounded({ form, decimals, cap, depthMax, receiptsMax }: Policy): boolean {
  return (
    decimals <= (form === forms.fungible ? 38 : 0) &&
    cap > 0n &&
    depthMax >= 1 &&
    depthMax <= limits.lineageDepthMax &&
    receiptsMax >= 1 &&
    receiptsMax <= limits.lineageReceiptsMax
  );
}

/** The token that a policy makes: the address of its bytes. */
export function tokenId(value: Policy): Uint8Array {
  return address(policy.encode(value));
}

/** The one writer of the issuer chain. */
export function issuerOf({ threshold, members }: Committee): Uint8Array {
  return committeeWriter({ threshold, members });
}
