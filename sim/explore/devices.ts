/**
 * Device spaces: some honest devices that run the shipped core, and perhaps one that may do anything.
 *
 * The local state of a device is a row of numbers: what it has kept, its talks, what it is signing,
 * what it has ever said; and ghosts: wishes, crashes and cancels that are left, and a ledger of
 * everything that it ever signed.
 */

import { memo, payment, type Cast } from './devices-cast.ts';
import { openAdversary, type AdversaryBound } from './devices-adversary.ts';
import { keepCompared } from './devices-evidence.ts';
import { faultOfDisk } from './devices-invariants.ts';
import { faultOfLedger } from './devices-ledger.ts';
import { faultOfPair } from './devices-pairs.ts';
import { freshTalk, openScene, reach, type Said, type Scene } from './devices-scene.ts';
import { faultOfMeeting } from './devices-settle.ts';
import {
  occasion,
  turnTable,
  type StageNumbers,
  type TurnNumbers,
  type TurnTable,
} from './devices-table.ts';
import { tellDisk, tellSaid, tellTurn } from './devices-tell.ts';
import { rows, type Rows } from './intern.ts';
import type { Moves, Space } from './space.ts';
import { column } from './tables.ts';

/** A wish of a device's owner, once: to say something to somebody, or to pay. */
export interface Wish {
  readonly by: number;
  readonly to: number;
  /** What to pay; nothing for a word. */
  readonly amount?: bigint;
}

export interface DeviceBound {
  readonly cast: Cast;
  /** So many of the cast are honest; if one more follows, it is the adversary. */
  readonly honest: number;
  readonly wishes: readonly Wish[];
  /** How often each honest device may stop, and how often its owner may change their mind. */
  readonly crashes: readonly number[];
  readonly cancels: readonly number[];
  readonly adversary?: AdversaryBound;
}

/** Places in the row of a device. Talks and addressees take as many places as there are. */
interface Layout {
  readonly disk: 0;
  readonly talk: number;
  readonly jobs: number;
  readonly said: number;
  readonly wishes: number;
  readonly crashes: number;
  readonly cancels: number;
  readonly ledger: number;
  readonly fault: number;
  readonly width: number;
}

function layoutOf(cast: number, honest: number): Layout {
  const jobs = 1 + cast;
  const wishes = jobs + 1 + honest + 1;
  return {
    disk: 0,
    talk: 1,
    jobs,
    said: jobs + 1,
    wishes,
    crashes: wishes + 1,
    cancels: wishes + 2,
    ledger: wishes + 3,
    fault: wishes + 4,
    width: wishes + 5,
  };
}

/** Everything that the moves of a device need. */
interface Stage {
  readonly scene: Scene;
  readonly bound: DeviceBound;
  readonly turns: TurnTable;
  readonly locals: readonly Rows[];
  readonly at: Layout;
}

export function deviceSpace(bound: DeviceBound): Space {
  const { cast, honest } = bound;
  const scene = openScene(cast, honest);
  const at = layoutOf(cast.persons.length, honest);
  const locals = Array.from({ length: honest }, () => rows(at.width));
  const stage: Stage = { scene, bound, turns: turnTable(scene), locals, at };
  const adversary =
    bound.adversary === undefined ? undefined : openAdversary(scene, bound.adversary);
  const minds = Array.from({ length: honest }, () => rows(1 + cast.persons.length));
  const bares = Array.from({ length: honest }, () => rows(at.width));
  return {
    parts: cast.persons.slice(0, honest).map(({ name }) => name),
    start: locals.map((known, part) => known.of(firstRow(stage, part))),
    alone: (part, local, moves) => {
      movesAlone(stage, part, locals[part]!.row(local), moves);
    },
    hears: (part, local, message, moves) => {
      hearing(stage, part, locals[part]!.row(local), message, moves);
    },
    said: (part, local, to) => locals[part]!.at(local, at.said + to),
    messages: (set) => scene.sets.members(set),
    ...(adversary === undefined ? {} : { adversary }),
    mind: remembered(honest, (part, local) => {
      return minds[part]!.of(locals[part]!.row(local).slice(0, at.jobs));
    }),
    isDeaf: (part, mind, message) => isDeaf(stage, part, minds[part]!.row(mind), message),
    judge: (part, local) => judged(stage, part, locals[part]!.row(local)),
    fact: (part, local) => locals[part]!.at(local, at.disk),
    judgePair: (part, disk, other, otherDisk) => {
      const [one, two] = [scene.disks.at(disk), scene.disks.at(otherDisk)];
      return (
        faultOfPair(scene, part, one, other, two) ??
        faultOfMeeting(scene, stage.turns, part, disk, other, otherDisk)
      );
    },
    bare: remembered(honest, (part, local) => {
      return bares[part]!.of(bareRow(at, locals[part]!.row(local)));
    }),
    tellMessage: (message) => tellSaid(scene, message),
    tellLocal: (part, local) => tellDisk(scene, part, locals[part]!.at(local, at.disk)),
    reached: () => scene.reached,
    bytes: () => [...locals, ...minds, ...bares].reduce((sum, each) => sum + each.bytes(), 0),
  };
}

/** A function of a part and its local state, asked once for each. */
function remembered(
  parts: number,
  of: (part: number, local: number) => number,
): (part: number, local: number) => number {
  const known = Array.from({ length: parts }, () => column(-1));
  return (part, local) => {
    const before = known[part]!.at(local);
    if (before >= 0) return before;
    const value = of(part, local);
    known[part]!.put(local, value);
    return value;
  };
}

function firstRow({ scene, bound, at }: Stage, part: number): number[] {
  const row = Array.from({ length: at.width }, () => 0);
  const disk = bound.cast.disks[part]!;
  row[at.disk] = scene.disks.of(disk);
  freshTalks(scene, at, row);
  for (const [i, { by }] of bound.wishes.entries()) if (by === part) row[at.wishes]! |= 1 << i;
  row[at.crashes] = bound.crashes[part] ?? 0;
  row[at.cancels] = bound.cancels[part] ?? 0;
  return row;
}

function freshTalks({ disks, talks }: Scene, at: Layout, row: number[]): void {
  for (const [i, edge] of disks.at(row[at.disk]!).edges.entries()) {
    row[at.talk + i] = talks.of(freshTalk(edge));
  }
}

/** The row without ghosts. */
function bareRow(at: Layout, row: number[]): number[] {
  return row.map((value, place) => (place >= at.wishes && place < at.fault ? 0 : value));
}

function movesAlone(stage: Stage, part: number, row: number[], moves: Moves): void {
  const { scene, at, bound } = stage;
  for (const job of scene.sets.members(row[at.jobs]!)) {
    const before = row.slice();
    const rest = scene.sets.members(row[at.jobs]!).filter((each) => each !== job);
    before[at.jobs] = scene.sets.of(rest);
    const { sign, edge } = scene.jobs.at(job);
    if (sign === 'step') before[at.ledger] = scene.sets.with(row[at.ledger]!, job);
    turnMoves(stage, part, before, edge, occasion('job', job), moves);
  }
  for (const [i, { by, to }] of bound.wishes.entries()) {
    if (by !== part || (row[at.wishes]! & (1 << i)) === 0) continue;
    const operation = operationOf(stage, part, row[at.disk]!, i);
    if (operation === undefined) continue;
    const before = row.slice();
    before[at.wishes]! &= ~(1 << i);
    turnMoves(stage, part, before, to, occasion('wish', scene.operations.of(operation)), moves);
  }
  if (row[at.cancels]! > 0) {
    const before = row.slice();
    before[at.cancels]!--;
    for (let edge = 0; edge < bound.cast.persons.length; edge++) {
      const { trade } = scene.talks.at(row[at.talk + edge]!);
      if (trade.at !== 'idle') turnMoves(stage, part, before, edge, occasion('cancel'), moves);
    }
  }
  if (row[at.crashes]! > 0) moves(restarted(stage, part, row), () => 'stops and starts again');
}

/** What the owner wishes to say, out of the notes that the device has by now. */
function operationOf(
  { scene, bound }: Stage,
  part: number,
  disk: number,
  wish: number,
): Uint8Array | undefined {
  const { to, amount } = bound.wishes[wish]!;
  if (amount === undefined) return memo(`wish ${wish}`);
  const { persons } = bound.cast;
  const { notes } = scene.disks.at(disk);
  const note = notes.find((each) => each.amount >= amount);
  return note === undefined ? undefined : payment(persons[part]!, persons[to]!, note, amount);
}

function hearing(stage: Stage, part: number, row: number[], message: number, moves: Moves): void {
  const { scene, at } = stage;
  const said = scene.messages.at(message);
  if (!('half' in said)) {
    turnMoves(stage, part, row, said.edge, occasion('message', message), moves);
    return;
  }
  const disk = comparedWith(stage, part, row[at.disk]!, said);
  if (disk === row[at.disk]) return;
  const next = row.slice();
  next[at.disk] = disk;
  moves(numberOf(stage, part, next), () => 'compares, and refuses the culprit for good');
}

function comparedWith({ scene }: Stage, part: number, disk: number, said: Said): number {
  if (!('half' in said)) return disk;
  const before = scene.disks.at(disk);
  const after = keepCompared(scene, before, said.half);
  if (after === before) return disk;
  reach(scene, `compared ${scene.cast.persons[part]!.name}`);
  return scene.disks.of(after);
}

/** True if a device with these disk and talks does nothing about the message, whatever else it has said. */
function isDeaf(stage: Stage, part: number, mind: number[], message: number): boolean {
  const { scene, turns, at } = stage;
  const said = scene.messages.at(message);
  const disk = mind[at.disk]!;
  if ('half' in said) return comparedWith(stage, part, disk, said) === disk;
  const turned = turns.of(
    part,
    disk,
    mind[at.talk + said.edge]!,
    said.edge,
    occasion('message', message),
  );
  if (turned.fault !== 0) return false;
  if (turned.idle) return true;
  // What only the adversary hears, and could have said itself, changes nothing.
  const last = turned.stages.at(-1)!;
  return (
    turned.talk === mind[at.talk + said.edge] &&
    last.disk === disk &&
    last.jobs.length === 0 &&
    said.edge >= stage.bound.honest &&
    last.said.every((each) => !isNews(scene, each))
  );
}

/** All that may come of a turn: its end, and a crash after each of its effects. */
function turnMoves(
  stage: Stage,
  part: number,
  row: readonly number[],
  edge: number,
  what: number,
  moves: Moves,
): void {
  const { at, turns, scene } = stage;
  const turned = turns.of(part, row[at.disk]!, row[at.talk + edge]!, edge, what);
  const { stages } = turned;
  const name = (): string => tellTurn(scene, what, edge, turned);
  const last = stages.at(-1);
  const ended = last === undefined ? row.slice() : staged(stage, row, edge, last);
  ended[at.talk + edge] = turned.talk;
  ended[at.fault] = turned.fault;
  moves(numberOf(stage, part, ended), name);
  if (row[at.crashes] === 0) return;
  for (const [i, each] of stages.slice(1, -1).entries()) {
    const stopped = restarted(stage, part, staged(stage, row, edge, each));
    moves(stopped, () => `${name()}; but stops after effect ${i + 1}, and starts again`);
  }
}

function staged(
  { scene, bound, at }: Stage,
  row: readonly number[],
  edge: number,
  { disk, said, jobs }: StageNumbers,
): number[] {
  const next = row.slice();
  next[at.disk] = disk;
  for (const job of jobs) next[at.jobs] = scene.sets.with(next[at.jobs]!, job);
  const to = at.said + Math.min(edge, bound.honest);
  for (const message of said) {
    if (edge >= bound.honest && !isNews(scene, message)) continue;
    next[to] = scene.sets.with(next[to]!, message);
  }
  return next;
}

/** False for what the adversary could have said itself: it is no news to it. */
function isNews({ messages }: Scene, message: number): boolean {
  const said = messages.at(message);
  return 'half' in said || said.body.type === 'offer' || said.body.type === 'commit';
}

/** The row of a device that has stopped and started again: what was not kept is gone. */
function restarted(stage: Stage, part: number, row: readonly number[]): number {
  const { scene, bound, at, turns } = stage;
  let now = row.slice();
  now[at.crashes]!--;
  now[at.jobs] = 0;
  freshTalks(scene, at, now);
  for (let edge = 0; edge < bound.cast.persons.length; edge++) {
    if (edge === part || scene.disks.at(now[at.disk]!).edges[edge]!.open === undefined) continue;
    const turned: TurnNumbers = turns.of(
      part,
      now[at.disk]!,
      now[at.talk + edge]!,
      edge,
      occasion('resume'),
    );
    const last = turned.stages.at(-1);
    if (last !== undefined) now = staged(stage, now, edge, last);
    now[at.talk + edge] = turned.talk;
    if (turned.fault !== 0) now[at.fault] = turned.fault;
  }
  return numberOf(stage, part, now);
}

/** The number of a row, with everything said that a device tells whenever it meets another. */
function numberOf({ scene, bound, locals, at }: Stage, part: number, row: number[]): number {
  const { held } = scene.disks.at(row[at.disk]!);
  for (let to = 0; to < bound.honest; to++) {
    if (to === part) continue;
    for (const half of held) {
      if (half.author === to) continue;
      const message = scene.messages.of({ edge: part, half });
      row[at.said + to] = scene.sets.with(row[at.said + to]!, message);
    }
  }
  return locals[part]!.of(row);
}

const diskFaults = new WeakMap<Scene, Map<number, string | undefined>>();

function judged({ scene, at }: Stage, part: number, row: number[]): string | undefined {
  if (row[at.fault] !== 0) return scene.faults.at(row[at.fault]!);
  const known = diskFaults.get(scene) ?? new Map<number, string | undefined>();
  diskFaults.set(scene, known);
  const disk = row[at.disk]!;
  if (!known.has(disk)) known.set(disk, faultOfDisk(scene, part, scene.disks.at(disk)));
  return known.get(disk) ?? faultOfLedger(scene, part, row[at.ledger]!);
}
