/** NATS JetStream, a stream with three replicas on files, by its own client. */

import { writeFileSync } from 'node:fs';
import type { Started } from './publishers.ts';
import { freePorts, programAt, servers, whenReady } from './servers.ts';
import { requirePeer } from './third-party.ts';

interface Transport {
  readonly connect: (options: { readonly servers: readonly string[] }) => Promise<Connection>;
}

interface Connection {
  readonly close: () => Promise<void>;
}

interface JetStream {
  readonly jetstream: (connection: Connection) => {
    readonly publish: (subject: string, bytes: Uint8Array) => Promise<unknown>;
  };
  readonly jetstreamManager: (connection: Connection) => Promise<{
    readonly streams: { readonly add: (stream: object) => Promise<unknown> };
  }>;
}

export async function startJetStream(): Promise<Started> {
  const program = programAt('nats-server');
  const transport = requirePeer('@nats-io/transport-node') as Transport | undefined;
  const library = requirePeer('@nats-io/jetstream') as JetStream | undefined;
  if (program === undefined) return 'NATS is not installed (Debian: nats-server)';
  if (transport === undefined || library === undefined) {
    return '@nats-io is not installed in bench/third-party';
  }
  const group = servers('nats');
  try {
    const ports = await freePorts(6);
    const routes = ports.slice(3).map((port) => `nats://127.0.0.1:${port}`);
    const pids = ports.slice(0, 3).map((port, i) => {
      const file = `${group.folder}/${i}.conf`;
      writeFileSync(file, configuration(`${group.folder}/${i}`, i, port, ports[3 + i]!, routes));
      return group.start(program, '-c', file);
    });
    const urls = ports.slice(0, 3).map((port) => `nats://127.0.0.1:${port}`);
    const connection = await whenReady(() => transport.connect({ servers: urls }));
    await whenReady(async () => {
      const manager = await library.jetstreamManager(connection);
      const subjects = ['object.*'];
      await manager.streams.add({ name: 'objects', subjects, num_replicas: 3, storage: 'file' });
    });
    const stream = library.jetstream(connection);
    return {
      name: 'NATS JetStream, 3 replicas',
      promise: 'handed to the kernel by 2 of 3, synced within two minutes',
      publish: async (name, bytes) => {
        await stream.publish(`object.${Buffer.from(name).toString('base64url')}`, bytes);
      },
      pids,
      stop: async () => {
        await connection.close();
        await group.stop();
      },
    };
  } catch (error) {
    await group.stop();
    throw error;
  }
}

function configuration(
  folder: string,
  number: number,
  port: number,
  clusterPort: number,
  routes: readonly string[],
): string {
  return [
    `server_name: n${number}`,
    `listen: 127.0.0.1:${port}`,
    `jetstream { store_dir: "${folder}", max_memory_store: 64M, max_file_store: 4G }`,
    `cluster { name: c, listen: 127.0.0.1:${clusterPort}, routes: [${routes.join(', ')}] }`,
    '',
  ].join('\n');
}
