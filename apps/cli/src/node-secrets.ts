/**
 * The secrets of a storage node, as a file of its folder.
 *
 *     OFFSET  SIZE  key
 *          0     1  version      0x03
 *          1    32  identity     for ever
 *         33     4  generation   how many vote seeds came before this one
 *         37    32  vote seed
 *         69     1  used         1 once a store belongs to them
 *         70    32  BLAKE3 of all before
 *
 * Nobody is there to type a passphrase when a node starts; the permissions of the file guard it. A
 * vote seed that is retired is gone from the file system with the file that held it; what a disk
 * keeps of deleted files is beyond a program's reach.
 */

import { open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nodeEntropy } from '@dsm/node';
import { address, bytes32, encodeWith, equal, reader, struct, u32, u8 } from '@dsm/primitive';
import { freshSecrets, type NodeSecrets, type SecretKeeper } from '@dsm/storage-node';
import { DsmError } from '@dsm/wallet';
import { exists } from './session.ts';

const version = 3;
const fileBytes = 102;
const body = struct({
  version: u8,
  identity: bytes32,
  generation: u32,
  voteSeed: bytes32,
  used: u8,
});

/** The secrets at `path`; they are made if there is no file. */
export function secretFile(path: string): SecretKeeper {
  return {
    read: async () => {
      if (await exists(path)) return parsed(Uint8Array.from(await readFile(path)), path);
      const fresh = freshSecrets(nodeEntropy.bytes(32));
      await keep(path, fresh);
      return fresh;
    },
    replace: async (next) => keep(path, next),
  };
}

async function keep(path: string, secrets: NodeSecrets): Promise<void> {
  const encoded = encodeWith(body, { ...secrets, version, used: secrets.used ? 1 : 0 });
  const next = `${path}.new`;
  await unlink(next).catch(() => {});
  const file = await open(next, 'wx', 0o600);
  try {
    await file.writeFile(Buffer.concat([encoded, address(encoded)]));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  const folder = await open(join(dirname(path), '.'), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function parsed(bytes: Uint8Array, path: string): NodeSecrets {
  const encoded = bytes.subarray(0, fileBytes - 32);
  const isWhole =
    bytes.length === fileBytes && equal(address(encoded), bytes.subarray(fileBytes - 32));
  const found = isWhole ? body.read(reader(encoded)) : undefined;
  if (found?.version !== version || found.used > 1) {
    throw new DsmError(
      'integrity',
      `${path} holds no secrets of a node; restore it or make a new node`,
    );
  }
  const { identity, generation, voteSeed, used } = found;
  return { identity, generation, voteSeed, used: used === 1 };
}
