/** Two ends of a connection within one process, for wallets that share it. */

import type { Connection } from '@dsm/ports';

export function loopback(a: string, b: string): readonly [Connection, Connection] {
  const [toA, toB] = [pipe(), pipe()];
  const close = async (): Promise<void> => {
    toA.end();
    toB.end();
  };
  return [
    { address: b, send: async (bytes) => toB.push(bytes), receive: toA.next, close },
    { address: a, send: async (bytes) => toA.push(bytes), receive: toB.next, close },
  ];
}

interface Pipe {
  readonly push: (bytes: Uint8Array) => void;
  readonly next: () => Promise<Uint8Array | undefined>;
  readonly end: () => void;
}

function pipe(): Pipe {
  const queue: Uint8Array[] = [];
  let waiting: ((bytes: Uint8Array | undefined) => void) | undefined;
  let over = false;
  return {
    push: (bytes) => {
      if (over) return;
      const reader = waiting;
      waiting = undefined;
      if (reader === undefined) queue.push(bytes.slice());
      else reader(bytes.slice());
    },
    next: async () => {
      const first = queue.shift();
      if (first !== undefined || over) return first;
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    end: () => {
      over = true;
      waiting?.(undefined);
      waiting = undefined;
    },
  };
}
