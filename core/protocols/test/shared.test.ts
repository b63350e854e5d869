/**
 * Shared state: whatever crosses whatever, both devices find one order and one state.
 *
 * The lanes of the property are lists; the order is compared with one that is found the slow way,
 * from the definition, with all acts at once.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { portableHash } from '@dsm/portable';
import { address, ascii, hash, installHash, text, type Side } from '@dsm/primitive';
import fc from 'fast-check';

import { appId, type Act, type App } from '../src/app.ts';
import {
  extended,
  inCausalOrder,
  settledBy,
  stateOf,
  timeline,
  type Timeline,
} from '../src/shared.ts';

installHash(portableHash);

type Names = readonly string[];

let reductions = 0;

/** The state is the order itself. */
const app: App<Names, string> = {
  name: 'order',
  version: 1,
  rules: 'appends the name',
  id: appId({ name: 'order', version: 1, rules: 'appends the name' }),
  initial: [],
  operation: text(64),
  reduce: (state, name) => {
    reductions += 1;
    return [...state, name];
  },
};

/** One entry of a lane: an act, or something that is none of this app's. */
interface Link {
  readonly after: number;
  readonly act: Act | undefined;
}

interface Device {
  readonly line: Timeline<Names>;
  /** How many entries of the other lane it has absorbed. */
  readonly absorbed: number;
}

interface Scene {
  readonly lanes: readonly [readonly Link[], readonly Link[]];
  readonly devices: readonly [Device, Device];
}

/** A side writes an act, or something else, or absorbs some of what there is. */
interface Turn {
  readonly side: Side;
  readonly what: 'act' | 'other' | 'absorb';
  readonly count: number;
}

const turns = fc.array(
  fc.record<Turn>({
    side: fc.constantFrom(0, 1),
    what: fc.constantFrom('act', 'act', 'other', 'absorb'),
    count: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 40 },
);

const nothing: Scene = {
  lanes: [[], []],
  devices: [
    { line: timeline(app.initial), absorbed: 0 },
    { line: timeline(app.initial), absorbed: 0 },
  ],
};

function actAt(side: Side, index: number, after: number, salt = ''): Act {
  const name = nameOf({ side, index });
  const names: [Uint8Array, Uint8Array] = [address(ascii('low')), address(ascii('high'))];
  return {
    side,
    index,
    after,
    author: names[side],
    peer: names[side === 0 ? 1 : 0],
    head: address(ascii(name + salt)),
    operations: [{ index, data: bytesOf(name) }],
    given: [],
  };
}

function bytesOf(name: string): Uint8Array {
  return Uint8Array.of(0, 0, 0, name.length, ...ascii(name));
}

function nameOf({ side, index }: Pick<Act, 'side' | 'index'>): string {
  return `${side === 0 ? 'low' : 'high'} ${index}`;
}

function after(scene: Scene, { side, what, count }: Turn): Scene {
  const { lanes, devices } = scene;
  const [me, lane] = [devices[side], lanes[side]];
  if (what === 'absorb') return withSide(scene, side, lane, absorbing(scene, side, count));
  const link: Link = {
    after: me.absorbed,
    act: what === 'act' ? actAt(side, lane.length + 1, me.absorbed) : undefined,
  };
  const line = link.act === undefined ? me.line : extended(app, me.line, [link.act]);
  return withSide(scene, side, [...lane, link], { ...me, line });
}

function absorbing({ lanes, devices }: Scene, side: Side, count: number): Device {
  const me = devices[side];
  const other: Side = side === 0 ? 1 : 0;
  const links = lanes[other].slice(me.absorbed, me.absorbed + count);
  if (links.length === 0) return me;
  const grown = extended(
    app,
    me.line,
    links.flatMap(({ act }) => act ?? []),
  );
  const line = settledBy(grown, other, links.at(-1)!.after);
  return { line, absorbed: me.absorbed + links.length };
}

function withSide(scene: Scene, side: Side, lane: readonly Link[], device: Device): Scene {
  const { lanes, devices } = scene;
  return side === 0
    ? { lanes: [lane, lanes[1]], devices: [device, devices[1]] }
    : { lanes: [lanes[0], lane], devices: [devices[0], device] };
}

/** All acts that a device has. */
function knownTo({ lanes, devices }: Scene, side: Side): Act[] {
  const other = side === 0 ? 1 : 0;
  const links = [...lanes[side], ...lanes[other].slice(0, devices[side].absorbed)];
  return links.flatMap(({ act }) => act ?? []);
}

/** True if the author of `late` knew of `early` when it wrote. */
function restsOn(late: Act, early: Act): boolean {
  return late.side === early.side ? early.index < late.index : early.index <= late.after;
}

/** The order as it is defined: of the acts that rest on nothing that is left, the coin takes one. */
function orderOf(acts: readonly Act[]): Act[] {
  const order: Act[] = [];
  let left = [...acts];
  while (left.length > 0) {
    const free = left.filter((act) => left.every((other) => !restsOn(act, other)));
    const [low, high] = [0, 1].map((side) => free.find((act) => act.side === side));
    const coin = low && high ? hash('app-order', low.head, high.head)[0]! % 2 : 0;
    const next = coin === 0 ? (low ?? high!) : high!;
    order.push(next);
    left = left.filter((act) => act !== next);
  }
  return order;
}

function everythingAbsorbed(scene: Scene): Scene {
  const rest = { what: 'absorb', count: 1_000 } as const;
  return after(after(scene, { side: 0, ...rest }), { side: 1, ...rest });
}

function forEveryTurn(check: (before: Scene, turn: Turn, now: Scene) => void): void {
  fc.assert(
    fc.property(turns, (all) => {
      let scene = nothing;
      for (const turn of all) {
        const now = after(scene, turn);
        check(scene, turn, now);
        scene = now;
      }
    }),
    { numRuns: 1_000 },
  );
}

test('each device has the order of what it knows, at any time', () => {
  forEveryTurn((_, { side }, now) => {
    const expected = orderOf(knownTo(now, side)).map(nameOf);
    assert.deepEqual(stateOf(now.devices[side].line), expected);
  });
});

test('devices that have absorbed everything have one state', () => {
  fc.assert(
    fc.property(turns, (all) => {
      const { devices } = everythingAbsorbed(all.reduce(after, nothing));
      assert.deepEqual(stateOf(devices[0].line), stateOf(devices[1].line));
    }),
    { numRuns: 1_000 },
  );
});

test('no act comes before one that its author knew', () => {
  forEveryTurn((_, { side }, now) => {
    const acts = knownTo(now, side);
    const state = stateOf(now.devices[side].line);
    const place = new Map(state.map((name, i) => [name, i]));
    for (const late of acts) {
      for (const early of acts.filter((act) => restsOn(late, act))) {
        assert.ok(place.get(nameOf(early))! < place.get(nameOf(late))!);
      }
    }
  });
});

test('a late act moves no other, and comes before none but those that crossed it', () => {
  forEveryTurn((before, { side }, now) => {
    const old = knownTo(before, side);
    const added = knownTo(now, side).filter((act) => !old.includes(act));
    const state = stateOf(now.devices[side].line);
    const names = new Set(old.map(nameOf));
    assert.deepEqual(
      state.filter((name) => names.has(name)),
      stateOf(before.devices[side].line),
    );
    for (const act of added) {
      const behind = new Set(state.slice(state.indexOf(nameOf(act)) + 1));
      for (const other of old.filter((one) => behind.has(nameOf(one)))) {
        assert.ok(!restsOn(act, other) && !restsOn(other, act));
      }
    }
  });
});

test('a turn reduces what is new and what crossed it, whatever came before', () => {
  forEveryTurn((before, turn) => {
    const { side } = turn;
    const old = knownTo(before, side);
    reductions = 0;
    const now = after(before, turn);
    const added = knownTo(now, side).filter((act) => !old.includes(act));
    const crossed = old.filter((one) => added.some((act) => !restsOn(act, one)));
    assert.ok(reductions <= added.length + crossed.length);
  });
});

test('what the other has been seen to know is settled', () => {
  forEveryTurn((_, { side }, now) => {
    const other = side === 0 ? 1 : 0;
    const heard = now.lanes[other].slice(0, now.devices[side].absorbed);
    const shown = heard.at(-1)?.after ?? 0;
    const { tail } = now.devices[side].line;
    assert.ok(tail.every(({ act }) => act.side === side && act.index > shown));
  });
});

test('the order in which a device learns does not matter', () => {
  fc.assert(
    fc.property(turns, (all) => {
      const { lanes } = all.reduce(after, nothing);
      const [low, high] = lanes.map((lane) => lane.flatMap(({ act }) => act ?? []));
      const order = inCausalOrder(low!, high!);
      const whole = extended(app, timeline(app.initial), order);
      assert.deepEqual(stateOf(whole), orderOf([...low!, ...high!]).map(nameOf));
      const single = order.reduce(
        (line, act) => extended(app, line, [act]),
        timeline(app.initial) as Timeline<Names>,
      );
      assert.deepEqual(stateOf(single), stateOf(whole));
    }),
  );
});

test('the coin favours neither side', () => {
  const firsts = Array.from({ length: 1_000 }, (_, n) => {
    const pair = [actAt(0, 1, 0, `${n}`), actAt(1, 1, 0, `${n}`)];
    return stateOf(extended(app, timeline(app.initial), pair))[0]!;
  });
  const low = firsts.filter((name) => name === 'low 1').length;
  assert.ok(low > 430 && low < 570, `${low} of 1,000`);
});

test('acts out of order are the caller’s fault', () => {
  const two = extended(app, timeline(app.initial), [actAt(0, 2, 0), actAt(1, 1, 2)]);
  for (const act of [actAt(0, 2, 1), actAt(0, 1, 1), actAt(1, 1, 2)]) {
    assert.throws(() => extended(app, two, [act]), RangeError);
  }
  const settled = settledBy(two, 1, 2);
  assert.equal(settled.tail.length, 0);
  assert.throws(() => extended(app, settled, [actAt(0, 2, 1)]), RangeError);
  const restsOnLate = extended(app, timeline(app.initial), [actAt(0, 1, 1)]);
  assert.throws(() => extended(app, restsOnLate, [actAt(1, 1, 0)]), RangeError);
  assert.throws(() => inCausalOrder([actAt(0, 1, 1)], [actAt(1, 1, 1)]), RangeError);
});
