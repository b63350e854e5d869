/** The node behind real HTTP passes the suite of the node port. */

import { httpNode, installNative } from '@dsm/node';
import { nodeApiConformance } from '@dsm/ports/conformance';
import { serveNode } from '../src/http.ts';
import { oneNode } from './one-node.ts';

installNative();

nodeApiConformance('node over HTTP', async (capacityBytes) => {
  const { node, registry } = await oneNode(capacityBytes);
  const served = await serveNode(node, { host: '127.0.0.1', port: 0 });
  const client = httpNode(served.address);
  const close = async (): Promise<void> => {
    client.close();
    await served.close();
    await node.close();
  };
  return { node: client, registry, index: 0, close };
});
