/** The HTTP client before servers that lie, stall, flood or vanish. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import {
  answersBytesMax,
  answerWeight,
  requestReader,
  writeAnswers,
  writeRequests,
  type NodeAnswer,
} from '@dsm/availability';
import { limits } from '@dsm/primitive';
import { NodeError, type NodeErrorCode } from '@dsm/ports';
import { httpNode, type HttpNode } from '../src/http-node.ts';
import { installNative } from '../src/install.ts';

installNative();

type Stranger = (request: IncomingMessage, response: ServerResponse) => unknown;

async function facing(
  stranger: Stranger,
  body: (node: HttpNode) => Promise<void>,
  answerMs = 300,
): Promise<void> {
  const server = createServer(stranger).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const node = httpNode(`http://127.0.0.1:${port}`, { answerMs });
  try {
    await body(node);
  } finally {
    node.close();
    server.closeAllConnections();
    server.close();
  }
}

/** Whoever gives this answer to everything. */
function saying(answer: NodeAnswer): Stranger {
  return (_, response) => void response.end(writeAnswers([answer]));
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
      assert.equal(await node.registry(), undefined);
      await assert.rejects(node.getObject(address), coded('unreachable'));
    },
  );
  await facing(saying({ type: 'absent' }), async (node) => {
    assert.equal(await node.getObject(address), undefined);
    await assert.rejects(node.putObject(object), coded('unreachable'));
  });
});

test('answers that are cut, too few, too many, too long or of another kind are `unreachable`', async () => {
  const empty = { type: 'ok', body: new Uint8Array(0) } as const;
  const good = writeAnswers([empty]);
  const long = writeAnswers([{ type: 'ok', body: new Uint8Array(limits.objectBytesMax + 1) }]);
  const bodies = [
    new Uint8Array(0),
    good.subarray(1),
    good.subarray(0, -1),
    writeAnswers([empty, empty]),
    writeRequests([{ type: 'signal' }]),
    new Uint8Array(9),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff),
    long,
  ];
  for (const body of bodies) {
    await facing(
      (_, response) => void response.end(body),
      (node) => assert.rejects(node.getObject(address), coded('unreachable')),
    );
  }
  await facing(saying({ type: 'ok', body: Uint8Array.of(1) }), async (node) => {
    await assert.rejects(node.putObject(object), coded('unreachable'));
    assert.deepEqual(await node.getObject(address), Uint8Array.of(1));
  });
});

test('what a node answers is told apart', async () => {
  const answers = [
    [{ type: 'full' }, 'full'],
    [{ type: 'unpaid' }, 'unpaid'],
    [{ type: 'later' }, 'unreachable'],
    [{ type: 'refused', sentence: 'no' }, 'refused'],
  ] as const;
  for (const [answer, code] of answers) {
    await facing(saying(answer), (node) => assert.rejects(node.putObject(object), coded(code)));
  }
});

test('what a node puts off because it has said much is asked again, until all is said', async () => {
  const body = new Uint8Array(limits.objectBytesMax);
  let exchanges = 0;
  await facing(
    async (request, response) => {
      exchanges += 1;
      const { values } = requestReader().push(Buffer.concat(await request.toArray()));
      let said = 0;
      const answers = values.map((): NodeAnswer => {
        const answer: NodeAnswer =
          said > answersBytesMax ? { type: 'later' } : { type: 'ok', body };
        said += answerWeight(answer);
        return answer;
      });
      response.end(writeAnswers(answers));
    },
    async (node) => {
      const answers = await node.ask(Array.from({ length: 40 }, () => ({ type: 'get', address })));
      assert.equal(answers.length, 40);
      for (const answer of answers) assert.equal(answer.type, 'ok');
      assert.equal(exchanges, 3);
    },
    60_000,
  );
});

test('calls of one moment share an exchange, and later ones the next', async () => {
  const sizes: number[] = [];
  await facing(
    async (request, response) => {
      const { values } = requestReader().push(Buffer.concat(await request.toArray()));
      sizes.push(values.length);
      response.end(writeAnswers(values.map(() => ({ type: 'absent' }))));
    },
    async (node) => {
      const ask = (count: number): Promise<unknown> =>
        Promise.all(Array.from({ length: count }, () => node.readSlot(address)));
      await ask(5);
      await ask(2 * limits.framesMax + 1);
      assert.deepEqual(sizes, [5, limits.framesMax, limits.framesMax, 1]);
      assert.deepEqual(await node.ask([]), []);
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
  const detail = `a\u001b[31m\n\u202e${'b'.repeat(200)}`;
  const shown = (code: NodeErrorCode) => (error: unknown) => {
    const isShort = error instanceof NodeError && error.message.length <= 200;
    return coded(code)(error) && isShort && /^[\w [\]]+$/.test(error.message);
  };
  await facing(
    (_, response) => void response.writeHead(422).end(JSON.stringify({ code: 'refused', detail })),
    async (node) => {
      await assert.rejects(node.health(), shown('refused'));
      await assert.rejects(node.putObject(object), shown('unreachable'));
    },
  );
  await facing(saying({ type: 'refused', sentence: detail }), (node) =>
    assert.rejects(node.putObject(object), shown('refused')),
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
      response.end(writeAnswers([{ type: 'absent' }]));
    },
    async (node) => {
      for (let i = 0; i < 4; i++) await node.getObject(address);
      assert.equal(answered, 4);
    },
  );
});

test('HTTP/2 is spoken where that is known, and again after the server has ended the session', async () => {
  const sessions: ServerHttp2Session[] = [];
  const server = createHttp2Server((_, response) => {
    response.end(writeAnswers([{ type: 'ok', body: Uint8Array.of(7) }]));
  });
  server.on('session', (session) => sessions.push(session));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const node = httpNode(`http://127.0.0.1:${port}`, { http2: true, answerMs: 5_000 });
  for (let i = 1; i <= 3; i++) {
    assert.deepEqual(await node.getObject(address), Uint8Array.of(7));
    assert.equal(sessions.length, i);
    sessions.at(-1)!.destroy();
  }
  node.close();
  server.close();
});

test('nobody at the address, and addresses that are none', async () => {
  const node = httpNode('http://127.0.0.1:1');
  await assert.rejects(node.putObject(object), coded('unreachable'));
  node.close();
  await assert.rejects(node.getObject(address), coded('unreachable'));
  for (const url of ['', 'node', 'ftp://x', 'file:///etc/passwd']) {
    assert.throws(() => httpNode(url), RangeError);
  }
});

function coded(code: NodeErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof NodeError && error.code === code;
}
