/** HTTP/2 at the port of HTTP/1.1, with TLS and without, and what strangers do with it. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { test } from 'node:test';
import { usualTerms, writeRequests } from '@dsm/availability';
import { installNative } from '@dsm/node';
import { selfSigned } from '@dsm/ports/conformance';
import { address as addressOf, limits } from '@dsm/primitive';
import { serveNode } from '../src/http.ts';
import { oneNode } from './one-node.ts';
import { against, pause, stranger, type Target } from './stranger.ts';

installNative();

const certificate = selfSigned(1);
const mebibyte = 1 << 20;
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const settings = frame(4, 0, 0, new Uint8Array(0));

async function withSession(
  base: string,
  body: (session: ClientHttp2Session) => Promise<void>,
): Promise<void> {
  const session = connect(base, { ca: certificate.cert });
  session.on('error', () => {});
  try {
    await body(session);
  } finally {
    session.destroy();
  }
}

interface Heard {
  readonly status: number;
  readonly length: number;
}

async function heardOf(stream: ClientHttp2Stream): Promise<Heard> {
  let [status, length] = [0, 0];
  stream.on('response', (headers) => {
    status = headers[':status'] ?? 0;
  });
  stream.on('data', (part: Buffer) => {
    length += part.length;
  });
  stream.on('error', () => {});
  await once(stream, 'close');
  return { status, length };
}

async function statusOf(session: ClientHttp2Session, path = '/healthz'): Promise<number> {
  return (await heardOf(session.request({ ':path': path }))).status;
}

/** The server is well, and has not grown by more than it may. */
async function assertWell({ base, report }: Target, before: number): Promise<void> {
  await withSession(base, async (session) => {
    assert.equal(await statusOf(session), 200);
  });
  const grown = (await report()).rssBytes - before;
  assert.ok(grown < 120 * mebibyte, `grown by ${grown} bytes`);
}

test('without TLS both versions are served at one port, whatever parts the preface comes in', async () => {
  await against({}, async ({ base, port }) => {
    await withSession(base, async (session) => {
      assert.equal(await statusOf(session), 200);
      assert.equal(await statusOf(session, '/v1/nothing'), 404);
    });
    assert.equal((await fetch(`${base}/healthz`)).status, 200);
    const { socket, heard } = stranger(port, '');
    for (const byte of Buffer.concat([preface, settings])) {
      socket.write(Uint8Array.of(byte));
      await pause(1);
    }
    while (heard().length < 9) await pause(10);
    assert.equal(heard().charCodeAt(3), 4);
    socket.destroy();
  });
});

test('with TLS the two sides agree by ALPN; without it they speak HTTP/1.1', async () => {
  await against(
    {},
    async ({ base, port }) => {
      await withSession(base, async (session) => {
        assert.equal(await statusOf(session), 200);
        assert.equal(session.alpnProtocol, 'h2');
      });
      const asked = request(`${base}/healthz`, { ca: certificate.cert }).end();
      const [response] = (await once(asked, 'response')) as [
        { statusCode: number; httpVersion: string },
      ];
      assert.deepEqual([response.statusCode, response.httpVersion], [200, '1.1']);
      asked.destroy();
      // Whoever speaks without TLS hears nothing that could be taken for an answer.
      const plain = await stranger(port, 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n').ended;
      assert.doesNotMatch(plain, /HTTP/);
    },
    { certificate },
  );
});

test('a renewed certificate is that of new connections, and one that is none changes nothing', async () => {
  const { node } = await oneNode(1 << 20);
  const served = await serveNode(node, { host: '127.0.0.1', port: 0, certificate });
  const { port } = new URL(served.address);
  const serial = async (): Promise<string> => {
    const socket: TLSSocket = connectTls({ port: Number(port), rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  };
  assert.equal(await serial(), '01');
  served.renew(selfSigned(2));
  assert.equal(await serial(), '02');
  assert.throws(() => served.renew({ cert: 'none', key: 'none' }));
  assert.equal(await serial(), '02');
  await served.close();
  await node.close();
});

test('streams that are taken back as fast as they are opened end their connection', async () => {
  await against({}, async (target) => {
    const before = (await target.report()).rssBytes;
    await withSession(target.base, async (session) => {
      let opened = 0;
      const closed = onceQuietly(session, 'close');
      while (!session.destroyed && opened < 50_000) {
        for (let i = 0; i < 50 && !session.destroyed; i++, opened++) {
          const stream = session.request({ ':path': '/healthz' });
          stream.on('error', () => {});
          stream.close(constants.NGHTTP2_CANCEL);
        }
        await pause(0);
      }
      await closed;
      assert.ok(opened < 50_000, `${opened} streams were taken back`);
    });
    await assertWell(target, before);
  });
});

test('more streams than are allowed are refused, those that are allowed are answered', async () => {
  await against({ streamsMax: 16 }, async (target) => {
    const before = (await target.report()).rssBytes;
    // Headers of 200 requests that never end, written by hand: a client of Node would wait.
    const headers = Buffer.from([
      0x83,
      0x86,
      0x04,
      0x08,
      ...Buffer.from('/healthz'),
      0x01,
      0x01,
      0x78,
    ]);
    const opens = Array.from({ length: 200 }, (_, i) => frame(1, 4, 2 * i + 1, headers));
    const { socket, heard, ended } = stranger(
      target.port,
      Buffer.concat([preface, settings, ...opens]),
    );
    await pause(500);
    const frames = framesOf(Buffer.from(heard(), 'latin1'));
    const isRefusal = ({ type }: Frame): boolean => type === 3 || type === 7;
    assert.ok(frames.filter(isRefusal).length > 0);
    socket.destroy();
    await ended;
    await assertWell(target, before);
  });
});

interface Frame {
  readonly type: number;
  readonly stream: number;
}

function framesOf(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    frames.push({ type: bytes[at + 3]!, stream: bytes.readUInt32BE(at + 5) });
  }
  return frames;
}

test('floods of pings, of settings and of headers without end, and nonsense, end the connection', async () => {
  await against({ idleMs: 2_000 }, async (target) => {
    const before = (await target.report()).rssBytes;
    const floods: readonly (readonly [string, Buffer])[] = [
      ['pings', frame(6, 0, 0, new Uint8Array(8))],
      ['settings', settings],
      ['empty data', frame(0, 0, 1, new Uint8Array(0))],
      ['continuation', frame(9, 0, 1, new Uint8Array(8_000))],
      ['priorities', frame(2, 0, 1, new Uint8Array(5))],
      ['unknown frames', frame(99, 0, 1, new Uint8Array(1_000))],
      ['nonsense', Buffer.alloc(4_096, 0xa5)],
    ];
    for (const [name, flood] of floods) {
      const open = name === 'continuation' ? frame(1, 0, 1, new Uint8Array(0)) : Buffer.alloc(0);
      const { socket, ended } = stranger(target.port, Buffer.concat([preface, settings, open]));
      // The answers to it are not read.
      socket.pause();
      let sent = 0;
      while (!socket.destroyed && sent < 32 * mebibyte) {
        const many = Buffer.concat(Array.from({ length: 500 }, () => flood));
        sent += many.length;
        if (!socket.write(many)) await Promise.race([onceQuietly(socket, 'drain'), pause(500)]);
        if (socket.writableLength > 4 * mebibyte) break;
      }
      socket.resume();
      socket.end();
      await Promise.race([ended, pause(4_000)]);
      socket.destroy();
      await assertWell(target, before);
    }
  });
});

function onceQuietly(
  socket: { once: (event: string, then: () => void) => unknown },
  event: string,
): Promise<void> {
  return new Promise((resolve) => {
    socket.once(event, resolve);
    socket.once('close', resolve);
  });
}

test('headers that are too large are refused', async () => {
  await against({}, async (target) => {
    await withSession(target.base, async (session) => {
      const stream = session.request({ ':path': '/healthz', x: 'a'.repeat(30_000) });
      const { status } = await heardOf(stream);
      assert.equal(status, 431);
    });
    await withSession(target.base, async (session) => {
      assert.equal(await statusOf(session), 200);
    });
  });
});

test('a body that comes too slowly and an answer that nobody takes end their stream, not the others', async () => {
  await against({ headersMs: 500, requestMs: 500, stalledMs: 500 }, async (target) => {
    const large = { type: 'put', terms: usualTerms, bytes: new Uint8Array(mebibyte) } as const;
    await withSession(target.base, async (session) => {
      const post = { ':path': '/v1/exchange', ':method': 'POST' };
      const slow = session.request(post);
      slow.write('a');
      const { status } = await heardOf(slow);
      assert.equal(status, 0);
      const asked = session.request(post);
      asked.end(writeRequests([large, large]));
      assert.equal((await heardOf(asked)).status, 200);
      const get = { type: 'get', address: addressOf(large.bytes) } as const;
      const deaf = session.request(post);
      deaf.pause();
      deaf.end(writeRequests(Array.from({ length: limits.framesMax }, () => get)));
      deaf.on('error', () => {});
      await once(deaf, 'response');
      await pause(1_500);
      deaf.resume();
      await once(deaf, 'close');
      assert.equal(await statusOf(session), 200);
    });
  });
});
