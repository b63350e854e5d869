/**
 * Login: "this is the device, it has its working key, and it was asked by you, now".
 *
 *     login   nonce ‖ audience ‖ card ‖ option( membership ) ‖ signature
 *             by the card’s working key over H_login( nonce ‖ audience ‖ card digest ‖ membership )
 *
 * The card says which device, and the membership shows the genesis that it belongs to: both name
 * each other, or it is none. Whether the card and the membership are the newest is known to the
 * nodes, and to whoever has seen later ones.
 */

import {
  bytes32,
  card as cardObject,
  cardDevice,
  cardDigest,
  checkCard,
  encodeWith,
  equal,
  hash,
  kinds,
  limits,
  object,
  option,
  struct,
  text,
  variable,
  verifyWorking,
  type Card,
  type CodecRefusal,
  type Coder,
  type Obj,
  type Registries,
} from '@dsm/primitive';
import { audienceBytesMax, type Challenge } from './challenge.ts';
import { isBefore, type Generation } from './generation.ts';
import { genesisId } from './genesis.ts';
import { checkMembership, membership, type Member, type Membership } from './membership.ts';
import { judgePin, type Pinned } from './pin.ts';
import type { TreeHead } from './tree-chain.ts';

export interface Login {
  readonly nonce: Uint8Array;
  readonly audience: string;
  readonly card: Card;
  readonly membership: Membership | undefined;
  readonly signature: Uint8Array;
}

export const login: Obj<Login> = object(
  kinds.login,
  1_048_576,
  struct<Login>({
    nonce: bytes32,
    audience: text(audienceBytesMax),
    card: cardObject,
    membership: option(membership),
    signature: variable(limits.signatureBytesMax),
  }),
);

type LoginWords = Omit<Login, 'signature'>;

const words: Coder<Omit<LoginWords, 'card'> & { readonly cardDigest: Uint8Array }> = struct({
  nonce: bytes32,
  audience: text(audienceBytesMax),
  cardDigest: bytes32,
  membership: option(membership),
});

/** What the device signs. */
export function loginDigest({ nonce, audience, card, membership: shown }: LoginWords): Uint8Array {
  const fields = { nonce, audience, cardDigest: cardDigest(card.body), membership: shown };
  return hash('login', encodeWith(words, fields));
}

export const loginRefusals = {
  nonce: 'it answers another challenge, or an earlier one',
  audience: 'it was made for somebody else',
  card: 'the card does not hold, or is of another network',
  membership: 'what it shows of its identity does not hold, or is not of this device and its card',
  overtaken: 'a later state of its identity is known than it shows',
  retired: 'the device has a later card, or does not belong to its identity any more',
  signature: 'the signature does not hold',
} as const;

export type LoginRefusal = keyof typeof loginRefusals | CodecRefusal;

/** What a server holds an answer against. */
export interface ExpectedLogin extends Omit<Challenge, 'wanted'> {
  /** Without any, only cards of the first incarnation are taken, and no membership is. */
  readonly registries?: Registries;
  /** The latest card that is known of a device. */
  readonly latest?: (device: Uint8Array) => Generation | undefined;
  /** The newest state that is known of an identity. */
  readonly pinned?: (genesis: Uint8Array) => Pinned | undefined;
}

export interface LoggedIn {
  readonly device: Uint8Array;
  readonly card: Card;
  /** The identity that the device belongs to, and its state to be pinned, if that was shown. */
  readonly identity: ShownIdentity | undefined;
}

export interface ShownIdentity {
  readonly genesis: Uint8Array;
  readonly state: Pinned;
  /** Where the tree stood: a value in its next slot is a later state. */
  readonly head: TreeHead;
}

export type CheckedLogin =
  | { readonly ok: true; readonly value: LoggedIn }
  | { readonly ok: false; readonly refusal: LoginRefusal };

/** Judge the answer to a challenge. That a nonce serves once is for whoever drew it to see to. */
export function checkLogin(bytes: Uint8Array, expected: ExpectedLogin): CheckedLogin {
  const decoded = login.decode(bytes);
  if (!decoded.ok) return decoded;
  const said = decoded.value;
  const { card } = said;
  const refused = (refusal: LoginRefusal): CheckedLogin => ({ ok: false, refusal });
  const early = wordsRefusal(said, expected) ?? cardRefusal(card, expected);
  if (early !== undefined) return refused(early);
  const identity = identityOf(said, expected);
  if (typeof identity === 'string') return refused(identity);
  const { suite, workingKey } = card.body;
  const digest = loginDigest(said);
  const { network } = expected;
  if (!verifyWorking(kinds.login, suite, network, workingKey, digest, said.signature)) {
    return refused('signature');
  }
  return { ok: true, value: { device: cardDevice(card), card, identity } };
}

function wordsRefusal(said: Login, expected: ExpectedLogin): LoginRefusal | undefined {
  if (!equal(said.nonce, expected.nonce)) return 'nonce';
  return said.audience === expected.audience ? undefined : 'audience';
}

function cardRefusal(card: Card, expected: ExpectedLogin): LoginRefusal | undefined {
  const { network, registries, latest } = expected;
  if (isBefore(card.body, latest?.(cardDevice(card)))) return 'retired';
  return checkCard(card, network, registries) === undefined ? undefined : 'card';
}

/** Whose device it is, nothing if that is not shown, or what is wrong with what is shown. */
function identityOf(
  { card, membership: shown }: Login,
  { network, registries, pinned }: ExpectedLogin,
): ShownIdentity | LoginRefusal | undefined {
  if (shown === undefined) return undefined;
  const genesis = genesisId(shown.genesis);
  const named = card.body.genesis;
  if (registries === undefined || named === undefined || !equal(named, genesis)) {
    return 'membership';
  }
  const checked = checkMembership(shown, network, registries);
  if (!checked.ok) return 'membership';
  const state = stateOf(checked.member);
  const answer = judgePin(pinned?.(genesis), state);
  if (answer === 'older' || answer === 'beside') return 'overtaken';
  const device = cardDevice(card);
  const status = shown.devices.find((one) => equal(one.device, device))?.status;
  if (status === undefined) return 'membership';
  return status.type === 'alive' ? { genesis, state, head: checked.member.head } : 'retired';
}

function stateOf({ head, rotations }: Member): Pinned {
  return { newest: { seq: head.seq, digest: head.digest }, rotations };
}
