/**
 * Streams: ticks, frames and their chain, when a payer signs, and what a payee takes.
 *
 * Two sides run against each other over seeded amounts, splits and losses; a reference adds the
 * amounts up one by one.
 */

import test from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { concat, hash, limits, zero32 } from '@dsm/primitive';
import { installFakes, named } from '@dsm/primitive/fixture';
import { nextEscrow, openEscrow, type Escrow } from '../src/escrow.ts';
import { noteKinds } from '../src/note.ts';
import { frameWriter, readFrame, tickMax, type Frame } from '../src/tick.ts';
import {
  openTaking,
  streamPayer,
  takeFrame,
  takeTotal,
  type SaidFrame,
  type StreamPayer,
  type Taking,
} from '../src/stream.ts';

installFakes();

const note = {
  token: named('token'),
  source: named('head of the fund'),
  index: 0,
  owner: named('payee'),
  key: named('exit key'),
  amount: 1n << 90n,
  kind: noteKinds.escrow,
  depth: 1,
  receipts: 1,
};
const funded: Escrow = openEscrow(note, named('payer'), named('payer key'));
const tick = fc.bigInt({ min: 1n, max: tickMax });
const small = fc.bigInt({ min: 1n, max: 1_000n });
const enough = { unsignedMax: 1n << 80n };

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

function frameOf(amounts: readonly bigint[]): Frame {
  const writer = frameWriter();
  for (const amount of amounts) writer.add(amount);
  return writer.done();
}

/** The reference: base 128, lowest digit first, all but the last with the top bit. */
function varint(amount: bigint): number[] {
  const digits = Array.from(amount.toString(2)).toReversed();
  const bytes: number[] = [];
  for (let i = 0; i < digits.length; i += 7) {
    bytes.push(
      Number.parseInt(
        digits
          .slice(i, i + 7)
          .toReversed()
          .join(''),
        2,
      ) | 0x80,
    );
  }
  return bytes.map((byte, i) => (i === bytes.length - 1 ? byte & 0x7f : byte));
}

test('a frame is its varints, and reading it gives their number and sum', () => {
  fc.assert(
    fc.property(fc.array(tick, { minLength: 1, maxLength: 64 }), (amounts) => {
      const { bytes } = frameOf(amounts);
      assert.deepEqual([...bytes], amounts.flatMap(varint));
      assert.deepEqual(readFrame(bytes), { bytes, count: amounts.length, amount: sumOf(amounts) });
    }),
  );
});

test('the edges of a tick: one byte, both halves, eight bytes', () => {
  for (const amount of [1n, 127n, 128n, (1n << 28n) - 1n, 1n << 28n, 1n << 49n, tickMax]) {
    const { bytes } = frameOf([amount]);
    assert.ok(bytes.length <= limits.tickBytesMax);
    assert.equal(readFrame(bytes)?.amount, amount);
  }
  for (const amount of [0n, -1n, tickMax + 1n]) assert.throws(() => frameOf([amount]), RangeError);
});

test('bytes that no writer gives are no frame', () => {
  const longest = [255, 255, 255, 255, 255, 255, 255];
  const refused: Readonly<Record<string, readonly number[]>> = {
    'no tick': [],
    'a zero amount': [0],
    'a longer form than needed': [0x81, 0],
    'a tick that does not end': [0x80],
    'a second tick that does not end': [1, 0xff],
    'nine bytes': [...longest, 255, 1],
  };
  for (const [what, bytes] of Object.entries(refused)) {
    assert.equal(readFrame(Uint8Array.from(bytes)), undefined, what);
  }
  assert.equal(readFrame(new Uint8Array(limits.frameBytesMax + 1).fill(1)), undefined);
  assert.equal(
    readFrame(new Uint8Array(limits.frameBytesMax).fill(1))?.count,
    limits.frameBytesMax,
  );
  assert.equal(readFrame(Uint8Array.from([...longest, 127]))?.amount, tickMax);
});

test('whatever is read as a frame is what its ticks are written as', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 24 }), (bytes) => {
      const frame = readFrame(bytes);
      if (frame === undefined) return;
      const amounts: bigint[] = [];
      let at = 0;
      for (let end = 0; end < bytes.length; end++) {
        if (bytes[end]! > 127) continue;
        amounts.push(readFrame(bytes.slice(at, end + 1))!.amount);
        at = end + 1;
      }
      assert.deepEqual(frameOf(amounts).bytes, bytes);
    }),
  );
});

test('a frame is full before a tick of eight bytes would not fit, and says so', () => {
  const writer = frameWriter(20);
  for (let i = 0; i < 3; i++) writer.add(tickMax >> 14n);
  assert.ok(writer.isFull());
  assert.throws(() => writer.add(1n), RangeError);
  assert.equal(writer.done().count, 3);
  assert.ok(!writer.isFull());
});

interface Both {
  escrow: Escrow;
  taking: Taking;
  readonly payer: StreamPayer;
}

function both(unsignedMax: bigint, interval: Parameters<typeof streamPayer>[2]): Both {
  return {
    escrow: funded,
    taking: openTaking(funded.ticks),
    payer: streamPayer(funded.ticks, { unsignedMax }, interval),
  };
}

function say(of: Both, unsignedMax: bigint, said: SaidFrame | undefined): string | undefined {
  if (said === undefined) return undefined;
  const { state, answer } = takeFrame(of.taking, said, { unsignedMax }, of.escrow);
  of.taking = state;
  return answer;
}

/** The payer signs, the escrow moves as its rules say, and the payee compares. */
function sign(of: Both): string | undefined {
  const total = of.payer.total(of.escrow, '');
  if (total === undefined) return undefined;
  const next = nextEscrow(of.escrow, { type: 'total', ...total });
  if (typeof next === 'string') throw new Error(next);
  const { state, answer } = takeTotal(of.taking, of.escrow, total);
  of.escrow = next;
  of.taking = state;
  return answer;
}

test('any split into frames and runs comes to the same total, count and chain of frames', () => {
  const moves = fc.array(fc.tuple(small, fc.constantFrom('tick', 'frame', 'sign')), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(moves, (plan) => {
      const of = both(enough.unsignedMax, { count: 50, amount: undefined, bytes: undefined });
      let chain: Uint8Array = zero32;
      const settle = (): void => {
        const said = of.payer.frame();
        if (said !== undefined) chain = hash('ticks', concat(chain, said.frame));
        assert.notEqual(say(of, enough.unsignedMax, said), 'wants');
      };
      for (const [amount, move] of plan) {
        const due = of.payer.tick(amount);
        if (move === 'frame' || due) settle();
        if (move !== 'sign' && !due) continue;
        settle();
        assert.equal(sign(of), 'settled');
      }
      settle();
      sign(of);
      assert.equal(of.escrow.total, sumOf(plan.map(([amount]) => amount)));
      assert.equal(of.escrow.count, plan.length);
      assert.deepEqual(of.escrow.ticks, chain);
      assert.equal(of.taking.taken, plan.length);
      assert.equal(of.taking.unsigned.count, 0);
    }),
  );
});

test('lost frames are made good by the next total, and totals never fall', () => {
  const losses = fc.array(fc.tuple(small, fc.boolean(), fc.boolean()), { maxLength: 120 });
  fc.assert(
    fc.property(losses, (plan) => {
      const of = both(enough.unsignedMax, { count: 20, amount: undefined, bytes: undefined });
      let last = 0n;
      for (const [amount, isLost, isSigned] of plan) {
        const due = of.payer.tick(amount);
        const said = of.payer.frame();
        const answer = isLost ? 'lost' : say(of, enough.unsignedMax, said);
        if (answer === 'wants') of.payer.terms(enough, true);
        if (!due && !isSigned) continue;
        assert.notEqual(sign(of), 'short');
        assert.ok(of.escrow.total > last);
        last = of.escrow.total;
        assert.ok(!of.taking.wants);
      }
      sign(of);
      assert.equal(of.escrow.total, sumOf(plan.map(([amount]) => amount)));
      assert.equal(of.taking.taken, plan.length);
    }),
  );
});

test('an honest payer is never more unsigned at its payee than the payee allows', () => {
  fc.assert(
    fc.property(fc.array(small, { maxLength: 200 }), fc.bigInt(0n, 3_000n), (plan, unsignedMax) => {
      const of = both(unsignedMax, { count: 1_000, amount: undefined, bytes: undefined });
      for (const amount of plan) {
        const due = of.payer.tick(amount);
        const answer = say(of, unsignedMax, of.payer.frame());
        assert.ok(answer === undefined || answer === 'taken');
        assert.ok(of.taking.unsigned.amount <= unsignedMax);
        if (due) assert.notEqual(sign(of), 'short');
      }
    }),
  );
});

test('a payer signs at a count, at an amount, at a number of bytes, and at the payee’s bound', () => {
  const until = (interval: Parameters<typeof streamPayer>[2], terms: bigint): number => {
    const payer = streamPayer(zero32, { unsignedMax: terms }, interval);
    for (let n = 1; ; n++) if (payer.tick(200n)) return n;
  };
  const never = { count: 1_000_000, amount: undefined, bytes: undefined };
  assert.equal(until(undefined, 1n << 100n), 256);
  assert.equal(until({ ...never, count: 7 }, 1n << 100n), 7);
  assert.equal(until({ ...never, amount: 1_000n }, 1n << 100n), 5);
  assert.equal(until({ ...never, bytes: 9 }, 1n << 100n), 5);
  assert.equal(until(never, 1_000n), 6);
  assert.equal(until(never, 0n), 1);
  assert.equal(until({ ...never, amount: 10_000n }, 1_000n), 6);
});

test('a payer signs before there are more ticks than a payee may hold unsigned', () => {
  const never = { count: 1_000_000, amount: undefined, bytes: undefined };
  const payer = streamPayer(zero32, enough, never);
  let ticks = 1;
  while (!payer.tick(1n)) {
    if (payer.isFull()) payer.frame();
    ticks += 1;
  }
  assert.equal(ticks, limits.unsignedTicksMax);
});

test('a payer of whom a signature is wanted says nothing until it has signed', () => {
  const never = { count: 1_000_000, amount: undefined, bytes: undefined };
  for (const [hasSaid, wants] of [
    [true, true],
    [true, false],
    [false, true],
  ] as const) {
    const payer = streamPayer(zero32, enough, never);
    if (hasSaid) {
      payer.tick(60n);
      payer.frame();
    }
    const isHeld = hasSaid && wants;
    assert.equal(payer.terms(enough, wants), isHeld);
    assert.equal(payer.tick(1n), isHeld);
    assert.equal(payer.frame() === undefined, isHeld);
    payer.total(funded, '');
    payer.tick(1n);
    assert.ok(payer.frame() !== undefined);
  }
});

test('sums beyond exact numbers are compared exactly', () => {
  const interval = { count: 1_000_000, amount: (1n << 60n) + 1n, bytes: undefined };
  const payer = streamPayer(zero32, enough, interval);
  const plan = Array.from({ length: 16 }, () => tickMax);
  for (const amount of plan) assert.ok(!payer.tick(amount));
  const left = interval.amount - sumOf(plan);
  assert.ok(!payer.tick(left - 1n));
  assert.ok(payer.tick(1n));
});

test('a payee that wants a signature takes nothing until it has one', () => {
  const of = both(100n, { count: 1_000, amount: undefined, bytes: undefined });
  of.payer.tick(60n);
  assert.equal(say(of, 100n, of.payer.frame()), 'taken');
  // A lying payer says more than its payee allows.
  const beyond = frameOf([41n]).bytes;
  assert.equal(say(of, 100n, { from: 1, frame: beyond }), 'wants');
  assert.equal(of.taking.unsigned.amount, 60n);
  assert.equal(say(of, 100n, { from: 1, frame: frameOf([1n]).bytes }), 'wants');
  assert.equal(sign(of), 'settled');
  assert.equal(say(of, 100n, { from: 1, frame: frameOf([1n]).bytes }), 'taken');
});

test('frames are refused that are repeated, early, malformed or beyond the rest of the escrow', () => {
  const of = both(enough.unsignedMax, undefined);
  assert.equal(say(of, enough.unsignedMax, { from: 0, frame: Uint8Array.of(0) }), 'malformed');
  assert.equal(say(of, enough.unsignedMax, { from: 0, frame: frameOf([5n]).bytes }), 'taken');
  assert.equal(say(of, enough.unsignedMax, { from: 0, frame: frameOf([5n]).bytes }), 'repeated');
  assert.equal(of.taking.unsigned.amount, 5n);
  assert.equal(say(of, enough.unsignedMax, { from: 2, frame: frameOf([5n]).bytes }), 'wants');
  const poor = { ...funded, note: { ...note, amount: 4n } };
  const more = takeFrame(openTaking(zero32), { from: 0, frame: frameOf([5n]).bytes }, enough, poor);
  assert.equal(more.answer, 'wants');
  const many = new Uint8Array(limits.frameBytesMax).fill(1);
  let taking = openTaking(zero32);
  for (let from = 0; from < limits.unsignedTicksMax; from += many.length) {
    const taken = takeFrame(taking, { from, frame: many }, enough, funded);
    assert.equal(taken.answer, 'taken');
    taking = taken.state;
  }
  const one = { from: limits.unsignedTicksMax, frame: Uint8Array.of(1) };
  assert.equal(takeFrame(taking, one, enough, funded).answer, 'wants');
});

test('a total that says less than the ticks, or other ticks, is short; one that says more is ahead', () => {
  const heard = takeFrame(
    openTaking(zero32),
    { from: 0, frame: frameOf([10n, 20n]).bytes },
    enough,
    funded,
  ).state;
  const { ticks } = heard.unsigned;
  const judged = (total: bigint, count: number, chain: Uint8Array = ticks): string =>
    takeTotal(heard, { total: 100n, count: 7 }, { total, count, ticks: chain }).answer;
  assert.equal(judged(130n, 9), 'settled');
  assert.equal(judged(129n, 9), 'short');
  assert.equal(judged(131n, 9), 'short');
  assert.equal(judged(130n, 9, named('another chain')), 'short');
  assert.equal(judged(130n, 8), 'short');
  assert.equal(judged(140n, 10, named('later')), 'ahead');
  assert.equal(judged(130n, 10), 'short');
  assert.equal(judged(131n, 11), 'short');
});
