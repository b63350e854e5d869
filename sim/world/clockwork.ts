/**
 * Clockwork: what the host's code takes from the platform without a port, put under the scheduler:
 * timers, the date, and the random numbers of the platform.
 */

import type { Random } from './random.ts';
import type { Schedule } from './schedule.ts';

type Timer = ReturnType<Schedule['timer']>;

/** Puts the process under the scheduler. Answers with what puts it back. */
export function underClockwork(schedule: Schedule, random: Random): () => void {
  const platform = globalThis as unknown as Record<string, unknown>;
  const before = ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'].map(
    (name) => [name, platform[name]] as const,
  );
  const dateNow = Date.now;
  const drawn = crypto.getRandomValues.bind(crypto);
  platform['setTimeout'] = (run: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) =>
    schedule.timer(ms, () => run(...given));
  platform['clearTimeout'] = (timer: Timer | undefined) => {
    if (timer !== undefined) schedule.wakeTimer(timer);
  };
  platform['setImmediate'] = (run: () => void) => schedule.add(schedule.current(), 'turn', run);
  platform['clearImmediate'] = () => undefined;
  Date.now = () => schedule.now();
  crypto.getRandomValues = ((into: Uint8Array) => {
    into.set(random.bytes(into.length));
    return into;
  }) as typeof crypto.getRandomValues;
  return () => {
    for (const [name, value] of before) platform[name] = value;
    Date.now = dateNow;
    crypto.getRandomValues = drawn;
  };
}
