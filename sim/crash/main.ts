/**
 * Crash points: power cuts, torn writes and failing calls at every place where wallets and nodes meet the
 * disk. docs/crash-points.md says what is assumed, what is covered and what is not.
 *
 *     npm run crash -- [log|wallet|sqlite|lmdb|log-files|rot|kills|nodes] [--long] [--json]
 *
 * `log` is the segment log on a disk in memory, the others run on files, through a shim between the process
 * and the system. Without a name all are run, and every call site in the source must have been reached.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lineOf, type Result } from '../result.ts';
import { countSites, hostFolder, lmdbFolder, logFolder, siteName } from './sites.ts';
import { buildShim, shimEnvironment } from './shim.ts';
import { tally, toldOf, type Told } from './tally.ts';
import { unreachable } from './unreachable.ts';

const reached = countSites([hostFolder, logFolder, lmdbFolder]);

const usage = `npm run crash -- [NAME] [--long] [--tiny] [--json]

  NAME      log, wallet, sqlite, lmdb, log-files, rot, kills or nodes; all of them without it
  --long    for a report: more lives, every byte; half an hour or more
  --tiny    a few seconds, for tests
  --json    the result as the last line, as JSON
`;

const fileParts: Readonly<Record<string, string>> = {
  wallet: 'wallet',
  sqlite: 'sqlite',
  lmdb: 'lmdb',
  'log-files': 'log',
};

const allParts: readonly string[] = ['log', ...Object.keys(fileParts), 'rot', 'kills', 'nodes'];

interface Counted extends Told {
  readonly sites: readonly (readonly [string, number])[];
}

async function main(args: readonly string[]): Promise<void> {
  const names = args.filter((arg) => !arg.startsWith('-'));
  const flags = new Set(args.filter((arg) => arg.startsWith('-')));
  if (flags.has('--help')) {
    process.stdout.write(usage);
    return;
  }
  const known = allParts;
  const unknown =
    [...flags].find((flag) => !['--json', '--long', '--tiny'].includes(flag)) ??
    names.find((name) => !known.includes(name)) ??
    names[1];
  if (unknown !== undefined) {
    process.stderr.write(`"${unknown}" is not understood\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const bound = flags.has('--long') ? 'long' : flags.has('--tiny') ? 'tiny' : 'quick';
  const result = await run(names[0], bound, ['npm run crash --', ...args].join(' '));
  show(result, flags.has('--json'));
  process.exitCode = result.ok ? 0 : 1;
}

async function run(part: string | undefined, bound: string, command: string): Promise<Result> {
  const begun = performance.now();
  const parts = part === undefined ? allParts : [part];
  const counted: Counted[] = [];
  const uncovered = [...notCovered];
  // An edit of the source must be met in this process too, whatever part is run.
  await Promise.all([import('@dsm/node'), import('@dsm/segment-log'), import('@dsm/lmdb')]);
  for (const each of parts) counted.push(await runPart(each, bound));
  const sites = new Map<string, number>();
  for (const [site, count] of counted.flatMap((each) => each.sites)) {
    sites.set(site, (sites.get(site) ?? 0) + count);
  }
  const open = [...sites].filter(([site, count]) => count === 0 && !isExcused(site));
  const findings = counted.flatMap((each) => each.findings);
  if (part === undefined && bound !== 'tiny') {
    findings.push(...open.map(([site]) => `no crash point reaches ${site}`));
  }
  for (const [site, count] of sites) process.stderr.write(`${count} × ${site}\n`);
  const seconds = (performance.now() - begun) / 1_000;
  return {
    tool: 'crash',
    part: `${part ?? 'all'}, ${bound}`,
    command,
    ok: findings.length === 0,
    bound: `${parts.join(', ')}: every event of their lives, and every call fails`,
    seconds,
    figures: figuresOf(counted, sites, seconds),
    findings,
    uncovered,
  };
}

function runPart(part: string, bound: string): Promise<Counted> {
  if (part === 'log') return inMemory(bound);
  if (part === 'rot') return rotten(bound);
  if (part === 'kills' || part === 'nodes') return killed(part, bound);
  return inFiles(fileParts[part]!, bound);
}

function figuresOf(
  counted: readonly Counted[],
  sites: ReadonlyMap<string, number>,
  seconds: number,
): Result['figures'] {
  const points = counted.reduce((sum, each) => sum + each.points, 0);
  const images = counted.reduce((sum, each) => sum + each.images, 0);
  return {
    'crash points': points,
    'of them different states, opened and read': images,
    'crash points a second': Math.round(points / seconds),
    'call sites reached': `${[...sites.values()].filter((count) => count > 0).length} of ${sites.size}`,
    ...Object.fromEntries(counted.flatMap(({ byKind }) => byKind)),
  };
}

const notCovered = [
  'what a disk does below a sync that it acknowledged; a disk that lies about syncs is believed',
  'writes of a power cut that change bytes outside of their range',
  'failing calls inside of LMDB: its library may end the process',
  ...unreachable.map(({ site, why }) => `${site}: ${why}`),
];

function isExcused(site: string): boolean {
  const name = site.replace(/:\d+/, '');
  return unreachable.some((each) => name.startsWith(each.site));
}

/** The segment log on a disk in memory, in this process. */
async function inMemory(bound: string): Promise<Counted> {
  const { installNative } = await import('@dsm/node');
  const { bounds } = await import('./bounds.ts');
  const { logFaults } = await import('./log-faults.ts');
  const { logPoints } = await import('./log-points.ts');
  installNative();
  const { log, logFaults: faults } = bounds[bound]!;
  const count = tally((sentence) => process.stderr.write(`${sentence}\n`));
  await logPoints(log, count);
  await logFaults(faults, count);
  return { ...toldOf(count), sites: sitesHere() };
}

/** Damage, on files, in this process. */
async function rotten(bound: string): Promise<Counted> {
  const { installNative } = await import('@dsm/node');
  const { bounds } = await import('./bounds.ts');
  const { rot } = await import('./rot.ts');
  installNative();
  const place = mkdtempSync(join(sharedMemory(), 'dsm-crash-'));
  try {
    const count = tally((sentence) => process.stderr.write(`${sentence}\n`));
    await rot(place, bounds[bound]!.rot, count);
    return { ...toldOf(count), sites: sitesHere() };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Processes that are killed at system calls. */
async function killed(part: 'kills' | 'nodes', bound: string): Promise<Counted> {
  const { installNative } = await import('@dsm/node');
  const { bounds } = await import('./bounds.ts');
  const { kills } = await import('./kills.ts');
  const { nodeKills } = await import('./node-kills.ts');
  installNative();
  const place = mkdtempSync(join(sharedMemory(), 'dsm-crash-'));
  try {
    const count = tally((sentence) => process.stderr.write(`${sentence}\n`));
    const built = buildShim(place);
    if ('lacks' in built) count.find(`nothing is killed: ${built.lacks}`);
    else if (part === 'kills') await kills(place, built.library, bounds[bound]!.kills, count);
    else await nodeKills(place, built.library, bounds[bound]!.kills.kills, count);
    return { ...toldOf(count), sites: sitesHere() };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function sharedMemory(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

/** Counted in this process since the last time. */
function sitesHere(): readonly (readonly [string, number])[] {
  const sites = reached.sites.map((site, n) => [siteName(site), reached.counts[n]!] as const);
  reached.counts.fill(0);
  return sites;
}

/** What is in files, in a process of its own with the shim. */
async function inFiles(subject: string, bound: string): Promise<Counted> {
  const place = mkdtempSync(join(sharedMemory(), 'dsm-crash-'));
  const nothing = { points: 0, images: 0, byKind: [], sites: [] };
  try {
    const built = buildShim(place);
    if ('lacks' in built)
      return { ...nothing, findings: [`${subject} is not judged: ${built.lacks}`] };
    const program = join(import.meta.dirname, 'files.ts');
    const child = spawn(process.execPath, [...process.execArgv, program, subject, bound, place], {
      env: { ...process.env, ...shimEnvironment(built.library, place) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    const last = output.trimEnd().split('\n').at(-1) ?? '';
    if (code === 0) return JSON.parse(last) as Counted;
    return { ...nothing, findings: [`${subject} ended with ${code ?? signal}`] };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function show(result: Result, isJson: boolean): void {
  for (const sentence of result.findings) process.stdout.write(`FOUND  ${sentence}\n`);
  for (const [name, figure] of Object.entries(result.figures)) {
    process.stdout.write(`${String(figure).padStart(12)}  ${name}\n`);
  }
  if (isJson) process.stdout.write(`${lineOf(result)}\n`);
}

await main(process.argv.slice(2));
