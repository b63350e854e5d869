/**
 * Issuing credentials and taking them back.
 *
 *     issue    sign · keep with the issue that names it and the entry that carries it · certify
 *     revoke   keep the decision · write the one value of its slot
 */

import {
  credential,
  credentialDigest,
  issuanceOf,
  newCredential,
  revocationPlace,
  revocationValue,
  type Credential,
  type CredentialBody,
} from '@dsm/identity';
import {
  card as cardObject,
  certificate,
  equal,
  keyDigest,
  keyOf,
  kinds,
  slotKey,
  slotListRoot,
  statementDigest,
  type KeyPair,
} from '@dsm/primitive';
import { forms, issuerOf } from '@dsm/protocols';
import type { IssuedCredential, NewCredentialOptions, NewlyIssued } from './credential-api.ts';
import { attributesFrom } from './credential-attributes.ts';
import { givingOperation, putHeld } from './credential-giving.ts';
import { issuedKey, issuedRow, type IssuedRow } from './credential-rows.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { mintWith, type Minting, type Receiver } from './issuing.ts';
import { signAs } from './keys.ts';
import { draft, type Draft, type Token } from './model.ts';
import { checkReady, type Runtime } from './runtime.ts';
import { idBytes, idText } from './text.ts';
import { findToken } from './tokens.ts';

export async function issueCredential(
  runtime: Runtime,
  name: string,
  options: NewCredentialOptions,
): Promise<NewlyIssued> {
  checkReady(runtime);
  const { engine } = runtime;
  const { rules } = findToken(engine.model, name);
  if (rules.form !== forms.credential) {
    throw new DsmError('usage', `${rules.ticker} is no token of credentials`);
  }
  const attributes = attributesFrom(options.attributes);
  const key = options.key === undefined ? undefined : keyFrom(options.key);
  let made: { readonly value: Credential; readonly row: IssuedRow; readonly sent: boolean };
  await mintWith(runtime, name, 1n, options.to, (token, receiver): Minting => {
    const value = signedCredential(engine, token, receiver, attributes, key);
    const row: IssuedRow = {
      body: value.body,
      serial: token.issueTotal + 1n,
      device: receiver.owner,
      revoked: 0,
    };
    const giving = givingTo(engine, receiver, value);
    const isOwn = receiver.relationship === undefined;
    made = { value, row, sent: isOwn || giving !== undefined };
    return {
      anchors: [issuanceOf(value)],
      operations: giving === undefined ? [] : [giving],
      keep: (to) => {
        putIssued(to, row);
        if (isOwn) putHeld(to, value);
      },
    };
  });
  const { value, row, sent } = made!;
  return { ...issuedView(row), bytes: credential.encode(value), sent };
}

function signedCredential(
  engine: Engine,
  token: Token,
  { owner, key }: Receiver,
  attributes: ReturnType<typeof attributesFrom>,
  own: Uint8Array | undefined,
): Credential {
  const { model, entropy } = engine;
  const made = newCredential({
    network: model.device.network,
    token: token.id,
    device: owner,
    serial: token.issueTotal + 1n,
    key: own ?? key,
    seed: entropy.bytes(32),
    attributes,
  });
  if (made === undefined) throw new DsmError('usage', 'a credential has at most 62 attributes');
  const digest = credentialDigest(made.body);
  return { ...made, issuer: signedByToken(engine, token, kinds.credential, digest) };
}

/** The signature of the token's one issuer, which is this wallet. */
function signedByToken(
  { model, keys }: Engine,
  token: Token,
  kind: typeof kinds.credential | typeof kinds.revocation,
  digest: Uint8Array,
): Credential['issuer'] {
  const pair = issuerPair(keys, token);
  const { suite, network } = model.device;
  const signature = signAs(pair, kind, suite, network, digest);
  return { suite, publicKey: pair.publicKey, signature };
}

/** The pair of the token's issuer key, if this wallet has it. */
export function issuerPair(keys: Engine['keys'], { issuer, rules }: Token): KeyPair {
  if (issuer === 0) throw new DsmError('refused', `this wallet does not issue ${rules.ticker}`);
  return keys.issuer(issuer - 1);
}

/** The entry that carries it to a contact, if it fits into one. */
function givingTo(
  engine: Engine,
  { owner, relationship }: Receiver,
  value: Credential,
): Uint8Array | undefined {
  const contact = engine.model.contacts.get(keyOf(owner));
  if (relationship === undefined || contact === undefined) return undefined;
  const decoded = cardObject.decode(contact.card);
  return decoded.ok ? givingOperation(engine, decoded.value.body.kemKey, value) : undefined;
}

export function keyFrom(text: string): Uint8Array {
  const key = idBytes('issuer', text);
  if (key === undefined) throw new DsmError('usage', `"${text}" is no key of a wallet`);
  return key;
}

function putIssued(to: Draft, row: IssuedRow): void {
  to.put(issuedKey(credentialDigest(row.body)), issuedRow.encode(row));
}

export function issuedView({ body, serial, device, revoked }: IssuedRow): IssuedCredential {
  return {
    id: idText('credential', credentialDigest(body)),
    token: idText('token', body.token),
    serial,
    device: idText('device', device),
    revoked: revoked === 1,
  };
}

/** All that this wallet has issued, by token and serial. */
export async function issuedRows({ store }: Engine): Promise<readonly IssuedRow[]> {
  const rows = (await store.scan(issuedKey())).map(([, bytes]) => {
    const decoded = issuedRow.decode(bytes);
    if (!decoded.ok) throw new DsmError('integrity', `a row of credentials is ${decoded.refusal}`);
    return decoded.value;
  });
  const order = ({ body, serial }: IssuedRow): string =>
    keyOf(body.token) + serial.toString().padStart(40, '0');
  return rows.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
}

export async function revoke(runtime: Runtime, prefix: string): Promise<Uint8Array> {
  checkReady(runtime);
  const { engine } = runtime;
  const row = await engine.exclusive(async () => {
    const found = oneOf(await issuedRows(engine), prefix, ({ body }) => body);
    const to = draft();
    putIssued(to, { ...found, revoked: 1 });
    await engine.commit(to);
    return found;
  });
  const token = engine.model.tokens.get(keyOf(row.body.token));
  if (token === undefined) throw new DsmError('not-found', 'the token is not known here any more');
  const place = revocationPlace(issuerOf(token.rules), row.body);
  const value = revocationValue(row.body);
  const body = credentialDigest(row.body);
  const digest = statementDigest(body, slotListRoot([{ key: slotKey(place), value }]));
  const by = signedByToken(engine, token, kinds.revocation, digest);
  const authorisation = { ...by, body, path: [], backing: undefined };
  const write = { place, value, authorisation, hint: undefined, certificate: undefined };
  const outcome = await engine.quorum.writeSlot(write);
  if (outcome.type === 'certified') return certificate.encode(outcome.certificate);
  throw new DsmError('pending', 'decided and kept; too few nodes have heard it');
}

/** The one whose id begins so. */
export function oneOf<T>(all: readonly T[], prefix: string, bodyOf: (one: T) => CredentialBody): T {
  const found = all.filter((one) =>
    idText('credential', credentialDigest(bodyOf(one))).startsWith(prefix),
  );
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw new DsmError('not-found', `no credential "${prefix}"`);
  throw new DsmError('ambiguous', `several credentials start with "${prefix}"`);
}

/** A key that is used for one credential, counted before it is told. */
export function isOwnKey({ model, keys }: Engine, key: Uint8Array): KeyPair | undefined {
  const { suite } = model.device;
  for (let n = 0; n < model.row.issued; n++) {
    const pair = keys.issuer(n);
    if (equal(keyDigest(suite, pair.publicKey), key)) return pair;
  }
  return undefined;
}
