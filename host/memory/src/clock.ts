/** A clock that stands. */

import type { Clock } from '@dsm/ports';

export function fixedClock(milliseconds: number): Clock {
  return { now: () => milliseconds };
}
