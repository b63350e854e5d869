/**
 * Opening custody: from the keystore, the row of the secrets and the words to what a wallet holds.
 *
 * With the words, the row is not needed: a wallet that came back out of capsules has none, one whose
 * keystore was lost has one that nothing opens, and it is made again.
 */

import { cardDevice, card as cardObject, type Card, type Suite } from '@dsm/primitive';
import type { Genesis } from '@dsm/identity';
import type { Aead, Entropy, Kem, Stretch } from '@dsm/ports';
import type { WalletOptions } from './api.ts';
import type { OpenedBackup } from './backup-file.ts';
import {
  deviceNamed,
  wholeCustody,
  wordsCustody,
  wordsSecrets,
  type Custody,
  type SealedBy,
} from './custody.ts';
import { DsmError } from './errors.ts';
import { keptOf, openKept, secretsFrom, type Kept, type SecretsOf } from './kept-secrets.ts';
import { secretsOf, type Incarnation, type Secrets } from './keys.ts';
import { decodeRow, draft } from './model.ts';
import { rowKey, walletRow, type WalletRow } from './rows.ts';

/** What opening a wallet needs of the world. */
export type OpenOptions = Omit<WalletOptions, 'name'> & {
  readonly kem: Kem;
  readonly aead: Aead;
  readonly entropy: Entropy;
  readonly stretch: Stretch;
};

/** D, and the identity that a card of these words names unless another genesis of theirs is given. */
export interface FromWords {
  readonly device: Uint8Array;
  readonly genesis: Genesis;
}

export async function fromWords(
  { words, deviceIndex: index = 0, stretch }: OpenOptions,
  suite: Suite,
  network: Uint8Array,
): Promise<FromWords | undefined> {
  if (words === undefined) return undefined;
  const secrets = await wordsSecrets({ words, network, suite, stretch });
  const authority = secrets.authority(0).publicKey;
  return {
    device: secrets.device(index),
    genesis: { network, suite, authority, contributions: undefined },
  };
}

/** The secret of the keystore, drawn if there is none; without a keystore it goes into the store. */
export async function keystoreSecret({ keystore, entropy }: OpenOptions): Promise<Uint8Array> {
  const there = await keystore?.open();
  if (there !== undefined) return there;
  const secret = entropy.bytes(32);
  await keystore?.create(secret);
  return secret;
}

/** Custody of a device that is made now; of words if D is from words, and then unlocked. */
export function newCustody(
  options: OpenOptions,
  secret: Uint8Array,
  device: Uint8Array | undefined,
  birth: Uint8Array,
): Custody {
  if (device === undefined) return wholeCustody(secret);
  const index = options.deviceIndex ?? 0;
  const kept = keptOf(secretsOf(device), index, [{ incarnation: 0, birth }]);
  const custody = wordsCustody(sealedBy(options, secret), kept);
  custody.unlock(device);
  return custody;
}

/** Custody of the wallet that is there; with the words, unlocked. */
export async function openCustody(
  options: OpenOptions,
  row: WalletRow,
  card: Card,
): Promise<Custody> {
  const { store, keystore, aead, words } = options;
  const sealed = await store.get(rowKey('secrets'));
  const secret = row.secret ?? (await keystore?.open());
  if (words !== undefined) {
    return withWords({ ...options, words }, row, card, sealed, secret);
  }
  if (secret === undefined) throw new DsmError('locked', 'the secret of this wallet is not here');
  if (sealed === undefined) return wholeCustody(secret);
  const kept = openKept(aead, secret, whose(card), sealed);
  return wordsCustody(sealedBy(options, secret), kept);
}

/** The owner is here: whatever does not open is made again. */
async function withWords(
  options: OpenOptions & { readonly words: string },
  row: WalletRow,
  card: Card,
  sealed: Uint8Array | undefined,
  secret: Uint8Array | undefined,
): Promise<Custody> {
  const { aead, deviceIndex, words, stretch } = options;
  const there = openedKept(aead, secret, whose(card), sealed);
  const { network, suite } = card.body;
  const index = there?.index ?? deviceIndex ?? 0;
  const of = { words, network, suite, index, stretch };
  const device = await deviceNamed(of, cardDevice(card));
  const custody =
    there === undefined || secret === undefined
      ? await sealedAnew(options, row, card, { device, index })
      : wordsCustody(sealedBy(options, secret), there);
  custody.unlock(device);
  return custody;
}

async function sealedAnew(
  options: OpenOptions,
  row: WalletRow,
  card: Card,
  { device, index }: { readonly device: Uint8Array; readonly index: number },
): Promise<Custody> {
  const secret = row.secret ?? (await keystoreSecret(options));
  const { incarnation, birth } = row;
  const all: Incarnation[] = row.births.map((of, n) => ({ incarnation: n, birth: of }));
  const later = (await ownCards(options, card)).filter(({ body }) => body.generation > 0);
  const kept = keptOf(secretsOf(device), index, [
    ...all,
    { incarnation, birth },
    ...later.map(({ body }) => body),
  ]);
  const custody = wordsCustody(sealedBy(options, secret), kept);
  const change = draft();
  custody.keep(change, whose(card), kept.incarnations);
  if (options.keystore === undefined) {
    change.put(rowKey('wallet'), walletRow.encode({ ...row, secret }));
  }
  await options.store.commit(change.writes);
  return custody;
}

/** The cards of this device that were replaced, and the one of now: some name later generations of keys. */
async function ownCards({ store }: OpenOptions, now: Card): Promise<readonly Card[]> {
  const rows = await store.scan(rowKey('card', cardDevice(now)));
  return [...rows.map(([, bytes]) => decodeRow(cardObject, bytes, 'card')), now];
}

/** What is kept, or undefined if it is not here or was sealed by another keystore. */
function openedKept(
  aead: Aead,
  secret: Uint8Array | undefined,
  of: SecretsOf,
  sealed: Uint8Array | undefined,
): Kept | undefined {
  if (secret === undefined || sealed === undefined) return undefined;
  try {
    return openKept(aead, secret, of, sealed);
  } catch (error) {
    if (error instanceof DsmError && error.code === 'locked') return undefined;
    throw error;
  }
}

/** What opens a backup: the words, or the secret that its wallet was sealed by. */
export async function backupSecrets(
  options: OpenOptions,
  { network, suite, device, incarnation, secrets: sealed }: OpenedBackup,
  given: Uint8Array | undefined,
): Promise<Secrets> {
  const { aead, keystore, words, deviceIndex: index = 0, stretch } = options;
  if (words !== undefined) {
    return secretsOf(await deviceNamed({ words, network, suite, index, stretch }, device));
  }
  const secret = given ?? (await keystore?.open());
  if (secret === undefined) throw new DsmError('locked', 'the secret of the backup is not here');
  return sealed === undefined
    ? secretsOf(secret)
    : secretsFrom(openKept(aead, secret, { device, incarnation }, sealed));
}

function whose(card: Card): SecretsOf {
  return { device: cardDevice(card), incarnation: card.body.incarnation };
}

function sealedBy({ aead, entropy }: OpenOptions, secret: Uint8Array): SealedBy {
  return { secret, aead, entropy };
}

/** The card in the row of a wallet. */
export function cardIn({ card }: WalletRow): Card {
  return decodeRow(cardObject, card, 'wallet');
}
