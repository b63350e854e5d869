/**
 * A desk at which devices log in: draws challenges, lets each serve once, and judges the answers.
 *
 * A nonce is forgotten with its first answer, right or wrong, and when it is old: how old is this
 * desk's own affair. Of each device the latest card is remembered, of each identity the newest state;
 * the nodes are asked whether there is a later card. Who wants that to outlive the process, or several
 * processes, keeps `nonces` and `seen` elsewhere.
 */

import {
  challenge as challengeObject,
  checkLogin,
  isBefore,
  login as loginObject,
  loginRefusals,
  treePlace,
  type Generation,
  type LoggedIn,
  type Pinned,
  type TreeHead,
} from '@dsm/identity';
import {
  bindingLevels,
  generationPlace,
  incarnationPlace,
  keyOf,
  registriesOf,
  type SlotPlace,
} from '@dsm/primitive';
import type { Clock, Entropy } from '@dsm/ports';
import type { Network } from './api.ts';
import { DsmError } from './errors.ts';
import { networkId } from './open.ts';
import { quorum } from './quorum.ts';
import { idText } from './text.ts';

export interface LoginDeskOptions {
  readonly network: Network;
  /** The origin of the server: `https://shop.example`. */
  readonly audience: string;
  /** How long a challenge serves, in milliseconds: two minutes unless said otherwise. */
  readonly lifetimeMs?: number;
  /** True to refuse a device whose card the nodes cannot be asked about. */
  readonly online?: boolean;
  readonly clock?: Clock;
  readonly entropy?: Entropy;
}

/** Who has logged in. */
export interface Visitor {
  /** `dev1…`: the same at every server. */
  readonly device: string;
  /** What its owner calls it: a claim. */
  readonly name: string;
  /** `gen1…`, the identity that it belongs to, if that was shown. */
  readonly identity: string | undefined;
  /** What its keys are said to be bound to: a claim. */
  readonly binding: (typeof bindingLevels)[number];
  /** `current` if the nodes show no later card. */
  readonly card: 'current' | 'not-checked';
}

export interface LoginDesk {
  /** A fresh challenge, as bytes for the device. */
  readonly challenge: () => Uint8Array;
  /** Throws `refused` with the reason, and `offline` if the nodes had to be asked and do not answer. */
  readonly answer: (bytes: Uint8Array) => Promise<Visitor>;
}

/** Challenges and devices that are remembered; the oldest make room. */
const noncesMax = 10_000;
const seenMax = 100_000;

export function loginDesk(options: LoginDeskOptions): LoginDesk {
  const { network, audience, lifetimeMs = 120_000, online = false } = options;
  const { clock = { now: () => Date.now() }, entropy = { bytes: drawn } } = options;
  const id = networkId(network.name);
  const nonces = new Map<string, { readonly nonce: Uint8Array; readonly drawnAt: number }>();
  const latest = new Map<string, Generation>();
  const pins = new Map<string, Pinned>();
  const remember = ({ device, card, identity }: LoggedIn): void => {
    if (!isBefore(card.body, latest.get(keyOf(device)))) put(latest, keyOf(device), card.body);
    if (identity !== undefined) put(pins, keyOf(identity.genesis), identity.state);
  };
  return {
    challenge: () => {
      const nonce = entropy.bytes(32);
      put(nonces, keyOf(nonce), { nonce, drawnAt: clock.now() }, noncesMax);
      return challengeObject.encode({ network: id, nonce, audience, wanted: undefined });
    },
    answer: async (bytes) => {
      const decoded = loginObject.decode(bytes);
      if (!decoded.ok) throw refused(`the bytes are no answer: ${decoded.refusal}`);
      const drawn = nonces.get(keyOf(decoded.value.nonce));
      nonces.delete(keyOf(decoded.value.nonce));
      if (drawn === undefined || clock.now() - drawn.drawnAt > lifetimeMs) {
        throw refused('this challenge was not drawn here, was answered before, or is too old');
      }
      const checked = checkLogin(bytes, {
        network: id,
        nonce: drawn.nonce,
        audience,
        registries: registriesOf(network.registry),
        latest: (device) => latest.get(keyOf(device)),
        pinned: (genesis) => pins.get(keyOf(genesis)),
      });
      if (!checked.ok) throw refused(sentenceOf(checked.refusal));
      const card = await cardStands(network, checked.value);
      if (card === 'replaced') throw refused(loginRefusals.retired);
      if (card === 'overtaken') throw refused(loginRefusals.overtaken);
      if (card === 'not-checked' && online) {
        throw new DsmError('offline', 'too few nodes answer to see whether there is a later card');
      }
      remember(checked.value);
      return visitorOf(checked.value, card);
    },
  };
}

function visitorOf({ device, card, identity }: LoggedIn, stands: Visitor['card']): Visitor {
  return {
    device: idText('device', device),
    name: card.body.name,
    identity: identity && idText('identity', identity.genesis),
    binding: bindingLevels[card.body.binding.level],
    card: stands,
  };
}

/** Whether the slots of the next keys are free, and that of the next state of the identity. */
async function cardStands(
  { registry, nodes }: Network,
  { card: { body }, identity }: LoggedIn,
): Promise<Visitor['card'] | 'replaced' | 'overtaken'> {
  const { readSlot } = quorum(registry, nodes);
  const read = async (place: SlotPlace): Promise<string> =>
    readSlot(place).then(
      ({ type }) => type,
      () => 'undecided',
    );
  const [incarnation, generation, tree] = await Promise.all([
    read(incarnationPlace(body, body.incarnation + 1)),
    read(generationPlace(body, body.generation + 1)),
    identity === undefined ? 'free' : read(nextTreePlace(identity.head)),
  ]);
  if (incarnation === 'voted' || generation === 'voted') return 'replaced';
  if (tree === 'voted') return 'overtaken';
  const free = [incarnation, generation, tree].every((type) => type === 'free');
  return free ? 'current' : 'not-checked';
}

function nextTreePlace({ genesis, seq, authority }: TreeHead): SlotPlace {
  return treePlace(genesis, seq + 1, authority);
}

function sentenceOf(refusal: string): string {
  return Object.hasOwn(loginRefusals, refusal)
    ? loginRefusals[refusal as keyof typeof loginRefusals]
    : `the bytes are no answer: ${refusal}`;
}

function refused(sentence: string): DsmError {
  return new DsmError('refused', sentence);
}

/** The newest stand last; the oldest goes. */
function put<T>(map: Map<string, T>, key: string, value: T, most: number = seenMax): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}

function drawn(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}
