/**
 * Custody: what a wallet holds of its owner's secrets.
 *
 *     whole   D itself is the secret of the keystore: programs, tests, and whoever wants no words
 *     words   D follows from 24 words that are not here: what is here is in kept-secrets.ts
 *
 * Whoever copies a device in custody of words can spend what is on it, and cannot open its next
 * incarnation, make a card or rotate a key. With the words it is unlocked: D is in memory until it is
 * locked again, or the wallet is closed.
 */

import { deviceId, equal, hash, type Suite } from '@dsm/primitive';
import type { Aead, Entropy, Stretch } from '@dsm/ports';
import { DsmError, translated } from './errors.ts';
import { identityFrom, type IdentitySecrets } from './identity-secrets.ts';
import { keptOf, sealKept, secretsFrom, type Kept, type SecretsOf } from './kept-secrets.ts';
import { rootOf, secretsOf, type Incarnation, type Secrets } from './keys.ts';
import type { Draft } from './model.ts';
import { rowKey } from './rows.ts';

export interface Custody {
  readonly kind: 'whole' | 'words';
  /** Which device of its words this is. */
  readonly index: number | undefined;
  /** What keys are made from now. */
  readonly secrets: () => Secrets;
  /** Whether the root key can sign now. */
  readonly unlocked: () => boolean;
  /** D is at hand from now on. */
  readonly unlock: (device: Uint8Array) => void;
  readonly lock: () => void;
  /** The incarnations whose secrets are kept. */
  readonly kept: () => readonly Incarnation[];
  /** Keep the secrets of these incarnations and of no others, as the device is called then. */
  readonly keep: (to: Draft, of: SecretsOf, incarnations: readonly Incarnation[]) => void;
}

/** D is here. */
export function wholeCustody(device: Uint8Array): Custody {
  const secrets = secretsOf(device);
  return {
    kind: 'whole',
    index: undefined,
    secrets: () => secrets,
    unlocked: () => true,
    unlock: () => undefined,
    lock: () => undefined,
    kept: () => [],
    keep: () => undefined,
  };
}

export interface SealedBy {
  /** The secret of the keystore. */
  readonly secret: Uint8Array;
  readonly aead: Aead;
  readonly entropy: Entropy;
}

/** D is not here, or only for a while. */
export function wordsCustody(by: SealedBy, first: Kept): Custody {
  let kept = first;
  let locked = secretsFrom(kept);
  let open: Secrets | undefined;
  const secrets = (): Secrets => open ?? locked;
  return {
    kind: 'words',
    index: first.index,
    secrets,
    unlocked: () => open !== undefined,
    unlock: (device) => {
      open = secretsOf(device);
    },
    lock: () => {
      open = undefined;
    },
    kept: () => kept.incarnations,
    keep: (to, of, incarnations) => {
      const next = keptOf(secrets(), first.index, incarnations);
      to.put(rowKey('secrets'), sealKept(by, by.secret, of, next));
      to.after(() => {
        kept = next;
        locked = secretsFrom(next);
      });
    },
  };
}

/**
 * The birth of a device's first incarnation. It follows from the words, so they alone lead back to
 * the keys of a device that never had to certify another one.
 */
export function firstBirth(device: Uint8Array): Uint8Array {
  return hash('first-birth', device);
}

/** What words are needed for: D of one device of them. */
export interface WordsOf {
  readonly words: string;
  readonly network: Uint8Array;
  readonly suite: Suite;
  readonly index: number;
  readonly stretch: Stretch;
}

/** What the words lead to. */
export async function wordsSecrets({
  words,
  network,
  suite,
  stretch,
}: Omit<WordsOf, 'index'>): Promise<IdentitySecrets> {
  try {
    return await identityFrom(words, network, stretch, suite);
  } catch (error) {
    throw translated(error);
  }
}

export async function deviceOf(of: WordsOf): Promise<Uint8Array> {
  return (await wordsSecrets(of)).device(of.index);
}

/** D of the device with this DevID. Throws `bad-words` if the words lead to another one. */
export async function deviceNamed(of: WordsOf, id: Uint8Array): Promise<Uint8Array> {
  const device = await deviceOf(of);
  const { publicKey } = rootOf(device, of.suite);
  if (equal(deviceId(of.network, of.suite, publicKey), id)) return device;
  throw new DsmError(
    'bad-words',
    `these are the words of another identity, or this is not its device ${of.index}`,
  );
}

/** Incarnations by number, oldest first, each once; later ones of the same number win. */
export function inOrder(incarnations: readonly Incarnation[]): readonly Incarnation[] {
  const byNumber = new Map(incarnations.map((one) => [one.incarnation, one]));
  return [...byNumber.values()].toSorted((a, b) => a.incarnation - b.incarnation);
}
