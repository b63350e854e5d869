/** Bad HTTP/1.1 against a real server process: clear codes, bounded memory, and it goes on. */

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { nameOf, usualTerms, writeRequests, type NodeRequest } from '@dsm/availability';
import { installNative } from '@dsm/node';
import { address as addressOf, limits } from '@dsm/primitive';
import { against, pause, statuses, stranger, type Target } from './stranger.ts';

installNative();

const mebibyte = 1 << 20;
const object = new Uint8Array(100).fill(7);
const put = (bytes: Uint8Array): NodeRequest => ({ type: 'put', terms: usualTerms, bytes });
const head = (length: number | string): string =>
  `POST /v1/exchange HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`;

async function assertServes({ base, report }: Target, objects: number): Promise<void> {
  assert.equal((await fetch(`${base}/healthz`)).status, 200);
  assert.equal((await report()).objects, objects);
}

test('paths have one spelling', async () => {
  await against({}, async ({ base, port }) => {
    const name = nameOf(addressOf(object));
    await fetch(`${base}/v1/objects/${name}`, { method: 'PUT', body: object });
    const asked: readonly (readonly [string, number])[] = [
      [`/v1/objects/${name}`, 200],
      [`/v1/objects/${name}?a=/../b`, 200],
      [`http://anybody/v1/objects/${name}`, 200],
      [`/v1/objects/../objects/${name}`, 404],
      [`/v1/./objects/${name}`, 404],
      [`//v1/objects/${name}`, 404],
      [`/v1//objects/${name}`, 404],
      [`/v1/objects/${name}/`, 404],
      [`/V1/objects/${name}`, 404],
      [`/v1%2fobjects%2f${name}`, 404],
      [`/v1/objects%2f${name}`, 404],
      [`/v1/objects/%2e%2e/${name}`, 404],
      [`/v1/objects/..%2f..%2fetc%2fpasswd`, 400],
      [`/v1/objects/${name}%00`, 400],
      [`/v1/objects/${encodeURIComponent(name)}=`, 400],
      ['/v1/objects/__proto__', 400],
      ['/__proto__', 404],
      ['/v1/registry/01', 400],
      ['/v1/registry/-1', 400],
      ['/v1/registry/1e3', 400],
      ['/v1/registry/99999999999999999999', 400],
      ['*', 404],
      ['http://', 404],
      [`/${'a'.repeat(4_000)}`, 404],
      [`/${'a'.repeat(9_000)}`, 431],
      ['/v1/objects/\u0000', 400],
      ['/v1/objects/\u007f', 400],
      ['/v1/a\tb', 400],
    ];
    for (const [path, status] of asked) {
      const { ended } = stranger(
        port,
        `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      );
      assert.deepEqual(statuses(await ended), [status], path);
    }
  });
});

test('what two readers could understand differently is refused, and the connection ends', async () => {
  await against({}, async (target) => {
    const post = 'POST /v1/exchange HTTP/1.1\r\nhost: x\r\n';
    const inner = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n';
    const shapes = [
      `${post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
      `${post}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n${inner}`,
      `${post}content-length: 4\r\ncontent-length: 40\r\n\r\n${inner}`,
      `${post}content-length: 4, 4\r\n\r\n${inner}`,
      `${post}content-length: +4\r\n\r\n${inner}`,
      `${post}content-length: 0x4\r\n\r\n${inner}`,
      `${post}content-length : 4\r\n\r\n${inner}`,
      `${post}transfer-encoding : chunked\r\n\r\n0\r\n\r\n${inner}`,
      `${post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${inner}`,
      `${post}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`,
      `${post}transfer-encoding: chunked\r\n\r\n-1\r\n\r\n${inner}`,
      `${post}transfer-encoding: chunked\r\n\r\n1;\n${inner}`,
      `${post} folded: x\r\n\r\n${inner}`,
      `${post}a\u0000b: x\r\n\r\n${inner}`,
      `POST /v1/exchange HTTP/1.1\r\n\r\n${inner}`,
      `POST /v1/exchange HTTP/9.9\r\nhost: x\r\n\r\n${inner}`,
      `NONSENSE\r\n\r\n${inner}`,
      `\u0016\u0003\u0001\u0002\u0000\u0001`,
    ];
    for (const shape of shapes) {
      const heard = await stranger(target.port, shape).ended;
      assert.deepEqual(statuses(heard), [400], JSON.stringify(shape));
    }
    await assertServes(target, 0);
  });
});

test('a body that is too large is refused by what it announces and by what comes', async () => {
  await against({}, async (target) => {
    const { port, report } = target;
    for (const length of [limits.exchangeBytesMax + 1, '9'.repeat(15)]) {
      assert.deepEqual(statuses(await stranger(port, head(length)).ended), [413], `${length}`);
    }
    const before = (await report()).rssBytes;
    const chunked = 'POST /v1/exchange HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';
    const { socket, ended } = stranger(port, chunked);
    // A frame that is announced as an object of a mebibyte and comes in small pieces, for ever.
    const bytes = writeRequests([put(new Uint8Array(mebibyte))]);
    const chunk = Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, crlf]);
    while (!socket.destroyed && socket.bytesWritten < 64 * mebibyte) {
      if (!socket.write(chunk)) await roomOrEnd(socket);
    }
    assert.deepEqual(
      statuses(await ended).filter((status) => status !== 200),
      [],
    );
    assert.ok(socket.bytesWritten < 40 * mebibyte, `${socket.bytesWritten} were taken`);
    assert.ok((await report()).rssBytes - before < 100 * mebibyte);
    assert.equal((await fetch(`${target.base}/healthz`)).status, 200);
  });
});

const crlf = Buffer.from('\r\n');

function roomOrEnd(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      socket.off('drain', over).off('close', over);
      resolve();
    };
    socket.on('drain', over).on('close', over);
  });
}

test('a body that is cut, or made of bad frames, leaves nothing', async () => {
  await against({ requestMs: 500, headersMs: 400 }, async (target) => {
    const { port } = target;
    const good = writeRequests([put(object)]);
    const gone = stranger(port, Buffer.concat([Buffer.from(head(good.length + 9)), good]));
    await pause(100);
    gone.socket.resetAndDestroy();
    const slow = stranger(port, Buffer.concat([Buffer.from(head(good.length + 9)), good]));
    const refused: readonly Uint8Array[] = [
      good.subarray(0, -1),
      Buffer.concat([good, new Uint8Array(4)]),
      Buffer.concat([good, Uint8Array.of(0, 0, 0, 1, 7)]),
      Buffer.concat([good, Uint8Array.of(0, 0, 0)]),
    ];
    for (const body of refused) {
      const answer = await fetch(`${target.base}/v1/exchange`, {
        method: 'POST',
        body: body.slice(),
      });
      assert.equal(answer.status, 400);
    }
    assert.deepEqual(statuses(await slow.ended), [408]);
    await assertServes(target, 0);
  });
});

test('a bad frame after answers ends the connection; what was done stays done as a whole', async () => {
  await against({}, async (target) => {
    const many = Array.from({ length: 20 }, (_, i) => put(new Uint8Array(65_536).fill(i)));
    const body = Buffer.concat([writeRequests(many), new Uint8Array(4)]);
    const { socket, ended } = stranger(target.port, head(body.length + mebibyte));
    socket.write(body);
    const heard = await ended;
    assert.deepEqual(statuses(heard), [200]);
    assert.doesNotMatch(heard, /\r\n0\r\n\r\n$/);
    const { objects } = await target.report();
    assert.ok(objects > 0 && objects < 20, `${objects} were kept`);
  });
});

test('a client that takes nothing of its answers is cut off, and costs little while it waits', async () => {
  await against({ stalledMs: 600 }, async (target) => {
    const { base, port, report } = target;
    const large = new Uint8Array(mebibyte).fill(3);
    const name = nameOf(addressOf(large));
    await fetch(`${base}/v1/objects/${name}`, { method: 'PUT', body: large });
    const gets = Array.from(
      { length: limits.framesMax },
      () => ({ type: 'get', address: addressOf(large) }) as const,
    );
    const body = writeRequests(gets);
    const before = (await report()).rssBytes;
    const readers = Array.from({ length: 4 }, () => {
      const one = stranger(port, Buffer.concat([Buffer.from(head(body.length)), body]));
      one.socket.pause();
      return one;
    });
    await pause(400);
    assert.ok((await report()).rssBytes - before < 250 * mebibyte);
    await pause(600);
    for (const { socket } of readers) socket.resume();
    for (const { ended } of readers) assert.ok((await ended).length < 24 * mebibyte);
    await assertServes(target, 1);
  });
});

test('a client that drips headers or a body is cut off', async () => {
  await against({ headersMs: 400, requestMs: 600 }, async (target) => {
    const dripping = async (first: string): Promise<string> => {
      const { socket, ended } = stranger(target.port, first);
      const timer = setInterval(() => void socket.write('a'), 30);
      const heard = await ended;
      clearInterval(timer);
      return heard;
    };
    const begun = performance.now();
    const heard = await Promise.all([
      dripping('G'),
      dripping('GET /healthz HTTP/1.1\r\nx: '),
      dripping(head(10_000)),
      dripping('P'),
      stranger(target.port, '').ended,
      stranger(target.port, 'PRI').ended,
    ]);
    for (const text of heard)
      assert.ok(
        statuses(text).every((status) => status >= 400),
        text,
      );
    assert.ok(performance.now() - begun < 5_000);
    await assertServes(target, 0);
  });
});

test('an address hears `rate` when it asks too often, and another address does not', async () => {
  await against({ burstMax: 5, requestsPerSecond: 0.01 }, async ({ port }) => {
    const ask = 'GET /openapi.json HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    const heard: string[] = [];
    for (let i = 0; i < 7; i++) heard.push(await stranger(port, ask).ended);
    assert.deepEqual(heard.flatMap(statuses), [200, 200, 200, 200, 200, 429, 429]);
    assert.match(heard.at(-1)!, /retry-after: 100\r\n/i);
    assert.deepEqual(statuses(await stranger(port, ask, '127.0.0.2').ended), [200]);
  });
});

test('the frames of exchanges are counted, too', async () => {
  await against({ burstMax: 8, requestsPerSecond: 0.01 }, async ({ base }) => {
    const body = writeRequests(Array.from({ length: 256 }, () => ({ type: 'signal' }))).slice();
    const post = (): Promise<Response> => fetch(`${base}/v1/exchange`, { method: 'POST', body });
    assert.deepEqual([(await post()).status, (await post()).status], [200, 429]);
  });
});

test('an address has so many connections, and another address finds room', async () => {
  await against({ connectionsByAddressMax: 3 }, async ({ port }) => {
    const held = Array.from({ length: 3 }, () => stranger(port, 'GET'));
    await pause(100);
    assert.equal(await stranger(port, 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n').ended, '');
    const ask = 'GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    assert.deepEqual(statuses(await stranger(port, ask, '127.0.0.2').ended), [200]);
    held[0]!.socket.destroy();
    await pause(100);
    assert.deepEqual(statuses(await stranger(port, ask).ended), [200]);
    for (const { socket } of held) socket.destroy();
  });
});

test('one address cannot have all of a node to itself', async () => {
  await against({ requestsByAddressMax: 3 }, async ({ port }) => {
    const slow = Array.from({ length: 3 }, () => stranger(port, head(1_000)));
    await pause(200);
    const ask = 'GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    assert.deepEqual(statuses(await stranger(port, ask).ended), [503]);
    assert.deepEqual(statuses(await stranger(port, ask, '127.0.0.2').ended), [200]);
    slow[0]!.socket.destroy();
    await pause(200);
    assert.deepEqual(statuses(await stranger(port, ask).ended), [200]);
    for (const { socket } of slow) socket.destroy();
  });
});

test('requests that are sent without waiting for answers are answered in order, or cut', async () => {
  await against({ requestsUnderWayMax: 8 }, async (target) => {
    const ask = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n';
    const { socket, ended } = stranger(target.port, ask.repeat(2_000));
    await pause(300);
    socket.end();
    const said = statuses(await ended);
    assert.ok(said.length > 0 && said.every((status) => status === 200 || status === 503));
    await assertServes(target, 0);
  });
});
