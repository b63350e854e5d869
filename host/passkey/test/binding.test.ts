/** The passkey binding in a real Chromium; its assertions are checked here, as a peer on Node would. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  BindingError,
  type AttestationProof,
  type BindingErrorCode,
  type DeviceBinding,
  type Unsealed,
} from '@dsm/ports';
import { bindingConformance } from '@dsm/ports/conformance';
import { checkAttestation, installPortable } from '@dsm/portable';
import { startBrowsing, withoutChromium, type Browsing, type Thing } from './page.ts';

installPortable();

const browsing: Browsing | undefined =
  withoutChromium === false ? await startBrowsing() : undefined;
after(() => browsing?.close());

const things = new Map<string, Promise<Thing>>();

function thing(name: string): Promise<Thing> {
  // An authenticator of the browser has room for three passkeys that it lists itself.
  const found = things.get(name) ?? browsing!.newThing({ lists: false });
  things.set(name, found);
  return found;
}

const options = { skip: withoutChromium };
const secret = Uint8Array.from({ length: 32 }, (_, i) => i * 3);
const auth = new Uint8Array(32);

type Told =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly name: string; readonly code: string; readonly message: string };

interface Asked {
  readonly call: 'seal' | 'open' | 'attest';
  readonly sealed: readonly number[];
  readonly given: readonly number[];
}

/** Runs in the page. What comes back is plain data: bytes as lists of numbers. */
async function inPage({ call, sealed, given }: Asked): Promise<Told> {
  const load: (name: string) => Promise<{ passkeyBinding: (of: object) => DeviceBinding }> = (
    name,
  ) => import(name);
  const plain = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (_, one) => (one instanceof Uint8Array ? [...one] : one)));
  try {
    const { passkeyBinding } = await load('@dsm/passkey');
    const names = { domain: 'localhost', programName: 'dsm', walletName: 'Maya' };
    const binding = passkeyBinding({ ...names, timeoutMs: 3_000 });
    const none = new Uint8Array(32);
    if (call === 'seal')
      return { ok: true, value: plain(await binding.seal(Uint8Array.from(given), none)) };
    const opened = await binding.open(Uint8Array.from(sealed), none);
    if (call === 'attest') {
      const proof = await opened.attestor!.attest(Uint8Array.from(given));
      return { ok: true, value: plain(proof) };
    }
    const { clonable, attestor } = opened;
    return { ok: true, value: plain({ secret: opened.secret, clonable, key: attestor!.key }) };
  } catch (error) {
    const { name, message, code } = error as BindingError;
    return { ok: false, name, message, code };
  }
}

async function asked(of: Thing, what: Asked): Promise<unknown> {
  const told = await of.page.evaluate(inPage, what);
  if (told.ok) return told.value;
  if (told.name === 'RangeError') throw new RangeError(told.message);
  if (told.name === 'BindingError')
    throw new BindingError(told.code as BindingErrorCode, told.message);
  throw new Error(`${told.name}: ${told.message}`);
}

interface PlainOpened {
  readonly secret: readonly number[];
  readonly clonable: boolean;
  readonly key: { readonly algorithm: 1 | 2; readonly publicKey: readonly number[] };
}

interface PlainProof {
  readonly type: 'assertion';
  readonly authenticatorData: readonly number[];
  readonly clientData: readonly number[];
  readonly signature: readonly number[];
}

/** The binding of a page, from outside. */
function bindingOf(of: Thing): DeviceBinding {
  const bytes = (list: readonly number[]): Uint8Array => Uint8Array.from(list);
  return {
    level: 'passkey',
    seal: async (given) =>
      bytes((await asked(of, { call: 'seal', sealed: [], given: [...given] })) as number[]),
    open: async (sealed): Promise<Unsealed> => {
      const opened = (await asked(of, {
        call: 'open',
        sealed: [...sealed],
        given: [],
      })) as PlainOpened;
      const { algorithm, publicKey } = opened.key;
      const attest = async (challenge: Uint8Array): Promise<AttestationProof> => {
        const what: Asked = { call: 'attest', sealed: [...sealed], given: [...challenge] };
        const proof = (await asked(of, what)) as PlainProof;
        return {
          type: 'assertion',
          authenticatorData: bytes(proof.authenticatorData),
          clientData: bytes(proof.clientData),
          signature: bytes(proof.signature),
        };
      };
      return {
        secret: bytes(opened.secret),
        clonable: opened.clonable,
        attestor: { key: { algorithm, publicKey: bytes(publicKey) }, attest },
      };
    },
    forget: async () => undefined,
  };
}

bindingConformance('passkey', async (name) => bindingOf(await thing(name)), {
  asksForAuth: false,
  clonable: false,
  attests: true,
  // A browser does not say whether the passkey is missing or its owner refused.
  elsewhere: 'locked',
  isValid: async ({ key }, proof, challenge) =>
    (await checkAttestation({ key, proof }, challenge)) === undefined,
  skip: withoutChromium,
});

test(
  'passkey: a user that is not recognised opens nothing and signs nothing',
  options,
  async () => {
    const of = await thing('fingers');
    const binding = bindingOf(of);
    const sealed = await binding.seal(secret, auth);
    const { secret: opened, attestor } = await binding.open(sealed, auth);
    assert.deepEqual(opened, secret);
    await of.recognise(false);
    await assert.rejects(binding.open(sealed, auth), { code: 'locked' });
    await assert.rejects(attestor!.attest(secret), { code: 'locked' });
  },
);

test(
  'passkey: one that its platform copies to other devices is called clonable',
  options,
  async () => {
    const binding = bindingOf(await browsing!.newThing({ backupEligible: true }));
    const { clonable } = await binding.open(await binding.seal(secret, auth), auth);
    assert.equal(clonable, true);
  },
);

test('passkey: an authenticator without the PRF cannot seal, and says so', options, async () => {
  const binding = bindingOf(await browsing!.newThing({ hasPrf: false }));
  await assert.rejects(binding.seal(secret, auth), { code: 'missing' });
});
