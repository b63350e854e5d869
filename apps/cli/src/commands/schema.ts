/** `dsm schema`: what `--json` prints, as JSON Schema. */

import { DsmError } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import * as s from '../schema.ts';

const dialect = 'https://json-schema.org/draft/2020-12/schema';

const failureSchema: s.Schema = s.record({
  error: s.partial({ code: s.text, message: s.text, fix: s.text, docs: s.text }, { cause: s.text }),
});

export const schema: CommandSpec = {
  name: 'schema',
  summary: 'describe what --json prints, as JSON Schema',
  arguments: [{ form: '[command...]', meaning: 'one command, like: pay, or: token ls' }],
  example: 'dsm schema pay',
  output: { type: 'object' },
  run: async (context, input) => {
    const all = schemas(context.program.commands);
    const wanted = input.rest(0).join(' ');
    const found = wanted === '' ? { ...all, error: failureSchema } : all[wanted];
    if (found === undefined) throw new DsmError('not-found', `no command "${wanted}" prints JSON`);
    const document =
      wanted === '' ? { $schema: dialect, $defs: found } : { $schema: dialect, ...found };
    context.result(document, JSON.stringify(document, undefined, 2));
    return 0;
  },
};

/** The schema of each command's output, by its full name. */
export function schemas(commands: readonly CommandSpec[]): Readonly<Record<string, s.Schema>> {
  const found: Record<string, s.Schema> = {};
  const visit = (specs: readonly CommandSpec[], path: string): void => {
    for (const spec of specs) {
      if (spec.output !== undefined) found[path + spec.name] = spec.output;
      visit(spec.commands ?? [], `${path}${spec.name} `);
    }
  };
  visit(commands, '');
  return found;
}
