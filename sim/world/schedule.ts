/**
 * The scheduler of seed 000, definition 9: everything that is under way lies in one queue, and the
 * seed picks what completes next. Nothing else makes anything happen.
 *
 * An event belongs to a life: one process from its start to its crash. What a dead one asked for
 * never comes; what a paused one asked for waits. Time is the number of picks: a timer of the host's
 * code is due so many picks later, or as soon as nothing else is left.
 */

import { crc32 } from 'node:zlib';
import { drain } from './drain.ts';
import type { Random } from './random.ts';

/** A process, from its start to its end. */
export interface Life {
  readonly name: string;
  over: boolean;
  paused: boolean;
  /** What was picked while it was paused. */
  readonly parked: Pending[];
  /** What others must see when it ends. */
  readonly onEnd: Set<() => void>;
}

export interface Pending {
  readonly life: Life;
  readonly kind: EventKind;
  readonly run: () => void;
}

interface Timer extends Pending {
  readonly due: number;
  readonly order: number;
  cancelled: boolean;
}

export const eventKinds = [
  'command',
  'fault',
  'timer',
  'turn',
  'store read',
  'store commit',
  'disk',
  'frame',
  'budget',
  'sent',
  'connection',
  'request',
  'answer',
] as const;
export type EventKind = (typeof eventKinds)[number];

export interface Schedule {
  /** Picks so far. */
  readonly events: () => number;
  readonly byKind: ReadonlyMap<EventKind, number>;
  readonly add: (life: Life, kind: EventKind, run: () => void) => void;
  readonly timer: (ms: number, run: () => void) => Timer;
  readonly wakeTimer: (timer: Timer) => void;
  /** Runs `work` as the life's own, and what follows from it. Outside of promise jobs only. */
  readonly enter: (life: Life, kind: EventKind, work: () => void) => void;
  readonly resume: (life: Life) => void;
  /** Picks one event, or answers false if nothing is under way. */
  readonly pick: () => boolean;
  /** Makes the first timer due. False if there is none. */
  readonly leap: () => boolean;
  readonly waiting: () => number;
  readonly timers: () => number;
  /** Adds to what the digest is made of. */
  readonly note: (bytes: Uint8Array) => void;
  readonly digest: () => string;
  /** Milliseconds that the host's code sees. */
  readonly now: () => number;
  readonly current: () => Life;
}

/** Whoever acts when no process does: the world itself. */
export const outside: Life = lifeOf('world');

export function lifeOf(name: string): Life {
  return { name, over: false, paused: false, parked: [], onEnd: new Set() };
}

/** Time of the first event, for people to read: a day in 2026. */
const epochMs = 1_790_000_000_000;

export function schedule(random: Random): Schedule {
  const queue: Pending[] = [];
  const timers: Timer[] = [];
  const counts = new Map<EventKind, number>(eventKinds.map((kind) => [kind, 0]));
  const codes = new Map(eventKinds.map((kind, code) => [kind, code + 1]));
  let [events, time, order] = [0, 0, 0];
  let current = outside;
  const { mix, said } = digest();
  const perform = (life: Life, kind: EventKind, run: () => void): void => {
    events += 1;
    time += 1;
    counts.set(kind, counts.get(kind)! + 1);
    mix(codes.get(kind)!);
    current = life;
    run();
    drain();
    current = outside;
  };
  const pick = (): boolean => {
    while (timers.length > 0 && timers[0]!.due <= time) queue.push(timers.shift()!);
    while (queue.length > 0) {
      const at = random.below(queue.length);
      const event = takenFrom(queue, at);
      if (event.life.over || (event as Timer).cancelled) continue;
      if (event.life.paused) {
        event.life.parked.push(event);
        continue;
      }
      mix(at);
      perform(event.life, event.kind, event.run);
      return true;
    }
    return false;
  };
  return {
    events: () => events,
    byKind: counts,
    add: (life, kind, run) => void queue.push({ life, kind, run }),
    timer: (ms, run) => {
      order += 1;
      const due = time + Math.max(1, Math.ceil(ms));
      const timer: Timer = { life: current, kind: 'timer', run, due, order, cancelled: false };
      const before = timers.findLastIndex((one) => one.due <= due);
      timers.splice(before + 1, 0, timer);
      return timer;
    },
    wakeTimer: (timer) => {
      timer.cancelled = true;
    },
    enter: perform,
    resume: (life) => {
      life.paused = false;
      queue.push(...life.parked.splice(0));
    },
    pick,
    leap: () => {
      while (timers[0]?.cancelled === true || timers[0]?.life.over === true) timers.shift();
      if (timers.length === 0) return false;
      time = Math.max(time, timers[0]!.due);
      return true;
    },
    waiting: () => queue.length,
    timers: () => timers.length,
    note: (bytes) => mix(crc32(bytes)),
    digest: said,
    now: () => epochMs + time,
    current: () => current,
  };
}

/** Takes one out of the middle; the last one takes its place. */
function takenFrom(queue: Pending[], at: number): Pending {
  const event = queue[at]!;
  const last = queue.pop()!;
  if (at < queue.length) queue[at] = last;
  return event;
}

/** A short text that follows from all that was mixed in, in order. */
function digest(): { readonly mix: (value: number) => void; readonly said: () => string } {
  let [high, low] = [0x811c9dc5, 0x1b873593];
  return {
    mix: (value) => {
      low = Math.imul(low ^ value, 0x01000193);
      high = Math.imul(high ^ (low >>> 15) ^ value, 0x85ebca6b);
    },
    said: () => [high, low].map((half) => (half >>> 0).toString(36)).join('-'),
  };
}
