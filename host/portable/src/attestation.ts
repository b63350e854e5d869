/**
 * Checking attestations with WebCrypto, which Node and browsers have.
 *
 * A key or a signature that makes no sense is a stranger's doing: refused with a word, never thrown.
 */

import type { Attestation, AttestationKey } from '@dsm/identity';
import { concat, equal } from '@dsm/primitive';

export const attestationRefusals = ['key', 'signature', 'assertion', 'challenge', 'user'] as const;
/**
 * key        the public key is none of its algorithm
 * signature  it does not verify
 * assertion  what was signed is no WebAuthn assertion
 * challenge  the assertion is about another challenge
 * user       the assertion says that nobody was there, or that nobody was recognised
 */
export type AttestationRefusal = (typeof attestationRefusals)[number];

const parameters = {
  1: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  2: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const;

/** Undefined if the attestation holds for the challenge. */
export async function checkAttestation(
  { key, proof }: Pick<Attestation, 'key' | 'proof'>,
  challenge: Uint8Array,
): Promise<AttestationRefusal | undefined> {
  if (proof.type === 'plain') return verified(key, proof.signature, challenge);
  const { authenticatorData, clientData, signature } = proof;
  const refusal = assertionRefusal(authenticatorData, clientData, challenge);
  if (refusal !== undefined) return refusal;
  const digest = await crypto.subtle.digest('SHA-256', owned(clientData));
  return verified(key, signature, concat(authenticatorData, new Uint8Array(digest)));
}

async function verified(
  { algorithm, publicKey }: AttestationKey,
  signature: Uint8Array,
  bytes: Uint8Array,
): Promise<AttestationRefusal | undefined> {
  const how = parameters[algorithm];
  const key = await crypto.subtle
    .importKey('spki', owned(publicKey), how, true, ['verify'])
    .catch(() => undefined);
  if (key === undefined || !(await isCanonical(key, publicKey))) return 'key';
  const holds = await crypto.subtle
    .verify(how, key, owned(signature), owned(bytes))
    .catch(() => false);
  return holds ? undefined : 'signature';
}

/** One key has one digest: an encoding that the platform would write otherwise is refused, and short RSA. */
async function isCanonical(key: CryptoKey, publicKey: Uint8Array): Promise<boolean> {
  const written = await crypto.subtle.exportKey('spki', key);
  if (!equal(new Uint8Array(written), publicKey)) return false;
  return !('modulusLength' in key.algorithm) || Number(key.algorithm.modulusLength) >= 2_048;
}

const userPresent = 0x01;
const userVerified = 0x04;
/** SHA-256 of the relying party, flags, counter. */
const authenticatorDataMin = 37;

function assertionRefusal(
  authenticatorData: Uint8Array,
  clientData: Uint8Array,
  challenge: Uint8Array,
): AttestationRefusal | undefined {
  if (authenticatorData.length < authenticatorDataMin) return 'assertion';
  const said = clientDataOf(clientData);
  if (said?.type !== 'webauthn.get') return 'assertion';
  if (said.challenge !== base64url(challenge)) return 'challenge';
  const flags = authenticatorData[32]!;
  return (flags & userPresent) === 0 || (flags & userVerified) === 0 ? 'user' : undefined;
}

function clientDataOf(bytes: Uint8Array): { type?: unknown; challenge?: unknown } | undefined {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined; // no UTF-8, or no JSON
  }
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** WebCrypto takes no views of shared memory, which the type of a view allows. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes);
}
