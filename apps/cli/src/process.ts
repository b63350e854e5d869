/** The surroundings of this process. */

import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Cli } from './cli.ts';

export function processCli(): Cli {
  const end = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // The second one is meant: whatever still runs is given up.
      if (end.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
      end.abort(name);
    });
  }
  // A reader that goes away, as `head` does, ends the program quietly.
  process.stdout.on('error', () => process.exit(0));
  const { env } = process;
  return {
    env,
    cwd: callerFolder(),
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    canAsk: process.stdin.isTTY && process.stderr.isTTY,
    hasColour: process.stdout.isTTY && (env['NO_COLOR'] ?? '') === '',
    ...(!process.stdin.isTTY && { lines: () => createInterface({ input: process.stdin }) }),
    signal: end.signal,
  };
}

/** `npm run` moves to the root of the repository and leaves word where its caller stands. */
function callerFolder(): string {
  const here = process.cwd();
  const root = resolve(import.meta.dirname, '../../..');
  return here === root ? (process.env['INIT_CWD'] ?? here) : here;
}
