/** What every `Keystore` must do. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeystoreError, type Keystore, type KeystoreErrorCode } from '../keystore.ts';

export interface KeystoreConformance {
  /** False for a keystore that takes no notice of passphrases. True if not given. */
  readonly passphrases?: boolean;
}

/**
 * Tests of the keystore that `open` opens. A `slot` names a place that is empty at first; the same
 * slot opened again is the same place, as another process would see it.
 */
export function keystoreConformance(
  name: string,
  open: (slot: string, passphrase: string) => Promise<Keystore> | Keystore,
  { passphrases = true }: KeystoreConformance = {},
): void {
  const first = Uint8Array.from({ length: 32 }, (_, i) => i);
  const second = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);

  test(`${name}: an empty place has no secret`, async () => {
    assert.equal(await (await open('empty', 'correct horse')).open(), undefined);
  });

  test(`${name}: a secret survives reopening`, async () => {
    const keystore = await open('survives', 'correct horse');
    await keystore.create(first);
    assert.deepEqual(await keystore.open(), first);
    assert.deepEqual(await (await open('survives', 'correct horse')).open(), first);
  });

  test(`${name}: slots are apart`, async () => {
    await (await open('left', 'a')).create(first);
    assert.equal(await (await open('right', 'a')).open(), undefined);
    await (await open('right', 'a')).create(second);
    assert.deepEqual(await (await open('left', 'a')).open(), first);
  });

  test(`${name}: a secret is never overwritten`, async () => {
    await (await open('once', 'a')).create(first);
    const again = await open('once', 'a');
    await assert.rejects(again.create(second), coded('exists'));
    await assert.rejects(again.create(first), coded('exists'));
    assert.deepEqual(await again.open(), first);
  });

  test(`${name}: of two creations at once, exactly one wins`, async () => {
    const [one, other] = [await open('race', 'a'), await open('race', 'a')];
    const [ofOne, ofOther] = await Promise.allSettled([one.create(first), other.create(second)]);
    const lost = [ofOne, ofOther].filter((outcome) => outcome.status === 'rejected');
    assert.equal(lost.length, 1);
    assert.ok(coded('exists')(lost[0]?.reason));
    const kept = await (await open('race', 'a')).open();
    assert.deepEqual(kept, ofOne.status === 'fulfilled' ? first : second);
  });

  test(`${name}: what a caller does to its bytes does not reach the keystore`, async () => {
    const given = first.slice();
    const keystore = await open('copies', 'a');
    await keystore.create(given);
    given.fill(7);
    (await keystore.open())?.fill(7);
    assert.deepEqual(await keystore.open(), first);
  });

  test(`${name}: a secret of another length is the caller's fault`, async () => {
    const keystore = await open('lengths', 'a');
    for (const length of [0, 31, 33, 64]) {
      await assert.rejects(async () => keystore.create(new Uint8Array(length)), RangeError);
    }
    assert.equal(await keystore.open(), undefined);
  });

  if (passphrases) passphraseConformance(name, open, first);
}

function passphraseConformance(
  name: string,
  open: (slot: string, passphrase: string) => Promise<Keystore> | Keystore,
  secret: Uint8Array,
): void {
  test(`${name}: another passphrase does not open it, the right one still does`, async () => {
    await (await open('locked', 'correct horse')).create(secret);
    for (const wrong of ['', 'Correct horse', 'correct horse ', 'battery staple']) {
      await assert.rejects((await open('locked', wrong)).open(), coded('locked'));
    }
    assert.deepEqual(await (await open('locked', 'correct horse')).open(), secret);
  });

  test(`${name}: the empty passphrase is one, too`, async () => {
    await (await open('unlocked', '')).create(secret);
    await assert.rejects((await open('unlocked', 'a')).open(), coded('locked'));
    assert.deepEqual(await (await open('unlocked', '')).open(), secret);
  });

  test(`${name}: passphrases are text, not the keys that were pressed`, async () => {
    await (await open('unicode', 'caf\u00e9 \u{1f40e}')).create(secret);
    const decomposed = await open('unicode', 'cafe\u0301 \u{1f40e}');
    assert.deepEqual(await decomposed.open(), secret);
  });
}

function coded(code: KeystoreErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof KeystoreError && error.code === code;
}
