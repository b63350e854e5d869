/**
 * `dsm __shell`: command lines from standard input, one JSON array on each line, run one after the
 * other. It ends with its input, so whoever started it takes it along when he dies.
 *
 *     in   ["balance","--json"]
 *     out  {"stdout":"…"}  {"stderr":"…"}  {"exit":0}
 */

import { createInterface } from 'node:readline';
import type { CommandSpec } from '../command.ts';
import { json } from '../context.ts';

export const shell: CommandSpec = {
  name: '__shell',
  summary: 'run command lines from standard input',
  hidden: true,
  run: async ({ cli, program }) => {
    const tell = (value: object): void => cli.stdout(`${json(value)}\n`);
    const end = new AbortController();
    const lines = createInterface({ input: process.stdin });
    lines.on('close', () => end.abort('SIGTERM'));
    cli.signal.addEventListener('abort', () => lines.close());
    const inner = {
      ...cli,
      canAsk: false,
      hasColour: false,
      stdout: (stdout: string): void => tell({ stdout }),
      stderr: (stderr: string): void => tell({ stderr }),
      signal: AbortSignal.any([cli.signal, end.signal]),
    };
    for await (const line of lines) {
      const args = JSON.parse(line) as readonly string[];
      tell({ exit: await program.run(args, inner) });
    }
    return 0;
  },
};
