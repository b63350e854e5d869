/**
 * Lines between devices under the scheduler. Frames of one direction arrive in order while the line
 * lives, each when the seed picks it; weather loses, repeats, swaps, cuts and changes them.
 *
 * A direction with a budget (seed 000, definition 23) carries so many bytes a pick: a frame larger
 * than that takes several. Nothing else waits for it.
 */

import { limits } from '@dsm/primitive';
import { TransportError, type Connection } from '@dsm/ports';
import type { Random } from './random.ts';
import type { Life, Schedule } from './schedule.ts';

/** How many of a thousand frames suffer what, on one direction between two devices. */
export interface Weather {
  readonly drop: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly truncate: number;
  readonly flip: number;
  /** Bytes that a pick carries. */
  readonly budget: number;
}

export const fairWeather: Weather = {
  drop: 0,
  duplicate: 0,
  reorder: 0,
  truncate: 0,
  flip: 0,
  budget: Infinity,
};

export interface Line {
  readonly ends: readonly [Connection, Connection];
  readonly isOpen: () => boolean;
  /** The line breaks in the middle of everything; both ends notice, each when it is picked. */
  readonly cut: () => void;
}

export interface LineOptions {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly lives: readonly [Life, Life];
  readonly weather: (from: 0 | 1) => Weather;
  /** A frame leaves the end `from`, as its device said it. */
  readonly onSend: (from: 0 | 1, frame: Uint8Array) => void;
  /** A frame, or what became of it, is handed to the end `to`. */
  readonly onReceive: (to: 0 | 1, frame: Uint8Array) => void;
  readonly happened: (what: string) => void;
}

/** Frames under way in one direction before a sender waits. */
const framesMax = 64;

interface Direction {
  readonly queue: Uint8Array[];
  readonly inbox: Uint8Array[];
  readonly takers: ((frame: Uint8Array | undefined) => void)[];
  readonly waiting: (() => void)[];
  /** Bytes of the first frame that have arrived. */
  carried: number;
  over: boolean;
}

export function line(options: LineOptions): Line {
  const { schedule, lives } = options;
  const to: readonly [Direction, Direction] = [direction(), direction()];
  let open = true;
  /** The end stops hearing; what lies in its inbox it may still read, unless it hung up itself. */
  const end = (side: 0 | 1, discard: boolean): void => {
    const there = to[side];
    if (discard) there.inbox.length = 0;
    if (there.over) return;
    there.over = true;
    for (const taker of there.takers.splice(0)) taker(undefined);
  };
  const leaveLives = (): void => {
    open = false;
    for (const life of lives) life.onEnd.delete(cut);
  };
  const cut = (): void => {
    if (!open) return;
    leaveLives();
    for (const side of [0, 1] as const) {
      to[side].queue.length = 0;
      for (const wait of to[side].waiting.splice(0)) wait();
      schedule.add(lives[side], 'connection', () => end(side, false));
    }
  };
  /** What was said before a polite end still arrives: the end travels behind it. */
  const close = (side: 0 | 1): void => {
    end(side, true);
    if (!open) return;
    const other = side === 0 ? 1 : 0;
    const leave = (): void => {
      if (to[other].queue.length > 0) schedule.add(lives[other], 'connection', leave);
      else {
        leaveLives();
        end(other, false);
      }
    };
    schedule.add(lives[other], 'connection', leave);
  };
  const connection = (side: 0 | 1): Connection => {
    const other = side === 0 ? 1 : 0;
    return {
      address: `${lives[other].name} over a line`,
      send: (frame) => {
        if (frame.length === 0) return Promise.reject(new RangeError('an empty message'));
        if (frame.length > limits.messageBytesMax) {
          return Promise.reject(new TransportError('too-large', `${frame.length} bytes`));
        }
        if (!open || to[side].over) return Promise.reject(closedLine());
        options.onSend(side, frame);
        send(options, to[other], side, frame.slice());
        return new Promise((resolve, reject) => {
          const taken = (): void => {
            schedule.add(lives[side], 'sent', () => (open ? resolve() : reject(closedLine())));
          };
          if (to[other].queue.length > framesMax) to[other].waiting.push(taken);
          else taken();
        });
      },
      receive: () => {
        const frame = to[side].inbox.shift();
        if (frame !== undefined) return Promise.resolve(frame);
        if (to[side].over) return Promise.resolve(undefined);
        return new Promise((resolve) => to[side].takers.push(resolve));
      },
      close: async () => close(side),
    };
  };
  for (const life of lives) life.onEnd.add(cut);
  return { ends: [connection(0), connection(1)], isOpen: () => open, cut };
}

function direction(): Direction {
  return { queue: [], inbox: [], takers: [], waiting: [], carried: 0, over: false };
}

function send(options: LineOptions, there: Direction, from: 0 | 1, frame: Uint8Array): void {
  const { schedule, lives, random, weather, happened } = options;
  const sky = weather(from);
  let arriving = frame;
  if (random.chance(sky.truncate)) {
    arriving = frame.slice(0, Math.max(1, random.below(frame.length)));
    happened('a frame was cut short');
  }
  if (random.chance(sky.flip)) {
    arriving = arriving.slice();
    arriving[random.below(arriving.length)]! ^= 1 << random.below(8);
    happened('a bit of a frame was changed');
  }
  let copies = 1;
  if (random.chance(sky.drop)) {
    copies = 0;
    happened('a frame was lost');
  } else if (random.chance(sky.duplicate)) {
    copies = 2;
    happened('a frame came twice');
  }
  const swap = there.queue.length > 0 && random.chance(sky.reorder);
  if (swap) happened('two frames changed places');
  const other = from === 0 ? 1 : 0;
  for (let i = 0; i < copies; i++) {
    if (swap) there.queue.splice(there.queue.length - 1, 0, arriving);
    else there.queue.push(arriving);
    schedule.add(lives[other], 'frame', () => carry(options, there, from));
  }
}

/** One delivery step of a direction: as many bytes of its first frame as its budget allows. */
function carry(options: LineOptions, there: Direction, from: 0 | 1): void {
  const { schedule, lives, weather, happened } = options;
  const frame = there.queue[0];
  if (frame === undefined) return;
  const other = from === 0 ? 1 : 0;
  there.carried += weather(from).budget;
  if (there.carried < frame.length) {
    happened('a frame took several steps of a slow edge');
    schedule.add(lives[other], 'budget', () => carry(options, there, from));
    return;
  }
  there.carried = 0;
  there.queue.shift();
  there.waiting.shift()?.();
  if (there.over) return;
  schedule.note(frame);
  options.onReceive(other, frame);
  const taker = there.takers.shift();
  if (taker === undefined) there.inbox.push(frame);
  else taker(frame);
}

function closedLine(): TransportError {
  return new TransportError('closed', 'the connection is over');
}
