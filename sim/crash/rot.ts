/**
 * Damage while nobody looks: bits that flip, a copy that is lost or older, both copies at once, and a second
 * process that wants the same folder.
 *
 * One copy of a wallet may be anything: what is served is what was acknowledged. If both are damaged, or the
 * intact one is behind the other, it is refused. An engine has one copy: what it serves is right, or it says
 * that it is rotten.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { dice, type Dice } from '@dsm/memory';
import { digestOf, nameOf } from './contents.ts';
import { imageOf, putImage } from './file-life.ts';
import { randomCommit, type Commit } from './history.ts';
import { codeOf } from './log-life.ts';
import { subjects, type Subject } from './subjects.ts';
import type { Image } from './trace.ts';
import type { Tally } from './tally.ts';

export interface RotOptions {
  /** So many flips in each file. */
  readonly flips: number;
}

interface States {
  readonly commits: readonly Commit[];
  readonly early: Image;
  readonly closed: Image;
  readonly earlyDigest: string;
  readonly digest: string;
}

/** Judges every subject; LMDB only put back whole: its library may end the process when its file is damaged. */
export async function rot(place: string, options: RotOptions, tally: Tally): Promise<void> {
  const tools: Tools = { place, next: 0, roll: dice('rot'), tally };
  for (const subject of subjects) {
    const states = await statesOf(subject, tools);
    if (subject.name === 'wallet') await walletCopies(subject, states, options, tools);
    else if (subject.survivesFaults) await engineRot(subject, states, options, tools);
    await older(subject, states, tools);
    tally.progress(`${subject.name}, rot`);
  }
  await twoProcesses(tools);
}

interface Tools {
  readonly place: string;
  next: number;
  readonly roll: Dice;
  readonly tally: Tally;
}

function folderIn(tools: Tools): string {
  tools.next += 1;
  return join(tools.place, `rot ${tools.next}`);
}

async function statesOf(subject: Subject, tools: Tools): Promise<States> {
  const folder = folderIn(tools);
  const roll = dice(`rot of ${subject.name}`);
  const commits: Commit[] = [];
  const some = async (count: number): Promise<string> => {
    const open = await subject.open(folder);
    for (let n = 0; n < count; n++) {
      commits.push(randomCommit(roll, commits.length + 1, subject.largest));
      await open.commit(commits.at(-1)!);
    }
    const digest = digestOf(await open.held());
    await open.close();
    return digest;
  };
  const earlyDigest = await some(10);
  const early = imageOf(folder);
  const digest = await some(20);
  return { commits, early, closed: imageOf(folder), earlyDigest, digest };
}

/** What comes of an image: its contents, or the code of the refusal. */
async function opened(
  subject: Subject,
  image: Image,
  tools: Tools,
): Promise<{ readonly digest: string } | { readonly code: unknown }> {
  const folder = folderIn(tools);
  putImage(folder, image);
  try {
    const open = await subject.open(folder);
    try {
      return { digest: digestOf(await open.held()) };
    } finally {
      await open.close().catch(() => {});
    }
  } catch (error) {
    return { code: codeOf(error) };
  }
}

function flipped(image: Image, name: string, roll: Dice): Image {
  const bytes = image.get(name)!.slice();
  bytes[roll(bytes.length)]! ^= 1 << roll(8);
  return new Map([...image, [name, bytes]]);
}

function without(image: Image, name: string): Image {
  return new Map([...image].filter(([each]) => each !== name));
}

const copies = ['wallet.db', 'mirror.db'] as const;

async function walletCopies(
  subject: Subject,
  states: States,
  { flips }: RotOptions,
  tools: Tools,
): Promise<void> {
  const { roll, tally } = tools;
  const { closed, early, digest } = states;
  const spoilt = (image: Image, name: string, how: number): Image => {
    const size = image.get(name)!.length;
    if (how === 0) return without(image, name);
    if (how === 1) return new Map([...image, [name, image.get(name)!.subarray(0, size >> 1)]]);
    return withBadRows(image, name, states.commits);
  };
  for (const [n, name] of copies.entries()) {
    const other = copies[1 - n]!;
    for (let flip = 0; flip < flips; flip++) {
      await mustHold(subject, flipped(closed, name, roll), digest, 'one copy rotten', tools);
    }
    for (let how = 0; how < 3; how++) {
      const one = spoilt(closed, name, how);
      await mustHold(subject, one, digest, 'one copy rotten', tools);
      for (let otherHow = 0; otherHow < 3; otherHow++) {
        await mustRefuse(subject, spoilt(one, other, otherHow), 'both copies rotten', tools);
      }
    }
    const oldOther = new Map([...closed, [other, early.get(other)!]]);
    await mustHold(subject, oldOther, digest, 'one copy older', tools);
    const rows = withBadRows(oldOther, name, states.commits);
    await mustRefuse(subject, rows, 'the newer copy rotten, the older one intact', tools);
  }
  tally.progress('wallet, copies');
}

/** Changes a byte of every value that stands in the file: SQLite by itself sees nothing of it. */
function withBadRows(image: Image, name: string, commits: readonly Commit[]): Image {
  const bytes = Buffer.from(image.get(name)!);
  for (const { key, value } of commits.flat()) {
    if (value === undefined || value.length < 16) continue;
    for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value, at + 1)) {
      bytes[at + 9]! ^= 4;
    }
    if (key.length === 0) break;
  }
  return new Map([...image, [name, new Uint8Array(bytes)]]);
}

async function mustHold(
  subject: Subject,
  image: Image,
  digest: string,
  what: string,
  { tally, ...tools }: Tools,
): Promise<void> {
  tally.point(subject.name, what);
  tally.image(subject.name);
  const found = await opened(subject, image, { ...tools, tally });
  if ('code' in found) tally.find(`${subject.name}, ${what}: refused (${String(found.code)})`);
  else if (found.digest !== digest) tally.find(`${subject.name}, ${what}: another state is served`);
}

async function mustRefuse(
  subject: Subject,
  image: Image,
  what: string,
  tools: Tools,
): Promise<void> {
  const { tally } = tools;
  tally.point(subject.name, what);
  tally.image(subject.name);
  const found = await opened(subject, image, tools);
  if ('digest' in found) tally.find(`${subject.name}, ${what}: not refused`);
  else if (found.code !== 'rotten') {
    tally.find(`${subject.name}, ${what}: refused as ${String(found.code)}, not as rotten`);
  }
}

/** Each value that is served is the last one written, or the engine says that it is rotten. */
async function engineRot(
  subject: Subject,
  states: States,
  { flips }: RotOptions,
  tools: Tools,
): Promise<void> {
  const { roll, tally } = tools;
  const names = [...states.closed.keys()].filter((name) => states.closed.get(name)!.length > 0);
  const images = names.flatMap((name) =>
    Array.from({ length: flips }, () => flipped(states.closed, name, roll)),
  );
  const main = names.find((name) => name.endsWith('.db'));
  if (main !== undefined) images.push(withBadRows(states.closed, main, states.commits));
  for (const image of images) {
    tally.point(subject.name, 'rot');
    tally.image(subject.name);
    const found = await opened(subject, image, tools);
    if ('code' in found ? found.code === 'rotten' || found.code === 'version' : false) continue;
    if ('digest' in found && found.digest === states.digest) continue;
    const what = 'code' in found ? `fails with ${String(found.code)}` : 'serves another state';
    tally.find(`${subject.name}, rot: ${what}`);
  }
}

/** Files of an earlier day, with what is beside them as it is. */
async function older(subject: Subject, { early, closed }: States, tools: Tools): Promise<void> {
  const beside: readonly string[] = [
    'reserve',
    'lock.db',
    'checkpoint',
    'node.db.tidemark',
    'tidemark',
  ];
  const image = new Map([...early, ...[...closed].filter(([name]) => beside.includes(name))]);
  // Whoever puts back all of a wallet makes a restored device: that is the protocol's to notice.
  if (subject.name !== 'wallet') await mustRefuse(subject, image, 'an older state put back', tools);
}

/** Who comes second to a folder is told so, from this process and from another. */
async function twoProcesses(tools: Tools): Promise<void> {
  const { tally } = tools;
  for (const subject of subjects.filter(({ name }) => name === 'wallet' || name === 'log')) {
    const folder = folderIn(tools);
    const first = await subject.open(folder);
    tally.point(subject.name, 'a second process');
    const program = join(import.meta.dirname, 'second.ts');
    const { stdout } = spawnSync(
      process.execPath,
      [...process.execArgv, program, subject.name, folder],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    );
    if (stdout.trim() !== 'busy') {
      tally.find(`${subject.name}, a second process: it gets "${stdout.trim()}", not busy`);
    }
    await first.commit([{ shelf: 0, key: new Uint8Array(32), value: new Uint8Array(4) }]);
    const held = await first.held();
    if (!held.has(nameOf(0, new Uint8Array(32))))
      tally.find('a commit beside a second process is lost');
    await first.close();
  }
}
