/**
 * `npm run bench [names…] [-- --json] [-- --no-peers]`: all benches, or the named ones.
 *
 * They run one after the other, each in a process of its own, so that nothing that one has warmed
 * or filled meets the next. Figures go to the standard output, progress to the standard error.
 */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benches, comparing } from './benches.ts';
import { machine, sentence } from './machine.ts';
import { table, type Line } from './report.ts';
import { installPeers } from './third-party.ts';

const progress = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    'no-peers': { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !benches.has(name));
if (unknown.length > 0) {
  progress(`no bench called ${unknown.join(', ')}; there are ${[...benches.keys()].join(', ')}`);
  process.exit(2);
}
process.exitCode = await main(positionals.length > 0 ? positionals : [...benches.keys()]);

async function main(names: readonly string[]): Promise<number> {
  const { json } = values;
  const about = machine();
  console.log(json ? JSON.stringify({ machine: about }) : sentence(about));
  let failed = 0;
  for (const name of names) {
    const { question } = await benches.get(name)!();
    progress(`${name}: ${question}`);
    const lines: Line[] = [];
    const ended = await alone(name, peersFor(name), (line) => {
      lines.push(line);
      if (json) console.log(JSON.stringify(line));
    });
    if (!json) console.log(`\n${question}\n\n${tables(lines)}`);
    if (ended !== 0) {
      progress(`${name} failed`);
      failed += 1;
    }
  }
  return failed === 0 ? 0 : 1;
}

/** Whether others take part. Few benches compare with anybody. */
function peersFor(name: string): boolean {
  const folder = comparing.get(name);
  if (folder === undefined) return false;
  if (values['no-peers']) {
    progress('Nobody else’s work takes part: --no-peers.');
    return false;
  }
  if (installPeers(folder, progress)) return true;
  progress(`Nobody else’s work takes part: npm ci in bench/${folder} failed.`);
  return false;
}

function alone(name: string, peers: boolean, heard: (line: Line) => void): Promise<number> {
  const program = fileURLToPath(new URL('alone.ts', import.meta.url));
  const child = fork(program, [name, ...(peers ? ['peers'] : [])]);
  child.on('message', (line) => heard(line as Line));
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** Lines with the same columns stand in one table. */
function tables(lines: readonly Line[]): string {
  const groups = Map.groupBy(lines, ({ bench }) => bench);
  return [...groups.values()].map(table).join('\n\n');
}
