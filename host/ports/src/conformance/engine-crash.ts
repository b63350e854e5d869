/**
 * What was acknowledged survives `kill -9`, whole and counted: for engines that outlive a process.
 *
 * An adapter brings a program that opens its engine in the place named by its first argument and
 * gives it to `commitUntilKilled`. The suite starts it, kills it, and looks at what is there.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { test } from 'node:test';
import { shelvesMax, type Engine, type EngineWrite } from '../engine.ts';
import { entriesOf, keyAt } from './engine-model.ts';

export interface CrashedEngine {
  /** Path of the program. It is called with the place and the commits in flight. */
  readonly program: string;
  readonly place: string;
  readonly open: () => Promise<Engine>;
  readonly dispose: () => Promise<void> | void;
}

const slots = 20;
const lastKey = keyAt(1_000);

/** How many acknowledgements before the kill, and how many commits in flight. */
const kills = [
  [1, 1],
  [0, 1],
  [7, 1],
  [40, 4],
  [300, 16],
  [1, 64],
  [900, 64],
] as const;

export function engineCrashConformance(
  name: string,
  prepare: () => Promise<CrashedEngine>,
  options: { readonly skip?: string } = {},
): void {
  const sentence = `${name}: what was acknowledged before kill -9 is there, each commit whole`;
  test(sentence, { skip: options.skip ?? false }, async () => {
    const { program, place, open, dispose } = await prepare();
    let known = 0;
    try {
      for (const [count, inFlight] of kills) {
        const acknowledged = await killedAfter([program, place, String(inFlight)], count);
        const engine = await open();
        const last = await numberAt(engine, 2, lastKey);
        assert.ok(last >= acknowledged, `${acknowledged} was acknowledged, ${last} is there`);
        assert.ok(last >= known, `${known} was there before, ${last} is now`);
        await assertWhole(engine, last);
        known = last;
        await engine.close();
      }
      assert.ok(known >= 900);
    } finally {
      await dispose();
    }
  });
}

/** Prints the number of each commit once it was acknowledged. Goes on where the engine left off. */
export async function commitUntilKilled(engine: Engine, inFlight: number): Promise<void> {
  let number = await numberAt(engine, 2, lastKey);
  const lane = async (): Promise<void> => {
    for (;;) {
      number += 1;
      const mine = number;
      await engine.commit(writesOf(mine));
      say(`${mine}\n`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

/** Writes to the parent before anything else happens. A pipe that is full is tried again. */
function say(text: string): void {
  for (let isSaid = false; !isSaid;) {
    try {
      writeSync(1, text);
      isSaid = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

/** A pair that must agree, a record that comes and goes, and the number itself. */
function writesOf(number: number): readonly EngineWrite[] {
  const key = keyAt(number % slots);
  const value = new Uint8Array(8 + ((number * 37) % 3_000));
  new DataView(value.buffer).setFloat64(0, number);
  return [
    { shelf: 0, key, value },
    { shelf: 1, key, value },
    { shelf: 3, key, value: number % 3 === 0 ? undefined : value },
    { shelf: 2, key: lastKey, value: value.slice(0, 8) },
  ];
}

async function numberAt(engine: Engine, shelf: number, key: Uint8Array): Promise<number> {
  const value = await engine.get(shelf, key);
  return value === undefined ? 0 : new DataView(value.buffer, value.byteOffset).getFloat64(0);
}

async function assertWhole(engine: Engine, last: number): Promise<void> {
  for (let slot = 0; slot < slots; slot++) {
    // The largest number of this slot up to the last commit: no commit is missing or half there.
    const expected = Math.max(0, last - ((last - slot + slots) % slots));
    assert.equal(await numberAt(engine, 0, keyAt(slot)), expected);
    assert.equal(await numberAt(engine, 1, keyAt(slot)), expected);
    assert.equal(await numberAt(engine, 3, keyAt(slot)), expected % 3 === 0 ? 0 : expected);
  }
  for (let shelf = 0; shelf < shelvesMax; shelf++) {
    const entries = await entriesOf(engine, shelf);
    const bytes = entries.reduce((sum, { size }) => sum + size, 0);
    assert.deepEqual(engine.totals(shelf), { records: entries.length, bytes });
  }
}

/** Let a process commit, kill it after `count` acknowledgements, and give the last of them. */
async function killedAfter(command: readonly string[], count: number): Promise<number> {
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > count) child.kill('SIGKILL');
  });
  if (count === 0) child.kill('SIGKILL');
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL');
  // The last line may be cut short; whole ones end with a line feed.
  const acknowledged = output.split('\n').slice(0, -1).map(Number);
  return Math.max(0, ...acknowledged);
}
