/**
 * Shared state: one order of the acts of two lanes, the same on both devices.
 *
 *     low lane    a1 ── a2 ──────────── a3           a2 crossed b1 and b2: neither author knew of
 *                   ╲                 ╱              the other's
 *     high lane      ╰── b1 ── b2 ───╯
 *
 *     order       a1 a2 b1 b2 a3,  or a1 b1 a2 b2 a3,  or a1 b1 b2 a2 a3
 *
 * Every entry says which head of the other lane its author had absorbed, so of two acts either one
 * author knew the other's, and that one comes first, or neither did. The order is that of a merge of
 * the two lanes: whichever next act rests on nothing that is still to come; if both do, the bit of
 * H_app-order( low head ‖ high head ) says whether the lower device's comes first. Neither author
 * chooses that bit before it has seen the other's act, so neither device is favoured.
 *
 * A new act is always the last of its lane. So it is put somewhere among the acts that it is
 * concurrent with, moves none of the others, and only those behind it are reduced again. What no new
 * act can come before is settled, and only its last state is kept.
 */

import { hash } from '@dsm/primitive';
import { reduced, type Act, type App, type Reduced } from './app.ts';

export interface Timeline<State> {
  /** The state after everything that is settled. */
  readonly settled: State;
  /** Index of the last settled act of each lane, the lower device's first. */
  readonly until: readonly [low: number, high: number];
  /** What a late act may still come before, in order, each with the state after it. */
  readonly tail: readonly Placed<State>[];
}

export interface Placed<State> extends Reduced<State> {
  readonly act: Act;
}

/** Nothing yet, after the acts that `settled` is the state of. */
export function timeline<State>(
  settled: State,
  until: Timeline<State>['until'] = [0, 0],
): Timeline<State> {
  return { settled, until, tail: [] };
}

export function stateOf<State>({ settled, tail }: Timeline<State>): State {
  return tail.length === 0 ? settled : tail.at(-1)!.state;
}

/** The timeline with further acts, given in an order in which a device may have learned them. */
export function extended<State, Operation extends {}>(
  app: App<State, Operation>,
  before: Timeline<State>,
  acts: readonly Act[],
): Timeline<State> {
  const order = before.tail.map(({ act }) => act);
  let kept = order.length;
  for (const act of acts) {
    const at = placeOf(order, before.until, act);
    order.splice(at, 0, act);
    kept = Math.min(kept, at);
  }
  const tail = before.tail.slice(0, kept);
  let state = kept === 0 ? before.settled : tail[kept - 1]!.state;
  for (const act of order.slice(kept)) {
    const after = reduced(app, state, act);
    ({ state } = after);
    tail.push({ act, ...after });
  }
  return { ...before, tail };
}

/** Where the newest act of its lane stands among the others. */
function placeOf(order: readonly Act[], until: Timeline<unknown>['until'], act: Act): number {
  let first = order.length;
  while (first > 0 && isConcurrent(order[first - 1]!, act)) first -= 1;
  const last = order.findLast(({ side }) => side === act.side)?.index ?? until[act.side];
  if (act.index <= last) throw new RangeError('an act of a lane comes after the acts before it');
  const at = order.slice(first).findIndex((other) => comesFirst(act, other));
  return at < 0 ? order.length : first + at;
}

function isConcurrent(earlier: Act, late: Act): boolean {
  if (earlier.side === late.side) return false;
  if (earlier.after >= late.index) throw new RangeError('an act comes after what it rests on');
  return earlier.index > late.after;
}

/** Of two concurrent acts: a coin that neither author holds. */
function comesFirst(act: Act, other: Act): boolean {
  const [low, high] = act.side === 0 ? [act, other] : [other, act];
  const coin = hash('app-order', low.head, high.head)[0]! & 1;
  return coin === act.side;
}

/**
 * The author on `side` has shown that it had absorbed the other lane up to `after`, and all its acts
 * are here. Whatever it says next comes behind all of that.
 */
export function settledBy<State>(
  before: Timeline<State>,
  side: Act['side'],
  after: number,
): Timeline<State> {
  const { tail } = before;
  const last = tail.findLastIndex(({ act }) => act.side === side || act.index <= after);
  if (last < 0) return before;
  const until: [number, number] = [...before.until];
  for (const { act } of tail.slice(0, last + 1)) until[act.side] = act.index;
  return { settled: tail[last]!.state, until, tail: tail.slice(last + 1) };
}

/** Acts of both lanes, each in the order of its lane, so that none comes before what it rests on. */
export function inCausalOrder(low: readonly Act[], high: readonly Act[]): readonly Act[] {
  const order: Act[] = [];
  for (let [i, j] = [0, 0]; i < low.length || j < high.length;) {
    const [a, b] = [low[i], high[j]];
    if (a !== undefined && (b === undefined || b.index > a.after)) {
      order.push(a);
      i += 1;
    } else if (b !== undefined && (a === undefined || a.index > b.after)) {
      order.push(b);
      j += 1;
    } else throw new RangeError('two acts rest on each other');
  }
  return order;
}
