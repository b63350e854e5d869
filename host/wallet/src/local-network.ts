/**
 * A local network: storage nodes in this process, over memory, with a token to play with.
 *
 * No ports are opened and nothing is written to disk. Everything else is the real thing: votes are
 * signed, certificates checked, placement computed.
 */

import { firstRegistry } from '@dsm/availability';
import { implementation, limits, type Registry } from '@dsm/primitive';
import { memoryEngine, memoryStore } from '@dsm/memory';
import { installPortable } from '@dsm/portable';
import { secretsInMemory, storageNode, type StorageNode } from '@dsm/storage-node';
import type { Network, Wallet } from './api.ts';
import { DsmError } from './errors.ts';
import { networkId } from './open.ts';
import { createWallet } from './wallet.ts';

export interface LocalNetworkOptions {
  /** At least 4. */
  readonly nodes?: number;
  readonly name?: string;
}

export interface LocalNetwork extends Network {
  /** The nodes themselves, to stop or to look into. */
  readonly storageNodes: readonly StorageNode[];
  /** Only a development network has this: mint to the wallet, which adopts the token. */
  readonly fund: (wallet: Wallet, amounts: Readonly<Record<string, bigint>>) => Promise<void>;
}

const capacityBytes = 256 * 1_048_576;

/** Nobody meets this bank again to have notes made anew, so they may travel as far as any may. */
const farTravelled = { depthMax: limits.lineageDepthMax, receiptsMax: limits.lineageReceiptsMax };

export async function localNetwork(options: LocalNetworkOptions = {}): Promise<LocalNetwork> {
  try {
    implementation();
  } catch {
    installPortable();
  }
  const { nodes: count = 5, name = 'local' } = options;
  const network = networkId(name);
  let registry: Registry | undefined;
  const storageNodes: StorageNode[] = [];
  for (let i = 0; i < count; i++) {
    const seed = crypto.getRandomValues(new Uint8Array(32));
    storageNodes.push(
      await storageNode({
        engine: memoryEngine(),
        registry: () => registry,
        network,
        suite: 1,
        secrets: secretsInMemory(seed),
        capacityBytes,
      }),
    );
  }
  registry = firstRegistry({ network, nodes: storageNodes.map(({ card }) => card), groupsMax: 1 });
  if (registry === undefined) throw new DsmError('usage', 'a network needs four nodes');
  const base: Network = { name, registry, nodes: storageNodes };
  const bank = faucet(base);
  return { ...base, storageNodes, fund: bank };
}

/** An issuer that lives as long as the network and pays out of fresh mints. */
function faucet(network: Network): LocalNetwork['fund'] {
  let issuer: Promise<Wallet> | undefined;
  return async (wallet, amounts) => {
    issuer ??= createWallet({ name: 'Mint', store: memoryStore(), network });
    const bank = await issuer;
    const relationship = await bank.meet(wallet);
    for (const [ticker, amount] of Object.entries(amounts)) {
      const known = bank.tokens().find((token) => token.ticker === ticker);
      const token =
        known ?? (await bank.issue({ ticker, cap: 1_000_000_000_000n, ...farTravelled }));
      await wallet.adopt(token.id);
      await bank.mint(token.id, amount);
      await relationship.pay({ token: token.id, amount, over: 'online' });
    }
    await relationship.close();
    await wallet.sync();
  };
}
