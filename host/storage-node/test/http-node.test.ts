/** The node behind real HTTP passes the suite of the node port, over every way there is to speak it. */

import { httpNode, installNative, type HttpNodeOptions } from '@dsm/node';
import { nodeApiConformance, selfSigned } from '@dsm/ports/conformance';
import { serveNode, type Certificate } from '../src/http.ts';
import { oneNode } from './one-node.ts';

installNative();

const certificate = selfSigned(1);

const ways: readonly (readonly [string, HttpNodeOptions, Certificate?])[] = [
  ['HTTP/1.1', {}],
  ['HTTP/2', { http2: true }],
  ['HTTP/2 with TLS', { authorities: certificate.cert }, certificate],
];

for (const [name, options, secured] of ways) {
  nodeApiConformance(`node over ${name}`, async (capacityBytes) => {
    const { node, registry } = await oneNode(capacityBytes);
    const served = await serveNode(node, {
      host: '127.0.0.1',
      port: 0,
      ...(secured && { certificate: secured }),
    });
    const client = httpNode(served.address, options);
    const close = async (): Promise<void> => {
      client.close();
      await served.close();
      await node.close();
    };
    return { node: client, registry, index: 0, close };
  });
}
