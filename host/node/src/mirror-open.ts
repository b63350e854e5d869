/**
 * Opening the two copies of a store: look at both, believe what the rule says, mend the other one.
 */

import crypto from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StoreError } from '@dsm/ports';
import { copyNames, judge } from './mirror-rule.ts';
import { mirror, type Mirrored } from './mirror.ts';
import { reserveOf } from './reserve.ts';
import { createCopy, inspect, type Finding } from './sqlite-copy.ts';
import { storeError } from './store-error.ts';
import { syncFolder } from './folder.ts';

/** Open both copies in `directory`, mend one from the other if need be. The caller owns the directory. */
export async function openMirrored(
  directory: string,
  onMended: (sentence: string) => void = () => {},
): Promise<Mirrored> {
  const paths = copyNames.map((name) => join(directory, name)) as [string, string];
  const reserve = reserveOf(join(directory, 'reserve'));
  let findings = inspectBoth(paths);
  const verdict = judge(findings[0], findings[1], reserve.exists());
  try {
    if (verdict.do === 'refuse') throw new StoreError(verdict.code, verdict.reason);
    if (verdict.do === 'create') {
      const store = crypto.randomFillSync(new Uint8Array(16));
      for (const path of paths) await replace(path, (fresh) => createCopy(fresh, store));
      findings = inspectBoth(paths);
    }
    if (verdict.do === 'mend') {
      const mended = await mend(findings, verdict.good, paths);
      onMended(`${verdict.reason}; it was replaced by ${copyNames[verdict.good]}`);
      findings = mended;
    }
    const [first, second] = findings;
    const isGood = judge(first, second, true).do === 'use';
    if (!isGood || first.is !== 'sound' || second.is !== 'sound') throw unmendable(directory);
    const { summary: a } = first;
    const { summary: b } = second;
    const latest = a.sequence > b.sequence ? a : b;
    reserve.keep();
    await syncFolder(directory);
    const mirrored = mirror(first.copy, second.copy, latest, reserve);
    // What a killed process wrote may be visible without being durable: now it is.
    await mirrored.sync();
    return mirrored;
  } catch (error) {
    closeAll(findings);
    throw storeError(error, directory);
  }
}

async function mend(
  findings: readonly [Finding, Finding],
  good: 0 | 1,
  paths: readonly [string, string],
): Promise<[Finding, Finding]> {
  const intact = findings[good];
  const other = findings[1 - good]!;
  if (intact.is !== 'sound') throw new RangeError('a copy is mended from a sound one');
  if (other.is === 'sound') other.copy.close();
  const path = paths[1 - good]!;
  await replace(path, (fresh) => intact.copy.copyInto(fresh));
  const mended = inspect(path);
  return good === 0 ? [intact, mended] : [mended, intact];
}

/**
 * Put a new file at `path`, durably, so that a crash leaves the old one or the new one. The log of
 * the old one goes first: beside the new one it would be taken for its own.
 */
async function replace(path: string, write: (fresh: string) => void): Promise<void> {
  const fresh = `${path}.new`;
  const remove = (of: string): Promise<unknown> =>
    Promise.all(['', '-wal', '-journal'].map((end) => rm(`${of}${end}`, { force: true })));
  await remove(fresh);
  try {
    closeSync(openSync(fresh, 'wx', 0o600));
    write(fresh);
    await syncFile(fresh);
    await remove(path);
    await syncFolder(dirname(path));
    await rename(fresh, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await remove(fresh);
    throw error;
  }
}

function inspectBoth(paths: readonly [string, string]): [Finding, Finding] {
  const first = inspect(paths[0]);
  try {
    return [first, inspect(paths[1])];
  } catch (error) {
    closeAll([first]);
    throw error;
  }
}

function closeAll(findings: readonly Finding[]): void {
  for (const finding of findings) if (finding.is === 'sound') finding.copy.close();
}

function unmendable(directory: string): StoreError {
  return new StoreError('rotten', `a copy in ${directory} is damaged right after it was written`);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
