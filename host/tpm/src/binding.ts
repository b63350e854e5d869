/**
 * A TPM 2.0 as device binding.
 *
 * The secret is a sealed object under the owner's storage key, which the TPM derives from a seed that
 * never leaves it (fixedTPM, fixedParent). Its authorization comes from the passphrase, and the TPM
 * counts wrong ones. Beside it lies an ECDSA P-256 key, made in the TPM and wrapped by it, which signs
 * challenges. Nothing is kept in the TPM: what is sealed are bytes, and they load here alone.
 */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plainSignature } from '@dsm/identity';
import { BindingError, type Attestor, type DeviceBinding } from '@dsm/ports';
import { sealedBytes, sealedOf, type SealedByTpm } from './sealed.ts';
import { tpmTools, type Tools, type TpmOptions } from './tools.ts';

const sealedAttributes = 'fixedtpm|fixedparent|userwithauth';
/** The parent asks for nothing, so that guesses at what lies under it do not count against it. */
const storageAttributes =
  'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|decrypt|noda';
/** Without protection against guessing: it asks for nothing, and whoever guesses shall not silence it. */
const signingAttributes = 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|noda';

export function tpmBinding(options: TpmOptions = {}): DeviceBinding {
  const tools = tpmTools(options);
  return {
    level: 'tpm',
    seal: async (secret, auth) => {
      if (secret.length !== 32) throw new RangeError(`secret: ${secret.length} bytes, not 32`);
      return sealedBytes(await withRoom(tools, options, (room) => seal(room, secret, auth)));
    },
    open: async (bytes, auth) => {
      const sealed = sealedOf(bytes);
      const secret = await withRoom(tools, options, (room) => unseal(room, sealed, auth));
      return { secret, clonable: false, attestor: attestorOf(tools, options, sealed) };
    },
    forget: async () => undefined, // the TPM has kept nothing
  };
}

/** Undefined if there is a TPM and the software to reach it; otherwise what is missing. */
export async function tpmMissing(options: TpmOptions = {}): Promise<BindingError | undefined> {
  try {
    await tpmTools(options).run('tpm2_getcap', ['properties-fixed']);
    return undefined;
  } catch (error) {
    if (error instanceof BindingError) return error;
    throw error;
  }
}

/** A folder of this process for contexts and wrapped objects: nothing in it is secret. */
interface Room {
  readonly run: Tools['run'];
  readonly at: (name: string) => string;
}

/** One conversation of this process with a TPM at a time: each needs the TPM's few places. */
let last: Promise<unknown> = Promise.resolve();

function withRoom<T>(
  tools: Tools,
  options: TpmOptions,
  use: (room: Room) => Promise<T>,
): Promise<T> {
  const mine = last.then(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dsm-tpm-'));
    try {
      const at = (name: string): string => join(folder, name);
      const room = { run: crowded(tools, options), at };
      await storageKey(room);
      return await use(room);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
  last = mine.catch(() => undefined);
  return mine;
}

/**
 * Linux gives each process places of its own in the TPM (the resource manager, tpmrm0) and clears them.
 * A TPM that is reached directly, as a simulator is, keeps what was loaded until it is told.
 */
function crowded({ run }: Tools, { tcti }: TpmOptions): Tools['run'] {
  const reached = tcti ?? process.env['TPM2TOOLS_TCTI'] ?? '';
  if (!/^(?:swtpm|mssim)/.test(reached)) return run;
  return async (tool, args, input) => {
    try {
      return await run(tool, args, input);
    } finally {
      await run('tpm2_flushcontext', ['-t']).catch(() => undefined);
    }
  };
}

/** The owner’s storage key: the same each time, from a seed in the chip, and written nowhere. */
async function storageKey({ run, at }: Room): Promise<void> {
  try {
    const template = [
      '-C',
      'o',
      '-G',
      'ecc',
      '-g',
      'sha256',
      '-a',
      storageAttributes,
      '-c',
      at('parent'),
    ];
    await run('tpm2_createprimary', quiet(...template));
  } catch (error) {
    if (!(error instanceof BindingError) || error.code !== 'locked') throw error;
    const sentence =
      'the owner’s part of this TPM has a password of its own, which is not known here';
    throw new BindingError('failed', sentence, { cause: error });
  }
}

function quiet(...args: readonly string[]): readonly string[] {
  return ['-Q', ...args];
}

async function seal(room: Room, secret: Uint8Array, auth: Uint8Array): Promise<SealedByTpm> {
  const { run, at } = room;
  await run(
    'tpm2_create',
    quiet(
      '-C',
      at('parent'),
      '-i',
      '-',
      '-a',
      sealedAttributes,
      '-u',
      at('s.pub'),
      '-r',
      at('s.new'),
    ),
    secret,
  );
  await run(
    'tpm2_create',
    quiet(
      '-C',
      at('parent'),
      '-G',
      'ecc256:ecdsa-sha256',
      '-a',
      signingAttributes,
      '-u',
      at('k.pub'),
      '-r',
      at('k.priv'),
    ),
  );
  await load(room, 's.pub', 's.new', 's');
  // One secret for each process, by its standard input: that is why authorization comes second.
  await run(
    'tpm2_changeauth',
    quiet('-C', at('parent'), '-c', at('s'), '-r', at('s.priv'), 'file:-'),
    auth,
  );
  await load(room, 'k.pub', 'k.priv', 'k');
  await run('tpm2_readpublic', quiet('-c', at('k'), '-f', 'der', '-o', at('k.der')));
  const [secretPublic, secretPrivate, keyPublic, keyPrivate, publicKey] = await Promise.all(
    ['s.pub', 's.priv', 'k.pub', 'k.priv', 'k.der'].map(async (name) => bytesAt(at(name))),
  );
  return {
    version: 1,
    secretPublic: secretPublic!,
    secretPrivate: secretPrivate!,
    keyPublic: keyPublic!,
    keyPrivate: keyPrivate!,
    publicKey: publicKey!,
  };
}

async function unseal(room: Room, sealed: SealedByTpm, auth: Uint8Array): Promise<Uint8Array> {
  const { run, at } = room;
  await writeFile(at('s.pub'), sealed.secretPublic);
  await writeFile(at('s.priv'), sealed.secretPrivate);
  await load(room, 's.pub', 's.priv', 's');
  const secret = await run('tpm2_unseal', quiet('-c', at('s'), '-p', 'file:-'), auth);
  if (secret.length !== 32) throw new BindingError('damaged', 'what was sealed has not 32 bytes');
  return secret;
}

function attestorOf(tools: Tools, options: TpmOptions, sealed: SealedByTpm): Attestor {
  return {
    key: { algorithm: 1, publicKey: sealed.publicKey },
    attest: (challenge) =>
      withRoom(tools, options, async (room) => {
        const { run, at } = room;
        await writeFile(at('k.pub'), sealed.keyPublic);
        await writeFile(at('k.priv'), sealed.keyPrivate);
        await load(room, 'k.pub', 'k.priv', 'k');
        await run(
          'tpm2_sign',
          quiet('-c', at('k'), '-g', 'sha256', '-s', 'ecdsa', '-f', 'plain', '-o', at('signature')),
          challenge,
        );
        const signature = plainSignature(await bytesAt(at('signature')));
        if (signature === undefined) throw new BindingError('failed', 'the TPM signed strangely');
        return { type: 'plain', signature };
      }),
  };
}

async function load({ run, at }: Room, pub: string, priv: string, context: string): Promise<void> {
  await run(
    'tpm2_load',
    quiet('-C', at('parent'), '-u', at(pub), '-r', at(priv), '-c', at(context)),
  );
}

async function bytesAt(path: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(path));
}
