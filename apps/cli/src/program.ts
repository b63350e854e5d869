/**
 * The program: the table of commands, read by commander, run once.
 *
 * Whatever happens becomes an exit code and, for a failure, one text or one JSON document on
 * standard error. Standard output holds results alone.
 */

import { Command, CommanderError } from 'commander';
import { installNative } from '@dsm/node';
import type { Cli } from './cli.ts';
import { commands } from './commands/index.ts';
import { inputOf, type CommandSpec } from './command.ts';
import { contextOf, json, type GlobalOptions, type Program } from './context.ts';
import { globalOptions } from './global-options.ts';
import { exitOf, failureOf, failureText } from './failure.ts';

export const version = '0.1.0';

const self: Program = { version, commands, run };

/** Run one command line. Answers with its exit code and never throws. */
export async function run(args: readonly string[], cli: Cli): Promise<number> {
  const outcome = { exit: 0 };
  try {
    installNative();
    const root = program(cli, (exit) => {
      outcome.exit = exit;
    });
    await root.parseAsync(withDefault(root, args), { from: 'user' });
    return outcome.exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === 'commander.help') return 2;
    if (cli.signal.aborted) return interruptedExit(cli);
    return failed(error, args.includes('--json'), cli);
  }
}

function failed(error: unknown, isJson: boolean, cli: Cli): number {
  const failure = failureOf(error);
  cli.stderr(isJson ? `${json({ error: failure })}\n` : failureText(failure));
  const isShown = failure.code === 'bug' && cli.env['DSM_LOG'] === 'debug';
  if (isShown && error instanceof Error) cli.stderr(`${error.stack}\n`);
  return exitOf(failure.code);
}

/** SIGTERM asks for an end and gets one; SIGINT breaks off. */
function interruptedExit(cli: Cli): number {
  return cli.signal.reason === 'SIGTERM' ? 143 : exitOf('interrupted');
}

/** Bare `dsm` is `dsm status`. */
function withDefault(root: Command, args: readonly string[]): string[] {
  const { operands, unknown } = root.parseOptions([...args]);
  const isBare = operands.length === 0 && unknown.length === 0;
  // Reading the options has stored them; reading them again gives the same.
  return isBare && !args.includes('--version') ? [...args, 'status'] : [...args];
}

function program(cli: Cli, ended: (exit: number) => void): Command {
  const root = new Command('dsm')
    .description('Pay from device to device, with or without a network.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show help');
  for (const { form, meaning } of globalOptions) root.option(form, meaning);
  const isQuietAboutErrors = (): void => {};
  const settle = (command: Command): Command =>
    command
      .exitOverride()
      .showSuggestionAfterError(true)
      .configureHelp({ showGlobalOptions: false, sortSubcommands: false })
      .configureOutput({
        writeOut: cli.stdout,
        writeErr: cli.stderr,
        outputError: isQuietAboutErrors,
      });
  settle(root);
  for (const spec of commands) root.addCommand(build(spec, root), { hidden: spec.hidden === true });
  return root;

  function build(spec: CommandSpec, parent: Command): Command {
    const command = settle(new Command(spec.name)).description(spec.summary);
    command.copyInheritedSettings(parent);
    for (const { form, meaning } of spec.arguments ?? []) command.argument(form, meaning);
    for (const { form, meaning } of spec.options ?? []) command.option(form, meaning);
    const more = [spec.details, spec.example === undefined ? undefined : `  $ ${spec.example}`];
    const after = more.filter((line) => line !== undefined).join('\n\n');
    if (after !== '') command.addHelpText('after', `\n${after}\n`);
    for (const child of spec.commands ?? []) {
      command.addCommand(build(child, command), { hidden: child.hidden === true });
    }
    const { run: perform } = spec;
    if (perform !== undefined) {
      command.allowExcessArguments(false).action(async (...received: unknown[]) => {
        const context = await contextOf(cli, self, command.optsWithGlobals<GlobalOptions>());
        const values = received.slice(0, spec.arguments?.length ?? 0);
        ended((await perform(context, inputOf(values, command.opts()))) ?? 0);
      });
    }
    return command;
  }
}
