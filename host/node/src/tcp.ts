/**
 * The transport over TCP: framed messages, nothing else. No name, no key, no secrecy: the protocol
 * above brings its own.
 *
 * Addresses are `host:port`, an IPv6 address in brackets: `[::1]:7000`. Listening on port 0 takes a
 * free one, and the listener's address says which.
 */

import net from 'node:net';
import { TransportError, type Connection, type Listener, type Transport } from '@dsm/ports';
import { tcpConnection } from './tcp-connection.ts';

export interface TcpOptions {
  /** Connections that a listener has at one time; further callers are turned away. */
  readonly connectionsMax?: number;
}

/** Connections that wait until somebody takes them from the listener. */
const waitingMax = 64;

export function tcpTransport(options: TcpOptions = {}): Transport {
  return {
    name: 'tcp',
    listen: (address) => listen(address, options.connectionsMax ?? 1_024),
    connect,
  };
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** Read `host:port`. Throws `TransportError`. */
function place(address: string): Place {
  const match = /^(?:\[([\da-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  const isBracketed = match?.[1] !== undefined;
  if (host === undefined || port > 65_535 || (isBracketed && net.isIPv6(host) === false)) {
    throw new TransportError('address', `"${address}" is not host:port`);
  }
  return { host, port };
}

function written(host: string | undefined, port: number | undefined): string {
  return `${host?.includes(':') === true ? `[${host}]` : (host ?? 'unknown')}:${port ?? 0}`;
}

const socketOptions = { noDelay: true, keepAlive: false } as const;

async function connect(address: string, signal?: AbortSignal): Promise<Connection> {
  const { host, port } = place(address);
  const gaveUp = (): TransportError =>
    new TransportError('unreachable', `gave up calling ${address}`, {
      cause: signal?.reason as unknown,
    });
  if (signal?.aborted === true) throw gaveUp();
  const socket = net.connect({ host, port, ...socketOptions });
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      socket.off('connect', onConnect).off('error', onError);
      signal?.removeEventListener('abort', onAbort);
      action();
    };
    const fail = (error: TransportError): void =>
      settle(() => {
        // Errors that come after giving up concern nobody.
        socket.on('error', () => {}).destroy();
        reject(error);
      });
    const onConnect = (): void => settle(() => resolve(tcpConnection(socket, address)));
    const onError = (cause: Error): void =>
      fail(new TransportError('unreachable', `nobody answers at ${address}`, { cause }));
    const onAbort = (): void => fail(gaveUp());
    socket.on('connect', onConnect).on('error', onError);
    signal?.addEventListener('abort', onAbort);
  });
}

async function listen(address: string, connectionsMax: number): Promise<Listener> {
  const { host, port } = place(address);
  const incoming = incomingConnections();
  const server = net.createServer({ ...socketOptions, pauseOnConnect: true }, (socket) => {
    incoming.add(tcpConnection(socket, written(socket.remoteAddress, socket.remotePort)));
  });
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(unheard(error, address)));
    server.listen({ host, port, exclusive: true }, resolve);
  });
  // A single call that cannot be taken, for want of file handles perhaps, is the caller's loss.
  server.on('error', () => {});
  const bound = server.address() as net.AddressInfo;
  return {
    address: written(bound.address, bound.port),
    connections: incoming.connections,
    close: async () => {
      // Stops listening at once; the callback would wait for all connections to end.
      server.close();
      await incoming.close();
    },
  };
}

function unheard(cause: Error & { code?: string }, address: string): TransportError {
  if (cause.code === 'EADDRINUSE') {
    return new TransportError('in-use', `somebody else listens at ${address}`, { cause });
  }
  return new TransportError('address', `nobody can listen at ${address} here`, { cause });
}

/** Connections between the listener that has them and the reader who takes them. */
function incomingConnections(): {
  readonly add: (connection: Connection) => void;
  readonly connections: AsyncIterable<Connection>;
  readonly close: () => Promise<void>;
} {
  const waiting: Connection[] = [];
  const takers: ((result: IteratorResult<Connection>) => void)[] = [];
  const end = { done: true, value: undefined } as const;
  let open = true;
  const next = async (): Promise<IteratorResult<Connection>> => {
    const connection = waiting.shift();
    if (connection !== undefined) return { done: false, value: connection };
    if (!open) return end;
    return new Promise((resolve) => takers.push(resolve));
  };
  return {
    add: (connection) => {
      const taker = open ? takers.shift() : undefined;
      if (taker !== undefined) taker({ done: false, value: connection });
      else if (open && waiting.length < waitingMax) waiting.push(connection);
      else void connection.close();
    },
    connections: { [Symbol.asyncIterator]: () => ({ next }) },
    close: async () => {
      open = false;
      for (const taker of takers.splice(0)) taker(end);
      await Promise.all(waiting.splice(0).map((connection) => connection.close()));
    },
  };
}
