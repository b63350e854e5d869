/**
 * The liveness phase: all faults end, everything that was off comes back, and whoever is honest meets
 * everybody who is and talks to the nodes, as often as it takes. Then nothing may be stuck.
 */

import { startDevice } from './device.ts';
import { startNode } from './node.ts';
import { meet, lineBetween } from './talk.ts';
import { changed, newestOf, repaired } from './keeper.ts';
import { take } from './steps.ts';
import { settle, type World } from './world.ts';

const rounds = 3;

export function healed(world: World): void {
  endFaults(world);
  bringBack(world);
  const honest = world.devices.filter(({ index }) => isHonest(world, index));
  for (let round = 0; round < rounds && world.findings.length === 0; round++) {
    follow(world);
    for (const { index } of honest) {
      take(world, { at: 0, do: 'sync', a: index, b: 0, n: 0 });
      quiet(world, `${world.devices[index]!.name} synced`);
    }
    meetings(world, honest);
  }
  repaired(world);
  quiet(world, 'the nodes were repaired');
}

/** A node that was away while the registry changed votes again from the next version on. */
function bringBack(world: World): void {
  for (let n = 0; n < 2 && newestOf(world).nodes.some(({ missed }) => missed > 0); n++) {
    follow(world);
    changed(world, n);
    quiet(world, 'the registry took its nodes back');
    follow(world);
  }
}

function follow(world: World): void {
  for (const { node, life } of world.nodes) {
    if (node === undefined || life === undefined) continue;
    world.schedule.enter(life, 'command', () => void node.follow().catch(() => undefined));
  }
  quiet(world, 'the nodes followed the registry');
}

function endFaults(world: World): void {
  world.partitions.clear();
  world.weather.clear();
  world.requests = { lost: 0, unheard: 0, twice: 0 };
  for (const node of world.nodes) {
    node.disk.lies = 0;
    node.lie = undefined;
    node.disk.medium.leaveRoom(Infinity);
    startNode(world, node);
  }
  for (const { line } of world.lines) line.cut();
  quiet(world, 'the faults healed');
  for (const device of world.devices) {
    device.place.full = 0;
    if (device.life?.paused === true) world.schedule.resume(device.life);
    if (isHonest(world, device.index)) startDevice(world, device);
  }
  quiet(world, 'everything came back');
}

function meetings(world: World, honest: World['devices']): void {
  for (const [i, a] of honest.entries()) {
    for (const b of honest.slice(i + 1)) {
      meet(world, a.index, b.index);
      quiet(world, `${a.name} met ${b.name}`);
      lineBetween(world, a.index, b.index)?.line.cut();
      quiet(world, `${a.name} left ${b.name}`);
    }
  }
}

/** A device whose keys are used in one place only, from one state on. */
export function isHonest({ devices, cheats }: World, index: number): boolean {
  const device = devices[index]!;
  return !cheats.has(device.original) && device.original === index;
}

function quiet(world: World, after: string): void {
  if (!settle(world, 200_000)) world.tell('liveness', `no end of business after ${after}`);
}
