/**
 * A reporter of node:test that writes one line at the end: how many tests passed, failed and were
 * skipped. The run of tools/test.ts adds them up; people read the reporter beside it.
 */

import type { TestEvent } from 'node:test/reporters';

/** What one run did. A cancelled test counts as failed, one that is still to be written as skipped. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export default async function* counts(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    // With a process for each file there is a summary for each file too; the last one names none.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue;
    const { tests, passed, skipped, todo } = event.data.counts;
    const line: Counts = {
      passed,
      failed: tests - passed - skipped - todo,
      skipped: skipped + todo,
    };
    yield JSON.stringify(line);
  }
}
