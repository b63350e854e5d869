/**
 * Real processes and real SIGKILL: a process that commits is killed at a system call that was drawn, before it
 * or in the middle of a write; another one goes on in the same folder, again and again. Nothing that a process
 * said was kept is ever missing, nothing is there that was not asked for.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dice } from '@dsm/memory';
import { digestOf, heldAfter } from './contents.ts';
import { numberedCommit } from './history.ts';
import { orderFor, shimEnvironment } from './shim.ts';
import { subjects, type Subject } from './subjects.ts';
import type { Tally } from './tally.ts';

export interface KillsOptions {
  /** Of each subject. */
  readonly kills: number;
}

const commitsOfLife = 24;
const inFlight = 2;
/** Opening alone takes tens of calls, a life some hundreds. */
const callsMax = 260;

export async function kills(
  place: string,
  library: string,
  options: KillsOptions,
  tally: Tally,
): Promise<void> {
  for (const subject of subjects) {
    await killAgainAndAgain(subject, place, library, options.kills, tally);
    tally.progress(`${subject.name}, ${options.kills} kills`);
  }
}

async function killAgainAndAgain(
  subject: Subject,
  place: string,
  library: string,
  count: number,
  tally: Tally,
): Promise<void> {
  const roll = dice(`kills of ${subject.name}`);
  const home = join(place, `kills ${subject.name}`);
  const folder = join(home, 'kept');
  mkdirSync(folder, { recursive: true });
  const seed = `kills ${subject.name}`;
  let kept = 0;
  for (let n = 0; n < count; n++) {
    const at = roll(callsMax);
    const happens = roll(2) === 0 ? 'killed' : 'halfKilled';
    const where = `${subject.name}, kill ${n} at call ${at} (${happens})`;
    const env = { ...process.env, ...shimEnvironment(library, home) };
    writeFileSync(join(home, 'control'), orderFor(folder, { at, errno: 0, happens }));
    const program = join(import.meta.dirname, 'commit-until-killed.ts');
    const args = [subject.name, folder, seed, String(kept + 1), String(commitsOfLife)];
    const said = await outputOf([...process.execArgv, program, ...args], env);
    if (said.signal !== 'SIGKILL' && said.code !== 0) {
      tally.find(`a process that is to be killed ends by itself (${said.code}): ${where}`);
      return;
    }
    tally.point(subject.name, said.signal === 'SIGKILL' ? 'SIGKILL' : 'orderly end');
    tally.image(subject.name);
    const acknowledged = said.lines.reduce((most, line) => Math.max(most, Number(line)), kept);
    const asked = Math.min(kept + commitsOfLife, acknowledged + inFlight);
    const found = await keptIn(subject, folder, seed, acknowledged, asked);
    if (typeof found === 'string') {
      tally.find(`${found}: ${where}`);
      return;
    }
    kept = found;
  }
  if (kept < count) tally.find(`${subject.name}: only ${kept} commits in ${count} lives`);
}

/** The number of the last commit that is kept, or what is wrong. */
async function keptIn(
  subject: Subject,
  folder: string,
  seed: string,
  from: number,
  to: number,
): Promise<number | string> {
  try {
    const open = await subject.open(folder);
    const digest = digestOf(await open.held());
    await open.close();
    const all = Array.from({ length: to }, (_, n) => numberedCommit(seed, n + 1, subject.largest));
    for (let number = to; number >= from; number--) {
      if (digestOf(heldAfter(all.slice(0, number))) === digest) return number;
    }
    return `after SIGKILL neither of the states after ${from} to ${to} commits is there`;
  } catch (error) {
    return `after SIGKILL it is refused (${String(error)})`;
  }
}

interface Said {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lines: readonly string[];
}

async function outputOf(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Said> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  // The last line may be cut short; whole ones end with a line feed.
  return { code, signal, lines: output.split('\n').slice(0, -1) };
}
