/** The TPM binding against a real TPM 2.0 in software. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { BindingError } from '@dsm/ports';
import { bindingConformance } from '@dsm/ports/conformance';
import { checkAttestation, installPortable } from '@dsm/portable';
import { tpmBinding, tpmMissing } from '../src/index.ts';
import { sealedBytes, sealedOf } from '../src/sealed.ts';
import { tpmTools } from '../src/tools.ts';
import { startSwtpm, withoutSwtpm, type Swtpm } from '../src/swtpm.ts';

installPortable();

const chips = new Map<string, Promise<Swtpm>>();
after(async () => {
  for (const chip of chips.values()) await (await chip).scrap();
});

function chip(name: string): Promise<Swtpm> {
  const found = chips.get(name) ?? startSwtpm();
  chips.set(name, found);
  return found;
}

const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
const auth = new Uint8Array(32).fill(0x0a);
const options = { skip: withoutSwtpm };

bindingConformance('TPM', async (thing) => tpmBinding(await chip(thing)), {
  asksForAuth: true,
  clonable: false,
  attests: true,
  elsewhere: 'wrong-device',
  isValid: async ({ key }, proof, challenge) =>
    (await checkAttestation({ key, proof }, challenge)) === undefined,
  skip: withoutSwtpm,
});

test('TPM: what was sealed survives that the machine is switched off', options, async () => {
  const machine = await chip('restarted');
  const binding = tpmBinding(machine);
  const sealed = await binding.seal(secret, auth);
  await machine.stop();
  await assert.rejects(binding.open(sealed, auth), { code: 'not-here' });
  await machine.start();
  const opened = await binding.open(sealed, auth);
  assert.deepEqual(opened.secret, secret);
  const challenge = new Uint8Array(32).fill(3);
  const proof = await opened.attestor!.attest(challenge);
  const { key } = opened.attestor!;
  assert.equal(await checkAttestation({ key, proof }, challenge), undefined);
});

test(
  'TPM: the signing key of a copied folder is useless at another TPM, too',
  options,
  async () => {
    const sealed = await tpmBinding(await chip('one')).seal(secret, auth);
    const there = await chip('thief');
    // Its secret part is this TPM's own, so that it opens; the signing key is the stolen one.
    const own = sealedOf(await tpmBinding(there).seal(secret, auth));
    const { keyPublic, keyPrivate, publicKey } = sealedOf(sealed);
    const mixed = sealedBytes({ ...own, keyPublic, keyPrivate, publicKey });
    const { attestor } = await tpmBinding(there).open(mixed, auth);
    await assert.rejects(attestor!.attest(secret), { code: 'wrong-device' });
  },
);

test(
  'TPM: many wrong passphrases lock it, also for the right one, and it says so',
  options,
  async () => {
    const binding = tpmBinding(await chip('guessed'));
    const sealed = await binding.seal(secret, auth);
    const { attestor } = await binding.open(sealed, auth);
    const codes: string[] = [];
    for (let guess = 0; guess < 40 && codes.at(-1) !== 'locked-out'; guess++) {
      const wrong = new Uint8Array(32).fill(guess + 100);
      codes.push(
        await binding.open(sealed, wrong).then(
          () => 'opened',
          (error: unknown) => (error instanceof BindingError ? error.code : String(error)),
        ),
      );
    }
    assert.equal(codes.at(-1), 'locked-out');
    assert.ok(
      codes.slice(0, -1).every((code) => code === 'locked'),
      codes.join(),
    );
    await assert.rejects(binding.open(sealed, auth), { code: 'locked-out' });
    const proof = await attestor!.attest(secret);
    assert.equal(await checkAttestation({ key: attestor!.key, proof }, secret), undefined);
  },
);

test('TPM: an owner who has set a password is told that it is in the way', options, async () => {
  const machine = await chip('owned');
  const binding = tpmBinding(machine);
  await tpmTools(machine).run('tpm2_changeauth', ['-Q', '-c', 'owner', 'theirs']);
  await assert.rejects(binding.seal(secret, auth), { code: 'failed', message: /password/ });
});

test('TPM: calls at once wait for each other', options, async () => {
  const binding = tpmBinding(await chip('one'));
  const sealed = await Promise.all([binding.seal(secret, auth), binding.seal(auth, secret)]);
  const [first, second] = await Promise.all([
    binding.open(sealed[0]!, auth),
    binding.open(sealed[1]!, secret),
  ]);
  assert.deepEqual([first.secret, second.secret], [secret, auth]);
});

test('TPM: what lacks is told apart', options, async () => {
  assert.equal(await tpmMissing(await chip('one')), undefined);
  const nowhere = await tpmMissing({ tcti: 'swtpm:path=/nonexistent/socket' });
  assert.equal(nowhere?.code, 'not-here');
  const path = process.env['PATH'];
  process.env['PATH'] = '/nonexistent';
  try {
    assert.equal((await tpmMissing({}))?.code, 'missing');
  } finally {
    process.env['PATH'] = path;
  }
});
