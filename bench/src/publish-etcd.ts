/** etcd, three nodes, by its HTTP gateway, which is quicker from Node than its gRPC packages. */

import type { Publisher, Started } from './publishers.ts';
import { freePorts, programAt, servers, whenReady } from './servers.ts';
import { requirePeer } from './third-party.ts';

interface Undici {
  readonly Pool: new (origin: string, options: { readonly connections: number }) => Pool;
}

interface Pool {
  readonly request: (options: {
    readonly method: 'POST';
    readonly path: string;
    readonly body: string;
  }) => Promise<{
    readonly statusCode: number;
    readonly body: { readonly json: () => Promise<unknown>; readonly text: () => Promise<string> };
  }>;
  readonly destroy: () => Promise<void>;
}

const connections = 32;

export async function startEtcd(): Promise<Started> {
  const program = programAt('etcd');
  const undici = requirePeer('undici') as Undici | undefined;
  if (program === undefined) return 'etcd is not installed (Debian: etcd-server)';
  if (undici === undefined) return 'undici is not installed in bench/third-party';
  const group = servers('etcd');
  try {
    const ports = await freePorts(6);
    const clients = ports.slice(0, 3).map((port) => `http://127.0.0.1:${port}`);
    const peers = ports.slice(3).map((port) => `http://127.0.0.1:${port}`);
    const cluster = peers.map((url, i) => `n${i}=${url}`).join(',');
    const pids = clients.map((url, i) => {
      const heard = ['--listen-client-urls', url, '--advertise-client-urls', url];
      const seen = ['--listen-peer-urls', peers[i]!, '--initial-advertise-peer-urls', peers[i]!];
      const first = ['--initial-cluster', cluster, '--initial-cluster-state', 'new'];
      const own = ['--name', `n${i}`, '--data-dir', `${group.folder}/${i}`, '--log-level', 'error'];
      return group.start(program, ...own, ...heard, ...seen, ...first);
    });
    const pools = clients.map((url) => new undici.Pool(url, { connections }));
    const leader = await whenReady(() => leaderOf(pools));
    return publisher(leader, pids, async () => {
      await Promise.all(pools.map((pool) => pool.destroy()));
      await group.stop();
    });
  } catch (error) {
    await group.stop();
    throw error;
  }
}

function publisher(pool: Pool, pids: readonly number[], stop: () => Promise<void>): Publisher {
  return {
    name: 'etcd, 3 nodes, asked at its leader',
    promise: 'written to the log of 2 of 3 and synced (fdatasync)',
    publish: async (name, bytes) => {
      await call(pool, '/v3/kv/put', { key: base64(name), value: base64(bytes) });
    },
    pids,
    stop,
  };
}

/** The one that answers soonest, because nobody stands between it and the disk. */
async function leaderOf(pools: readonly Pool[]): Promise<Pool> {
  for (const pool of pools) {
    const { header, leader } = (await call(pool, '/v3/maintenance/status', {})) as Status;
    if (leader !== undefined && leader === header?.member_id) return pool;
  }
  throw new Error('etcd has no leader yet');
}

interface Status {
  readonly header?: { readonly member_id?: string };
  readonly leader?: string;
}

async function call(pool: Pool, path: string, body: object): Promise<unknown> {
  const answer = await pool.request({ method: 'POST', path, body: JSON.stringify(body) });
  if (answer.statusCode !== 200) throw new Error(`etcd: ${await answer.body.text()}`);
  return answer.body.json();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
