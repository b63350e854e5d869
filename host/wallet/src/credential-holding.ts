/**
 * Credentials that this wallet holds: taken, listed, shown.
 *
 * A presentation is noted before it leaves, so the owner sees how often each was shown. Who asks is
 * in the challenge; that it is who he says is for the owner to judge.
 */

import {
  challenge as challengeObject,
  checkCredential,
  credential as credentialObject,
  credentialDigest,
  issuanceOf,
  login as loginObject,
  loginDigest,
  newPresentation,
  ownNames,
  presentation as presentationObject,
  presentationDigest,
  serialIn,
  type Challenge,
  type Credential,
  type Wanted,
} from '@dsm/identity';
import { equal, keyDigest, keyOf, kinds, type Card, type KeyPair } from '@dsm/primitive';
import type {
  ChallengeView,
  HeldCredential,
  LoginOptions,
  PresentOptions,
} from './credential-api.ts';
import { attributesTo } from './credential-attributes.ts';
import { isForUs, putHeld } from './credential-giving.ts';
import { isOwnKey, oneOf } from './credential-issuing.ts';
import { heldKey, shownKey, shownRow } from './credential-rows.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { anchorOf } from './items.ts';
import { signAs } from './keys.ts';
import { ownMembership } from './membership.ts';
import { draft } from './model.ts';
import { checkReady, type Runtime } from './runtime.ts';
import { idText } from './text.ts';
import { tokenOf } from './tokens.ts';

export async function heldCredentials({ store }: Engine): Promise<readonly Credential[]> {
  return (await store.scan(heldKey())).map(([, bytes]) => {
    const decoded = credentialObject.decode(bytes);
    if (!decoded.ok) throw new DsmError('integrity', `a kept credential is ${decoded.refusal}`);
    return decoded.value;
  });
}

export async function heldView(engine: Engine, value: Credential): Promise<HeldCredential> {
  const { body, attributes } = value;
  const digest = credentialDigest(body);
  const shown = await engine.store.scan(shownKey(digest));
  return {
    id: idText('credential', digest),
    token: idText('token', body.token),
    ticker: engine.model.tokens.get(keyOf(body.token))?.rules.ticker ?? '',
    serial: serialIn(attributes)!,
    attributes: attributesTo(attributes),
    shown: shown.length,
    issuance: await issuanceIn(engine, value),
  };
}

/** What the issuer's chain, as far as it is known here, says of the serial. */
async function issuanceIn(engine: Engine, value: Credential): Promise<HeldCredential['issuance']> {
  const { token } = value.body;
  const found = await anchorOfSerial(engine, token, serialIn(value.attributes)!);
  if (found === undefined) return 'pending';
  return found.anchor !== undefined && equal(found.anchor, issuanceOf(value))
    ? 'certified'
    : 'other';
}

/** The anchor of an item whose issue is certified, if that issue is here. */
export async function anchorOfSerial(
  engine: Engine,
  token: Uint8Array,
  serial: bigint,
): Promise<{ readonly anchor: Uint8Array | undefined } | undefined> {
  for (const origin of engine.model.origins.values()) {
    const isIt =
      origin.type === 'issue' &&
      origin.issued?.certified === true &&
      equal(origin.token, token) &&
      origin.outputs.some(({ amount }) => amount === serial);
    if (!isIt) continue;
    return { anchor: await anchorOf(engine, { source: origin.head, amount: serial }) };
  }
  return undefined;
}

/** Take one that came as bytes. */
export async function acceptCredential(
  runtime: Runtime,
  bytes: Uint8Array,
): Promise<HeldCredential> {
  const { engine } = runtime;
  const decoded = credentialObject.decode(bytes);
  if (!decoded.ok) throw new DsmError('integrity', `this is no credential: ${decoded.refusal}`);
  const value = decoded.value;
  if (!isForUs(engine, value)) {
    throw new DsmError('refused', 'this credential does not hold, or is for another device');
  }
  const { rules } = await tokenOf(engine, value.body.token);
  const refusal = checkCredential(value, rules);
  if (refusal !== undefined) throw new DsmError('refused', `the credential is refused: ${refusal}`);
  await engine.exclusive(async () => {
    const to = draft();
    putHeld(to, value);
    await engine.commit(to);
  });
  return heldView(engine, value);
}

export function readChallenge({ model }: Engine, bytes: Uint8Array): Challenge {
  const decoded = challengeObject.decode(bytes);
  if (!decoded.ok) throw new DsmError('integrity', `this is no challenge: ${decoded.refusal}`);
  if (!equal(decoded.value.network, model.device.network)) {
    throw new DsmError('refused', 'this challenge is of another network');
  }
  return decoded.value;
}

export function challengeView({ audience, wanted }: Challenge): ChallengeView {
  return {
    audience,
    wish: wanted && { token: idText('token', wanted.token), names: wanted.names },
  };
}

/** Show what is asked for, and nothing else. */
export async function present(
  runtime: Runtime,
  bytes: Uint8Array,
  { credential: prefix = '' }: PresentOptions = {},
): Promise<Uint8Array> {
  checkReady(runtime);
  const { engine } = runtime;
  const { nonce, audience, wanted } = readChallenge(engine, bytes);
  if (wanted === undefined) throw new DsmError('usage', 'this challenge asks for a login');
  return engine.exclusive(async () => {
    const value = await fitting(engine, wanted, prefix);
    const { pair, card } = presenter(engine, value, wanted);
    const { suite, network } = engine.model.device;
    const said = newPresentation(value, {
      names: wanted.names,
      nonce,
      audience,
      card,
      suite,
      publicKey: pair.publicKey,
    })!;
    const row = { audience, names: wanted.names, seenAt: engine.clock.now() };
    const to = draft();
    to.put(shownKey(credentialDigest(value.body), nonce), shownRow.encode(row));
    await engine.commit(to);
    const signature = signAs(pair, kinds.presentation, suite, network, presentationDigest(said));
    return presentationObject.encode({ said, signature });
  });
}

/** The credential that says all of it: the one that is named, or the only one. */
async function fitting(engine: Engine, wanted: Wanted, prefix: string): Promise<Credential> {
  const ofToken = (await heldCredentials(engine)).filter(({ body }) =>
    equal(body.token, wanted.token),
  );
  const fits = ofToken.filter(({ attributes }) =>
    wanted.names.every((name) => attributes.some((one) => one.name === name)),
  );
  if (fits.length === 0) {
    throw new DsmError('not-found', 'no credential here says what is asked for');
  }
  return oneOf(fits, prefix, ({ body }) => body);
}

/**
 * The key that presents it: of a device that is asked for the working key, with its card; otherwise
 * the one that the issuer named.
 */
function presenter(
  engine: Engine,
  { body }: Credential,
  { names }: Wanted,
): { readonly pair: KeyPair; readonly card: Card | undefined } {
  const { model, keys } = engine;
  const working = keys.working();
  if (names.includes(ownNames.device)) return { pair: working, card: model.card };
  const isWorking = equal(keyDigest(model.device.suite, working.publicKey), body.key);
  const pair = isWorking ? working : isOwnKey(engine, body.key);
  if (pair !== undefined) return { pair, card: undefined };
  throw new DsmError(
    'refused',
    'the keys of this device have changed since: the verifier must ask for dsm-device, or the issuer make it anew',
  );
}

/** Answer a server that asks which device this is. */
export async function answerLogin(
  runtime: Runtime,
  bytes: Uint8Array,
  options: LoginOptions,
): Promise<Uint8Array> {
  checkReady(runtime);
  const { engine } = runtime;
  const { nonce, audience, wanted } = readChallenge(engine, bytes);
  if (wanted !== undefined) throw new DsmError('usage', 'this challenge asks for a credential');
  if (audience !== options.audience) {
    throw new DsmError('refused', `this challenge is of ${audience}, not of ${options.audience}`);
  }
  const { card, device } = engine.model;
  const membership = options.identity === true ? ownMembership(engine.model) : undefined;
  if (options.identity === true && membership === undefined) {
    throw new DsmError('refused', 'this device has no identity to show: see its device tree');
  }
  const words = { nonce, audience, card, membership };
  const digest = loginDigest(words);
  const { suite, network } = device;
  const signature = signAs(engine.keys.working(), kinds.login, suite, network, digest);
  return loginObject.encode({ ...words, signature });
}
