/**
 * A passkey as device binding, in browsers.
 *
 * The passkey’s pseudo-random function (the PRF extension) gives 32 bytes for a fixed input, and only
 * after the authenticator has recognised its user; they become the key that the secret is sealed under.
 * Challenges are answered by assertions. Each call asks the person once.
 *
 * Whether a passkey can be copied is the platform’s choice and stands in its flags: a synced one is
 * clonable by whoever has the account. WebAuthn does not say why nothing came: a passkey that is not on
 * this device, a wrong finger and a person who says no are one answer.
 */

import { plainSignature, type AttestationAlgorithm } from '@dsm/identity';
import { BindingError, type Attestor, type DeviceBinding, type Unsealed } from '@dsm/ports';
import { headerBytes, sealedBytes, sealedOf, type SealedByPasskey } from './sealed.ts';
import {
  backupEligible,
  coseAlgorithms,
  type Asserted,
  type Authenticators,
  type Registered,
} from './webauthn.ts';

export interface PasskeyOptions {
  /** The domain that the passkey is for: where this program comes from. */
  readonly domain: string;
  /** What people are shown: the program, and whose wallet it is. */
  readonly programName: string;
  readonly walletName: string;
  /** The browser’s own unless told. */
  readonly authenticators?: Authenticators;
  readonly timeoutMs?: number;
}

/** The input of the PRF: one value for ever, or nothing would open again. */
const prfInput = new TextEncoder().encode('dsm/device-binding/v1');
const keyLabel = new TextEncoder().encode('dsm/device-binding/v1/key');

export function passkeyBinding(options: PasskeyOptions): DeviceBinding {
  return {
    level: 'passkey',
    seal: async (secret) => {
      if (secret.length !== 32) throw new RangeError(`secret: ${secret.length} bytes, not 32`);
      return seal(options, secret);
    },
    open: async (bytes) => open(options, sealedOf(bytes)),
    // A page cannot remove a passkey: its owner does, in the settings of the platform.
    forget: async () => undefined,
  };
}

async function seal(options: PasskeyOptions, secret: Uint8Array): Promise<Uint8Array> {
  const made = await registered(options);
  const { response } = made;
  const publicKey = response.getPublicKey();
  const algorithm = algorithmOf(response.getPublicKeyAlgorithm());
  if (publicKey === null || algorithm === undefined)
    throw new BindingError('failed', 'the passkey has a key of an unknown kind');
  const results = made.getClientExtensionResults();
  if (results.prf?.enabled !== true && results.prf?.results === undefined)
    throw new BindingError('missing', 'this authenticator has no PRF: it cannot seal anything');
  const credential = new Uint8Array(made.rawId);
  const first = results.prf.results?.first ?? (await prfOf(options, credential));
  const flags = new Uint8Array(response.getAuthenticatorData())[32] ?? 0;
  const head = {
    version: 1,
    isCopied: (flags & backupEligible) === 0 ? 0 : 1,
    algorithm,
    credential,
    publicKey: new Uint8Array(publicKey),
    nonce: crypto.getRandomValues(new Uint8Array(12)),
  } as const;
  const cipher = { name: 'AES-GCM', iv: head.nonce, additionalData: owned(headerBytes(head)) };
  const sealed = await crypto.subtle.encrypt(cipher, await keyFrom(first), owned(secret));
  return sealedBytes({ ...head, ciphertext: new Uint8Array(sealed) });
}

async function open(options: PasskeyOptions, sealed: SealedByPasskey): Promise<Unsealed> {
  const key = await keyFrom(await prfOf(options, sealed.credential));
  const additionalData = owned(headerBytes(sealed));
  const cipher = { name: 'AES-GCM', iv: owned(sealed.nonce), additionalData };
  const secret = await crypto.subtle
    .decrypt(cipher, key, owned(sealed.ciphertext))
    .catch((cause: unknown) => {
      throw new BindingError('damaged', 'this passkey has not sealed these bytes', { cause });
    });
  return {
    secret: new Uint8Array(secret),
    clonable: sealed.isCopied === 1,
    attestor: attestorOf(options, sealed),
  };
}

function attestorOf(options: PasskeyOptions, sealed: SealedByPasskey): Attestor {
  const { algorithm, publicKey, credential } = sealed;
  return {
    key: { algorithm, publicKey },
    attest: async (challenge) => {
      const { response } = await asserted(options, credential, challenge);
      const signature = new Uint8Array(response.signature);
      const plain = algorithm === 1 ? plainSignature(signature) : signature;
      if (plain === undefined) throw new BindingError('failed', 'the passkey signed strangely');
      return {
        type: 'assertion',
        authenticatorData: new Uint8Array(response.authenticatorData),
        clientData: new Uint8Array(response.clientDataJSON),
        signature: plain,
      };
    },
  };
}

async function registered(options: PasskeyOptions): Promise<Registered> {
  const { domain, programName, walletName } = options;
  const user = crypto.getRandomValues(new Uint8Array(16));
  const publicKey = {
    rp: { id: domain, name: programName },
    user: { id: user, name: walletName, displayName: walletName },
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    pubKeyCredParams: Object.values(coseAlgorithms).map((alg) => ({ type: 'public-key', alg })),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    extensions: { prf: { eval: { first: prfInput } } },
    ...patience(options),
  };
  return (await told(() => authenticatorsOf(options).create({ publicKey }))) as Registered;
}

async function asserted(
  options: PasskeyOptions,
  credential: Uint8Array,
  challenge: Uint8Array,
  extensions: object = {},
): Promise<Asserted> {
  const publicKey = {
    rpId: options.domain,
    challenge,
    allowCredentials: [{ type: 'public-key', id: credential }],
    userVerification: 'required',
    extensions,
    ...patience(options),
  };
  return (await told(() => authenticatorsOf(options).get({ publicKey }))) as Asserted;
}

async function prfOf(options: PasskeyOptions, credential: Uint8Array): Promise<ArrayBuffer> {
  const challenge = crypto.getRandomValues(new Uint8Array(32));
  const prf = { prf: { eval: { first: prfInput } } };
  const found = await asserted(options, credential, challenge, prf);
  const first = found.getClientExtensionResults().prf?.results?.first;
  if (first === undefined)
    throw new BindingError('missing', 'this authenticator has no PRF: it cannot open anything');
  return first;
}

async function keyFrom(first: ArrayBuffer): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', first, 'HKDF', false, ['deriveKey']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info: keyLabel };
  const aes = { name: 'AES-GCM', length: 256 };
  return crypto.subtle.deriveKey(how, material, aes, false, ['encrypt', 'decrypt']);
}

function patience({ timeoutMs = 120_000 }: PasskeyOptions): { readonly timeout: number } {
  return { timeout: timeoutMs };
}

function algorithmOf(cose: number): AttestationAlgorithm | undefined {
  if (cose === coseAlgorithms[1]) return 1;
  return cose === coseAlgorithms[2] ? 2 : undefined;
}

/** The browser’s, which is there on pages that came over TLS or from this machine. */
function authenticatorsOf({ authenticators }: PasskeyOptions): Authenticators {
  const own = (globalThis as { navigator?: { credentials?: Authenticators } }).navigator;
  const found = authenticators ?? own?.credentials;
  if (found === undefined)
    throw new BindingError('missing', 'there is no WebAuthn here: it needs a browser and TLS');
  return found;
}

async function told<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof BindingError || !(cause instanceof Error)) throw cause;
    if (cause.name === 'NotAllowedError' || cause.name === 'AbortError') {
      const sentence = 'no passkey answered: it is not on this device, or its owner said no';
      throw new BindingError('locked', sentence, { cause });
    }
    if (cause.name === 'NotSupportedError' || cause.name === 'SecurityError')
      throw new BindingError('missing', `passkeys do not work here: ${cause.message}`, { cause });
    throw new BindingError('failed', `the passkey: ${cause.message}`, { cause });
  }
}

function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes);
}
