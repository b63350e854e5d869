/** What the command line of the fuzzer says. */

import { parseArgs } from 'node:util';

export interface Options {
  /** Names of targets, or beginnings of them; all if there is none. */
  readonly targets: readonly string[];
  readonly runs: number;
  readonly seconds: number;
  readonly seed: number;
  readonly plain: boolean;
  readonly keep: boolean;
  readonly list: boolean;
  readonly json: boolean;
  readonly input: Uint8Array | undefined;
  /** Every so manieth target, from which on. */
  readonly part: { readonly index: number; readonly of: number };
}

export const usage = `npm run fuzz -- [TARGET…] [options]

Tries every decoder, route and talk with mutated bytes, and keeps what reaches new branches.
TARGET is a name of --list, or the beginning of some.

  --runs N       executions of each target (20000); a target that costs more has fewer
  --seconds N    at most so long in all, shared by the targets
  --seed N       another seed (1)
  --plain        without counters: faster, and finds nothing new to go on from
  --part I/N     only every Nth target, from the Ith on (1/1): for several processes
  --input TEXT   one execution of one target, of these bytes in base64url
  --keep         adds what was found to the corpus of each target
  --list         the names of the targets
  --json         the result as the last line, for npm run verify
`;

/** The options, or what is wrong with the arguments. */
export function optionsOf(args: readonly string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        runs: { type: 'string', default: '20000' },
        seconds: { type: 'string', default: '86400' },
        seed: { type: 'string', default: '1' },
        part: { type: 'string', default: '1/1' },
        input: { type: 'string' },
        plain: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const [, index, of] = /^(\d+)\/(\d+)$/.exec(values.part) ?? [];
    const part = { index: Number(index) - 1, of: Number(of) };
    if (!(part.index >= 0 && part.index < part.of)) return `--part: ${values.part} is no part`;
    const [runs, seconds, seed] = [values.runs, values.seconds, values.seed].map(Number);
    if (!(runs! > 0 && seconds! > 0 && Number.isInteger(seed))) {
      return '--runs and --seconds take a number above zero, --seed a whole number';
    }
    const { plain, keep, list, json } = values;
    if (plain && keep) return '--keep needs the counters that --plain leaves out';
    const input = values.input === undefined ? undefined : bytesOf(values.input);
    return {
      targets: positionals,
      runs: runs!,
      seconds: seconds!,
      seed: seed!,
      part,
      input,
      plain,
      keep,
      list,
      json,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64url'));
}
