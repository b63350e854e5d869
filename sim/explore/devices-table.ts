/**
 * Turns by number: each is executed once, however many states it is a part of.
 */

import { keyOf } from '@dsm/primitive';
import type { Event } from '@dsm/bilateral';
import { column } from './tables.ts';
import { rows } from './intern.ts';
import type { Scene } from './devices-scene.ts';
import type { Scenario } from './devices-step.ts';
import { eventOf, signedJob, turn } from './devices-turn.ts';

/** What happens to a device, as a number: what kind of thing, and which. */
export const occasions = { message: 0, job: 1, wish: 2, cancel: 3, resume: 4 } as const;
const kindCount = 5;

export function occasion(kind: keyof typeof occasions, which = 0): number {
  return which * kindCount + occasions[kind];
}

/** A stage of a turn, in numbers. Messages are numbered as their hearer will see them. */
export interface StageNumbers {
  readonly disk: number;
  readonly said: readonly number[];
  readonly jobs: readonly number[];
}

export interface TurnNumbers {
  readonly stages: readonly StageNumbers[];
  readonly talk: number;
  readonly fault: number;
  /** True if nothing comes of it: the same disk and talk, nothing said, nothing to sign. */
  readonly idle: boolean;
}

export interface TurnTable {
  readonly of: (
    part: number,
    disk: number,
    talk: number,
    edge: number,
    occasion: number,
  ) => TurnNumbers;
  readonly size: () => number;
}

export function turnTable(scene: Scene): TurnTable {
  const keys = rows(5);
  const places = column(-1);
  const turns: TurnNumbers[] = [];
  const idles = new Map<number, number>();
  /** All turns of which nothing comes are one. */
  const keep = (turned: TurnNumbers): number => {
    if (!turned.idle || turned.fault !== 0) return turns.push(turned) - 1;
    const before = idles.get(turned.talk) ?? turns.push({ ...turned, stages: [] }) - 1;
    idles.set(turned.talk, before);
    return before;
  };
  return {
    of: (part, disk, talk, edge, what) => {
      const key = keys.of([part, disk, talk, edge, what]);
      const before = places.at(key);
      if (before >= 0) return turns[before]!;
      const at = keep(execute(scene, part, disk, talk, edge, what));
      places.put(key, at);
      return turns[at]!;
    },
    size: () => keys.size(),
  };
}

function execute(
  scene: Scene,
  part: number,
  disk: number,
  talk: number,
  edge: number,
  what: number,
): TurnNumbers {
  const event = eventAt(scene, part, what);
  const nothing: TurnNumbers = { stages: [], talk, fault: 0, idle: true };
  if (event === undefined) return nothing;
  const from: Scenario = {
    part,
    edge,
    disk: scene.disks.at(disk),
    talk: scene.talks.at(talk),
    event,
  };
  const turned = turn(scene, from);
  const stages = turned.stages.map((stage): StageNumbers => ({
    disk: stage.disk === from.disk ? disk : scene.disks.of(stage.disk),
    said: stage.said.map((body) => scene.messages.of({ edge: part, body })),
    jobs: stage.jobs.map((job) => {
      if (job.sign === 'step') scene.genuine.add(keyOf(job.run.statement));
      return scene.jobs.of(job);
    }),
  }));
  const last = stages.at(-1)!;
  const next = scene.talks.of(turned.talk);
  const fault = scene.faults.of(turned.fault ?? '');
  const idle =
    next === talk && last.disk === disk && last.said.length === 0 && last.jobs.length === 0;
  return { stages, talk: next, fault, idle };
}

function eventAt(scene: Scene, part: number, what: number): Event | undefined {
  const which = Math.floor(what / kindCount);
  switch (what % kindCount) {
    case occasions.message: {
      const said = scene.messages.at(which);
      return 'half' in said ? undefined : eventOf(scene, part, said.body);
    }
    case occasions.job:
      return signedJob(scene, part, scene.jobs.at(which));
    case occasions.wish:
      return { type: 'propose', operations: [scene.operations.at(which)] };
    case occasions.cancel:
      return { type: 'cancel' };
    default:
      return { type: 'resume' };
  }
}
