/** What the program may be asked, read strictly. */

export interface Options {
  readonly seed: number;
  readonly seeds: number;
  readonly scenario: string | undefined;
  readonly events: number;
  /** Runs that shrinking a finding may take. */
  readonly shrink: number;
  readonly json: boolean;
  readonly trace: boolean;
  readonly replay: string | undefined;
  readonly keep: string | undefined;
  readonly help: boolean;
}

export const usage = `npm run sim -- [options]

The whole system in one process under a seed: wallets, storage nodes, lines and disks of the shipped
code, where every operation completes when the seed says so.

  --seed N         the first seed (1)
  --seeds N        how many seeds of each scenario (12)
  --scenario NAME  one scenario alone: calm, network, crashes, cheats, nodes, all, real
  --events N       go on with further seeds until so many events have happened
  --shrink N       how many runs shrinking a finding may take (200)
  --trace          print the steps of each run
  --replay FILE    run a plan that was kept
  --keep FOLDER    write the shrunk plan of a finding there
  --json           a result as the last line
  --help           this
`;

const numbers = ['seed', 'seeds', 'events', 'shrink'];
const texts = ['scenario', 'replay', 'keep'];
const flags = ['json', 'trace', 'help'];

const defaults: Options = {
  seed: 1,
  seeds: 12,
  events: 0,
  shrink: 200,
  scenario: undefined,
  replay: undefined,
  keep: undefined,
  json: false,
  trace: false,
  help: false,
};

/** Undefined if it cannot be read. */
export function readOptions(args: readonly string[]): Options | undefined {
  const read: Record<string, number | string | boolean> = {};
  for (let i = 0; i < args.length; i++) {
    const name = args[i]!.startsWith('--') ? args[i]!.slice(2) : '';
    if (flags.includes(name)) read[name] = true;
    else {
      const value = valueOf(name, args[i + 1]);
      if (value === undefined) return undefined;
      read[name] = value;
      i += 1;
    }
  }
  return { ...defaults, ...read };
}

function valueOf(name: string, text: string | undefined): number | string | undefined {
  if (text === undefined) return undefined;
  if (texts.includes(name)) return text;
  const number = Number(text);
  const isNumber = numbers.includes(name) && Number.isSafeInteger(number) && number >= 0;
  return isNumber ? number : undefined;
}
