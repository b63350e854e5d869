/**
 * @dsm/os-keystore: the key ring of the operating system as device binding.
 *
 * Keychain on macOS, Credential Manager on Windows, Secret Service (GNOME Keyring, KWallet) on Linux.
 * The ring keeps the secret under a name that is drawn here; what is sealed is that name. A ring is a
 * file that opens with the login password, so whoever copies the whole home folder and knows that
 * password has it: the level says so by being clonable.
 *
 * Linux has a second ring, in the kernel, which forgets at the next start of the machine. The library
 * would fall back to it without a word; a wallet there would be lost with the next power cut, so only the
 * Secret Service is asked.
 */

import { AsyncEntry } from '@napi-rs/keyring';
import { BindingError, type DeviceBinding } from '@dsm/ports';

export interface OsKeystoreOptions {
  /** Under which the ring lists the entries. */
  readonly service?: string;
}

const version = 1;
const nameBytes = 16;
/** A name that is never drawn. */
const nobody = Uint8Array.of(version, ...new Uint8Array(nameBytes));

export function osKeystoreBinding({ service = 'dsm' }: OsKeystoreOptions = {}): DeviceBinding {
  const entry = (sealed: Uint8Array): AsyncEntry =>
    new AsyncEntry(service, accountOf(sealed), { linux: { store: 'secret-service' } });
  return {
    level: 'os-keystore',
    seal: async (secret) => {
      if (secret.length !== 32) throw new RangeError(`secret: ${secret.length} bytes, not 32`);
      const name = crypto.getRandomValues(new Uint8Array(nameBytes));
      const sealed = Uint8Array.of(version, ...name);
      await told(() => entry(sealed).setSecret(secret));
      return sealed;
    },
    open: async (sealed) => {
      const kept = await told(() => entry(sealed).getSecret());
      if (kept === null) {
        const sentence =
          'this key ring does not know it: the files came from elsewhere, or it was cleared';
        throw new BindingError('wrong-device', sentence);
      }
      const secret = Uint8Array.from(kept);
      if (secret.length !== 32)
        throw new BindingError('damaged', 'what the key ring has is not 32 bytes');
      return { secret, clonable: true, attestor: undefined };
    },
    forget: async (sealed) => {
      await told(() => entry(sealed).deleteCredential());
    },
  };
}

/** Undefined if a key ring answers; otherwise what is missing. Nothing is written. */
export async function osKeystoreMissing(
  options: OsKeystoreOptions = {},
): Promise<BindingError | undefined> {
  try {
    await osKeystoreBinding(options).open(nobody, nobody);
    return undefined;
  } catch (error) {
    if (!(error instanceof BindingError)) throw error;
    return error.code === 'wrong-device' ? undefined : error;
  }
}

function accountOf(sealed: Uint8Array): string {
  if (sealed.length !== 1 + nameBytes || sealed[0] !== version)
    throw new BindingError('damaged', 'this names no entry of a key ring');
  return `wallet-${Buffer.from(sealed.subarray(1)).toString('base64url')}`;
}

/** What the library says, as a binding says it. It has one code for all, so its words decide. */
async function told<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof BindingError || !(cause instanceof Error)) throw cause;
    const { message } = cause;
    if (/locked|prompt|dismissed/i.test(message))
      throw new BindingError('locked', 'the key ring is locked: log in, or unlock it', { cause });
    if (/dbus|secret.?service|platform failure|no storage/i.test(message))
      throw new BindingError('not-here', 'no key ring answers', { cause });
    throw new BindingError('failed', `the key ring: ${message}`, { cause });
  }
}
