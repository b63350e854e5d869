/** The node in process passes the suite of the node port. */

import { nodeApiConformance } from '@dsm/ports/conformance';
import { installNative } from '@dsm/node';
import { oneNode } from './one-node.ts';

installNative();

nodeApiConformance('node in memory', async (capacityBytes) => {
  const { node, registry } = await oneNode(capacityBytes);
  return { node, registry, index: 0, close: node.close };
});
