/**
 * Two nodes of Helia in this process, connected over loopback: one has blocks, the other asks for them.
 *
 * The lightest that its packages allow: TCP, Noise and Yamux, no table of peers, no routing, no HTTP
 * gateways, blocks in memory. So the asking node knows whom to ask and asks nobody else.
 */

import { withBitswap } from '@helia/bitswap';
import { withLibp2pLight } from '@helia/libp2p';
import { noise } from '@libp2p/noise';
import { identify } from '@libp2p/identify';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createHeliaLight } from 'helia';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { sha256 } from 'multiformats/hashes/sha2';

/** `put` keeps a block at the first node and gives its name; `get` has the second node fetch it. */
export async function pair() {
  const [having, asking] = await Promise.all([node(), node()]);
  await asking.libp2p.dial(having.libp2p.getMultiaddrs());
  return {
    put: async (bytes) => {
      const name = CID.createV1(raw.code, await sha256.digest(bytes));
      await having.blockstore.put(name, bytes);
      return name;
    },
    get: async (name) => {
      const parts = [];
      for await (const part of asking.blockstore.get(name)) parts.push(part);
      return Buffer.concat(parts);
    },
    stop: async () => {
      await Promise.all([having.stop(), asking.stop()]);
    },
  };
}

async function node() {
  const network = {
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  };
  const helia = withBitswap(withLibp2pLight(createHeliaLight(), network));
  await helia.start();
  return helia;
}
