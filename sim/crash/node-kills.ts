/**
 * Storage nodes as processes, killed at a system call that was drawn while clients write to them, and started
 * again in the same folder. What a client was told is what it is told ever after: every object that was
 * acknowledged is there, and no vote contradicts an earlier one.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { dice } from '@dsm/memory';
import { httpNode, type HttpNode } from '@dsm/node';
import { NodeError } from '@dsm/ports';
import { filled, slotAuthor } from '@dsm/ports/conformance';
import { address as addressOf, equal, slotKey, slotState } from '@dsm/primitive';
import { orderFor, shimEnvironment } from './shim.ts';
import { codeOf } from './log-life.ts';
import type { Tally } from './tally.ts';

/** What clients were told: by whom and where the answer of each slot, and all objects. */
interface Told {
  readonly objects: Uint8Array[];
  readonly votes: Map<
    string,
    { readonly author: number; readonly position: number; readonly answer: Uint8Array }
  >;
}

const writesOfLife = 24;

/** System calls from which the one is drawn at which a node dies: behind its opening, before its clients are done. */
const callsOf = {
  log: { from: 25, count: 60 },
  sqlite: { from: 50, count: 60 },
  lmdb: { from: 20, count: 30 },
} as const;

export async function nodeKills(
  place: string,
  library: string,
  kills: number,
  tally: Tally,
): Promise<void> {
  for (const [engine, calls] of Object.entries(callsOf)) {
    const home = join(place, `node ${engine}`);
    const folder = join(home, 'kept');
    mkdirSync(folder, { recursive: true });
    const roll = dice(`node ${engine}`);
    const told: Told = { objects: [], votes: new Map() };
    let killed = 0;
    for (let n = 0; n < kills; n++) {
      const at = calls.from + roll(calls.count);
      const happens = roll(2) === 0 ? 'killed' : 'halfKilled';
      const env = { ...process.env, ...shimEnvironment(library, home) };
      writeFileSync(join(home, 'control'), orderFor(folder, { at, errno: 0, happens }));
      if (await lived(engine, folder, env, n, told)) killed += 1;
      tally.point(`node on ${engine}`, 'SIGKILL');
      tally.image(`node on ${engine}`);
    }
    const found = await contradiction(engine, folder, told);
    if (found !== undefined) tally.find(`node on ${engine}, ${kills} lives: ${found}`);
    if (killed === 0) tally.find(`node on ${engine}: no process was killed`);
    const { objects, votes } = told;
    tally.progress(
      `node on ${engine}: ${killed} kills, ${objects.length} objects, ${votes.size} votes`,
    );
  }
}

interface Running {
  readonly node: HttpNode;
  readonly over: Promise<unknown>;
  readonly end: () => void;
}

/** A node that runs; undefined if it was killed before it could say where it is. */
async function started(
  engine: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<Running | undefined> {
  const program = join(import.meta.dirname, 'serve-node.ts');
  const child = spawn(process.execPath, [...process.execArgv, program, engine, folder], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const over = once(child, 'close');
  const line = once(createInterface(child.stdout), 'line').then(([text]) => String(text));
  const address = await Promise.race([line, over.then(() => undefined)]);
  if (address === undefined) return undefined;
  return { node: httpNode(address), over, end: () => void child.kill('SIGKILL') };
}

/** Writes until the node is killed, or all is written. Whether it was killed before it was told to. */
async function lived(
  engine: string,
  folder: string,
  env: NodeJS.ProcessEnv,
  life: number,
  told: Told,
): Promise<boolean> {
  const running = await started(engine, folder, env);
  if (running === undefined) return true;
  const { node, over, end } = running;
  const author = slotAuthor(filled(42), 1 + (life % 250));
  const answered = await Promise.allSettled(
    Array.from({ length: writesOfLife }, async (_, i) => {
      const object = new Uint8Array(600 + 40 * i).fill(life);
      new DataView(object.buffer).setUint32(0, life * writesOfLife + i);
      const put = async (): Promise<void> => {
        await node.putObject(object);
        told.objects.push(object);
      };
      if (i % 2 === 0) await put();
      const answer = await node.writeSlot(author.encoded(i, 10));
      told.votes.set(`${life} ${i}`, { author: 1 + (life % 250), position: i, answer });
      if (i % 2 === 1) await put();
    }),
  );
  const failed = answered.filter((each) => each.status === 'rejected');
  for (const { reason } of failed) {
    if (!(reason instanceof NodeError)) throw new Error(String(codeOf(reason)), { cause: reason });
  }
  end();
  await over;
  node.close();
  return failed.length > 0;
}

/** What a client is told now that contradicts what it was told before. */
async function contradiction(
  engine: string,
  folder: string,
  { objects, votes }: Told,
): Promise<string | undefined> {
  const running = await started(engine, folder, process.env);
  if (running === undefined) return 'it does not start again';
  const { node, over, end } = running;
  try {
    for (const object of objects) {
      const bytes = await node.getObject(addressOf(object));
      if (bytes === undefined || !equal(bytes, object)) return 'an acknowledged object is lost';
    }
    for (const { author: number, position, answer } of votes.values()) {
      const author = slotAuthor(filled(42), number);
      const now = await node.readSlot(slotKey(author.place(position)));
      if (now === undefined || !equal(now, answer)) return 'a vote is not the one that was given';
      const later = slotState.decode(await node.writeSlot(author.encoded(position, 20)));
      const first = later.ok ? later.value.values[0]?.value : undefined;
      if (first === undefined || !equal(first, filled(10)))
        return 'a vote contradicts an earlier one';
    }
    return undefined;
  } finally {
    end();
    await over;
    node.close();
  }
}
