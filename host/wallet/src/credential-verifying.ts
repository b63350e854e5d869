/**
 * Verifying: what the bytes show, then what the nodes know of it.
 *
 * The bytes are judged without anybody (`checkPresentation`). Revocation, the issuer's chain and later cards
 * are asked of the nodes; a verifier without a network is told what was not asked.
 */

import {
  checkPresentation,
  deviceIn,
  isRevokedBy,
  presentation as presentationObject,
  presentationRefusals,
  revocationPlace,
  type Presented,
} from '@dsm/identity';
import {
  card as cardObject,
  certificate,
  equal,
  generationPlace,
  incarnationPlace,
  keyOf,
  type Card,
  type SlotPlace,
} from '@dsm/primitive';
import type { Policy } from '@dsm/protocols';
import type { Revocation, VerifiedCredential, VerifyOptions } from './credential-api.ts';
import { attributesTo, schemaFrom } from './credential-attributes.ts';
import { anchorOfSerial, readChallenge } from './credential-holding.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { learnIssues } from './issuer-chain.ts';
import { hasCardLeft } from './belonging.ts';
import { idText } from './text.ts';
import { tokenOf } from './tokens.ts';

export async function verifyPresentation(
  engine: Engine,
  bytes: Uint8Array,
  asked: Uint8Array,
  options: VerifyOptions = {},
): Promise<VerifiedCredential> {
  const { nonce, audience, wanted } = readChallenge(engine, asked);
  if (wanted === undefined) throw new DsmError('usage', 'this challenge asks for a login');
  const { rules } = await tokenOf(engine, wanted.token);
  const known = knownCard(engine, bytes);
  const checked = checkPresentation(bytes, {
    policy: rules,
    nonce,
    audience,
    names: wanted.names,
    registries: engine.registries,
    ...(options.schema && { schema: schemaFrom(options.schema) }),
    ...(known && { card: known }),
  });
  if (!checked.ok) {
    const { refusal } = checked;
    const sentence = Object.hasOwn(presentationRefusals, refusal)
      ? presentationRefusals[refusal as keyof typeof presentationRefusals]
      : `the bytes are no presentation: ${refusal}`;
    throw new DsmError('refused', sentence);
  }
  return withNodes(engine, checked.value, rules, options);
}

/** The newest card that is known of the device that is shown: its keys alone present it. */
function knownCard({ model }: Engine, bytes: Uint8Array): Card | undefined {
  const decoded = presentationObject.decode(bytes);
  if (!decoded.ok) return undefined;
  const device = deviceIn(decoded.value.said.shown.map(({ attribute }) => attribute));
  if (device === undefined) return undefined;
  if (equal(device, model.device.id)) return model.card;
  const row = model.contacts.get(keyOf(device));
  const card = row === undefined ? undefined : cardObject.decode(row.card);
  return card?.ok === true ? card.value : undefined;
}

async function withNodes(
  engine: Engine,
  shown: Presented,
  policy: Policy,
  { online = false, revocations = [] }: VerifyOptions,
): Promise<VerifiedCredential> {
  if (shown.card !== undefined && hasCardLeft(engine.model, shown.card)) {
    throw new DsmError('refused', 'the device does not belong to its owner any more');
  }
  const revocation = await revocationOf(engine, shown, revocations);
  const card = await cardStands(engine, shown.card);
  if (revocation.state === 'revoked') {
    throw new DsmError('refused', 'the issuer has revoked this credential');
  }
  if (card === 'replaced') {
    throw new DsmError(
      'refused',
      'the device has a later card: it was restored, or changed its keys',
    );
  }
  if (online && (revocation.state === 'not-checked' || card === 'not-checked')) {
    throw new DsmError('offline', 'too few nodes answer to see whether this was revoked');
  }
  const { device, issued, attributes, hiddenMax, holder, issuerKey } = shown;
  return {
    id: idText('credential', shown.credential),
    token: idText('token', shown.body.token),
    ticker: policy.ticker,
    issuer: idText('issuer', issuerKey),
    attributes: attributesTo(attributes),
    hiddenMax,
    holder,
    device: device && idText('device', device),
    serial: issued?.serial,
    issuance: await issuanceOfShown(engine, shown),
    revocation,
    card,
  };
}

/** Whether one of these certificates shows it. */
function isTold(
  { registries }: Engine,
  { body, issuerKey }: Presented,
  told: readonly Uint8Array[],
): boolean {
  return told.some((bytes) => {
    const decoded = certificate.decode(bytes);
    return decoded.ok && isRevokedBy(decoded.value, body, issuerKey, registries);
  });
}

async function revocationOf(
  engine: Engine,
  shown: Presented,
  told: readonly Uint8Array[],
): Promise<Revocation> {
  if (isTold(engine, shown, told)) return { state: 'revoked' };
  const reading = await quietly(engine, revocationPlace(shown.issuerKey, shown.body));
  switch (reading.type) {
    case 'free':
      return { state: 'free', answers: reading.answers };
    // A value needs no quorum: the issuer alone can have signed it.
    case 'voted':
      return { state: 'revoked' };
    case 'undecided':
      return { state: 'not-checked' };
  }
}

/** Whether the slots of the next keys of the device are free. */
async function cardStands(
  engine: Engine,
  card: Card | undefined,
): Promise<VerifiedCredential['card']> {
  if (card === undefined) return 'none';
  const { body } = card;
  const next = [
    incarnationPlace(body, body.incarnation + 1),
    generationPlace(body, body.generation + 1),
  ];
  const readings = await Promise.all(next.map((place) => quietly(engine, place)));
  if (readings.some(({ type }) => type === 'voted')) return 'replaced';
  return readings.every(({ type }) => type === 'free') ? 'current' : 'not-checked';
}

/** Nodes that are not there are no answer, and no reason to stop. */
async function quietly(
  { quorum }: Engine,
  place: SlotPlace,
): ReturnType<Engine['quorum']['readSlot']> {
  return quorum.readSlot(place).catch(() => ({ type: 'undecided', answers: 0 }) as const);
}

/** The issuer's chain is followed only for a token that this wallet knows. */
async function issuanceOfShown(
  engine: Engine,
  { issued, body }: Presented,
): Promise<VerifiedCredential['issuance']> {
  if (issued === undefined) return 'not-shown';
  if (!engine.model.tokens.has(keyOf(body.token))) return 'not-checked';
  await learnIssues(engine, body.token).catch(() => undefined);
  const found = await anchorOfSerial(engine, body.token, issued.serial);
  if (found === undefined) return 'not-checked';
  if (found.anchor !== undefined && equal(found.anchor, issued.anchor)) return 'certified';
  throw new DsmError('refused', 'the issuer’s chain names another credential under this serial');
}
