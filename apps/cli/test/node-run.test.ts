/** `dsm node run` as a process: TLS under files that are replaced, a log line by line, a graceful end. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { httpNode, installNative } from '@dsm/node';
import { selfSigned, type SelfSigned } from '@dsm/ports/conformance';
import { events } from '../src/log.ts';

installNative();

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface Line {
  readonly time: string;
  readonly level: string;
  readonly event: string;
  readonly address?: string;
}

async function serialAt(port: number): Promise<string> {
  const socket = connect({ port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

test('a node speaks TLS, reads its certificate again on SIGHUP, and ends well on SIGTERM', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dsm-node-run-'));
  const [certFile, keyFile] = [join(folder, 'node.pem'), join(folder, 'node.key')];
  const write = ({ cert, key }: SelfSigned): void => {
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key, { mode: 0o600 });
  };
  const first = selfSigned(1);
  write(first);
  const tls = ['--tls-cert', certFile, '--tls-key', keyFile];
  const where = ['--data', join(folder, 'data'), '--listen', '127.0.0.1:0', '--rate', '500'];
  const child = spawn(process.execPath, [main, 'node', 'run', ...where, ...tls], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = once(child, 'exit');
  const log: Line[] = [];
  const waiting = new Map<string, () => void>();
  const told = (event: string): Promise<void> =>
    new Promise((resolve) => {
      waiting.set(event, resolve);
      if (log.some((line) => line.event === event)) resolve();
    });
  createInterface(child.stderr).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    log.push(line);
    waiting.get(line.event)?.();
  });
  try {
    await told('listening');
    const address = log.find(({ event }) => event === 'listening')?.address ?? '';
    assert.match(address, /^https:/);
    const node = httpNode(address, { authorities: first.cert });
    await node.putObject(new Uint8Array(9));
    node.close();
    const port = Number(new URL(address).port);
    assert.equal(await serialAt(port), '01');
    write(selfSigned(2));
    child.kill('SIGHUP');
    await told('reloaded');
    assert.equal(await serialAt(port), '02');
    writeFileSync(certFile, 'nonsense');
    child.kill('SIGHUP');
    await told('not-reloaded');
    assert.equal(await serialAt(port), '02');
    child.kill('SIGTERM');
    assert.deepEqual(await gone, [0, null]);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
  assert.equal(log.at(-1)?.event, 'stopped');
  for (const { time, level, event } of log) {
    assert.ok(Object.hasOwn(events, event), event);
    assert.match(level, /^(?:info|warn|error)$/);
    assert.equal(new Date(time).toISOString(), time);
  }
});
