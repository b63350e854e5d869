/**
 * The attributes of a credential as an SD-JWT VC, for software that knows nothing of dsm.
 *
 *     exported    issuer signs once more: a signature of dsm is no JWS
 *     presented   chosen disclosures, and a key-binding JWT by the holder over nonce and audience
 *     verified    by the library, with the keys that the verifier trusts
 *
 * What is lost on the way: the token, its issuer chain and its revocation slot, and the hidden number
 * of attributes. What is the same: the presentations of one credential are linked to each other.
 */

import type { Attribute, AttributeValue } from '@dsm/identity';
import { SDJwtVcInstance, type SdJwtVcPayload } from '@sd-jwt/sd-jwt-vc';
import { bytesIn, toText, verifies, type JwsKey, type PublicJwk } from './jws-key.ts';

export interface ExportOptions {
  readonly attributes: readonly Attribute[];
  /** Who issues: a URI that its readers know. */
  readonly issuer: string;
  /** The sort of credential: a URI that its readers know. */
  readonly type: string;
  /** Seconds since 1970, as the issuer's host says. */
  readonly issuedAt: number;
  readonly expiresAt?: number;
  readonly key: JwsKey;
  /** Who may present it. */
  readonly holder: PublicJwk;
}

/** The compact form. Every attribute can be shown or kept back; nothing about the device is in it. */
export async function exportCredential(options: ExportOptions): Promise<string> {
  const { attributes, issuer, type, issuedAt, expiresAt, key, holder } = options;
  const given = attributes.filter(({ name }) => !name.startsWith('dsm-'));
  const claims = Object.fromEntries(given.map(({ name, content }) => [name, claimOf(content)]));
  const taken = given.find(({ name }) => registered.has(name));
  if (taken !== undefined)
    throw new RangeError(`"${taken.name}" has a meaning of its own in a JWT`);
  const signer = new SDJwtVcInstance({
    ...common,
    signer: (data) => signed(key, data),
    signAlg: key.algorithm,
  });
  const payload: SdJwtVcPayload = {
    ...claims,
    iss: issuer,
    vct: type,
    iat: issuedAt,
    ...(expiresAt !== undefined && { exp: expiresAt }),
    cnf: { jwk: { ...holder } },
  };
  const frame = { _sd: Object.keys(claims) };
  return signer.issue(payload, frame as Parameters<typeof signer.issue>[1]);
}

export interface PresentExportOptions {
  readonly names: readonly string[];
  readonly nonce: string;
  readonly audience: string;
  readonly issuedAt: number;
  /** The holder's key, which `cnf` names. */
  readonly key: JwsKey;
}

/** Some of the attributes, for one verifier and one nonce. */
export async function presentExport(
  compact: string,
  { names, nonce, audience, issuedAt, key }: PresentExportOptions,
): Promise<string> {
  const holder = new SDJwtVcInstance({
    ...common,
    kbSigner: (data) => signed(key, data),
    kbSignAlg: key.algorithm,
  });
  const frame = Object.fromEntries(names.map((name) => [name, true]));
  return holder.present(compact, frame, {
    kb: { payload: { iat: issuedAt, aud: audience, nonce } },
  });
}

export interface VerifyExportOptions {
  /** The issuer's key, which the verifier trusts: nothing in the credential names it. */
  readonly issuer: PublicJwk;
  readonly type: string;
  readonly names: readonly string[];
  readonly nonce: string;
  readonly audience: string;
  /** Seconds since 1970, against `exp`. */
  readonly now: number;
}

export interface VerifiedExport {
  /** What is shown and what the issuer says in the open. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly holder: PublicJwk;
}

/** Throws with the reason if anything of it does not hold. */
export async function verifyExport(
  presented: string,
  { issuer, type, names, nonce, audience, now }: VerifyExportOptions,
): Promise<VerifiedExport> {
  const verifier = new SDJwtVcInstance({
    ...common,
    verifier: (data, signature) => verified(issuer, data, signature),
    kbVerifier: (data, signature, { cnf }) => verified(cnf?.jwk, data, signature),
  });
  const { payload, kb } = await verifier.verify(presented, {
    requiredClaimKeys: [...names],
    keyBindingNonce: nonce,
    currentDate: now,
  });
  // The library looks at the nonce and leaves the audience and the type to its caller.
  if (kb?.payload.aud !== audience) throw new RangeError('it was made for somebody else');
  if (payload.vct !== type) throw new RangeError('it is another sort of credential');
  const { jwk } = payload.cnf as { readonly jwk: PublicJwk };
  return { claims: payload, holder: jwk };
}

/** Names that a JWT or an SD-JWT VC gives a meaning: an attribute has another name. */
const registered: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'cnf',
  'vct',
  'status',
]);

/** JSON has no large integers and no bytes: such values become texts. */
function claimOf({ type, value }: AttributeValue): string | number | boolean {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
    case 'bytes':
      return toText(value);
    case 'text':
    case 'date':
    case 'boolean':
      return value;
  }
}

const utf8 = new TextEncoder();

const common = {
  hashAlg: 'sha-256',
  hasher: async (data: string | ArrayBuffer): Promise<Uint8Array> => {
    const bytes = typeof data === 'string' ? utf8.encode(data) : new Uint8Array(data);
    return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  },
  saltGenerator: (length: number): string =>
    toText(crypto.getRandomValues(new Uint8Array(Math.max(length, 16)))),
} as const;

async function signed(key: JwsKey, data: string): Promise<string> {
  return toText(await key.sign(utf8.encode(data)));
}

async function verified(jwk: unknown, data: string, signature: string): Promise<boolean> {
  const bytes = bytesIn(signature);
  return bytes !== undefined && verifies(jwk, utf8.encode(data), bytes);
}
