/**
 * A flood, for tests: one device says well-formed messages without end, again and again, over the
 * transport in memory, while another trades with the same wallet.
 */

import assert from 'node:assert/strict';
import { setImmediate as aTurn } from 'node:timers/promises';
import { memoryTransport } from '@dsm/memory';
import type { Connection } from '@dsm/ports';
import { limits } from '@dsm/primitive';
import { message as messageObject, type Message } from '@dsm/bilateral';
import type { Queues, Wallet } from '../src/index.ts';
import { talkLimits } from '../src/flood.ts';
import { market, met, opened, paid, stall, type Market } from './market.ts';

/** What the flooder has said before: real messages of each kind, to be said again. */
export type Recorded = ReadonlyMap<Message['type'], readonly Uint8Array[]>;

export interface Flood {
  readonly market: Market;
  readonly friend: Wallet;
  readonly recorded: Recorded;
}

/** A wire to `called` that the caller's owner can write on himself. */
export interface Wire {
  readonly mine: Connection;
  /** Says something that the caller's wallet knows nothing of. */
  readonly say: (bytes: Uint8Array) => Promise<void>;
  readonly over: Promise<void>;
  /** From now on the caller's wallet hears nothing. Resolves when all that was said is read. */
  readonly detach: () => Promise<void>;
  /** Messages that `called` has said. */
  readonly heard: readonly Message[];
}

/** `drop` decides what of the caller's own words never leaves. */
export async function wire(
  called: Wallet,
  note: (said: Message, bytes: Uint8Array) => void = () => undefined,
  drop: (said: Message) => boolean = () => false,
): Promise<Wire> {
  const transport = memoryTransport();
  const listener = await transport.listen('here');
  const line = await transport.connect('here');
  const { value } = (await listener.connections[Symbol.asyncIterator]().next()) as {
    value: Connection;
  };
  const over = called.answer(value).then(
    () => undefined,
    () => undefined,
  );
  const heard: Message[] = [];
  const gone = Promise.withResolvers<undefined>();
  let detached = false;
  const take = async (): Promise<Uint8Array | undefined> => {
    const bytes = await line.receive();
    const decoded = bytes === undefined ? undefined : messageObject.decode(bytes);
    if (decoded?.ok === true) heard.push(decoded.value);
    // What is kept for the test is bounded as well.
    if (heard.length > 64) heard.shift();
    return bytes;
  };
  const mine: Connection = {
    ...line,
    receive: () => (detached ? gone.promise : take()),
    send: async (bytes) => {
      const decoded = messageObject.decode(bytes);
      assert.ok(decoded.ok);
      note(decoded.value, bytes);
      if (!drop(decoded.value)) await line.send(bytes);
    },
    close: async () => {
      gone.resolve(undefined);
      await line.close();
    },
  };
  const detach = async (): Promise<void> => {
    detached = true;
    while ((await take()) !== undefined);
  };
  return { mine, say: line.send, over, heard, detach };
}

/** Maya will flood the cafe; a friend trades with it. All that she says honestly first is recorded. */
export async function floodScene(): Promise<Flood> {
  const all = await market();
  const { maya, cafe, bazaar, network } = all;
  const friend = await opened(network, stall('Friend'));
  await friend.adopt(maya.token('ERA').id);
  await met(maya, friend, (to) => to.pay({ ERA: 255n, over: 'online' }));
  await friend.sync();
  await cafe.setOfflineLimit('ERA', 1_000n);
  await met(friend, cafe);
  const recorded = new Map<Message['type'], Uint8Array[]>();
  const note = ({ type }: Message, bytes: Uint8Array): void => {
    recorded.set(type, [...(recorded.get(type) ?? []), bytes]);
  };
  // One whole payment, one in return, and one that is consented to and never committed.
  const first = await wire(cafe, note);
  const toCafe = await maya.meet(first.mine);
  await toCafe.pay({ ERA: 3n, over: 'offline' });
  await toCafe.close();
  await first.over;
  await cafe.sync();
  await maya.sync();
  await cafe.load('ERA', 1n);
  const second = await wire(cafe, note);
  await maya.meet(second.mine);
  await cafe.contact('Maya').pay({ ERA: 1n, over: 'offline' });
  await maya.contact('Cafe').close();
  await second.over;
  await met(maya, bazaar);
  const third = await wire(cafe, note, isCommit);
  const paying = (await maya.meet(third.mine)).pay({ ERA: 2n, over: 'offline' });
  while (maya.history().length < 4) await aTurn();
  await third.mine.close();
  await Promise.all([third.over, paying]);
  return { market: all, friend, recorded };
}

function isCommit({ type }: Message): boolean {
  return type === 'commit';
}

/** Messages of one kind, in a circle. */
export type Source = (n: number) => Uint8Array;

export interface Flooded {
  readonly talks: number;
  /** The most that the flooded wallet held for the flooder at any look. */
  readonly most: Queues | undefined;
  /** What ended each talk. */
  readonly reasons: readonly string[];
}

/** Say `count` messages, and meet again whenever the other side has had enough. */
export async function flood(
  { market: { maya, cafe } }: Flood,
  source: Source,
  count: number,
): Promise<Flooded> {
  const most: Record<string, number> = {};
  const reasons: string[] = [];
  let [said, talks] = [0, 0];
  while (said < count) {
    // What she consented to and owes is never said, so that her offer stays good.
    const { mine, say, over, heard, detach } = await wire(cafe, undefined, isCommit);
    await maya.meet(mine);
    const read = detach();
    talks += 1;
    let open = true;
    for (; open && said < count; said++) {
      open = await say(source(said)).then(
        () => true,
        () => false,
      );
      if (said % 32 !== 0) continue;
      for (const [name, value] of Object.entries(cafe.contact('Maya').queues() ?? {})) {
        most[name] = Math.max(most[name] ?? 0, Number(value));
      }
      await aTurn();
    }
    if (!open) await read;
    await mine.close();
    await over;
    const end = heard.findLast(({ type }) => type === 'refuse');
    reasons.push(end?.type === 'refuse' ? end.code : 'none');
  }
  return { talks, most: most as unknown as Queues, reasons };
}

/** Another relationship goes on: payments that all complete while the flood lasts. */
export async function tradeOn(
  { friend, market: { cafe } }: Flood,
  payments: number,
): Promise<void> {
  const before = cafe.history().length;
  for (let n = 0; n < payments; n++) {
    // Seven coins, one for each payment: what is left of a coin has to be certified first.
    if (n % 7 === 0) await friend.sync();
    if (n % 7 === 0) await friend.load('ERA', 127n);
    assert.equal((await paid(friend, cafe, 1n, 'offline')).finality, 'pair-final');
  }
  assert.equal(cafe.history().length, before + payments);
}

/** Nothing that is held exceeds its bound, whatever was said. */
export function assertBounded(most: Queues | undefined): void {
  assert.ok(most !== undefined, 'nobody looked');
  const { messageBytesMax } = limits;
  // The message that breaks a bound is counted before the talk ends.
  assert.ok(most.idleMessages <= talkLimits.idleMessagesMax + 1);
  assert.ok(most.emptyRuns <= talkLimits.emptyRunsMax + 1);
  assert.ok(most.parts <= talkLimits.partsKeptMax);
  assert.ok(most.partsBytes <= talkLimits.partsKeptBytesMax);
  assert.ok(most.earlyRuns <= talkLimits.earlyRunsMax);
  assert.ok(most.earlyBytes <= talkLimits.earlyBytesMax);
  assert.ok(most.asked <= talkLimits.headsAskedMax + talkLimits.tokensAskedMax);
  assert.ok(most.unsentBytes <= talkLimits.unsentBytesMax + messageBytesMax);
  assert.equal(most.unacknowledged, 0, 'nothing is awaited from the flooder');
}
