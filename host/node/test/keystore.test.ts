/** The keystore file: the rules of the port, its bytes, and what happens to damaged ones. */

import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { inspect } from 'node:util';
import { KeystoreError, type KeystoreErrorCode } from '@dsm/ports';
import { keystoreConformance } from '@dsm/ports/conformance';
import { nativeHash } from '../src/hash.ts';
import {
  fileKeystore,
  keystoreDefaults,
  keystoreLock,
  type KeystoreOptions,
} from '../src/keystore.ts';

/** As cheap as Argon2id allows, so that the tests measure the file and not the stretching. */
const cheap: KeystoreOptions = { memoryKibibytes: 8, passes: 1, lanes: 1 };
const secret = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
const folder = await mkdtemp(join(tmpdir(), 'dsm-keystore-'));
after(() => rm(folder, { recursive: true }));

const place = (name: string): string => join(folder, name);

keystoreConformance('file keystore', (slot, passphrase) =>
  fileKeystore(place(slot), passphrase, cheap),
);

test('file keystore: 128 bytes, for the owner alone, with nothing left beside them', async () => {
  await mkdir(place('alone'));
  const path = place('alone/keys');
  await fileKeystore(path, 'a', cheap).create(secret);
  await assert.rejects(fileKeystore(path, 'a', cheap).create(secret), coded('exists'));
  const { size, mode } = await stat(path);
  assert.equal(size, 128);
  if (process.platform !== 'win32') assert.equal(mode & 0o777, 0o600);
  assert.deepEqual(await readdir(place('alone')), ['keys']);
});

test('file keystore: the same secret is sealed differently each time, and is not in the file', async () => {
  const paths = [place('sealed-1'), place('sealed-2')];
  for (const path of paths) await fileKeystore(path, '', cheap).create(secret);
  const [one, other] = await Promise.all(paths.map((path) => readFile(path)));
  assert.ok(one !== undefined && other !== undefined);
  assert.notDeepEqual(one.subarray(48, 96), other.subarray(48, 96));
  assert.equal(one.includes(secret.subarray(0, 8)), false);
});

test('file keystore: the file says what it costs and whether it needs a passphrase', async () => {
  assert.equal(await keystoreLock(place('nothing')), 'absent');
  await fileKeystore(place('open'), '', cheap).create(secret);
  assert.equal(await keystoreLock(place('open')), 'no-passphrase');
  await fileKeystore(place('shut'), 'a', { ...cheap, passes: 2 }).create(secret);
  assert.equal(await keystoreLock(place('shut')), 'passphrase');
  // Other options do not matter to a file that is there.
  assert.deepEqual(await fileKeystore(place('shut'), 'a').open(), secret);
});

test('file keystore: every changed byte is noticed', async () => {
  const path = place('bytes');
  await fileKeystore(path, 'a', cheap).create(secret);
  const bytes = await readFile(path);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 1;
    await assertOpening(changed, 'damaged');
  }
});

test('file keystore: a change with a new checksum is noticed by the seal', async () => {
  const path = place('forged');
  await fileKeystore(path, 'a', cheap).create(secret);
  const bytes = await readFile(path);
  // Each part once: the passphrase byte, passes, salt, nonce, ciphertext, tag.
  for (const at of [1, 6, 8, 24, 48, 95]) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= at === 6 ? 3 : 1;
    await assertOpening(checksummed(changed), 'locked');
  }
});

test('file keystore: bytes that are no keystore are damaged, and are not stretched', async () => {
  const path = place('shapes');
  await fileKeystore(path, 'a', cheap).create(secret);
  const bytes = await readFile(path);
  const cases: Record<string, Buffer> = {
    nothing: Buffer.alloc(0),
    zeros: Buffer.alloc(128),
    'one byte short': bytes.subarray(0, 127),
    'one byte long': Buffer.concat([bytes, Buffer.alloc(1)]),
    'a newer version': edited(bytes, 0, 2),
    'an unknown passphrase byte': edited(bytes, 1, 2),
    'more than 1 GiB of memory': edited(bytes, 2, 0xff),
    'less memory than the lanes need': edited(bytes, 7, 2),
    'no pass': edited(bytes, 6, 0),
    'seventeen passes': edited(bytes, 6, 17),
    'no lane': edited(bytes, 7, 0),
  };
  for (const [what, changed] of Object.entries(cases)) {
    await assertOpening(changed, 'damaged', what);
  }
});

test('file keystore: a damaged file is not replaced', async () => {
  const path = place('kept');
  await writeFile(path, 'not a keystore');
  await assert.rejects(fileKeystore(path, 'a', cheap).create(secret), coded('exists'));
  assert.equal(await readFile(path, 'utf8'), 'not a keystore');
});

test('file keystore: a place that cannot be used', async () => {
  await mkdir(place('folder'));
  await assert.rejects(fileKeystore(place('folder'), 'a', cheap).open(), coded('lost'));
  await assert.rejects(fileKeystore(place('folder'), 'a', cheap).create(secret), coded('exists'));
  const nowhere = fileKeystore(place('no/such/folder'), 'a', cheap);
  assert.equal(await nowhere.open(), undefined);
  await assert.rejects(nowhere.create(secret), coded('lost'));
});

test(
  'file keystore: a folder that may not be written',
  { skip: process.getuid?.() === 0 ? 'root may write everywhere' : false },
  async () => {
    await mkdir(place('locked-folder'));
    await chmod(place('locked-folder'), 0o500);
    const keystore = fileKeystore(place('locked-folder/keys'), 'a', cheap);
    await assert.rejects(keystore.create(secret), coded('read-only'));
  },
);

test('file keystore: costs out of bounds are a fault of the caller', () => {
  const wrong: readonly KeystoreOptions[] = [
    { passes: 0 },
    { passes: 17 },
    { lanes: 0 },
    { lanes: 17 },
    { memoryKibibytes: 31 },
    { memoryKibibytes: 1_048_577 },
    { memoryKibibytes: 64.5 },
  ];
  for (const options of wrong) {
    assert.throws(() => fileKeystore(place('costs'), 'a', options), RangeError, inspect(options));
  }
});

test('file keystore: the default is the second recommendation of RFC 9106', async () => {
  assert.deepEqual(keystoreDefaults, { memoryKibibytes: 64 * 1024, passes: 3, lanes: 4 });
  await fileKeystore(place('default'), 'a').create(secret);
  const bytes = await readFile(place('default'));
  assert.deepEqual([bytes.readUInt32BE(2), bytes[6], bytes[7]], [65_536, 3, 4]);
  assert.deepEqual(await fileKeystore(place('default'), 'a').open(), secret);
});

async function assertOpening(bytes: Buffer, code: KeystoreErrorCode, what = ''): Promise<void> {
  await writeFile(place('changed'), bytes);
  await assert.rejects(fileKeystore(place('changed'), 'a', cheap).open(), coded(code), what);
}

function edited(bytes: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = value;
  return checksummed(changed);
}

function checksummed(bytes: Buffer): Buffer {
  nativeHash.blake3Into(bytes.subarray(0, 96), bytes, 96);
  return bytes;
}

function coded(code: KeystoreErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof KeystoreError && error.code === code;
}
