/** Meetings of two devices of a world: a line between them, and a talk over it. */

import type { Device } from './device.ts';
import { outside } from './schedule.ts';
import { random } from './random.ts';
import { line } from './wire.ts';
import { wayOf, weatherOf, type LiveLine, type World } from './world.ts';

/** Opens a line from `a` to `b` and lets the two talk, if both run and there is a way. */
export function meet(world: World, a: number, b: number): boolean {
  const [caller, called] = [world.devices[a], world.devices[b]];
  if (caller?.wallet === undefined || called?.wallet === undefined || a === b) return false;
  if (world.partitions.has(wayOf(`d${a}`, `d${b}`))) {
    world.happened('a partition kept two devices apart');
    return false;
  }
  if (lineBetween(world, a, b) !== undefined) return false;
  const ends = [caller, called] as const;
  const made = line({
    schedule: world.schedule,
    random: random(world.seed, `line ${a} ${b} ${world.schedule.events()}`),
    lives: [caller.life!, called.life!],
    weather: (from) => weatherOf(world, ends[from].index, ends[1 - from]!.index),
    onSend: (from, frame) => {
      for (const { sent } of world.watches) sent?.(ends[from].index, frame);
    },
    onReceive: () => undefined,
    happened: world.happened,
  });
  const live: LiveLine = { line: made, a, b };
  world.lines.add(live);
  const over = (): void => {
    if (!made.isOpen()) world.lines.delete(live);
  };
  talk(world, called, () => called.wallet!.answer(made.ends[1]), over);
  talk(world, caller, () => caller.wallet!.meet(made.ends[0]), over);
  return true;
}

function talk(
  { schedule }: World,
  device: Device,
  begin: () => Promise<unknown>,
  over: () => void,
): void {
  schedule.enter(device.life ?? outside, 'command', () => {
    // Why a talk did not come about is of no interest: the next one resumes it.
    begin().then(over, over);
  });
}

export function lineBetween({ lines }: World, a: number, b: number): LiveLine | undefined {
  for (const live of lines) {
    if (!live.line.isOpen()) lines.delete(live);
    else if ((live.a === a && live.b === b) || (live.a === b && live.b === a)) return live;
  }
  return undefined;
}
