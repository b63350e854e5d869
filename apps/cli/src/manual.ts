/** The manual pages: docs/cli/*.md and docs/errors.md, made from the tables. */

import { errorCodes } from '@dsm/wallet';
import type { CommandSpec, Parameter } from './command.ts';
import { explanations } from './explanations.ts';
import { exitOf, fixOfCode, ownCodes, type FailureCode } from './failure.ts';
import { globalOptions } from './global-options.ts';

/** The text of each page, by its path below the root of the repository. */
export function manual(commands: readonly CommandSpec[]): ReadonlyMap<string, string> {
  const shown = commands.filter(({ hidden }) => hidden !== true);
  return new Map([
    ['docs/cli/README.md', overview(shown)],
    ...shown.map((spec) => [`docs/cli/${spec.name}.md`, page(spec)] as const),
    ['docs/errors.md', errorPage()],
  ]);
}

function overview(commands: readonly CommandSpec[]): string {
  return [
    '# The command line',
    '',
    'Results go to standard output, everything else to standard error. `--json` prints one document,',
    'described by `dsm schema`; an error is `{"error":{code,message,cause?,fix,docs}}` on standard',
    'error. Amounts are decimal texts in the token’s smallest unit, with `decimal` beside them.',
    '',
    ...tableOf('command', 'what it does', commands.map(linkRow)),
    '',
    '## Options of every command',
    '',
    ...tableOf('option', 'meaning', globalOptions.map(parameterRow)),
    '',
    '## Exit codes',
    '',
    ...tableOf('code', 'errors', exitRows()),
    '',
  ].join('\n');
}

function page(spec: CommandSpec): string {
  return `# dsm ${spec.name}\n\n${sentence(spec.summary)}\n${body(spec, `dsm ${spec.name}`)}`;
}

function body(spec: CommandSpec, path: string): string {
  const parts = (spec.arguments ?? []).map(({ form }) => form);
  const isOptional = (spec.options ?? []).length > 0;
  const usage = [path, ...parts, ...(isOptional ? ['[options]'] : [])].join(' ');
  const lines = spec.run === undefined ? [] : ['', `    ${usage}`];
  if (spec.details !== undefined) lines.push('', spec.details.replaceAll('<', '\\<'));
  if (parts.length > 0) {
    lines.push('', ...tableOf('argument', 'meaning', spec.arguments!.map(parameterRow)));
  }
  if (isOptional) lines.push('', ...tableOf('option', 'meaning', spec.options!.map(parameterRow)));
  if (spec.example !== undefined) lines.push('', 'Example:', '', `    ${spec.example}`);
  const children = (spec.commands ?? []).map((child) => {
    const name = `${path} ${child.name}`;
    return `\n## ${name}\n\n${sentence(child.summary)}\n${body(child, name)}`;
  });
  return `${lines.map((line) => `${line}\n`).join('')}${children.join('')}`;
}

function errorPage(): string {
  const codes = [...Object.keys(errorCodes), ...Object.keys(ownCodes)] as FailureCode[];
  const sections = codes.map((code) => {
    const fix = `What to do: ${fixOfCode(code)}.`;
    return `\n## ${code}\n\nExit code ${exitOf(code)}. ${explanations[code]}\n\n${fix}\n`;
  });
  return `# Errors\n\nEvery error has a code for programs, a sentence, and what to do.\n${sections.join('')}`;
}

function exitRows(): readonly (readonly [string, string])[] {
  const byExit = new Map<number, string[]>([[0, ['success']]]);
  for (const [code, { exit }] of Object.entries({ ...errorCodes, ...ownCodes })) {
    const link = `[${code}](../errors.md#${code})`;
    byExit.set(exit, [...(byExit.get(exit) ?? []), link]);
  }
  return [...byExit]
    .toSorted(([a], [b]) => a - b)
    .map(([exit, codes]) => [String(exit), codes.join(', ')]);
}

/** A table whose columns stand under each other, as the formatter wants it. */
function tableOf(
  left: string,
  right: string,
  rows: readonly (readonly [string, string])[],
): readonly string[] {
  const all = [[left, right] as const, ...rows];
  const [first, second] = [0, 1].map((column) =>
    Math.max(3, ...all.map((row) => row[column]!.length)),
  );
  const line = ([a, b]: readonly [string, string]): string =>
    `| ${a.padEnd(first!)} | ${b.padEnd(second!)} |`;
  const rule = `| ${'-'.repeat(first!)} | ${'-'.repeat(second!)} |`;
  return [line([left, right]), rule, ...rows.map(line)];
}

function linkRow({ name, summary }: CommandSpec): readonly [string, string] {
  return [`[${name}](${name}.md)`, summary];
}

function parameterRow({ form, meaning }: Parameter): readonly [string, string] {
  return [`\`${form}\``, meaning];
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}
