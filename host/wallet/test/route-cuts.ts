/**
 * A device of a route that dies at any of its effects: once all are back, the payment went through
 * everywhere or nowhere, nothing is locked, and the relay has not lost.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from '@dsm/memory';
import { life, type Life } from './life.ts';
import {
  altered,
  closeAll,
  connect,
  copyOfLine,
  holdings,
  lockedIn,
  openLine,
  placeOf,
  sum,
  type Line,
} from './line.ts';
import { statements, type Statements } from './statements.ts';
import { call, copyWorld, meetAndPart, networkIn, walletOver, type World } from './world.ts';

const count = 3;
const whole = ['paid', 'returned'];

export const victims = { payer: 0, relay: 1, recipient: 2 } as const;

/** Cut before each effect of one device, of a route that is paid or of one that is given up. */
export function cutAt(name: keyof typeof victims, end: 'paid' | 'given up'): void {
  test(`a route that is ${end}, the ${name} dies at any effect`, async (t) => {
    let cuts = 0;
    const ends = new Map<string, number>();
    for (;;) {
      const came = await runCut(victims[name], cuts + 1, end === 'given up');
      if (came === undefined) break;
      ends.set(came, (ends.get(came) ?? 0) + 1);
      cuts += 1;
    }
    t.diagnostic(`${cuts} cut points: ${[...ends].map((one) => one.join(' ')).join(', ')}`);
    assert.ok(cuts >= 3, 'there are effects to cut');
  });
}

let knowing: Promise<World> | undefined;

/** The payer has heard of the path before. */
function informed(): Promise<World> {
  knowing ??= (async () => {
    const line = await copyOfLine(count);
    await connect(line);
    await closeAll(line);
    return line.world;
  })();
  return knowing;
}

/** One case. Answers with how it ended, or undefined if the flow was over before the cut came. */
async function runCut(victim: number, at: number, wrong: boolean): Promise<string | undefined> {
  const world = copyWorld(await informed());
  const said = statements();
  const dying = life({ at, after: false });
  const lives = Array.from({ length: count }, (_, i) => (i === victim ? dying : life()));
  const line = await openLine(world, count, (name) => ({
    life: lives[['Ann', 'Bob', 'Cyd'].indexOf(name)]!,
    statements: said,
  }));
  const before = holdings(line);
  const acting = flow(line, lives, said, wrong).catch((error: unknown) => {
    if (!dying.isOver()) throw error;
  });
  await Promise.race([acting, dying.death]);
  const reached = dying.isOver();
  for (const [i, wallet] of line.wallets.entries()) if (i !== victim) await wallet.close();
  // The farewell is an effect, too, and the cut may come in it.
  if (!reached) await Promise.race([line.wallets[victim]!.close(), dying.death]);
  const end = await judge(copyWorld(world), before, said);
  return reached ? end : undefined;
}

/** All meet, one pays another, everybody syncs. */
async function flow(
  { wallets }: Line,
  lives: readonly Life[],
  said: Statements,
  wrong: boolean,
): Promise<void> {
  const [ann, bob, cyd] = wallets;
  const meet = async (i: number): Promise<void> => {
    const both = [lives[i]!, lives[i + 1]!] as const;
    const meeting = await call(wallets[i]!, wallets[i + 1]!, { lives: both, statements: said });
    await meeting.relationship;
  };
  await meet(1);
  await meet(0);
  const text = await cyd!.invoice({ ERA: 20n });
  // The recipient takes what it has asked for and nothing else.
  const asked = wrong ? altered(text, 19n) : text;
  await ann!.payInvoice(asked, { maxFee: 1n, patienceMs: 1_000 });
  for (const wallet of [cyd!, bob!, ann!, cyd!, bob!]) await wallet.sync();
}

/** They come back on what was durable, meet and sync, and then nothing is left open. */
async function judge(world: World, before: readonly bigint[], said: Statements): Promise<string> {
  const network = await networkIn(world);
  const wallets = [];
  for (const name of ['Ann', 'Bob', 'Cyd'] as const) {
    wallets.push(await walletOver(network, memoryStore({ place: placeOf(world, name) }), said));
  }
  const line: Line = { world, network, wallets };
  for (let round = 0; round < 4; round++) {
    for (const i of [0, 1]) await meetAndPart(wallets[i]!, wallets[i + 1]!);
    for (const wallet of wallets) await wallet.sync();
  }
  const ends = wallets.map((wallet) => wallet.routes().at(-1));
  const states = ends.flatMap((route) => route?.state ?? []);
  assert.ok(
    states.every((state) => whole.includes(state) && state === states[0]),
    `ends: ${states.join()}: ${ends.map((route) => route?.waiting).join(' | ')}`,
  );
  assert.deepEqual(ends.flatMap((route) => route?.waiting ?? []).join(''), '');
  const gains = holdings(line).map((held, i) => held - before[i]!);
  assert.equal(sum(gains), 0n, 'conservation');
  assert.ok(gains[1]! >= 0n, 'the relay has lost');
  assert.equal(lockedIn(line), 0n);
  assert.deepEqual(said.contradictions(), []);
  for (const wallet of wallets) assert.deepEqual((await wallet.verify()).faults, []);
  for (const wallet of wallets) await wallet.close();
  return states[0] ?? 'nothing';
}
