/** Thousands of connections that say nothing, and those who come between them. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { installNative } from '@dsm/node';
import { httpLimits } from '../src/http.ts';
import { against } from './stranger.ts';

installNative();

/** Files that a process may open here. What this one has open already is counted generously. */
const filesMax = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
const wanted = Math.min(10_000, (Number.isNaN(filesMax) ? 1e6 : filesMax) - 500);
const byAddress = 500;

test(`${wanted} idle connections cost a bounded part of memory, and others are served`, async () => {
  const long = { headersMs: 60_000, requestMs: 60_000 };
  await against(long, async ({ base, port, report }) => {
    assert.ok(
      wanted <= httpLimits.connectionsMax && byAddress <= httpLimits.connectionsByAddressMax,
    );
    const before = (await report()).rssBytes;
    const sockets: Socket[] = [];
    for (let first = 0; first < wanted; first += byAddress) {
      const localAddress = `127.0.1.${first / byAddress + 1}`;
      const some = Array.from({ length: Math.min(byAddress, wanted - first) }, () =>
        connected(port, localAddress),
      );
      sockets.push(...(await Promise.all(some)));
    }
    assert.equal(sockets.length, wanted);
    for (let i = 0; i < 20; i++) assert.equal((await fetch(`${base}/healthz`)).status, 200);
    const each = ((await report()).rssBytes - before) / wanted;
    assert.ok(each < 20_000, `${Math.round(each)} bytes each`);
    assert.ok(sockets.every(({ destroyed }) => !destroyed));
    for (const socket of sockets) socket.destroy();
  });
});

function connected(port: number, localAddress: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject).on('error', () => {});
      resolve(socket);
    });
  });
}
