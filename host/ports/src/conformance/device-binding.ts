/** What every `DeviceBinding` must do. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attestationKeyDigest } from '@dsm/identity';
import { bindingLevels } from '@dsm/primitive';
import {
  BindingError,
  sealedBytesMax,
  type Attestor,
  type BindingErrorCode,
  type DeviceBinding,
} from '../device-binding.ts';

export interface BindingConformance {
  /** Whether the thing itself asks for the passphrase. */
  readonly asksForAuth: boolean;
  /** Whether a copy of all files opens at another thing. */
  readonly clonable: boolean;
  /** Whether the thing signs. */
  readonly attests: boolean;
  /** Judges a proof; the suite asks it for the right challenge and for another. */
  readonly isValid: (
    attestor: Attestor,
    proof: Awaited<ReturnType<Attestor['attest']>>,
    challenge: Uint8Array,
  ) => Promise<boolean>;
  /** What opening at another thing is refused with, if it is. */
  readonly elsewhere?: BindingErrorCode;
  /** A reason to run none of it. */
  readonly skip?: string | false;
}

/**
 * Tests of the binding that `open` gives. A `thing` names one that is new at first; the same name again
 * is the same thing, as another process would see it.
 */
export function bindingConformance(
  name: string,
  open: (thing: string) => Promise<DeviceBinding> | DeviceBinding,
  expected: BindingConformance,
): void {
  const secret = Uint8Array.from({ length: 32 }, (_, i) => 3 * i + 1);
  const auth = new Uint8Array(32).fill(5);
  const options = { skip: expected.skip ?? false };
  const run = (what: string, check: () => Promise<void>): void => {
    test(`${name}: ${what}`, options, check);
  };

  run('what was sealed opens again, also for another process, and is bounded', async () => {
    const sealed = await (await open('one')).seal(secret, auth);
    assert.ok(sealed.length <= sealedBytesMax, `${sealed.length} bytes`);
    for (const again of [await open('one'), await open('one')]) {
      const opened = await again.open(sealed, auth);
      assert.deepEqual(opened.secret, secret);
      assert.equal(opened.clonable, expected.clonable);
      assert.equal(opened.attestor !== undefined, expected.attests);
    }
  });

  run('it says its level', async () => {
    assert.ok(bindingLevels.includes((await open('one')).level));
  });

  run('two secrets are sealed apart', async () => {
    const binding = await open('one');
    const other = secret.toReversed();
    const [first, second] = [await binding.seal(secret, auth), await binding.seal(other, auth)];
    assert.notDeepEqual(first, second);
    assert.deepEqual((await binding.open(first, auth)).secret, secret);
    assert.deepEqual((await binding.open(second, auth)).secret, other);
  });

  run('only 32 bytes are sealed', async () => {
    const binding = await open('one');
    for (const length of [0, 31, 33]) {
      await assert.rejects(async () => binding.seal(new Uint8Array(length), auth), RangeError);
    }
  });

  run('bytes that it has not sealed are refused', async () => {
    const binding = await open('one');
    const sealed = await binding.seal(secret, auth);
    const flipped = sealed.map((byte, i) => (i === sealed.length - 1 ? byte ^ 1 : byte));
    const long = Uint8Array.of(...sealed, 0);
    for (const bytes of [new Uint8Array(0), new Uint8Array(64), sealed.slice(0, -1), long]) {
      await assert.rejects(binding.open(bytes, auth), coded('damaged'));
    }
    await assert.rejects(binding.open(flipped, auth), BindingError);
  });

  if (expected.asksForAuth) {
    run('a wrong passphrase is refused by the thing', async () => {
      const binding = await open('guarded');
      const sealed = await binding.seal(secret, auth);
      await assert.rejects(binding.open(sealed, new Uint8Array(32)), coded('locked'));
      assert.deepEqual((await binding.open(sealed, auth)).secret, secret);
    });
  }

  const { elsewhere } = expected;
  if (elsewhere !== undefined) {
    run('a copy of the bytes does not open at another thing', async () => {
      const sealed = await (await open('one')).seal(secret, auth);
      const other = await open('other');
      await other.seal(secret, auth);
      await assert.rejects(other.open(sealed, auth), coded(elsewhere));
    });
  }

  if (expected.attests) run('it signs challenges, each for itself', () => signs(open, expected));
}

/** The key is the same in every process, differs between seals, and signs one challenge at a time. */
async function signs(
  open: (thing: string) => Promise<DeviceBinding> | DeviceBinding,
  { isValid }: BindingConformance,
): Promise<void> {
  const secret = new Uint8Array(32).fill(9);
  const auth = new Uint8Array(32);
  const sealed = await (await open('signer')).seal(secret, auth);
  const attestor = await attestorOf(await open('signer'), sealed, auth);
  const later = await attestorOf(await open('signer'), sealed, auth);
  assert.deepEqual(attestationKeyDigest(later.key), attestationKeyDigest(attestor.key));
  const [one, two] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const proof = await attestor.attest(one);
  assert.equal(await isValid(attestor, proof, one), true);
  assert.equal(await isValid(attestor, proof, two), false);
  assert.equal(await isValid(later, await later.attest(two), two), true);
  const otherSeal = await (await open('signer')).seal(secret, auth);
  const other = await attestorOf(await open('signer'), otherSeal, auth);
  assert.notDeepEqual(attestationKeyDigest(other.key), attestationKeyDigest(attestor.key));
  assert.equal(await isValid(attestor, await other.attest(one), one), false);
}

async function attestorOf(
  binding: DeviceBinding,
  sealed: Uint8Array,
  auth: Uint8Array,
): Promise<Attestor> {
  const { attestor } = await binding.open(sealed, auth);
  assert.ok(attestor !== undefined);
  return attestor;
}

function coded(code: BindingErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof BindingError && error.code === code;
}
