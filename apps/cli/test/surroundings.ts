/** Surroundings for one command line: a folder of its own, and everything that it says. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../src/program.ts';

export interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Place {
  readonly folder: string;
  readonly dsm: (line: string, env?: Readonly<Record<string, string>>) => Promise<Said>;
}

/** A folder in which command lines run as if nobody had ever used the program. */
export function place(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'dsm-cli-'));
  return {
    folder,
    dsm: async (line, env = {}) => {
      let [stdout, stderr] = ['', ''];
      const exit = await run(line === '' ? [] : line.split(' '), {
        env: { HOME: folder, ...env },
        cwd: folder,
        stdout: (text) => {
          stdout += text;
        },
        stderr: (text) => {
          stderr += text;
        },
        canAsk: false,
        hasColour: false,
        signal: new AbortController().signal,
      });
      return { exit, stdout, stderr };
    },
  };
}

/** A place with the file `network.json` of four nodes, none of which runs. */
export async function placeWithNetwork(): Promise<Place> {
  const here = place();
  for (const n of [1, 2, 3, 4]) await here.dsm(`node card --data node-${n}`);
  const cards = [1, 2, 3, 4].map((n) => `node-${n}/card.json`).join(' ');
  await here.dsm(`network create village network.json ${cards}`);
  return here;
}
