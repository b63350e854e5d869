/**
 * Liveness from what was kept alone: two honest devices have lost everything that they remembered and
 * everything that was under way. They meet again and talk. Every run that is open must end, on both
 * sides, within a bounded number of turns.
 */

import { equal } from '@dsm/primitive';
import { freshTalk, type Scene } from './devices-scene.ts';
import { occasion, type TurnTable } from './devices-table.ts';

/** More turns than any two need that have one run open on each side. */
const turnsMax = 60;

interface Side {
  readonly part: number;
  readonly peer: number;
  disk: number;
  talk: number;
  readonly jobs: number[];
  readonly inbox: number[];
}

/** What is wrong if the two meet with these disks; undefined if everything ends well. */
export function faultOfMeeting(
  scene: Scene,
  turns: TurnTable,
  one: number,
  oneDisk: number,
  other: number,
  otherDisk: number,
): string | undefined {
  const a = sideOf(scene, one, other, oneDisk);
  const b = sideOf(scene, other, one, otherDisk);
  for (const [side, peer] of [[a, b] as const, [b, a] as const]) {
    act(turns, side, peer, occasion('resume'));
  }
  for (let turn = 0; turn < turnsMax; turn++) {
    const [side, peer] = a.jobs.length + a.inbox.length > 0 ? [a, b] : [b, a];
    const job = side.jobs.shift();
    const message = job === undefined ? side.inbox.shift() : undefined;
    if (job === undefined && message === undefined) return endOf(scene, a, b);
    const what = job === undefined ? occasion('message', message) : occasion('job', job);
    act(turns, side, peer, what);
  }
  return 'liveness: two honest devices never stop talking';
}

function sideOf(scene: Scene, part: number, peer: number, disk: number): Side {
  const talk = scene.talks.of(freshTalk(scene.disks.at(disk).edges[peer]!));
  return { part, peer, disk, talk, jobs: [], inbox: [] };
}

function act(turns: TurnTable, side: Side, other: Side, what: number): void {
  const { stages, talk } = turns.of(side.part, side.disk, side.talk, side.peer, what);
  side.talk = talk;
  const last = stages.at(-1);
  if (last === undefined) return;
  side.disk = last.disk;
  for (const job of last.jobs) if (!side.jobs.includes(job)) side.jobs.push(job);
  other.inbox.push(...last.said);
}

function endOf({ disks, talks }: Scene, a: Side, b: Side): string | undefined {
  const ofA = disks.at(a.disk).edges[b.part]!;
  const ofB = disks.at(b.disk).edges[a.part]!;
  const ended =
    [ofA, ofB].every(({ open }) => open === undefined) &&
    [a, b].every(({ talk }) => talks.at(talk).trade.at === 'idle');
  if (!ended) return 'liveness: a trade stays open for ever';
  const together =
    equal(ofA.on.mine.head, ofB.on.theirs.head) && equal(ofB.on.mine.head, ofA.on.theirs.head);
  return together ? undefined : 'liveness: two honest devices do not come together';
}
