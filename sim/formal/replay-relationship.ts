/**
 * The model `relationship` on the shipped core: two devices that trade, each with its disk, and a
 * third that cheats. The network is the set of messages that were said and not lost; what they are
 * about is read from their bytes.
 */

import {
  step,
  type Effect,
  type Event,
  type Message,
  type State,
  type Trade,
} from '@dsm/bilateral';
import { consentDigest, entry, equal, isZero, keyOf, kinds, nextHead } from '@dsm/primitive';
import { decodeOperation } from '@dsm/protocols';
import {
  knowingNothing,
  memo,
  openCheat,
  shownTo,
  viewOfCheat,
  type Cheat,
  type Knowing,
} from './cheat.ts';
import { setOf, textOf, type Act, type Fields, type Value } from './itf.ts';
import {
  keptAbsorbed,
  keptAppended,
  opened,
  person,
  sent,
  signedAs,
  signedBy,
  worldOf,
  type Kept,
  type Person,
} from './party.ts';
import { bijection, Unlike, type Bijection, type Live, type Replayer } from './replay.ts';

type Name = 'a' | 'b';
const otherOf = (name: Name): Name => (name === 'a' ? 'b' : 'a');

/** A device of the pair: what it thinks, what is on its disk, what it knows of the cheat. */
interface Side {
  readonly state: State;
  readonly disk: { readonly kept: Kept; readonly trade: Trade };
  readonly cheat: Knowing;
  readonly proposed: number;
  readonly answer: string;
}

interface Scene {
  readonly cheat: Cheat;
  readonly persons: Readonly<Record<Name, Person>>;
  readonly start: Readonly<Record<Name, Side>>;
  /** By head: the lane that leads to it, as the model writes it. */
  readonly lanes: Map<string, readonly Value[]>;
  readonly roots: Bijection;
  readonly leaves: Bijection;
}

/** What traces must meet: every action of the model and every answer that it gives. */
const must = [
  'proposed',
  'delivered',
  'awaited',
  'disliked',
  'lost',
  'crashed',
  'cancelled',
  'sent',
  'cheated',
  'answer accepted',
  'answer acked',
  'answer already-accepted',
  'answer bricked',
  'answer busy',
  'answer cancelled',
  'answer commit',
  'answer consent',
  'answer early',
  'answer fork',
  'answer ignored',
  'answer offer',
  'answer refuse',
  'answer sent',
  'answer taste',
  'answer too-late',
];

export function relationshipReplayer(): Replayer {
  const cheat = openCheat();
  const persons = { a: person('a'), b: person('b') };
  const start = { a: openSide('a', persons, cheat), b: openSide('b', persons, cheat) };
  const lanes = new Map<string, readonly Value[]>(
    [start.a, start.b].map(({ state }) => [keyOf(state.on.mine.start), []]),
  );
  const scene: Scene = {
    cheat,
    persons,
    start,
    lanes,
    roots: bijection('root'),
    leaves: bijection('leaf'),
  };
  return { model: 'relationship', ghosts: ['ever'], must, open: () => live(scene) };
}

function openSide(name: Name, persons: Scene['persons'], cheat: Cheat): Side {
  const kept = opened(persons[name], [persons[otherOf(name)], cheat.who]);
  const trade: Trade = { at: 'idle' };
  const { on } = kept.edges[otherOf(name)]!;
  return {
    state: { me: kept.device, on, trade },
    disk: { kept, trade },
    cheat: knowingNothing(kept),
    proposed: 0,
    answer: '',
  };
}

function live(scene: Scene): Live {
  const sides = { ...scene.start };
  const net = new Map<string, Message>();
  const turn = (name: Name, event: Event): void => {
    sides[name] = turned(scene, sides[name], name, event, (said) => {
      net.set(textOf(nameOf(scene, sides, name, said)), said);
    });
  };
  const propose = (name: Name): void => {
    const { state, proposed } = sides[name];
    const isFree = state.trade.at === 'idle';
    const operations = [memo(`op ${proposed + 1}`)];
    if (isFree) sides[name] = { ...sides[name], proposed: proposed + 1 };
    turn(name, { type: 'propose', operations });
  };
  const deliver = (what: Fields, isLiked: boolean): void => {
    const { from: author } = what as { readonly from: Name };
    const to = otherOf(author);
    const said = net.get(textOf(what));
    if (said === undefined) throw new Unlike(`${textOf(what)} was never said`);
    const event = eventOf(said, isLiked);
    if (event === undefined) sides[to] = { ...sides[to], answer: 'ignored' };
    else turn(to, event);
  };
  const send = (name: Name): void => {
    const { proposed, disk, state } = sides[name];
    const operation = memo(`alone ${proposed + 1}`);
    const { kept, claim } = sent(scene.persons[name], disk.kept, otherOf(name), operation);
    const said: Message = { type: 'commit', ...claim, countersignature: undefined };
    net.set(textOf(nameOf(scene, sides, name, said)), said);
    const { on } = kept.edges[otherOf(name)]!;
    sides[name] = {
      ...withKept(sides[name], kept),
      state: { ...state, me: kept.device, on },
      proposed: proposed + 1,
      answer: 'sent',
    };
  };
  const crash = (name: Name): void => {
    const { disk } = sides[name];
    const { on } = disk.kept.edges[otherOf(name)]!;
    sides[name] = { ...sides[name], state: { me: disk.kept.device, on, trade: disk.trade } };
    turn(name, { type: 'resume' });
  };
  const deceive = (moves: Value): void => {
    const name = (moves as readonly Fields[]).at(-1)!['to'] as Name;
    const side = sides[name];
    const cheat = shownTo(scene.cheat, side.cheat, moves, 'none');
    const state = { ...side.state, me: cheat.kept.device };
    sides[name] = { ...withKept(side, cheat.kept), state, cheat, answer: cheat.answer };
  };
  return {
    act: ({ name, picks }: Act) => {
      const at = picks['at'] as Name;
      const what = picks['what'] as Fields;
      if (name === 'proposed') propose(at);
      else if (name === 'delivered' || name === 'awaited') deliver(what, true);
      else if (name === 'disliked') deliver(what, false);
      else if (name === 'lost') net.delete(textOf(what));
      else if (name === 'crashed') crash(at);
      else if (name === 'cancelled') turn(at, { type: 'cancel' });
      else if (name === 'sent') send(at);
      else if (name === 'cheated') deceive(picks['moves']!);
      else throw new RangeError(`the model relationship has no action ${name}`);
    },
    view: () => viewOf(scene, sides, net),
  };
}

function withKept(side: Side, kept: Kept): Side {
  return { ...side, disk: { ...side.disk, kept }, cheat: { ...side.cheat, kept } };
}

/** One event, its effects in their order, and what was asked to be signed at once. */
function turned(
  scene: Scene,
  from: Side,
  name: Name,
  event: Event,
  say: (said: Message) => void,
): Side {
  const { state, effects } = step(from.state, event, worldOf(from.disk.kept));
  let side: Side = { ...from, state, answer: 'ignored' };
  const later: Event[] = [];
  for (const effect of effects) {
    if (effect.do === 'send') say(effect.message);
    else if (effect.do === 'sign-step' || effect.do === 'sign-consent') {
      later.push(signed(scene.persons[name], effect));
    } else if (effect.do === 'tell') side = { ...side, answer: toldAs(effect.outcome) };
    else side = persisted(side, name, effect);
  }
  // A refusal by taste tells its own wallet nothing.
  if (effects.length === 1 && effects[0]!.do === 'send') side = { ...side, answer: 'refuse' };
  for (const next of later) {
    const before = side.answer;
    side = turned(scene, side, name, next, say);
    if (next.type === 'consent-signed') side = { ...side, answer: 'consent' };
    else if (before === 'accepted') side = { ...side, answer: before };
  }
  return side;
}

function signed(
  by: Person,
  effect: Extract<Effect, { readonly do: 'sign-step' | 'sign-consent' }>,
): Event {
  if (effect.do === 'sign-step') {
    const { step: taken, slots, statement } = effect.run;
    return { type: 'step-signed', statement, signed: signedBy(by, taken, slots) };
  }
  const { consent } = effect;
  const signature = signedAs(by.working, kinds.countersignature, consentDigest(consent));
  return { type: 'consent-signed', consent, signature };
}

function persisted(
  side: Side,
  name: Name,
  effect: Extract<Effect, { do: 'persist-appended' | 'persist-absorbed' | 'persist-acked' }>,
): Side {
  const { kept, trade } = side.disk;
  const peer = otherOf(name);
  if (effect.do === 'persist-absorbed') {
    return withKept(side, keptAbsorbed(kept, peer, effect.change));
  }
  if (effect.do === 'persist-appended') {
    const next = withKept(side, keptAppended(kept, peer, effect.change));
    const committing: Trade = { at: 'committing', run: effect.run, again: true };
    return { ...next, disk: { ...next.disk, trade: committing } };
  }
  const isOurs = trade.at === 'committing' && equal(trade.run.heads.at(-1)!, effect.head);
  return isOurs ? { ...side, disk: { kept, trade: { at: 'idle' } } } : side;
}

/** What the wallet is told, in the words of the model. */
function toldAs(outcome: Extract<Effect, { do: 'tell' }>['outcome']): string {
  switch (outcome.type) {
    case 'offered':
      return 'offer';
    case 'committed':
      return 'commit';
    case 'received':
      return 'accepted';
    case 'repeated':
      return 'already-accepted';
    case 'declined':
      return outcome.code;
    case 'unaccepted': {
      const { verdict } = outcome;
      if (verdict.type === 'refused') return verdict.refusal;
      return verdict.type === 'pending' ? verdict.pending : verdict.type;
    }
    case 'acked':
    case 'cancelled':
      return outcome.type;
  }
}

function eventOf(said: Message, isLiked: boolean): Event | undefined {
  if (said.type === 'offer') {
    const standing = isLiked ? 'taken' : ({ code: 'taste', why: 'not liked' } as const);
    return { type: 'offer', offer: said, standing };
  }
  if (said.type === 'consent') return { type: 'consent', consent: said };
  if (said.type === 'refuse') return { type: 'refuse', refuse: said };
  if (said.type === 'commit') return { type: 'commit', commit: said };
  return said.type === 'ack' ? { type: 'ack', ack: said } : undefined;
}

/** A message as the model names it, from its bytes alone. */
function nameOf(scene: Scene, sides: Record<Name, Side>, from: Name, said: Message): Fields {
  const kind = said.type;
  const named = (head: Value, seq = 0, code = ''): Fields => ({ kind, from, head, code, seq });
  const laneOf = (head: Uint8Array): Value =>
    isZero(head) ? [] : (scene.lanes.get(keyOf(head)) ?? 'unknown head');
  const { on, mine } = sides[from].disk.kept.edges[otherOf(from)]!;
  if (said.type === 'offer') {
    return named(learned(scene, from, on.mine.head, said.entries), said.seq);
  }
  if (said.type === 'commit') {
    const { cause, seq } = said.signed.step;
    if (cause.type !== 'append') throw new Unlike('a commit that appends nothing');
    // The run may be of before: it goes on from the head before its index.
    learned(scene, from, mine[cause.index - 1] ?? on.mine.head, said.entries);
    return named(laneOf(cause.head), seq);
  }
  if (said.type === 'consent') return named(laneOf(said.countersignature.consent.head));
  if (said.type === 'refuse') return named(laneOf(said.head), 0, said.code);
  if (said.type === 'ack') return named(laneOf(said.head));
  if (said.type !== 'absorbed') throw new Unlike(`a trade does not say ${said.type}`);
  const { cause, seq } = said.signed.step;
  return named(cause.type === 'absorb' ? laneOf(cause.head) : 'no absorption', seq);
}

/** The lane after these entries, read from their bytes, under the head that they lead to. */
function learned(
  scene: Scene,
  by: Name,
  before: Uint8Array,
  entries: readonly Uint8Array[],
): Value {
  let lane = scene.lanes.get(keyOf(before)) ?? [];
  let head = before;
  for (const bytes of entries) {
    const decoded = entry.decode(bytes);
    if (!decoded.ok) throw new Unlike('an entry that does not decode');
    head = nextHead(head, bytes);
    const operation = decodeOperation(decoded.value.operation);
    const text = typeof operation === 'object' && operation.type === 'memo' ? operation.text : '';
    const [word, number] = text.split(' ');
    const seen = scene.lanes.get(keyOf(decoded.value.absorbed))?.length ?? -1;
    lane = [...lane, { by, op: Number(number), seen, alone: word === 'alone' }];
    scene.lanes.set(keyOf(head), lane);
  }
  return lane;
}

function viewOf(
  scene: Scene,
  sides: Record<Name, Side>,
  net: ReadonlyMap<string, unknown>,
): Fields {
  const views = (['a', 'b'] as const).map((name) => [name, viewOfSide(scene, sides[name], name)]);
  return {
    sides: Object.fromEntries(views) as Fields,
    net: setOf([...net.keys()].map((text) => JSON.parse(text) as Value)),
  };
}

function leafOf(kept: Kept, peer: Name): string {
  const { key } = kept.edges[peer]!.on;
  const leaf = kept.leaves.get(keyOf(key))?.value;
  return leaf === undefined || leaf === null ? '' : keyOf(leaf);
}

function viewOfSide(scene: Scene, side: Side, name: Name): Fields {
  const { state, disk, proposed, answer } = side;
  const { on } = disk.kept.edges[otherOf(name)]!;
  const isKept =
    equal(on.mine.head, state.on.mine.head) &&
    equal(on.theirs.head, state.on.theirs.head) &&
    equal(disk.kept.device.previous, state.me.previous);
  if (!isKept) throw new Unlike('a device is ahead of its disk, or behind it');
  const laneOf = (head: Uint8Array): readonly Value[] =>
    scene.lanes.get(keyOf(head)) ?? ['unknown head'];
  const { trade } = state;
  const [own, peer] = [laneOf(on.mine.head), laneOf(on.theirs.head)];
  const cheat = viewOfCheat(scene.cheat, side.cheat);
  // Both name the leaf of their relationship by the same two lanes: equal views, equal leaves.
  const meaning = textOf(name === 'a' ? [own, peer] : [peer, own]);
  scene.leaves.note(meaning, leafOf(disk.kept, otherOf(name)));
  const others = textOf(cheat['lane']!);
  const beside = others === '[]' ? '' : `${name} ${others}`;
  scene.roots.note(`${meaning} ${beside}`, keyOf(disk.kept.device.root));
  return {
    own,
    peer,
    phase: trade.at,
    head: laneOfTrade(trade, laneOf),
    proposed,
    seq: state.me.seq,
    cheat,
    answer,
  };
}

function laneOfTrade(
  trade: Trade,
  laneOf: (head: Uint8Array) => readonly Value[],
): readonly Value[] {
  if (trade.at === 'idle') return [];
  return laneOf(trade.at === 'offered' ? trade.head : trade.run.heads.at(-1)!);
}
