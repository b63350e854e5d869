/**
 * The identity card: who a device is and with which keys it works now.
 *
 *     DevID = H_device( network ‖ suite ‖ root public key )
 *
 * The root key signs nothing but cards. A card certifies one working key and one KEM key for one
 * incarnation; a later generation of the same incarnation replaces both keys from a stated step on.
 * So a card is also a checkpoint: nobody who has it looks at keys or steps that came before.
 * About 11 kB in suite 1: the root signature is 7,856 bytes, the working key 1,952, the KEM key 1,184.
 */

import { equal } from './bytes.ts';
import {
  bytes32,
  encodeWith,
  fixed,
  list,
  object,
  oneOf,
  option,
  struct,
  text,
  u32,
  u64,
  u8,
  variable,
  type Obj,
} from './codec.ts';
import { certificate, checkCertificate, type Certificate } from './certificate.ts';
import { hash } from './hash.ts';
import { kinds } from './kinds.ts';
import { limits } from './limits.ts';
import type { Registries } from './registry.ts';
import { slotListRoot, statementDigest, type Slot } from './slot-list.ts';
import {
  generationPosition,
  incarnationPosition,
  slotKey,
  slotKinds,
  type SlotPlace,
} from './slot.ts';
import { keyDigest, suiteCoder, sizes, suites, verifyRoot, type Suite } from './suite.ts';

/** What the root key certifies. */
export interface CardBody {
  readonly network: Uint8Array;
  readonly suite: Suite;
  readonly rootKey: Uint8Array;
  readonly incarnation: number;
  /** Drawn when the incarnation was opened: two restored copies never claim the same one. */
  readonly birth: Uint8Array;
  readonly generation: number;
  /** Steps of this incarnation that keys of earlier generations have signed: this key signs the rest. */
  readonly since: number;
  /** The statement of the last of them; the incarnation statement if there is none. */
  readonly previous: Uint8Array;
  readonly workingKey: Uint8Array;
  readonly kemKey: Uint8Array;
  /** Versions of the format that this device reads. Authors write only these to it. */
  readonly versions: readonly number[];
  /** What the owner calls the device: a claim, shown beside the name that the reader gave. */
  readonly name: string;
  /** The genesis whose device tree names this device, if it is one of several of one user. */
  readonly genesis: Uint8Array | undefined;
  readonly binding: CardBinding;
}

/** What the keys of the device are bound to: a claim, which no rule of value looks at. */
export interface CardBinding {
  /** An index into `bindingLevels`. */
  readonly level: 0 | 1 | 2 | 3;
  /** Digest of the classical key that signs challenges, if there is one. */
  readonly key: Uint8Array | undefined;
}

/** From keys in a file that anybody may copy to keys that never leave a chip. */
export const bindingLevels = ['software', 'os-keystore', 'passkey', 'tpm'] as const;

export interface Card {
  readonly body: CardBody;
  readonly signature: Uint8Array;
  /** Incarnation 1 and later: q votes that this incarnation is the next. */
  readonly succession: Certificate | undefined;
}

const cardBody = struct<CardBody>({
  network: bytes32,
  suite: suiteCoder,
  rootKey: variable(limits.publicKeyBytesMax),
  incarnation: u32,
  birth: bytes32,
  generation: u32,
  since: u64,
  previous: bytes32,
  workingKey: variable(limits.publicKeyBytesMax),
  kemKey: fixed(1_184),
  versions: list(u8, 8, 1),
  name: text(limits.nameBytesMax),
  genesis: option(bytes32),
  binding: struct<CardBinding>({ level: oneOf([0, 1, 2, 3]), key: option(bytes32) }),
});

export const card: Obj<Card> = object(
  kinds.card,
  262_144,
  struct({
    body: cardBody,
    signature: variable(limits.signatureBytesMax),
    succession: option(certificate),
  }),
);

/** What a body says of itself, apart from where its keys begin. */
export type CardFields = Omit<
  CardBody,
  'generation' | 'since' | 'previous' | 'genesis' | 'binding'
> &
  Partial<Pick<CardBody, 'genesis' | 'binding'>>;

/** The body of the first generation of an incarnation: its keys begin with the incarnation. */
export function firstGeneration(fields: CardFields): CardBody {
  const body: CardBody = {
    genesis: undefined,
    binding: { level: 0, key: undefined },
    ...fields,
    generation: 0,
    since: 0,
    previous: fields.birth,
  };
  return { ...body, previous: incarnationValue(body) };
}

export type CardRefusal = 'network' | 'key-size' | 'generation' | 'succession' | 'signature';

export function deviceId(network: Uint8Array, suite: Suite, rootKey: Uint8Array): Uint8Array {
  return hash('device', network, Uint8Array.of(suite), rootKey);
}

/** The device that a card speaks for. */
export function cardDevice({ body }: Card): Uint8Array {
  return deviceId(body.network, body.suite, body.rootKey);
}

/** The digest of everything that a card certifies. */
export function cardDigest(body: CardBody): Uint8Array {
  return hash('card', encodeWith(cardBody, body));
}

/** The slot that the device fills to open an incarnation. */
export function incarnationPlace(
  body: CardBody,
  incarnation: number = body.incarnation,
): SlotPlace {
  return {
    kind: slotKinds.incarnation,
    writer: keyDigest(body.suite, body.rootKey),
    position: incarnationPosition(deviceId(body.network, body.suite, body.rootKey), incarnation),
  };
}

/** The value of that slot: the incarnation statement. It outlives every change of keys within it. */
export function incarnationValue({
  network,
  suite,
  rootKey,
  incarnation,
  birth,
}: CardFields): Uint8Array {
  const device = deviceId(network, suite, rootKey);
  return hash('incarnation', device, encodeWith(u32, incarnation), birth);
}

export function incarnationSlot(body: CardBody): Slot {
  return { key: slotKey(incarnationPlace(body)), value: incarnationValue(body) };
}

/** The slot that a generation of keys fills: the incarnation's own, or one behind it. */
export function generationPlace(body: CardBody, generation: number = body.generation): SlotPlace {
  const first = incarnationPlace(body);
  if (generation === 0) return first;
  const device = deviceId(body.network, body.suite, body.rootKey);
  return { ...first, position: generationPosition(device, body.incarnation, generation) };
}

/** The one line of the slot list under a card's signature. */
export function cardSlot(body: CardBody): Slot {
  if (body.generation === 0) return incarnationSlot(body);
  return { key: slotKey(generationPlace(body)), value: cardDigest(body) };
}

/** What the root key signs: a node admits it as the write of the card's slot, too. */
export function cardStatement(body: CardBody): Uint8Array {
  return statementDigest(cardDigest(body), slotListRoot([cardSlot(body)]));
}

/** Keys begin after a step, or after the incarnation statement: those of the first generation always do. */
function beginsRightly(body: CardBody): boolean {
  const { generation, since, previous } = body;
  if (since === 0) return equal(previous, incarnationValue(body));
  return generation > 0;
}

/** True if the later card replaces the keys of the earlier one, within the incarnation of both. */
export function replacesKeys(later: Card, earlier: Card): boolean {
  const [a, b] = [later.body, earlier.body];
  return (
    equal(cardDevice(later), cardDevice(earlier)) &&
    a.incarnation === b.incarnation &&
    equal(a.birth, b.birth) &&
    a.generation > b.generation &&
    a.since >= b.since
  );
}

/**
 * True if the card's key signs the step with this number. Without the card of the next generation
 * nothing says that the key was replaced meanwhile.
 */
export function signsStep(by: Card, seq: number, next?: Card): boolean {
  if (seq <= by.body.since) return false;
  return next === undefined || (isNextOf(next, by) && seq <= next.body.since);
}

/** True if the card is of the very next generation. */
export function isNextOf(next: Card, card: Card): boolean {
  return replacesKeys(next, card) && next.body.generation === card.body.generation + 1;
}

/** Undefined if the card holds. An incarnation after the first needs its certificate. */
export function checkCard(
  claim: Card,
  network: Uint8Array,
  registries: Registries | undefined,
): CardRefusal | undefined {
  const { body, signature, succession } = claim;
  if (!equal(body.network, network)) return 'network';
  const root = sizes[suites[body.suite].root].publicKey;
  const working = sizes[suites[body.suite].working].publicKey;
  if (body.rootKey.length !== root || body.workingKey.length !== working) return 'key-size';
  if (!beginsRightly(body)) return 'generation';
  if ((body.incarnation === 0) !== (succession === undefined)) return 'succession';
  if (succession !== undefined) {
    const proven =
      registries !== undefined &&
      checkCertificate(succession, registries, incarnationSlot(body)) === undefined;
    if (!proven) return 'succession';
  }
  const digest = cardStatement(body);
  return verifyRoot(kinds.incarnation, body.suite, network, body.rootKey, digest, signature)
    ? undefined
    : 'signature';
}

/** The digest of the card's working key: what notes and lanes name as their writer. */
export function workingKeyDigest({ body }: Card): Uint8Array {
  return keyDigest(body.suite, body.workingKey);
}
