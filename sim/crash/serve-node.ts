/** A storage node over HTTP on the engine of a folder: `serve-node.ts SUBJECT FOLDER`. It prints its address. */

import { join } from 'node:path';
import { lmdbEngine } from '@dsm/lmdb';
import { installNative, sqliteEngine } from '@dsm/node';
import type { Engine } from '@dsm/ports';
import { filled, registryOf } from '@dsm/ports/conformance';
import type { Registry } from '@dsm/primitive';
import { openSegmentLog } from '@dsm/segment-log';
import { secretsInMemory, storageNode } from '@dsm/storage-node';
import { serveNode } from '@dsm/storage-node/http';

installNative();
const [name = '', folder = ''] = process.argv.slice(2);
const engines: Readonly<Record<string, () => Promise<Engine>>> = {
  sqlite: () => sqliteEngine(join(folder, 'node.db')),
  lmdb: () => lmdbEngine(folder),
  log: () => openSegmentLog(folder, { segmentBytes: 65_536, compactBelow: 0.8 }),
};
const open = engines[name];
if (open === undefined) throw new RangeError(`there is no engine ${name}`);
let registry: Registry | undefined;
const node = await storageNode({
  engine: await open(),
  registry: () => registry,
  network: filled(42),
  suite: 1,
  secrets: secretsInMemory(filled(11)),
  capacityBytes: 1 << 28,
});
registry = registryOf(filled(42), [node.card], 0);
const { address } = await serveNode(node, { host: '127.0.0.1', port: 0 });
process.stdout.write(`${address}\n`);
