/**
 * A storage node in a process of its own, over HTTP, its objects in memory: `exchange-node.ts`.
 *
 * It says where it is, and when asked how much processor time it has used, in microseconds.
 */

import { memoryEngine } from '@dsm/memory';
import { installNative } from '@dsm/node';
import { secretsInMemory, storageNode } from '@dsm/storage-node';
import { serveNode } from '@dsm/storage-node/http';

installNative();

const node = await storageNode({
  engine: memoryEngine(),
  registry: () => undefined,
  network: new Uint8Array(32),
  suite: 1,
  secrets: secretsInMemory(new Uint8Array(32).fill(1)),
  capacityBytes: 2 ** 36,
});
const limits = { requestsPerSecond: 1e9, burstMax: 1e9 };
const { address } = await serveNode(node, { host: '127.0.0.1', port: 0, limits });
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send!(user + system);
});
process.on('disconnect', () => process.exit());
process.send!(address);
