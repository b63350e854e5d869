/**
 * The transport in memory: a network of its own, with the limits of a real one.
 *
 * Addresses are any text without spaces; the address `` (empty) asks for a free one. Messages lie
 * in a bounded queue until the peer reads them, and a sender waits while it is full.
 */

import { limits } from '@dsm/primitive';
import { TransportError, type Connection, type Listener, type Transport } from '@dsm/ports';
import type { Fault, Faults } from './faults.ts';

export interface MemoryTransportOptions {
  /** What the network does to messages. By default it delivers them. */
  readonly faults?: Faults;
}

/** Messages and bytes that lie between two ends before a sender waits. */
const queueMessagesMax = 64;
const queueBytesMax = 4 * limits.messageBytesMax;

export function memoryTransport(options: MemoryTransportOptions = {}): Transport {
  const doors = new Map<string, (connection: Connection) => void>();
  const faults = options.faults ?? (() => (message: Uint8Array) => [message.slice()]);
  let free = 0;
  return {
    name: 'memory',
    listen: async (asked) => {
      if (asked === '') free += 1;
      const address = asked === '' ? `memory-${free}` : readable(asked);
      if (doors.has(address)) {
        throw new TransportError('in-use', `somebody else listens at ${address}`);
      }
      return listener(address, doors);
    },
    connect: async (asked, signal) => {
      const address = readable(asked);
      await Promise.resolve();
      if (signal?.aborted === true) {
        const cause = { cause: signal.reason as unknown };
        throw new TransportError('unreachable', `gave up calling ${address}`, cause);
      }
      const door = doors.get(address);
      if (door === undefined) throw new TransportError('unreachable', `nobody is at ${address}`);
      free += 1;
      const there = lane(faults());
      const back = lane(faults());
      door(end(`memory-${free}`, back, there));
      return end(address, there, back);
    },
  };
}

function readable(address: string): string {
  if (!/^\S+$/.test(address)) throw new TransportError('address', `"${address}" is no address`);
  return address;
}

function listener(address: string, doors: Map<string, (c: Connection) => void>): Listener {
  const waiting: Connection[] = [];
  const takers: ((result: IteratorResult<Connection>) => void)[] = [];
  let open = true;
  doors.set(address, (connection) => {
    const taker = takers.shift();
    if (taker === undefined) waiting.push(connection);
    else taker({ done: false, value: connection });
  });
  const next = (): Promise<IteratorResult<Connection>> => {
    const connection = waiting.shift();
    if (connection !== undefined) return Promise.resolve({ done: false, value: connection });
    if (!open) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => takers.push(resolve));
  };
  return {
    address,
    connections: { [Symbol.asyncIterator]: () => ({ next }) },
    close: async () => {
      if (!open) return;
      open = false;
      doors.delete(address);
      for (const taker of takers.splice(0)) taker({ done: true, value: undefined });
      await Promise.all(waiting.splice(0).map((connection) => connection.close()));
    },
  };
}

/** One direction of a connection. */
interface Lane {
  readonly put: (message: Uint8Array) => Promise<void>;
  readonly take: () => Promise<Uint8Array | undefined>;
  /** No more is put. What lies there can still be taken, unless the taker himself went away. */
  readonly end: (discard: boolean) => void;
}

function lane(fault: Fault): Lane {
  const queue: Uint8Array[] = [];
  const takers: ((message: Uint8Array | undefined) => void)[] = [];
  const putters: { put: () => void; refuse: (error: Error) => void }[] = [];
  let queued = 0;
  let over = false;
  const deliver = (message: Uint8Array): void => {
    const taker = takers.shift();
    if (taker !== undefined) return taker(message);
    queue.push(message);
    queued += message.length;
  };
  const isFull = (): boolean => queue.length >= queueMessagesMax || queued >= queueBytesMax;
  return {
    put: async (message) => {
      if (over) throw closed();
      const arriving = fault(message);
      const put = (): void => {
        for (const each of arriving) deliver(each);
      };
      if (!isFull() && putters.length === 0) return put();
      await new Promise<void>((resolve, refuse) => {
        putters.push({
          put: () => {
            put();
            resolve();
          },
          refuse,
        });
      });
    },
    take: () => {
      const message = queue.shift();
      if (message === undefined) {
        if (over) return Promise.resolve(undefined);
        return new Promise((resolve) => takers.push(resolve));
      }
      queued -= message.length;
      if (!isFull()) putters.shift()?.put();
      return Promise.resolve(message);
    },
    end: (discard) => {
      over = true;
      if (discard) queue.length = 0;
      for (const taker of takers.splice(0)) taker(undefined);
      for (const { refuse } of putters.splice(0)) refuse(closed());
    },
  };
}

function end(address: string, out: Lane, back: Lane): Connection {
  return {
    address,
    send: async (message) => {
      if (message.length === 0) throw new RangeError('an empty message');
      if (message.length > limits.messageBytesMax) {
        const sentence = `${message.length} bytes exceed ${limits.messageBytesMax}`;
        throw new TransportError('too-large', sentence);
      }
      await out.put(message);
    },
    receive: () => back.take(),
    close: async () => {
      out.end(false);
      back.end(true);
    },
  };
}

function closed(): TransportError {
  return new TransportError('closed', 'the connection is over');
}
