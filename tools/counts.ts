/**
 * A reporter of node:test that writes one marked line at the end: how many tests passed, failed and
 * were skipped. tools/test.ts adds them up; people read the reporter beside it.
 *
 * It goes to the standard error, because a run with `--permission` cannot finish a file: node closes
 * a report with fsync, which the permission model forbids.
 */

import { resolve } from 'node:path';
import type { EventData } from 'node:test';
import type { TestEvent } from 'node:test/reporters';

/** What one run did. A cancelled test and a file without tests count as failed. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What the line starts with. */
export const countsMark = 'counts of this run: ';

export default async function* counts(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let empty = 0;
  for await (const event of events) {
    if (event.type === 'test:pass' && isFile(event.data)) {
      empty++;
      yield `${event.data.name}: holds no test\n`;
    }
    // With a process for each file there is a summary for each file too; the last one names none.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue;
    const { tests, passed, skipped, todo } = event.data.counts;
    const failed = tests - passed - skipped - todo;
    const sum: Counts = { passed: passed - empty, failed: failed + empty, skipped: skipped + todo };
    yield `\n${countsMark}${JSON.stringify(sum)}\n`;
  }
}

/** A file without tests passes as a test that has the name of the file. */
function isFile({ name, nesting, file }: EventData.TestPass): boolean {
  return nesting === 0 && file !== undefined && resolve(name) === file;
}
