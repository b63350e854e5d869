#!/usr/bin/env node
/** The program `dsm`. */

import { enableCompileCache } from 'node:module';
import { processCli } from './process.ts';

enableCompileCache();
// Loaded after the cache is on, or the first start of each program would compile everything.
const { run } = await import('./program.ts');
const cli = processCli();
process.exitCode = await run(process.argv.slice(2), cli);
// Kept connections to nodes must not hold the program open once it has its result.
await Promise.all([drained(process.stdout), drained(process.stderr)]);
process.exit();

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}
