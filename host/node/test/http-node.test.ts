import { nodeApiConformance } from '../../ports/src/conformance/node-api.ts';
import { serveNode } from '../../storage-node/src/http.ts';
import { oneNode } from '../../storage-node/test/one-node.ts';
import { httpNode } from '../src/http-node.ts';
import { installNative } from '../src/install.ts';

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
