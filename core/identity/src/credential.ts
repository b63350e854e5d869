/**
 * A credential: what an issuer says of a device, signed once, shown piece by piece.
 *
 *     digest     = H_credential( network ‖ token ‖ schema ‖ holder key ‖ depth ‖ root )
 *     signature  by the token's one issuer over the digest
 *     issuance   = H_issuance( digest ‖ salt of the serial )       the anchor of item `serial` of the token
 *     revocation slot kind 10, writer = the issuer's key, position = H_position( token ‖ digest ),
 *                value = H_revocation( digest )
 *
 * It is an item of a token of form `credential`, which stays with the device that it was issued to.
 * The issuer's chain names the serial and the issuance, so two credentials of one serial, and one
 * that was made beside the chain, show. The digest stands nowhere but in the credential: neither
 * the chain nor a revocation tells whose it is to somebody who has not been shown it.
 */

import {
  bytes32,
  checkCertificate,
  encodeWith,
  equal,
  hash,
  keyDigest,
  keySignatureCoder,
  kinds,
  object,
  slotKey,
  slotKinds,
  struct,
  verifyWorking,
  type Certificate,
  type Coder,
  type KeySignature,
  type Obj,
  type Registries,
  type SlotPlace,
} from '@dsm/primitive';
import { forms, issuerOf, tokenId, type Policy } from '@dsm/protocols';
import {
  attributeRoot,
  attributesCoder,
  depthCoder,
  depthFor,
  isOwn,
  ownNames,
  saltAt,
  schemaDigest,
  schemaOf,
  type Attribute,
  type Depth,
} from './attributes.ts';

/** What the issuer signs. It says nothing of the attributes but how many there are at most. */
export interface CredentialBody {
  readonly network: Uint8Array;
  readonly token: Uint8Array;
  /** `schemaDigest` of the attributes’ names and types. */
  readonly schema: Uint8Array;
  /** Digest of the key that presents it: a working key, or one that is used for nothing else. */
  readonly key: Uint8Array;
  readonly depth: Depth;
  readonly root: Uint8Array;
}

/** What the holder keeps: everything that can ever be shown. */
export interface Credential {
  readonly body: CredentialBody;
  readonly issuer: KeySignature;
  /** The salts follow from it. Whoever has it can open every attribute. */
  readonly seed: Uint8Array;
  readonly attributes: readonly Attribute[];
}

export const credentialBodyCoder: Coder<CredentialBody> = struct({
  network: bytes32,
  token: bytes32,
  schema: bytes32,
  key: bytes32,
  depth: depthCoder,
  root: bytes32,
});

export const credentialBytesMax = 131_072;

export const credential: Obj<Credential> = object(
  kinds.credential,
  credentialBytesMax,
  struct({
    body: credentialBodyCoder,
    issuer: keySignatureCoder,
    seed: bytes32,
    attributes: attributesCoder,
  }),
);

export const credentialRefusals = {
  network: 'it is for another network',
  token: 'it is of another token',
  form: 'the token is not of form `credential`',
  committee: 'the token has several issuers, and a credential has one',
  issuer: 'the key that signed is not the token’s issuer',
  tree: 'the attributes do not lead to the root that was signed',
  schema: 'the attributes are not those of the schema',
  own: 'it does not say for which device and under which serial it was issued',
  signature: 'the issuer’s signature does not hold',
} as const;

export type CredentialRefusal = keyof typeof credentialRefusals;

/** For whom a credential is, and what it says. */
export interface NewCredential {
  readonly network: Uint8Array;
  readonly token: Uint8Array;
  readonly device: Uint8Array;
  readonly serial: bigint;
  readonly key: Uint8Array;
  /** 32 fresh bytes. */
  readonly seed: Uint8Array;
  /** In any order; none of them about the credential itself. */
  readonly attributes: readonly Attribute[];
}

/** A credential before it is signed, or undefined for attributes that none can have. */
export function newCredential(from: NewCredential): Omit<Credential, 'issuer'> | undefined {
  const { network, token, device, serial, key, seed } = from;
  const own: readonly Attribute[] = [
    { name: ownNames.device, content: { type: 'bytes', value: device } },
    { name: ownNames.serial, content: { type: 'integer', value: serial } },
  ];
  const attributes = [...from.attributes, ...own].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const depth = depthFor(attributes.length);
  const named = new Set(attributes.map(({ name }) => name));
  const isReserved = from.attributes.some(({ name }) => isOwn(name));
  if (depth === undefined || isReserved || named.size !== attributes.length) return undefined;
  const schema = schemaDigest(schemaOf(attributes));
  const root = attributeRoot(seed, attributes, depth);
  return { body: { network, token, schema, key, depth, root }, seed, attributes };
}

/** What names a credential. */
export function credentialDigest(body: CredentialBody): Uint8Array {
  return hash('credential', encodeWith(credentialBodyCoder, body));
}

/** What the issuer's chain says of a credential, which nobody can tell who has not seen its serial. */
export function issuanceAnchor(digest: Uint8Array, serialSalt: Uint8Array): Uint8Array {
  return hash('issuance', digest, serialSalt);
}

/** The anchor of a credential as its holder or issuer has it: one that was checked, and so names its serial. */
export function issuanceOf({ body, seed, attributes }: Omit<Credential, 'issuer'>): Uint8Array {
  const index = attributes.findIndex(({ name }) => name === ownNames.serial);
  return issuanceAnchor(credentialDigest(body), saltAt(seed, index));
}

/** The slot by which the issuer takes a credential back. */
export function revocationPlace(issuerKey: Uint8Array, body: CredentialBody): SlotPlace {
  return {
    kind: slotKinds.revocation,
    writer: issuerKey,
    position: hash('position', body.token, credentialDigest(body)),
  };
}

/** The only thing that such a slot says. */
export function revocationValue(body: CredentialBody): Uint8Array {
  return hash('revocation', credentialDigest(body));
}

/** True if q nodes have voted that the issuer took it back: whoever has this needs no node. */
export function isRevokedBy(
  votes: Certificate,
  body: CredentialBody,
  issuerKey: Uint8Array,
  registries: Registries,
): boolean {
  const slot = { key: slotKey(revocationPlace(issuerKey, body)), value: revocationValue(body) };
  return checkCertificate(votes, registries, slot) === undefined;
}

/** The device that it was issued to, if it says one. */
export function deviceIn(attributes: readonly Attribute[]): Uint8Array | undefined {
  const device = attributes.find(({ name }) => name === ownNames.device)?.content;
  return device?.type === 'bytes' && device.value.length === 32 ? device.value : undefined;
}

/** The serial that it was issued under, if it says one. */
export function serialIn(attributes: readonly Attribute[]): bigint | undefined {
  const serial = attributes.find(({ name }) => name === ownNames.serial)?.content;
  return serial?.type === 'integer' && serial.value > 0n ? serial.value : undefined;
}

/** Undefined if this is the token's issuer and the token one of credentials. */
export function issuerRefusal(
  body: CredentialBody,
  issuer: KeySignature,
  policy: Policy,
): CredentialRefusal | undefined {
  if (!equal(body.network, policy.network)) return 'network';
  if (!equal(body.token, tokenId(policy))) return 'token';
  if (policy.form !== forms.credential) return 'form';
  if (policy.members.length > 1) return 'committee';
  const key = keyDigest(issuer.suite, issuer.publicKey);
  return equal(key, issuerOf(policy)) ? undefined : 'issuer';
}

/** True if the issuer has signed this. */
export function signedByIssuer(body: CredentialBody, issuer: KeySignature): boolean {
  const { suite, publicKey, signature } = issuer;
  const digest = credentialDigest(body);
  return verifyWorking(kinds.credential, suite, body.network, publicKey, digest, signature);
}

/** Undefined if the attributes are those that the body rests on, whoever has signed it. */
export function contentRefusal({
  body,
  seed,
  attributes,
}: Credential): CredentialRefusal | undefined {
  const fits = body.depth === depthFor(attributes.length);
  if (!fits || !equal(attributeRoot(seed, attributes, body.depth), body.root)) return 'tree';
  if (!equal(schemaDigest(schemaOf(attributes)), body.schema)) return 'schema';
  const own = attributes.filter(({ name }) => isOwn(name));
  const known = deviceIn(attributes) !== undefined && serialIn(attributes) !== undefined;
  return known && own.length === 2 ? undefined : 'own';
}

/** Undefined if everything in it can be shown and will be believed. */
export function checkCredential(value: Credential, policy: Policy): CredentialRefusal | undefined {
  const { body, issuer } = value;
  return (
    issuerRefusal(body, issuer, policy) ??
    contentRefusal(value) ??
    (signedByIssuer(body, issuer) ? undefined : 'signature')
  );
}
