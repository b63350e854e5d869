import { nodeApiConformance } from '../../ports/src/conformance/node-api.ts';
import { installNative } from '../../node/src/install.ts';
import { oneNode } from './one-node.ts';

installNative();

nodeApiConformance('node in memory', async (capacityBytes) => {
  const { node, registry } = await oneNode(capacityBytes);
  return { node, registry, index: 0, close: node.close };
});
