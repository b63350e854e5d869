/** A keystore sealed twice: both are needed, a copy elsewhere opens nothing, resealing loses nothing. */

import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { memoryBinding, memoryThing } from '@dsm/memory';
import type { BindingErrorCode, DeviceBinding } from '@dsm/ports';
import { BindingError } from '@dsm/ports';
import { keystoreConformance } from '@dsm/ports/conformance';
import { boundKeystore, keystoreLevel, resealKeystore } from '../src/bound-keystore.ts';
import { nativeHash } from '../src/hash.ts';
import { installNative } from '../src/install.ts';
import { fileKeystore, keystoreLock, type KeystoreOptions } from '../src/keystore.ts';

installNative();

const cheap: KeystoreOptions = { memoryKibibytes: 8, passes: 1, lanes: 1 };
const secret = Uint8Array.from({ length: 32 }, (_, i) => i * 5);
const folder = await mkdtemp(join(tmpdir(), 'dsm-bound-'));
after(() => rm(folder, { recursive: true }));
const place = (name: string): string => join(folder, name);
const chip = memoryBinding(memoryThing());

keystoreConformance('bound keystore', (slot, passphrase) =>
  boundKeystore(place(slot), memoryBinding(sharedThing, { failuresMax: 1_000 }), passphrase, cheap),
);
const sharedThing = memoryThing();

test('bound keystore: a copied folder at another thing opens nothing, and says so', async () => {
  await boundKeystore(place('copied'), chip, 'a', cheap).create(secret);
  await copyFile(place('copied'), place('copy'));
  const thief = boundKeystore(place('copy'), memoryBinding(memoryThing()), 'a', cheap);
  await assert.rejects(thief.open(), { code: 'elsewhere' });
  assert.deepEqual(await boundKeystore(place('copy'), chip, 'a', cheap).open(), secret);
});

test('bound keystore: the thing alone does not open it, even one that asks for no passphrase', async () => {
  const thing = memoryThing();
  await boundKeystore(place('both'), memoryBinding(thing), 'a', cheap).create(secret);
  const lax: DeviceBinding = {
    ...memoryBinding(thing),
    open: async (sealed, auth) => {
      const kept = [...thing.kept.values()][0]!;
      return memoryBinding(thing).open(sealed, auth.length === 32 ? kept.auth : auth);
    },
  };
  await assert.rejects(boundKeystore(place('both'), lax, 'b', cheap).open(), { code: 'locked' });
});

test('bound keystore: what it is sealed to is known once it is open', async () => {
  const keystore = boundKeystore(place('known'), chip, 'a', cheap);
  assert.equal(keystore.binding?.(), undefined);
  await keystore.create(secret);
  const { level, clonable, attestor } = keystore.binding!()!;
  assert.deepEqual([level, clonable], ['tpm', false]);
  const again = boundKeystore(place('known'), chip, 'a', cheap);
  await again.open();
  assert.deepEqual(again.binding!()!.attestor!.key, attestor!.key);
  assert.equal(await keystoreLevel(place('known')), 'tpm');
  assert.equal(await keystoreLock(place('known')), 'passphrase');
  assert.equal(await keystoreLevel(place('nothing')), undefined);
  if (process.platform !== 'win32') assert.equal((await stat(place('known'))).mode & 0o777, 0o600);
});

test('bound keystore: every changed byte is noticed, and what a forger fixes by its seal', async () => {
  const path = place('bytes');
  const patient = memoryBinding(memoryThing(), { failuresMax: 1_000 });
  await boundKeystore(path, patient, 'a', cheap).create(secret);
  const bytes = await readFile(path);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 1;
    await writeFile(path, changed);
    await assert.rejects(boundKeystore(path, patient, 'a', cheap).open(), { code: 'damaged' });
  }
  for (const at of [1, 8, 25, bytes.length - 33]) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 1;
    await writeFile(path, checksummed(changed));
    await assert.rejects(boundKeystore(path, patient, 'a', cheap).open(), { code: 'locked' });
  }
});

test('bound keystore: a file of another level is not for this thing', async () => {
  await boundKeystore(place('level'), chip, 'a', cheap).create(secret);
  const other = boundKeystore(
    place('level'),
    memoryBinding(memoryThing(), { level: 'os-keystore' }),
    'a',
    cheap,
  );
  await assert.rejects(other.open(), { code: 'elsewhere' });
  await fileKeystore(place('plain'), 'a', cheap).create(secret);
  await assert.rejects(boundKeystore(place('plain'), chip, 'a', cheap).open(), { code: 'damaged' });
  assert.equal(await keystoreLevel(place('plain')), 'software');
});

test('bound keystore: each refusal of the thing is told as a keystore tells it', async () => {
  await boundKeystore(place('told'), chip, 'a', cheap).create(secret);
  const expected: Record<BindingErrorCode, string> = {
    locked: 'locked',
    'locked-out': 'locked',
    'wrong-device': 'elsewhere',
    'not-here': 'elsewhere',
    missing: 'elsewhere',
    damaged: 'damaged',
    failed: 'elsewhere',
  };
  for (const [code, told] of Object.entries(expected)) {
    const failing: DeviceBinding = {
      ...chip,
      open: () => Promise.reject(new BindingError(code as BindingErrorCode, `said ${code}`)),
    };
    await assert.rejects(boundKeystore(place('told'), failing, 'a', cheap).open(), {
      code: told,
      message: `said ${code}`,
    });
  }
});

test('bound keystore: a thing that seals and does not open leaves no file behind', async () => {
  const broken: DeviceBinding = {
    ...chip,
    open: () => Promise.reject(new BindingError('failed', 'broken')),
  };
  await assert.rejects(boundKeystore(place('broken'), broken, 'a', cheap).create(secret), {
    code: 'elsewhere',
  });
  assert.equal(await keystoreLevel(place('broken')), undefined);
});

test('resealing: from a passphrase to a thing, to another, and back; the former forgets', async () => {
  const path = place('resealed');
  const next = memoryBinding(memoryThing(), { level: 'os-keystore' });
  await fileKeystore(path, 'a', cheap).create(secret);
  const from = fileKeystore(path, 'a', cheap);
  await resealKeystore(path, {
    from,
    former: undefined,
    binding: chip,
    passphrase: 'a',
    options: cheap,
  });
  await copyFile(path, place('resealed-old'));
  const bound = boundKeystore(path, chip, 'a', cheap);
  const held = await resealKeystore(path, {
    from: bound,
    former: chip,
    binding: next,
    passphrase: 'b',
    options: cheap,
  });
  assert.equal(held?.level, 'os-keystore');
  assert.deepEqual(await boundKeystore(path, next, 'b', cheap).open(), secret);
  await assert.rejects(boundKeystore(place('resealed-old'), chip, 'a', cheap).open(), {
    code: 'elsewhere',
  });
  const back = boundKeystore(path, next, 'b', cheap);
  await resealKeystore(path, {
    from: back,
    former: next,
    binding: undefined,
    passphrase: '',
    options: cheap,
  });
  assert.deepEqual(await fileKeystore(path, '', cheap).open(), secret);
  assert.equal(await keystoreLock(path), 'no-passphrase');
});

function checksummed(bytes: Buffer): Buffer {
  bytes.set(nativeHash.blake3(bytes.subarray(0, -32)), bytes.length - 32);
  return bytes;
}
