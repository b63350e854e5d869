/**
 * The record of what was verified: docs/verification.json, the only source of docs/verification.md.
 *
 * A result replaces the one of the same tool and part, whatever run it came from, so that quick runs
 * refresh what they cover and leave the long ones as they were, each with its revision and machine.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import type { Result } from '../result.ts';

export interface Recorded extends Result {
  /** The revision of the sources, with `+` if files differed from it. */
  readonly revision: string;
  readonly machine: string;
}

const path = 'docs/verification.json';

export function readRecord(): readonly Recorded[] {
  if (!existsSync(path)) return [];
  return JSON.parse(readFileSync(path, 'utf8')) as readonly Recorded[];
}

/** One result a line, so that a difference shows which one changed. */
export function writeRecord(record: readonly Recorded[]): void {
  const lines = record.map((one) => `  ${JSON.stringify(one)}`).join(',\n');
  writeFileSync(path, `[\n${lines}\n]\n`);
}

/** The record with these results in the place of what they replace. */
export function updated(
  before: readonly Recorded[],
  fresh: readonly Recorded[],
): readonly Recorded[] {
  const nameOf = ({ tool, part }: Result): string => `${tool}/${part}`;
  const all = new Map([...before, ...fresh].map((one) => [nameOf(one), one]));
  return [...all.values()].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

export function revision(): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { encoding: 'utf8' }).trim();
  try {
    const isClean = git('status', '--porcelain', '--', 'core', 'host', 'sim') === '';
    return `${git('rev-parse', '--short=10', 'HEAD')}${isClean ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}

export function machineName(): string {
  const cpus = os.cpus();
  return `${cpus[0]?.model.trim() ?? 'unknown'}, ${cpus.length} cores, node ${process.version}`;
}
