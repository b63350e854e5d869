/** The other process of the offline trade: opens the payee's wallet and answers whoever calls. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registry as registryObject } from '@dsm/primitive';
import { fileStore, installNative, tcpTransport } from '@dsm/node';
import { NodeError, type NodeApi } from '@dsm/ports';
import { openWallet, type Network } from '@dsm/wallet';

/** The network of `folder` with all of its nodes out of reach. */
export async function unreachable(folder: string): Promise<Network> {
  const decoded = registryObject.decode(await readFile(join(folder, 'registry')));
  if (!decoded.ok) throw new Error(`the registry: ${decoded.refusal}`);
  const registry = decoded.value;
  const fail = (): Promise<never> =>
    Promise.reject(new NodeError('unreachable', 'this device has no network'));
  const nodes = registry.nodes.map(({ address }): NodeApi => ({
    address,
    putObject: fail,
    getObject: fail,
    writeSlot: fail,
    readSlot: fail,
    ask: fail,
    health: fail,
  }));
  return { name: 'local', registry, nodes };
}

if (import.meta.main) {
  installNative();
  const folder = process.argv[2]!;
  const store = await fileStore(join(folder, 'payee'));
  const wallet = await openWallet({ store, network: await unreachable(folder) });
  const listener = await tcpTransport().listen('127.0.0.1:0');
  process.send!(listener.address);
  for await (const connection of listener.connections) await wallet.answer(connection);
}
