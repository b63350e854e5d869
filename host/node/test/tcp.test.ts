/** TCP passes the suite of the transport port, and survives strangers. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, suite, test } from 'node:test';
import { transportConformance } from '@dsm/ports/conformance';
import type { Connection, Listener } from '@dsm/ports';
import { limits } from '@dsm/primitive';
import { framed } from '@dsm/availability';
import { tcpTransport } from '../src/tcp.ts';

const transport = tcpTransport();
const hasIpv6 = await transport.listen('[::1]:0').then(
  (listener) => listener.close().then(() => true),
  () => false,
);

for (const [name, host] of [
  ['tcp', '127.0.0.1'],
  ['tcp, by name', 'localhost'],
  ...(hasIpv6 ? [['tcp, IPv6', '[::1]'] as const] : []),
] as const) {
  transportConformance(name, () => ({
    transport: tcpTransport(),
    address: `${host}:0`,
    // Port 1 needs root to listen at, and nobody does.
    nobody: `${host}:1`,
    unreadable: host,
  }));
}

/** A stranger with a bare socket, and the connection that he got. */
async function stranger(
  body: (socket: net.Socket, connection: Connection, listener: Listener) => Promise<void>,
): Promise<void> {
  const listener = await transport.listen('127.0.0.1:0');
  const socket = net.connect(Number(listener.address.split(':')[1]), '127.0.0.1');
  socket.on('error', () => {});
  const taken = await listener.connections[Symbol.asyncIterator]().next();
  assert.ok(taken.done !== true);
  try {
    await body(socket, taken.value, listener);
  } finally {
    socket.destroy();
    await Promise.all([taken.value.close(), listener.close()]);
  }
}

suite('addresses', () => {
  test('text that is not host:port is refused', async () => {
    for (const address of [
      '',
      ':',
      ':7000',
      'host',
      'host:',
      'host:x',
      'host:-1',
      'host:65536',
      'host:1:2',
      '::1:7000',
      '[::1]',
      '[::1:7000',
      '[host]:7000',
      '[1:2]:7000',
      'two words:7000',
      'host:7000 ',
    ]) {
      const refused = { name: 'TransportError', code: 'address' };
      await assert.rejects(transport.listen(address), refused, address);
      await assert.rejects(transport.connect(address), refused, address);
    }
  });

  test('port 0 takes a free port and tells which', async () => {
    const one = await transport.listen('127.0.0.1:0');
    const two = await transport.listen('127.0.0.1:0');
    assert.match(one.address, /^127\.0\.0\.1:[1-9]\d*$/);
    assert.notEqual(one.address, two.address);
    await Promise.all([one.close(), two.close()]);
  });

  test('a host of somebody else cannot be listened at', async () => {
    const refused = { name: 'TransportError', code: 'address' };
    await assert.rejects(transport.listen('192.0.2.1:0'), refused);
  });
});

suite('strangers', () => {
  test('a length of zero ends the connection, after what came before', () =>
    stranger(async (socket, connection) => {
      socket.write(framed(Uint8Array.of(5)));
      socket.write(new Uint8Array(4));
      socket.write(framed(Uint8Array.of(6)));
      assert.deepEqual(await connection.receive(), Uint8Array.of(5));
      assert.equal(await connection.receive(), undefined);
      if (!socket.closed) await once(socket, 'close');
    }));

  test('a length beyond the limit ends the connection', () =>
    stranger(async (socket, connection) => {
      const header = new Uint8Array(4);
      new DataView(header.buffer).setUint32(0, limits.messageBytesMax + 1);
      socket.write(header);
      assert.equal(await connection.receive(), undefined);
      if (!socket.closed) await once(socket, 'close');
    }));

  test('half a message is none', () =>
    stranger(async (socket, connection) => {
      socket.write(framed(Uint8Array.of(1, 2, 3)).subarray(0, 6));
      socket.end();
      assert.equal(await connection.receive(), undefined);
    }));

  test('a message in single bytes is one message', () =>
    stranger(async (socket, connection) => {
      socket.setNoDelay(true);
      for (const byte of framed(Uint8Array.of(1, 2, 3))) {
        await new Promise((resolve) => socket.write(Uint8Array.of(byte), resolve));
      }
      assert.deepEqual(await connection.receive(), Uint8Array.of(1, 2, 3));
    }));

  test('a reset ends the connection and nothing else', () =>
    stranger(async (socket, connection, listener) => {
      socket.resetAndDestroy();
      assert.equal(await connection.receive(), undefined);
      await assert.rejects(connection.send(Uint8Array.of(1)), { code: 'closed' });
      await (await transport.connect(listener.address)).close();
    }));

  test('one who sends without being read fills his own buffers, not ours', () =>
    stranger(async (socket, connection) => {
      const message = framed(new Uint8Array(65_536).fill(9));
      const count = 1_024;
      for (let n = 0; n < count; n++) socket.write(message);
      // Settled: what is left with the stranger stays the same over many turns.
      for (let before = -1, same = 0; same < 20;) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        same = socket.writableLength === before ? same + 1 : 0;
        before = socket.writableLength;
      }
      assert.ok(socket.writableLength > 16 * 1_048_576, `${socket.writableLength} left`);
      for (let n = 0; n < count; n++) assert.equal((await connection.receive())?.length, 65_536);
    }));

  test('one who never closes is cut off', () =>
    stranger(async (socket, connection) => {
      // Half-open: our end is not answered with his.
      socket.allowHalfOpen = true;
      socket.resume();
      const ended = once(socket, 'end');
      const closing = connection.close();
      await ended;
      assert.equal(socket.writable, true);
      await closing;
      assert.equal(await connection.receive(), undefined);
    }));
});

suite('crowds', () => {
  test('callers beyond the limit are turned away, the others stay', async () => {
    const listener = await tcpTransport({ connectionsMax: 2 }).listen('127.0.0.1:0');
    const incoming = listener.connections[Symbol.asyncIterator]();
    const callers = [];
    const called: Connection[] = [];
    for (let n = 0; n < 2; n++) {
      callers.push(await transport.connect(listener.address));
      called.push((await incoming.next()).value as Connection);
    }
    const third = await transport.connect(listener.address);
    assert.equal(await third.receive(), undefined);
    await callers[0]!.send(Uint8Array.of(1));
    assert.deepEqual(await called[0]!.receive(), Uint8Array.of(1));
    await Promise.all([...callers, ...called, third, listener].map((each) => each.close()));
  });

  test('callers whom nobody takes are turned away when the listener closes', async () => {
    const listener = await transport.listen('127.0.0.1:0');
    const caller = await transport.connect(listener.address);
    await listener.close();
    assert.equal(await caller.receive(), undefined);
    await caller.close();
  });
});

const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => void rejections.push(reason);
process.on('unhandledRejection', onRejection);
after(() => {
  process.off('unhandledRejection', onRejection);
  assert.deepEqual(rejections, []);
});
