/** `dsm doctor`: what could stand in the way, each with what to do about it. */

import type { CommandSpec } from '../command.ts';
import type { Context, Style } from '../context.ts';
import { examine, type Finding } from '../examination.ts';
import * as s from '../schema.ts';

const findingSchema = s.partial(
  { check: s.text, state: s.oneOf('ok', 'warn', 'fail'), found: s.text },
  { fix: s.text },
);

export const doctor: CommandSpec = {
  name: 'doctor',
  summary: 'check this machine, this wallet and the way to the nodes',
  details: 'Exits with 75 if something fails; a warning is no failure.',
  example: 'dsm doctor',
  output: s.list(findingSchema),
  run: async (context) => {
    const findings = await examine(context);
    context.result(
      findings,
      findings.flatMap((finding) => linesOf(context, finding)),
    );
    return findings.some(({ state }) => state === 'fail') ? 75 : 0;
  },
};

const styleByState: Record<Finding['state'], Style> = { ok: 'green', warn: 'yellow', fail: 'red' };

function linesOf({ paint }: Context, { check, state, found, fix }: Finding): readonly string[] {
  const line = `${paint(styleByState[state], state.padEnd(4))}  ${check.padEnd(9)} ${found}`;
  return fix === undefined ? [line] : [line, `                try: ${fix}`];
}
