/**
 * Streams over a line that lies: frames lost, repeated, enlarged, malformed, totals that do not fit.
 * Whatever comes, the payee holds what was signed, and no more of it is unsigned than it takes.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { message, type Message } from '@dsm/bilateral';
import type { Connection } from '@dsm/ports';
import { loopback } from '../src/loopback.ts';
import type { Stream, StreamStatus } from '../src/index.ts';
import { market, met } from './market.ts';

type Ticks = Message & { type: 'ticks' };

interface Told {
  readonly signed: bigint;
  readonly last: StreamStatus;
  readonly most: bigint;
  /** How often the payee wanted a signature. */
  readonly wants: number;
  readonly failure: string;
}

/** Ten transfers of 5 in runs of four, while `lie` says what becomes of each frame of ticks. */
async function streamed(lie: (ticks: Ticks, n: number) => readonly Message[]): Promise<Told> {
  const { maya, cafe } = await market();
  await met(maya, cafe, (toCafe) => toCafe.fund('ERA', 500n));
  await cafe.setUnsignedMax('ERA', 40n);
  const seen: StreamStatus[] = [];
  cafe.on('stream', (status) => seen.push(status));
  const [mine, theirs] = loopback('maya', 'cafe');
  let [frames, wants] = [0, 0];
  const line: Connection = {
    ...mine,
    send: async (bytes) => {
      const said = message.decode(bytes);
      if (!said.ok || said.value.type !== 'ticks') return mine.send(bytes);
      for (const one of lie(said.value, frames++)) await mine.send(message.encode(one));
    },
    receive: async () => {
      const bytes = await mine.receive();
      const said = bytes === undefined ? undefined : message.decode(bytes);
      if (said?.ok === true && said.value.type === 'terms') wants += said.value.wants;
      return bytes;
    },
  };
  const answered = cafe.answer(theirs);
  const toCafe = await maya.meet(line);
  const stream = await toCafe.stream({ token: 'ERA', every: { count: 4 } });
  const failure = await tenTransfers(stream);
  await toCafe.close();
  await answered;
  const signed = cafe.contact('Maya').edge('ERA').mine;
  assert.equal(signed, 500n - maya.contact('Cafe').edge('ERA').mine);
  assert.equal(signed, stream.signed.amount);
  const most = seen.reduce((max, { unsigned }) => (unsigned > max ? unsigned : max), 0n);
  return { signed, last: seen.at(-1)!, most, wants, failure };
}

/** Each transfer in a frame of its own: the payer pauses after every one. */
async function tenTransfers(stream: Stream): Promise<string> {
  try {
    for (let i = 0; i < 10; i++) {
      await stream.send(5n);
      await new Promise<void>((resolve) => setTimeout(resolve, 2));
    }
    await stream.close();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

test('an honest line: everything is signed, and nothing is wanted', async () => {
  const { signed, last, wants, failure } = await streamed((ticks) => [ticks]);
  assert.deepEqual([signed, wants, failure, last.state], [50n, 0, '', 'ended']);
});

test('lost frames: the payee wants a signature, the total makes them good', async () => {
  const { signed, last, wants, failure } = await streamed((ticks, n) => (n === 1 ? [] : [ticks]));
  assert.deepEqual([signed, failure, last.state], [50n, '', 'ended']);
  assert.ok(wants > 0);
});

test('all frames lost: totals alone pay the same', async () => {
  const { signed, last, most } = await streamed(() => []);
  assert.deepEqual([signed, last.state, most], [50n, 'ended', 0n]);
});

test('repeated frames count once', async () => {
  const { signed, most, failure } = await streamed((ticks) => [ticks, ticks]);
  assert.deepEqual([signed, failure], [50n, '']);
  assert.ok(most <= 20n);
});

test('more than the payee takes unsigned is not taken', async () => {
  const large = Uint8Array.of(41);
  const { signed, most, wants, failure } = await streamed((ticks, n) =>
    n === 0 ? [{ ...ticks, frame: large }] : [ticks],
  );
  assert.deepEqual([signed, failure], [50n, '']);
  assert.ok(most <= 20n);
  assert.ok(wants > 0);
});

test('a total below what the ticks said stops the stream; what is signed stays', async () => {
  const { signed, last, failure } = await streamed((ticks, n) =>
    n === 1 ? [{ ...ticks, frame: Uint8Array.of(6) }] : [ticks],
  );
  assert.match(failure, /a total was signed that is not of its ticks/);
  assert.deepEqual([signed, last.state, last.unsigned], [20n, 'stopped', 0n]);
});

test('other ticks of the same sum stop it too: the chain is signed', async () => {
  const { last } = await streamed((ticks, n) => {
    if (n === 1) return [{ ...ticks, frame: Uint8Array.of(4) }];
    return n === 2 ? [{ ...ticks, frame: Uint8Array.of(6) }] : [ticks];
  });
  assert.equal(last.state, 'stopped');
});

test('ticks that are no frame stop it', async () => {
  const { last, failure } = await streamed((ticks, n) =>
    n === 2 ? [{ ...ticks, frame: Uint8Array.of(0x85, 0) }] : [ticks],
  );
  assert.match(failure, /ticks came that are no frame/);
  assert.equal(last.state, 'stopped');
});

test('ticks of an unknown escrow, and a stream over one, change nothing', async () => {
  const unknown = new Uint8Array(32).fill(7);
  const { signed, last } = await streamed((ticks) => [
    { ...ticks, escrow: unknown },
    { type: 'stream', escrow: unknown, ticks: unknown },
    { type: 'settle', escrow: unknown, last: 1 },
    ticks,
  ]);
  assert.deepEqual([signed, last.state], [50n, 'ended']);
});
