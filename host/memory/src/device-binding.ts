/**
 * A thing in memory: it seals, counts wrong guesses and signs as a chip would, and dies with the
 * process. The reference for bindings, and test gear.
 */

import { BindingError, type Attestor, type BindingLevel, type DeviceBinding } from '@dsm/ports';

/** The chip of one device. Bindings made of the same one are the same thing. */
export interface MemoryThing {
  readonly kept: Map<string, Kept>;
  failures: number;
}

interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

interface Kept {
  readonly secret: Uint8Array;
  readonly auth: Uint8Array;
  readonly keys: KeyPair | undefined;
  readonly publicKey: Uint8Array;
}

export interface MemoryBindingOptions {
  readonly level?: BindingLevel;
  readonly clonable?: boolean;
  readonly attests?: boolean;
  /** Wrong passphrases in a row until it refuses everybody. */
  readonly failuresMax?: number;
}

export function memoryThing(): MemoryThing {
  return { kept: new Map(), failures: 0 };
}

const how = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** What is sealed is a name of 32 bytes, drawn here, under which the thing keeps the secret. */
export function memoryBinding(
  thing: MemoryThing,
  { level = 'tpm', clonable = false, attests = true, failuresMax = 10 }: MemoryBindingOptions = {},
): DeviceBinding {
  return {
    level,
    seal: async (secret, auth) => {
      if (secret.length !== 32) throw new RangeError(`secret: ${secret.length} bytes`);
      const keys = attests
        ? await crypto.subtle.generateKey(how, false, ['sign', 'verify'])
        : undefined;
      const publicKey =
        keys === undefined
          ? new Uint8Array(0)
          : new Uint8Array(await crypto.subtle.exportKey('spki', keys.publicKey));
      const name = crypto.getRandomValues(new Uint8Array(32));
      thing.kept.set(keyOfName(name), {
        secret: secret.slice(),
        auth: auth.slice(),
        keys,
        publicKey,
      });
      return name;
    },
    open: async (sealed, auth) => {
      if (sealed.length !== 32) throw new BindingError('damaged', 'what was sealed has 32 bytes');
      const kept = thing.kept.get(keyOfName(sealed));
      if (kept === undefined)
        throw new BindingError('wrong-device', 'this was sealed to another thing');
      checkAuth(thing, kept, auth, failuresMax);
      const attestor = kept.keys === undefined ? undefined : attestorOf(kept, kept.keys);
      return { secret: kept.secret.slice(), attestor, clonable };
    },
    forget: async (sealed) => {
      thing.kept.delete(keyOfName(sealed));
    },
  };
}

function checkAuth(thing: MemoryThing, { auth }: Kept, given: Uint8Array, most: number): void {
  if (thing.failures >= most)
    throw new BindingError('locked-out', `${most} wrong passphrases: the thing refuses everybody`);
  if (keyOfName(auth) === keyOfName(given)) {
    thing.failures = 0;
    return;
  }
  thing.failures += 1;
  throw new BindingError('locked', 'the passphrase is not the one that was sealed with');
}

function attestorOf({ publicKey }: Kept, { privateKey }: KeyPair): Attestor {
  return {
    key: { algorithm: 1, publicKey },
    attest: async (challenge) => ({
      type: 'plain',
      signature: new Uint8Array(
        await crypto.subtle.sign(how, privateKey, Uint8Array.from(challenge)),
      ),
    }),
  };
}

function keyOfName(bytes: Uint8Array): string {
  return bytes.join();
}
