/** Test gear: somebody who writes slots, and a registry to write them under. */

import {
  emptySeat,
  keyDigest,
  kinds,
  signatureContext,
  signatures,
  slotKey,
  slotListRoot,
  slotPath,
  slotWrite,
  statementDigest,
  type Registry,
  type Slot,
  type SlotPlace,
  type SlotWrite,
  type RegistryNode,
} from '@dsm/primitive';

export interface SlotAuthor {
  readonly publicKey: Uint8Array;
  readonly place: (position: number) => SlotPlace;
  /** An authorised write; `others` are further lines of the list under the signature. */
  readonly write: (
    position: number,
    value: number,
    more?: { readonly hint?: Uint8Array; readonly others?: readonly Slot[] },
  ) => SlotWrite;
  readonly encoded: (position: number, value: number) => Uint8Array;
}

/** The author of a number, in suite 1. Positions and values are thirty-two times one byte. */
export function slotAuthor(network: Uint8Array, number: number): SlotAuthor {
  const { publicKey, secretKey } = signatures().keyPair('ml-dsa-65', filled(number));
  const place = (position: number): SlotPlace => ({
    kind: 1,
    writer: keyDigest(1, publicKey),
    position: filled(position),
  });
  const write: SlotAuthor['write'] = (position, value, { hint, others = [] } = {}) => {
    const at = place(position);
    const slots = [...others, { key: slotKey(at), value: filled(value) }];
    const body = filled(value + 1);
    const context = signatureContext(kinds.signedStep, 1, network);
    const signature = signatures().sign(
      secretKey,
      statementDigest(body, slotListRoot(slots)),
      context,
    );
    const path = slotPath(slots, slots.length - 1);
    const authorisation = {
      suite: 1,
      publicKey,
      body,
      path,
      signature,
      backing: undefined,
    } as const;
    return { place: at, value: filled(value), authorisation, hint, certificate: undefined };
  };
  return {
    publicKey,
    place,
    write,
    encoded: (position, value) => slotWrite.encode(write(position, value)),
  };
}

/** Thirty-two times one byte. */
export function filled(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

/** Version 1 with the nodes of these cards, in groups of `3 f + 1`. */
export function registryOf(
  network: Uint8Array,
  cards: readonly Pick<RegistryNode, 'suite' | 'id' | 'voteKey'>[],
  f: number,
): Registry {
  const r = 3 * f + 1;
  const groups = Math.floor(cards.length / r);
  const seatCount = 2 ** Math.ceil(Math.log2(cards.length));
  return {
    network,
    first: new Uint8Array(32),
    previous: new Uint8Array(32),
    version: 1,
    closed: new Uint8Array(32),
    bucketBits: 8,
    admission: 0,
    seatBytes: 1,
    seats: Array.from({ length: seatCount }, (_, i) => (i < cards.length ? i : emptySeat)),
    signers: [0],
    threshold: 1,
    r,
    q: 2 * f + 1,
    f,
    nodes: cards.map(({ suite, id, voteKey }, i) => ({
      suite,
      id,
      voteKey,
      address: `node ${i}`,
      capacityBytes: 1,
      missed: 0,
    })),
    groups: Array.from({ length: groups }, (_, g) =>
      Array.from({ length: r }, (_, i) => g * r + i),
    ),
  };
}
