/**
 * A storage node in a process of its own, over HTTP, its objects on disk: `node-process.ts ENGINE FOLDER SEED NETWORK`.
 *
 * It says to the bench who and where it is, is told the registry, and ends when the bench ends.
 */

import { join } from 'node:path';
import { installNative, sqliteEngine } from '@dsm/node';
import type { Engine } from '@dsm/ports';
import { registry as registryObject, type Registry } from '@dsm/primitive';
import { openSegmentLog } from '@dsm/segment-log';
import { secretsInMemory, storageNode } from '@dsm/storage-node';
import { serveNode } from '@dsm/storage-node/http';
import type { EngineName, Introduction } from './node-processes.ts';

const [name = '', folder = '', seed = '0', of = ''] = process.argv.slice(2);
const network = Uint8Array.from(Buffer.from(of, 'base64url'));
const capacityBytes = 2 ** 34;

const engines: Readonly<Record<EngineName, () => Promise<Engine>>> = {
  'segment log': () => openSegmentLog(folder),
  sqlite: () => sqliteEngine(join(folder, 'engine')),
};
const open = engines[name as EngineName];

installNative();
let registry: Registry | undefined;
const node = await storageNode({
  engine: await open(),
  registry: () => registry,
  network,
  suite: 1,
  secrets: secretsInMemory(new Uint8Array(32).fill(Number(seed))),
  capacityBytes,
});
const { address } = await serveNode(node, { host: '127.0.0.1', port: 0 });
process.on('message', (bytes: Uint8Array) => {
  const decoded = registryObject.decode(Uint8Array.from(bytes));
  if (!decoded.ok) throw new RangeError('the bench sends no registry');
  registry = decoded.value;
  process.send!('ready');
});
process.on('disconnect', () => process.exit());
const introduction: Introduction = { card: { ...node.card, address }, address };
process.send!(introduction);
