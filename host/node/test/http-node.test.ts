/** The HTTP client before servers that lie, stall, flood or vanish. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { NodeError, type NodeErrorCode } from '@dsm/ports';
import { httpNode, type HttpNode } from '../src/http-node.ts';
import { installNative } from '../src/install.ts';

installNative();

type Stranger = (request: IncomingMessage, response: ServerResponse) => void;

async function facing(stranger: Stranger, body: (node: HttpNode) => Promise<void>): Promise<void> {
  const server = createServer(stranger).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const node = httpNode(`http://127.0.0.1:${port}`, { answerMs: 300 });
  try {
    await body(node);
  } finally {
    node.close();
    server.closeAllConnections();
    server.close();
  }
}

const address = new Uint8Array(32).fill(1);
const object = new Uint8Array(10);

test('answers that make no sense are `unreachable`', async () => {
  const strangers: readonly Stranger[] = [
    (_, response) => void response.writeHead(404).end('not here'),
    (_, response) => void response.writeHead(404).end('{"code":"route"}'),
    (_, response) => void response.writeHead(302, { location: '/' }).end(),
    (_, response) => void response.writeHead(500).end(),
    (_, response) => void response.writeHead(400).end('<html>'),
    (_, response) => void response.destroy(),
    (_, response) => void response.writeHead(200, { 'content-length': '9' }).write('half'),
    (request) => void request.socket.end('nonsense\r\n\r\n'),
    () => {},
  ];
  for (const stranger of strangers) {
    await facing(stranger, async (node) => {
      await assert.rejects(node.getObject(address), coded('unreachable'));
      await assert.rejects(node.readSlot(address), coded('unreachable'));
    });
  }
});

test('only the node itself says that there is nothing', async () => {
  await facing(
    (_, response) => void response.writeHead(404).end('{"code":"absent"}'),
    async (node) => {
      assert.equal(await node.getObject(address), undefined);
      await assert.rejects(node.putObject(object), coded('refused'));
    },
  );
});

test('an answer is read up to its limit', async () => {
  const chunk = new Uint8Array(1 << 16);
  await facing(
    (_, response) => {
      let isEnded = false;
      const more = (): void => {
        while (!isEnded && response.write(chunk));
        if (!isEnded) response.once('drain', more);
      };
      response.once('close', () => {
        isEnded = true;
      });
      more();
    },
    async (node) => {
      const senseless = { code: 'unreachable', message: 'the answer makes no sense' };
      await assert.rejects(node.getObject(address), senseless);
      await assert.rejects(node.health(), senseless);
    },
  );
});

test('a health report that is none is no health', async () => {
  const good = {
    node: 'A'.repeat(43),
    status: 'ok',
    capacityBytes: 5,
    usedBytes: 1,
    objects: 0,
    slots: 0,
  };
  const changes: object[] = [
    { node: 'x' },
    { status: 'fine' },
    { usedBytes: -1 },
    { slots: 0.5 },
    { objects: '7' },
    { capacityBytes: null },
  ];
  for (const change of [undefined, ...changes]) {
    await facing(
      (_, response) => void response.end(JSON.stringify({ ...good, ...change })),
      async (node) => {
        if (change !== undefined) await assert.rejects(node.health(), coded('unreachable'));
        else assert.deepEqual(await node.health(), { ...good, node: new Uint8Array(32) });
      },
    );
  }
});

test('what a stranger says is shown short and in printable characters', async () => {
  const detail = `a\u001b[31m\n\u202e${'b'.repeat(1_000)}`;
  await facing(
    (_, response) => void response.writeHead(422).end(JSON.stringify({ code: 'refused', detail })),
    async (node) => {
      const error = await node.putObject(object).catch((reason: unknown) => reason);
      assert.ok(coded('refused')(error));
      const { message } = error as NodeError;
      assert.match(message, /^[\w [\]]+$/);
      assert.ok(message.length <= 200);
    },
  );
});

test('a kept connection that the server has closed is replaced', async () => {
  let answered = 0;
  const sockets = new Set<unknown>();
  await facing(
    (request, response) => {
      // The second request on a connection meets a server that has just hung up.
      if (sockets.has(request.socket)) {
        request.socket.resetAndDestroy();
        return;
      }
      sockets.add(request.socket);
      answered += 1;
      response.end('x');
    },
    async (node) => {
      for (let i = 0; i < 4; i++) await node.getObject(address);
      assert.equal(answered, 4);
    },
  );
});

test('nobody at the address, and addresses that are none', async () => {
  const node = httpNode('http://127.0.0.1:1');
  await assert.rejects(node.putObject(object), coded('unreachable'));
  node.close();
  for (const url of ['', 'node', 'ftp://x', 'file:///etc/passwd']) {
    assert.throws(() => httpNode(url), RangeError);
  }
});

function coded(code: NodeErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof NodeError && error.code === code;
}
