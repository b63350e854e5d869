/**
 * A storage node over HTTP/1.1 and HTTP/2 (docs/spec/node-http.md).
 *
 * Strangers meet a limit before they cost anything: connections, requests by address and in all,
 * the size of headers and bodies (announced and real), the time in which both must come and answers
 * must be taken. When the server is to end it says so, lets what is under way end well, and goes.
 */

import type { Server } from 'node:http';
import { deskOf, type Desk } from './desk.ts';
import { doorOf, type Certificate, type Door } from './door.ts';
import type { Gauge } from './gauges.ts';
import { httpLimits, type HttpLimits } from './http-limits.ts';
import type { StorageNode } from './node.ts';
import { visitors } from './visitors.ts';

export { gauges, type Gauge, type Gauges } from './gauges.ts';
export { httpLimits, type Certificate, type HttpLimits };

export interface ServeOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** With it the node speaks TLS, and nothing else. */
  readonly certificate?: Certificate;
  readonly limits?: Partial<HttpLimits>;
  /** What other parts of the node show to operators. */
  readonly gauges?: () => readonly Gauge[];
  /** Told of faults of the program, which a client sees as status 500. */
  readonly onError?: (error: unknown) => void;
}

export interface ServedNode {
  readonly address: string;
  /** New connections are served under this certificate; throws if it is none. */
  readonly renew: (certificate: Certificate) => void;
  /**
   * Stops listening. What is under way may take so long to end well, while requests on connections
   * that stand are answered `closing`; then every connection ends. The node itself stays open.
   */
  readonly close: (graceMs?: number) => Promise<void>;
}

/** Serve the node until `close`. Rejects if the address is taken. */
export async function serveNode(node: StorageNode, options: ServeOptions): Promise<ServedNode> {
  const bounds: HttpLimits = { ...httpLimits, ...options.limits };
  const who = visitors(bounds, () => performance.now());
  const desk: Desk = deskOf(node, {
    bounds,
    who,
    gauges: () => [...gaugesOfNode(node), ...gaugesOf(desk, door), ...(options.gauges?.() ?? [])],
    onError: options.onError ?? ((): void => {}),
  });
  const door: Door = doorOf(bounds, who, options.certificate, desk.serve);
  await listening(door.server, options);
  let closing: Promise<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    const gone = new Promise<void>((resolve) => void door.server.close(() => resolve()));
    desk.close();
    door.drain();
    await Promise.race([desk.idle(), later(graceMs)]);
    await door.closeAll(graceMs > 0);
    await gone;
  };
  return {
    address: addressOf(door.server, options.host, options.certificate !== undefined),
    renew: door.renew,
    close: (graceMs = 0) => (closing ??= close(graceMs)),
  };
}

function gaugesOf(desk: Desk, door: Door): readonly Gauge[] {
  return [
    { name: 'connections', help: 'Connections.', type: 'gauge', read: door.connections },
    { name: 'requests_under_way', help: 'Requests under way.', type: 'gauge', read: desk.underWay },
    {
      name: 'bytes_under_way',
      help: 'Bytes that requests under way hold.',
      type: 'gauge',
      read: desk.bytes.taken,
    },
  ];
}

function gaugesOfNode({ registries, standing, metrics }: StorageNode): readonly Gauge[] {
  return [
    {
      name: 'registry_version',
      help: 'The newest version of the registry that the node knows, 0 if none.',
      type: 'gauge',
      read: () => registries()?.newest.version ?? 0,
    },
    {
      name: 'voting_version',
      help: 'The version that it votes under, 0 while it does not.',
      type: 'gauge',
      read: () => standing()?.version ?? 0,
    },
    {
      name: 'registry_forks_total',
      help: 'Certified successors of one version that differ.',
      type: 'counter',
      read: () => metrics().registryForks,
    },
  ];
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

function listening(server: Server, { host, port }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 4_096 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function addressOf(server: Server, host: string, isSecure: boolean): string {
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const name = host.includes(':') ? `[${host}]` : host;
  return `${isSecure ? 'https' : 'http'}://${name}:${port}`;
}
