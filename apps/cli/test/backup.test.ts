/** Backups from the command line: a file, codes on paper, a tag, the nodes; each comes back. */

import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { installNative } from '@dsm/node';
import { encodeQR } from 'qr';
import { decodeQR } from 'qr/decode.js';
import { cluster, type Cluster } from '../src/dev/cluster.ts';
import { place } from './surroundings.ts';

installNative();

const { folder, dsm } = place();
let nodes: Cluster;

before(async () => {
  nodes = await cluster(join(folder, 'nodes'));
  await nodes.start();
  const made = await dsm(`init --name Maya --yes --network ${nodes.networkPath}`, at('Maya'));
  assert.equal(made.exit, 0, made.stderr);
});

after(() => nodes.end());

function at(name: string): Readonly<Record<string, string>> {
  return { DSM_HOME: join(folder, name) };
}

interface Made {
  readonly nodes: { readonly certified: number; readonly complete: boolean };
  readonly codes?: readonly string[];
  readonly bytes?: number;
}

async function good<T = Made>(line: string, name: string): Promise<T> {
  const { exit, stdout, stderr } = await dsm(`${line} --json`, at(name));
  assert.equal(exit, 0, `${line}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

async function restores(file: string, name: string): Promise<void> {
  const { device } = await good<{ device: string }>('id', 'Maya');
  const line = `restore ${file} --network ${nodes.networkPath}`;
  assert.equal((await good<{ device: string }>(line, name)).device, device);
}

test('a file comes back, and a damaged one is refused', async () => {
  const { bytes } = await good(`backup ${join(folder, 'maya.backup')}`, 'Maya');
  const written = readFileSync(join(folder, 'maya.backup'));
  assert.equal(written.length, bytes);
  await restores(join(folder, 'maya.backup'), 'from-file');
  const damaged = join(folder, 'damaged.backup');
  const last = written.length - 3;
  writeFileSync(damaged, written.with(last, written[last]! ^ 1));
  const line = `restore ${damaged} --network ${nodes.networkPath}`;
  assert.equal((await dsm(line, at('from-damaged'))).exit, 7);
  // What was begun in vain is not in the way of the next attempt.
  await restores(join(folder, 'maya.backup'), 'from-damaged');
});

test('codes on paper come back in any order, and a missing one is named', async () => {
  const pictures = join(folder, 'pictures');
  const { codes } = await good(`backup --svg ${pictures}`, 'Maya');
  assert.ok(codes !== undefined && codes.length > 1);
  assert.equal(readdirSync(pictures).length, codes.length);
  for (const code of codes) assert.match(code, /^CAP1[0-9A-Z]+$/);
  const paper = join(folder, 'codes.txt');
  writeFileSync(paper, codes.toReversed().join('\n'));
  await restores(paper, 'from-paper');
  writeFileSync(paper, codes.slice(1).join('\n'));
  const { exit, stderr } = await dsm(`restore ${paper}`, at('from-half'));
  assert.equal(exit, 7);
  assert.match(stderr, /codes are missing: 1/);
});

test('a camera reads the codes as they are shown', async () => {
  const { codes } = await good('backup --qr', 'Maya');
  const code = codes![0]!;
  const dots = encodeQR(code, 'raw', { ecc: 'medium', border: 4, scale: 4 });
  const [height, width] = [dots.length, dots[0]!.length];
  const data = Uint8Array.from(dots.flat().flatMap((dark) => (dark ? [0, 0, 0] : [255, 255, 255])));
  assert.equal(decodeQR({ height, width, data }), code);
  const shown = await dsm('backup --qr', at('Maya'));
  assert.match(shown.stdout, new RegExp(`1 of ${codes!.length}`));
});

test('what an NFC tag holds comes back', async () => {
  const tag = join(folder, 'maya.ndef');
  await good(`backup ${tag} --nfc`, 'Maya');
  assert.equal(readFileSync(tag)[0], 0xc2);
  await restores(tag, 'from-tag');
  assert.equal((await dsm('backup --nfc', at('Maya'))).exit, 2);
});

test('the nodes are asked to keep it, or left alone', async () => {
  assert.equal((await good('backup', 'Maya')).nodes.certified, 0);
  const off = { ...at('Maya'), DSM_CAPSULES: 'off' };
  assert.equal((await dsm('sync', off)).exit, 0);
  assert.equal((await good('backup', 'Maya')).nodes.certified, 0);
  await dsm('sync', at('Maya'));
  assert.deepEqual([(await good('backup', 'Maya')).nodes.complete], [true]);
  await dsm('config ls', at('Maya'));
  const { nodes: kept } = await good('backup --nodes', 'Maya');
  assert.ok(kept.certified >= 1 && kept.complete);
});

test('a copied wallet is told so, by the sync that meets the copy and ever after', async () => {
  cpSync(join(folder, 'Maya'), join(folder, 'thief'), { recursive: true });
  for (const name of ['thief', 'Maya']) await dsm('token issue TEA --cap 5', at(name));
  assert.equal((await good<{ recovery: string }>('status', 'thief')).recovery, 'behind');
  assert.equal((await dsm('sync', at('thief'))).exit, 0);
  const { stderr } = await dsm('sync', at('Maya'));
  assert.match(stderr, /was copied/);
  assert.equal((await good<{ recovery: string }>('status', 'Maya')).recovery, 'copied');
  assert.equal((await dsm('backup', at('Maya'))).exit, 6);
});
