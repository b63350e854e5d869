/**
 * Schedules from bytes: an input says who does what next in a space of the explorer, three bytes a
 * move: whose turn it is, whether it acts alone or hears somebody (the adversary among them), and
 * which of the moves that there are. What holds in every state of the space is asked after each.
 *
 * The explorer walks such spaces as a whole; this goes far into those that are too large for that.
 */

import { bounds } from '../explore/bounds.ts';
import { moveTable } from '../explore/moves.ts';
import type { Space } from '../explore/space.ts';
import { target } from './core-targets.ts';
import { branch } from './coverage.ts';
import { Broken, type Target } from './target.ts';

/** The bounds whose schedules are made from bytes. */
const scheduled: readonly string[] = ['slots-two', 'registry-long', 'succession-three'];
const movesMax = 200;

export function scheduleTargets(): readonly Target[] {
  return scheduled.map((name) => {
    const samples = [1, 2, 3].map((seed) =>
      Uint8Array.from({ length: 90 }, (_, i) => Math.imul(i + 7, 2_654_435_761 * seed) >>> 24),
    );
    return target(`explore/schedule.${name}`, scheduleRun(name), { samples, cost: 20 });
  });
}

function scheduleRun(name: string): Target['run'] {
  let judged: ((bytes: Uint8Array) => boolean) | undefined;
  return (bytes) => {
    // A space is opened by the first input that needs it: most runs are of other targets.
    judged ??= judgeOf(bounds[name]!.open());
    return judged(bytes);
  };
}

function judgeOf(space: Space): (bytes: Uint8Array) => boolean {
  const moves = moveTable(space);
  const count = space.parts.length;
  const nextOf = (locals: readonly number[], part: number, from: number): number => {
    const local = locals[part]!;
    if (from < count) return moves.heard(part, local, space.said(from, locals[from]!, part));
    if (from > count || space.adversary === undefined) return moves.alone(part, local);
    const said = locals.map((one, who) => space.said(who, one, count));
    return moves.heard(part, local, moves.closure(part, said));
  };
  return (bytes) => {
    const locals = [...space.start];
    let moved = 0;
    for (let at = 0; at + 2 < bytes.length && moved < movesMax; at += 3) {
      const part = bytes[at]! % count;
      const place = nextOf(locals, part, bytes[at + 1]! % (count + 3));
      const choices = moves.cells()[place]!;
      if (choices === 0) continue;
      locals[part] = moves.cells()[place + 1 + (bytes[at + 2]! % choices)]!;
      moved += 1;
      branch(Math.imul(locals[part] * 16 + part, 0x9e3779b1) >>> 16);
      judge(space, locals, part);
    }
    return moved > 0;
  };
}

function judge(space: Space, locals: readonly number[], part: number): void {
  const own = space.judge(part, locals[part]!);
  if (own !== undefined) throw new Broken('rule', own);
  if (space.fact === undefined || space.judgePair === undefined) return;
  for (const [other, local] of locals.entries()) {
    if (other === part) continue;
    const [low, high] = part < other ? [part, other] : [other, part];
    const facts = [space.fact(low, locals[low]!, high), space.fact(high, locals[high]!, low)];
    const found = space.judgePair(low, facts[0]!, high, facts[1]!);
    if (found !== undefined) throw new Broken('rule', `${found} (${local})`);
  }
}
