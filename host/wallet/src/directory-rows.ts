/** What a wallet keeps of the directory: what it has published, and how relationships began by introduction. */

import {
  bytes32,
  fixed,
  kinds,
  limits,
  list,
  object,
  oneOf,
  option,
  struct,
  text,
  u32,
  variable,
  type Obj,
} from '@dsm/primitive';

/** Names that one wallet keeps up. */
export const namesMax = 16;
/** Addresses in the inbox that were judged; the oldest make room. */
export const judgedMax = 2_048;

export interface OwnInvitation {
  /** Of the KEM pair, which is of this invitation alone. */
  readonly seed: Uint8Array;
  readonly address: Uint8Array;
  readonly bytes: Uint8Array;
  readonly incarnation: number;
  readonly generation: number;
}

export interface DirectoryRow {
  readonly invitation: OwnInvitation | undefined;
  readonly names: readonly string[];
  /** The last version under which what is said here is listed at the nodes; 0: it has to be said. */
  readonly until: number;
  readonly judged: readonly Uint8Array[];
  readonly bad: number;
}

export const noDirectory: DirectoryRow = {
  invitation: undefined,
  names: [],
  until: 0,
  judged: [],
  bad: 0,
};

export const directoryRow: Obj<DirectoryRow> = object(
  kinds.wallet,
  131_072,
  struct<DirectoryRow>({
    invitation: option(
      struct<OwnInvitation>({
        seed: fixed(64),
        address: bytes32,
        bytes: variable(20_000),
        incarnation: u32,
        generation: u32,
      }),
    ),
    names: list(text(limits.nameBytesMax), namesMax),
    until: u32,
    judged: list(bytes32, judgedMax),
    bad: u32,
  }),
);

/** An introduction of this device that the other has not answered. The same is said until then. */
export interface OpenIntroduction {
  readonly relationship: Uint8Array;
  readonly drawn: Uint8Array;
  readonly via: Uint8Array;
  readonly receiverLaneKey: Uint8Array;
  readonly incarnation: number;
  /** The topic in which it is advertised, the object that is there, and the seed of who advertises it. */
  readonly inbox: Uint8Array;
  readonly sealed: Uint8Array;
  readonly writer: Uint8Array;
  /** The last version under which it is advertised; 0: it has to be said. */
  readonly until: number;
}

/** How the newest relationship with a device began. */
export interface IntroductionRow {
  /** The incarnation of the other side then. */
  readonly since: number;
  readonly byMe: 0 | 1;
  readonly byThem: 0 | 1;
  /** The name under which the device was looked up; empty if none. The name stays with the device. */
  readonly name: string;
  /** The inbox by which the device has come: the key of its lane follows from it. Zero: no inbox. */
  readonly via: Uint8Array;
  /** What the device has lost and is still to be told: see recalling.ts. */
  readonly owed: { readonly secret: Uint8Array; readonly laneKey: Uint8Array } | undefined;
  readonly open: OpenIntroduction | undefined;
}

export const introductionRow: Obj<IntroductionRow> = object(
  kinds.relationship,
  200_000,
  struct<IntroductionRow>({
    since: u32,
    byMe: oneOf([0, 1]),
    byThem: oneOf([0, 1]),
    name: text(limits.nameBytesMax),
    via: bytes32,
    owed: option(struct({ secret: bytes32, laneKey: bytes32 })),
    open: option(
      struct<OpenIntroduction>({
        relationship: bytes32,
        drawn: bytes32,
        via: bytes32,
        receiverLaneKey: bytes32,
        incarnation: u32,
        inbox: bytes32,
        sealed: variable(140_000),
        writer: variable(64),
        until: u32,
      }),
    ),
  }),
);
