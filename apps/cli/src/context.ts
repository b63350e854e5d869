/** A command's surroundings once the flags are read: where the wallet is and how to speak. */

import { join } from 'node:path';
import { styleText } from 'node:util';
import type { Cli } from './cli.ts';
import type { CommandSpec } from './command.ts';
import { dataHome, settings, type Settings } from './settings.ts';
import { located } from './network-file.ts';

/** The program that a command belongs to. */
export interface Program {
  readonly version: string;
  readonly commands: readonly CommandSpec[];
  /** Run another command line; answers with its exit code. */
  readonly run: (args: readonly string[], cli: Cli) => Promise<number>;
}

export interface Context {
  readonly cli: Cli;
  readonly program: Program;
  /** The folder of the wallet. */
  readonly home: string;
  /** The folder that a flag names, if one does. */
  readonly homeFlag: string | undefined;
  readonly settings: Settings;
  readonly isJson: boolean;
  /** Answer yes to every question, and take an empty passphrase. */
  readonly yes: boolean;
  /** A person may be asked. */
  readonly canAsk: boolean;
  /** The result: `value` as one JSON document, or `lines` for people. */
  readonly result: (value: unknown, lines: string | readonly string[]) => void;
  /** One of several results of a command that goes on: one line each. */
  readonly event: (value: unknown, line: string) => void;
  /** For people who watch; never part of a result. */
  readonly say: (line: string) => void;
  readonly paint: (style: Style, text: string) => string;
}

export type Style = 'green' | 'yellow' | 'red' | 'bold' | 'dim';

export interface GlobalOptions {
  readonly json?: boolean;
  readonly home?: string;
  readonly profile?: string;
  readonly color?: boolean;
  readonly quiet?: boolean;
  readonly yes?: boolean;
  readonly input?: boolean;
  readonly network?: string;
}

export async function contextOf(
  cli: Cli,
  program: Program,
  options: GlobalOptions,
): Promise<Context> {
  const known = await settings(cli, {
    ...(options.profile !== undefined && { profile: options.profile }),
    ...(options.network !== undefined && { network: options.network }),
  });
  const isJson = options.json === true;
  const isQuiet = options.quiet === true;
  const home = options.home ?? cli.env['DSM_HOME'];
  return {
    cli,
    program,
    homeFlag: options.home === undefined ? undefined : located(options.home, cli.cwd),
    home:
      home === undefined || home === ''
        ? join(dataHome(cli), known.profile.value)
        : located(home, cli.cwd),
    settings: known,
    isJson,
    yes: options.yes === true,
    canAsk: cli.canAsk && options.input !== false,
    result: (value, lines) => {
      const shown = typeof lines === 'string' ? [lines] : lines;
      cli.stdout(isJson ? `${json(value, 2)}\n` : shown.map((line) => `${line}\n`).join(''));
    },
    event: (value, line) => cli.stdout(isJson ? `${json(value)}\n` : `${line}\n`),
    say: (line) => {
      if (!isQuiet) cli.stderr(`${line}\n`);
    },
    paint: (style, text) =>
      cli.hasColour && options.color !== false
        ? styleText(style, text, { validateStream: false })
        : text,
  };
}

/** Amounts as decimal texts, bytes in base64url. */
export function json(value: unknown, indent?: number): string {
  const shown = (_name: string, member: unknown): unknown => {
    if (typeof member === 'bigint') return member.toString();
    if (member instanceof Uint8Array) return Buffer.from(member).toString('base64url');
    return member;
  };
  return JSON.stringify(value, shown, indent);
}
