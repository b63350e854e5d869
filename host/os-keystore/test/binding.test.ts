/** The binding to a key ring, against a real Secret Service. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { bindingConformance } from '@dsm/ports/conformance';
import { osKeystoreBinding, osKeystoreMissing } from '../src/index.ts';
import { startRing, withoutRing, type Ring } from './ring.ts';

const answers = async (): Promise<boolean> => (await osKeystoreMissing())?.code !== 'not-here';
const ring: Ring | undefined =
  withoutRing === false ? await startRing('log in', answers) : undefined;
after(() => ring?.scrap());

const options = { skip: withoutRing };
const secret = Uint8Array.from({ length: 32 }, (_, i) => 31 - i);
const auth = new Uint8Array(32);

bindingConformance('key ring', (thing) => osKeystoreBinding({ service: `dsm test ${thing}` }), {
  asksForAuth: false,
  clonable: true,
  attests: false,
  elsewhere: 'wrong-device',
  isValid: () => Promise.resolve(false),
  skip: withoutRing,
});

test('key ring: what was sealed is there after logging out and in again', options, async () => {
  const binding = osKeystoreBinding();
  const sealed = await binding.seal(secret, auth);
  await ring!.logOut();
  await ring!.logIn('log in');
  assert.deepEqual((await binding.open(sealed, auth)).secret, secret);
  assert.equal(await osKeystoreMissing(), undefined);
});

test('key ring: what it forgets does not open any more', options, async () => {
  const binding = osKeystoreBinding();
  const sealed = await binding.seal(secret, auth);
  await binding.forget(sealed);
  await assert.rejects(binding.open(sealed, auth), { code: 'wrong-device' });
});

test(
  'key ring: without a login there is none, and nothing falls back to what a restart forgets',
  options,
  async () => {
    const sealed = await osKeystoreBinding().seal(secret, auth);
    await ring!.logOut();
    const binding = osKeystoreBinding();
    await assert.rejects(binding.open(sealed, auth), { code: 'not-here' });
    await assert.rejects(binding.seal(secret, auth), { code: 'not-here' });
    assert.equal((await osKeystoreMissing())?.code, 'not-here');
    await ring!.logIn('log in');
  },
);

test('key ring: a ring that is locked says so', options, async () => {
  const sealed = await osKeystoreBinding().seal(secret, auth);
  await ring!.logOut();
  await ring!.logIn('another password');
  await assert.rejects(osKeystoreBinding().open(sealed, auth), { code: 'locked' });
  await ring!.logOut();
  await ring!.logIn('log in');
  assert.deepEqual((await osKeystoreBinding().open(sealed, auth)).secret, secret);
});
