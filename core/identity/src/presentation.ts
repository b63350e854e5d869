/**
 * A presentation: chosen attributes of a credential, shown to one verifier, once.
 *
 *     presentation  body ‖ issuer’s key and signature ‖ shown ‖ proof ‖ nonce ‖ audience ‖ option( card )
 *                   ‖ holder’s suite, key and signature over H_presentation( all before it )
 *
 * Who does not show its device has the key that the issuer named. Who shows it has the working key of
 * a card of that device, so that its verifier can see whether the card is the newest: keys that the
 * device does not work with any more present nothing to him.
 *
 * Two presentations of one credential are linked to each other by the issuer’s signature and the
 * holder’s key. Whoever wants to be unlinked takes several credentials, each with a key of its own.
 */

import {
  bytes32,
  card,
  cardDevice,
  checkCard,
  encodeWith,
  equal,
  hash,
  keyDigest,
  keySignatureCoder,
  kinds,
  object,
  option,
  struct,
  suiteCoder,
  text,
  variable,
  verifyWorking,
  limits,
  workingKeyDigest,
  type Card,
  type CodecRefusal,
  type Coder,
  type KeySignature,
  type Obj,
  type Registries,
  type Suite,
} from '@dsm/primitive';
import type { Policy } from '@dsm/protocols';
import {
  evaluateAttributes,
  isOwn,
  ownNames,
  proofCoderOfAttributes,
  proveAttributes,
  saltAt,
  schemaDigest,
  shownCoder,
  type Attribute,
  type Schema,
  type ShownAttribute,
} from './attributes.ts';
import { audienceBytesMax } from './challenge.ts';
import { isBefore } from './generation.ts';
import {
  credentialBodyCoder,
  credentialDigest,
  deviceIn,
  issuanceAnchor,
  issuerRefusal,
  serialIn,
  signedByIssuer,
  type Credential,
  type CredentialBody,
  type CredentialRefusal,
} from './credential.ts';

/** What the holder signs. */
export interface PresentationBody {
  readonly body: CredentialBody;
  readonly issuer: KeySignature;
  readonly shown: readonly ShownAttribute[];
  readonly proof: readonly Uint8Array[];
  readonly nonce: Uint8Array;
  readonly audience: string;
  /** Of the holder’s device, if that is shown. */
  readonly card: Card | undefined;
  readonly suite: Suite;
  readonly publicKey: Uint8Array;
}

export interface Presentation {
  readonly said: PresentationBody;
  readonly signature: Uint8Array;
}

const saidCoder: Coder<PresentationBody> = struct({
  body: credentialBodyCoder,
  issuer: keySignatureCoder,
  shown: shownCoder,
  proof: proofCoderOfAttributes,
  nonce: bytes32,
  audience: text(audienceBytesMax),
  card: option(card),
  suite: suiteCoder,
  publicKey: variable(limits.publicKeyBytesMax),
});

export const presentation: Obj<Presentation> = object(
  kinds.presentation,
  524_288,
  struct({ said: saidCoder, signature: variable(limits.signatureBytesMax) }),
);

export const presentationRefusals = {
  network: 'it is for another network',
  token: 'it is of another token',
  form: 'the token is not of form `credential`',
  committee: 'the token has several issuers, and a credential has one',
  issuer: 'the key that signed the credential is not the token’s issuer',
  nonce: 'it answers another challenge, or an earlier one',
  audience: 'it was made for somebody else',
  schema: 'it is of another sort of credential, or an attribute is of another type',
  missing: 'an attribute that was asked for is not shown',
  device: 'it does not show that it was issued to the expected device',
  'retired-key': 'it is signed with a key that the device does not work with any more',
  holder:
    'neither the issuer nor, of a device that is shown, its card names the key that presents it',
  card: 'the card that comes with it does not hold',
  proof: 'what is shown does not lead to the root that was signed',
  'issuer-signature': 'the issuer’s signature does not hold',
  signature: 'the holder’s signature does not hold',
} as const;

export type PresentationRefusal = keyof typeof presentationRefusals | CodecRefusal;

/** What a verifier holds a presentation against. */
export interface Expected {
  readonly policy: Policy;
  readonly nonce: Uint8Array;
  readonly audience: string;
  /** The one sort of credential that is taken; any of the token if absent. */
  readonly schema?: Schema;
  /** Names that must be shown. */
  readonly names?: readonly string[];
  /** A card that holds, of the one device that may present it: the newest that is known. */
  readonly card?: Card;
  /** To judge a card that comes with the presentation. */
  readonly registries?: Registries;
}

/** What has been shown, by whom. */
export interface Presented {
  /** Names the credential: for its revocation slot. */
  readonly credential: Uint8Array;
  readonly body: CredentialBody;
  readonly issuerKey: Uint8Array;
  readonly attributes: readonly Attribute[];
  /** How many more there may be. */
  readonly hiddenMax: number;
  /** Who names the key that presents it: the issuer, or of a device that is shown its card. */
  readonly holder: 'issuer' | 'card';
  /** The device that it was issued to, if that is shown. */
  readonly device: Uint8Array | undefined;
  /** The item of the token, and the anchor that the issuer’s chain must have for it, if shown. */
  readonly issued: { readonly serial: bigint; readonly anchor: Uint8Array } | undefined;
  /** The card that it rests on, if it rests on one. */
  readonly card: Card | undefined;
}

export type CheckedPresentation =
  | { readonly ok: true; readonly value: Presented }
  | { readonly ok: false; readonly refusal: PresentationRefusal };

/** What is shown of a credential, and to whom. */
export interface Showing {
  /** Every one of them is an attribute of the credential. */
  readonly names: readonly string[];
  readonly nonce: Uint8Array;
  readonly audience: string;
  readonly card: Card | undefined;
  readonly suite: Suite;
  readonly publicKey: Uint8Array;
}

/** A presentation before it is signed, or undefined if the credential has no such attribute. */
export function newPresentation(of: Credential, showing: Showing): PresentationBody | undefined {
  const { body, issuer, seed, attributes } = of;
  const { names, nonce, audience, card: carried, suite, publicKey } = showing;
  const indices = attributes.flatMap(({ name }, index) => (names.includes(name) ? [index] : []));
  if (indices.length !== new Set(names).size) return undefined;
  const shown = indices.map((index) => ({
    index,
    salt: saltAt(seed, index),
    attribute: attributes[index]!,
  }));
  const proof = proveAttributes(seed, attributes, body.depth, indices);
  return { body, issuer, shown, proof, nonce, audience, card: carried, suite, publicKey };
}

/** What the holder signs. */
export function presentationDigest(said: PresentationBody): Uint8Array {
  return hash('presentation', encodeWith(saidCoder, said));
}

/** Judge bytes that somebody shows. What has been revoked is known to the nodes alone. */
export function checkPresentation(bytes: Uint8Array, expected: Expected): CheckedPresentation {
  const decoded = presentation.decode(bytes);
  if (!decoded.ok) return decoded;
  const { said, signature } = decoded.value;
  const attributes = said.shown.map(({ attribute }) => attribute);
  const refusal =
    wordsRefusal(said, expected) ??
    attributesRefusal(said.body, attributes, expected) ??
    holderRefusal(said, deviceIn(attributes), expected) ??
    proofRefusal(said) ??
    (signedByHolder(said, signature) ? undefined : 'signature');
  return refusal === undefined
    ? { ok: true, value: presented(said, attributes, expected) }
    : { ok: false, refusal };
}

function wordsRefusal(
  { body, issuer, nonce, audience }: PresentationBody,
  expected: Expected,
): PresentationRefusal | undefined {
  // What `issuerRefusal` names stands in the table above by the same names.
  const refusal = issuerRefusal(body, issuer, expected.policy) as
    | Exclude<CredentialRefusal, 'tree' | 'own'>
    | undefined;
  if (refusal !== undefined) return refusal;
  if (!equal(nonce, expected.nonce)) return 'nonce';
  return audience === expected.audience ? undefined : 'audience';
}

function attributesRefusal(
  body: CredentialBody,
  attributes: readonly Attribute[],
  { schema, names = [] }: Expected,
): PresentationRefusal | undefined {
  if (schema !== undefined) {
    if (!equal(schemaDigest(schema), body.schema)) return 'schema';
    const typed = attributes.every(
      ({ name, content }) =>
        isOwn(name) || schema.some((one) => one.name === name && one.type === content.type),
    );
    if (!typed) return 'schema';
  }
  const shown = names.every((wanted) => attributes.some(({ name }) => name === wanted));
  return shown ? undefined : 'missing';
}

/** Whoever shows the device shows its card, and is held to it; whoever does not has the named key. */
function holderRefusal(
  said: PresentationBody,
  device: Uint8Array | undefined,
  expected: Expected,
): PresentationRefusal | undefined {
  const key = keyDigest(said.suite, said.publicKey);
  const { card: known } = expected;
  if (known !== undefined && (device === undefined || !equal(device, cardDevice(known)))) {
    return 'device';
  }
  if (device === undefined) return equal(key, said.body.key) ? undefined : 'holder';
  const by = cardOf(said, known);
  if (by === undefined || !equal(device, cardDevice(by))) return 'holder';
  if (!equal(key, workingKeyDigest(by))) return by === known ? 'retired-key' : 'holder';
  if (by === known) return undefined;
  const { network } = said.body;
  return checkCard(by, network, expected.registries) === undefined ? undefined : 'card';
}

/** The card that binds: the one that is known, unless a later one of its device comes along. */
function cardOf({ card: carried }: PresentationBody, known: Card | undefined): Card | undefined {
  if (known === undefined || carried === undefined) return known ?? carried;
  const isLater =
    equal(cardDevice(known), cardDevice(carried)) && isBefore(known.body, carried.body);
  return isLater ? carried : known;
}

function proofRefusal({
  body,
  issuer,
  shown,
  proof,
}: PresentationBody): PresentationRefusal | undefined {
  const root = evaluateAttributes(shown, body.depth, proof);
  if (root === undefined || !equal(root, body.root)) return 'proof';
  return signedByIssuer(body, issuer) ? undefined : 'issuer-signature';
}

function signedByHolder(said: PresentationBody, signature: Uint8Array): boolean {
  const { suite, publicKey, body } = said;
  const digest = presentationDigest(said);
  return verifyWorking(kinds.presentation, suite, body.network, publicKey, digest, signature);
}

function presented(
  said: PresentationBody,
  attributes: readonly Attribute[],
  { card: known }: Expected,
): Presented {
  const { body, issuer, shown } = said;
  const credential = credentialDigest(body);
  const serial = serialIn(attributes);
  const salt = shown.find(({ attribute }) => attribute.name === ownNames.serial)?.salt;
  const device = deviceIn(attributes);
  return {
    credential,
    body,
    issuerKey: keyDigest(issuer.suite, issuer.publicKey),
    attributes,
    hiddenMax: (1 << body.depth) - shown.length,
    holder: device === undefined ? 'issuer' : 'card',
    device,
    issued:
      serial === undefined || salt === undefined
        ? undefined
        : { serial, anchor: issuanceAnchor(credential, salt) },
    card: device === undefined ? undefined : cardOf(said, known),
  };
}
