/** `dsm completion`: a script for the shell. */

import { DsmError } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import { bashScript, fishScript, zshScript } from '../completion-script.ts';
import { globalOptions } from '../global-options.ts';
import * as s from '../schema.ts';

export const completion: CommandSpec = {
  name: 'completion',
  summary: 'print the completion script of a shell',
  details:
    'bash: dsm completion bash > ~/.local/share/bash-completion/completions/dsm\n' +
    'zsh: dsm completion zsh > a folder of $fpath, as _dsm\n' +
    'fish: dsm completion fish > ~/.config/fish/completions/dsm.fish',
  arguments: [{ form: '<shell>', meaning: 'bash, zsh or fish' }],
  example: 'dsm completion bash',
  output: s.record({ shell: s.text, script: s.text }),
  run: async (context, input) => {
    const shell = input.argument(0);
    const script = scriptOf(shell, context.program.commands);
    if (script === undefined) throw new DsmError('usage', `no script for ${shell}`);
    context.result({ shell, script }, script.trimEnd());
    return 0;
  },
};

function scriptOf(shell: string, commands: readonly CommandSpec[]): string | undefined {
  switch (shell) {
    case 'bash':
      return bashScript(commands, globalOptions);
    case 'zsh':
      return zshScript(commands, globalOptions);
    case 'fish':
      return fishScript(commands, globalOptions);
    default:
      return undefined;
  }
}
