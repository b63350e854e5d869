/** What every clock must do. */

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Clock } from '../clock.ts';

export function clockConformance(name: string, make: () => Clock): void {
  suite(`clock: ${name}`, () => {
    test('gives whole milliseconds since 1970, in the range of a date', () => {
      const now = make().now();
      assert.ok(Number.isSafeInteger(now));
      assert.ok(now >= 0 && now <= 8_640_000_000_000_000);
    });
  });
}
