/** `dsm doctor`: what could stand in the way, each with what to do about it. */

import { DsmError } from '@dsm/wallet';
import type { CommandSpec, Input } from '../command.ts';
import type { Context, Style } from '../context.ts';
import { examine, type Finding } from '../examination.ts';
import { located } from '../network-file.ts';
import { probe } from '../probing.ts';
import * as s from '../schema.ts';

const findingSchema = s.partial(
  { check: s.text, state: s.oneOf('ok', 'warn', 'fail'), found: s.text },
  { fix: s.text },
);

export const doctor: CommandSpec = {
  name: 'doctor',
  summary: 'check this machine, this wallet and the way to the nodes',
  details:
    'Exits with 75 if something fails; a warning is no failure.\n' +
    '--probe measures the timing of this machine as the literature would tell devices apart by it, and\n' +
    'what somebody without the machine comes to. Nothing depends on it.',
  options: [
    { form: '--probe', meaning: 'measure this machine as well, with what that is worth' },
    { form: '--save <file>', meaning: 'with --probe: keep what was measured' },
    { form: '--compare <files>', meaning: 'with --probe: files of --save, with commas between' },
  ],
  example: 'dsm doctor',
  output: s.list(findingSchema),
  run: async (context, input) => {
    const findings = [...(await examine(context)), ...(await probed(context, input))];
    context.result(
      findings,
      findings.flatMap((finding) => linesOf(context, finding)),
    );
    return findings.some(({ state }) => state === 'fail') ? 75 : 0;
  },
};

function probed({ cli }: Context, input: Input): Promise<readonly Finding[]> {
  const at = (path: string): string => located(path, cli.cwd);
  const save = input.option('save');
  const compare = input.option('compare')?.split(',') ?? [];
  if (input.isSet('probe'))
    return probe({ save: save === undefined ? undefined : at(save), compare: compare.map(at) });
  if (save !== undefined || compare.length > 0)
    throw new DsmError('usage', '--save and --compare belong to --probe');
  return Promise.resolve([]);
}

const styleByState: Record<Finding['state'], Style> = { ok: 'green', warn: 'yellow', fail: 'red' };

function linesOf({ paint }: Context, { check, state, found, fix }: Finding): readonly string[] {
  const line = `${paint(styleByState[state], state.padEnd(4))}  ${check.padEnd(9)} ${found}`;
  return fix === undefined ? [line] : [line, `                try: ${fix}`];
}
