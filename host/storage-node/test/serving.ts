/** A node behind HTTP, for the time of one test; and what was said, taken apart. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { memoryEngine } from '@dsm/memory';
import type { Engine } from '@dsm/ports';
import { serveNode, type HttpLimits, type ServeOptions } from '../src/http.ts';
import type { StorageNode } from '../src/node.ts';
import { oneNode, type OneNode } from './one-node.ts';

export interface Served extends OneNode {
  readonly base: string;
  readonly port: number;
}

export interface Scene extends Partial<Omit<ServeOptions, 'host' | 'port' | 'limits'>> {
  readonly limits?: Partial<HttpLimits>;
  readonly engine?: Engine;
  readonly capacityBytes?: number;
  /** What is served instead of the node as it is. */
  readonly as?: (node: StorageNode) => StorageNode;
}

export async function serving(
  body: (served: Served) => Promise<void>,
  { engine = memoryEngine(), capacityBytes = 1 << 22, as = same, ...options }: Scene = {},
): Promise<void> {
  const one = await oneNode(capacityBytes, engine);
  const server = await serveNode(as(one.node), { host: '127.0.0.1', port: 0, ...options });
  try {
    await body({ ...one, base: server.address, port: Number(new URL(server.address).port) });
  } finally {
    await server.close();
    await one.node.close();
  }
}

function same(node: StorageNode): StorageNode {
  return node;
}

/** Status and code of a problem document that has all its fields. */
export async function problemOf(answer: Response): Promise<readonly [number, string]> {
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  const problem = (await answer.json()) as Record<string, string>;
  for (const name of ['type', 'title', 'detail', 'code']) {
    assert.equal(typeof problem[name], 'string');
  }
  return [answer.status, problem['code']!];
}

/** What the server says to `text` until it ends the connection. */
export async function rawAnswer(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1');
  let answer = '';
  socket.on('data', (part: string) => {
    answer += part;
  });
  // A reset after the answer, or instead of one, ends the connection, too.
  socket.on('error', () => {});
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return answer;
}
