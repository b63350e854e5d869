/**
 * Routing: does what is due for every payment by locks (core/bilateral/passage.ts), again and again.
 *
 * It is woken by whatever may have changed something: a run that was absorbed, a message, a meeting,
 * a round with the nodes. It decides by what is durable alone, so after a crash it goes on where it
 * was. What waits for a node holds up nothing else.
 */

import { equal, keyOf, lockHash } from '@dsm/primitive';
import { due, type Deed, type Fact } from '@dsm/bilateral';
import { claimOfExit, decodePart, encodeOperation, isExitPart, isIssuePart } from '@dsm/protocols';
import { escrowStateOf, idOf } from './edge-value.ts';
import type { Engine } from './engine.ts';
import { edgesFor, outlineOf } from './disclosing.ts';
import { decideLock, readLock } from './lock-slots.ts';
import { draft } from './model.ts';
import { appendRun } from './online.ts';
import { decide, undecidedLocks, type Said } from './relaying.ts';
import { putFact } from './route-facts.ts';
import type { Leg, RouteRow } from './route-rows.ts';
import { rowKey } from './rows.ts';
import type { Session } from './session.ts';

/** What of the runtime is needed: what is durable, and who is connected. */
export interface Surroundings {
  readonly engine: Engine;
  readonly sessionWith: (device: Uint8Array) => Session | undefined;
  /** Told whenever a route has changed. */
  readonly changed: (row: RouteRow) => void;
}

export interface Router {
  /** Something may be due. */
  readonly wake: () => void;
  /** With the nodes: learn from the slots what nobody has said, and open what is not paid. */
  readonly sync: () => Promise<boolean>;
  /** Open the locks of an escrow that is about to be left, where that is possible. */
  readonly open: (escrow: Uint8Array) => Promise<void>;
  /** Resolves once nothing is under way any more. */
  readonly idle: () => Promise<void>;
}

export function router(around: Surroundings): Router {
  const { engine } = around;
  let [isRunning, isWoken] = [false, false];
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    isRunning = true;
    while (isWoken) {
      // Behind the decision that woke it: what that has made durable is not in memory yet.
      await engine.exclusive(async () => undefined).catch(() => undefined);
      isWoken = false;
      // A disk that is full, or a wallet that was closed: all is durable, and the next wake goes on.
      await pass(work).catch(() => undefined);
    }
    isRunning = false;
  };
  const wake = (): void => {
    if (!mayAct(engine)) return;
    isWoken = true;
    if (!isRunning) running = run();
  };
  const idle = async (): Promise<void> => {
    do {
      await running;
      await Promise.all(work.asking.values());
    } while (isRunning || isWoken || work.asking.size > 0);
  };
  const work: Work = {
    around,
    wake,
    said: new WeakMap(),
    told: new WeakMap(),
    asking: new Map(),
  };
  return {
    wake,
    idle,
    sync: async () => {
      wake();
      await idle();
      const answered = await askNodes(work);
      wake();
      await idle();
      return answered;
    },
    open: async (escrow) => {
      for (const row of openRoutes(engine)) {
        if (row.incoming === undefined || !equal(row.incoming.escrow, escrow)) continue;
        if (due(row.passage).includes('open')) await write(work, row);
      }
    },
  };
}

function mayAct({ model }: Engine): boolean {
  return model.row.phase === 0;
}

interface Work {
  readonly around: Surroundings;
  readonly wake: () => void;
  /** What each session was told: a message is said once while it lasts. */
  readonly said: WeakMap<Session, Set<string>>;
  /** What edges each session was told of. */
  readonly told: WeakMap<Session, string>;
  /** Slots that are being written, by route. */
  readonly asking: Map<number, Promise<void>>;
}

function openRoutes({ model }: Engine): RouteRow[] {
  const { routes, open } = model.routing;
  return [...open].map((number) => routes[number]!);
}

/** Decide about every lock that came, then do whatever is due. */
async function pass(work: Work): Promise<void> {
  const { engine } = work.around;
  for (const { row, lock } of undecidedLocks(engine.model)) {
    await attempt(() =>
      engine.exclusive(async () => deliver(work, await decide(engine, idOf(row), lock.hash))),
    );
  }
  for (const { number } of openRoutes(engine)) {
    await attempt(async () => {
      await learnExit(work, number);
      for (const deed of due(current(engine, number).passage)) await perform(work, number, deed);
    });
  }
  await tellEdges(work);
  const { changed, routes } = engine.model.routing;
  for (const number of changed) work.around.changed(routes[number]!);
  changed.clear();
}

/** One payment that fails here holds up no other: all is durable, and the next wake tries again. */
async function attempt(perform: () => Promise<void>): Promise<void> {
  await perform().catch(() => undefined);
}

/** Whoever takes part hears of edges that are new, gone, dearer, or much wider or narrower. */
async function tellEdges(work: Work): Promise<void> {
  const { engine, sessionWith } = work.around;
  for (const { device } of engine.model.contacts.values()) {
    if (engine.model.routing.relays.get(keyOf(device))?.edges !== 1) continue;
    const session = sessionWith(device);
    const edges = session === undefined ? [] : edgesFor(engine.model, device);
    const before = session === undefined ? undefined : work.told.get(session);
    const now = outlineOf(edges);
    if (session === undefined || now === (before ?? '')) continue;
    work.told.set(session, now);
    await session.tell({ type: 'edges', edges });
  }
}

function current({ model }: Engine, number: number): RouteRow {
  return model.routing.routes[number]!;
}

async function perform(work: Work, number: number, deed: Deed): Promise<void> {
  const { engine } = work.around;
  switch (deed) {
    case 'claim':
    case 'cancel': {
      await engine.exclusive(async () => deliver(work, await settleOutgoing(engine, number)));
      return;
    }
    case 'reveal': {
      const { incoming, passage } = current(engine, number);
      const { escrow, device } = incoming!;
      return tell(work, device, `reveal ${number}`, (session) =>
        session.tell({ type: 'reveal', escrow, preimage: passage.preimage! }),
      );
    }
    case 'show': {
      const { incoming, passage, decided } = current(engine, number);
      const { escrow, device } = incoming!;
      if (decided === undefined) return undefined;
      return tell(work, device, `show ${number}`, (session) =>
        session.tell({ type: 'given-up', escrow, hash: passage.hash, certificate: decided }),
      );
    }
    case 'give-up':
      if (!work.asking.has(number)) void write(work, current(engine, number));
      return undefined;
    case 'open':
      // Its payer is given the time until the next round with the nodes to pay for being told.
      return undefined;
  }
}

async function tell(
  { around, said }: Work,
  device: Uint8Array,
  what: string,
  say: (session: Session) => Promise<void>,
): Promise<void> {
  const session = around.sessionWith(device);
  if (session === undefined) return;
  const told = said.get(session) ?? new Set();
  said.set(session, told);
  if (told.has(what)) return;
  told.add(what);
  await say(session);
}

/**
 * Said in the decision that wrote it, so that runs of one lane come in their order. A peer that is
 * off finds the run at the nodes after the next `sync`.
 */
async function deliver({ around }: Work, said: Said | undefined): Promise<void> {
  if (said !== undefined) await around.sessionWith(said.device)?.deliver(said.at);
}

/** Pay the outgoing lock or take it back: what is due when its turn comes. */
async function settleOutgoing(engine: Engine, number: number): Promise<Said | undefined> {
  const { model } = engine;
  const row = current(engine, number);
  const { passage, outgoing } = row;
  const escrow = model.escrows.get(keyOf(outgoing!.escrow))!;
  // On an escrow that a restore has ended nothing is said: its payee leaves it alone.
  if (escrowStateOf(model, escrow) !== 'open') return undefined;
  const deeds = due(passage);
  const { device, escrow: id } = outgoing!;
  const { relationship } = escrow;
  const { hash, preimage } = passage;
  if (deeds.includes('claim') && preimage !== undefined) {
    const operation = encodeOperation({ type: 'claim', escrow: id, preimage });
    const { at } = await appendRun(engine, relationship, [operation], false, (to) =>
      putFact(to, model, row, { type: 'claim-said' }),
    );
    return { device, relationship, at };
  }
  if (!deeds.includes('cancel')) return undefined;
  const operation = encodeOperation({ type: 'cancel', escrow: id, hash });
  const { at } = await appendRun(engine, relationship, [operation], false, (to) =>
    putFact(to, model, row, { type: 'cancel-said' }),
  );
  return { device, relationship, at };
}

/** Write the slot of the incoming lock: the preimage if this device has it, else that it is given up. */
function write(work: Work, row: RouteRow): Promise<void> {
  const { engine } = work.around;
  const { number, passage, incoming } = row;
  const writing = async (): Promise<void> => {
    const { escrow } = engine.model.escrows.get(keyOf(incoming!.escrow))!;
    const opens = passage.incoming === 'held';
    const preimage = opens ? passage.preimage : undefined;
    const certificate = await decideLock(engine, escrow, passage.hash, preimage);
    if (certificate === undefined) return;
    const isOpened = equal(lockHash(certificate.value), passage.hash);
    const fact: Fact = { type: isOpened ? 'opened' : 'given-up' };
    await engine.exclusive(async () => {
      const to = draft();
      putFact(to, engine.model, current(engine, number), fact, certificate);
      await engine.commit(to);
    });
  };
  const wrote = writing()
    .catch(() => undefined)
    .finally(() => {
      work.asking.delete(number);
      if (current(engine, number).decided !== undefined) work.wake();
    });
  work.asking.set(number, wrote);
  return wrote;
}

/** The payee of the outgoing lock has left its escrow: what it took says what became of the lock. */
async function learnExit({ around }: Work, number: number): Promise<void> {
  const { engine } = around;
  const { model, store } = engine;
  const { outgoing, passage } = current(engine, number);
  if (outgoing === undefined || !['held', 'gone'].includes(passage.outgoing)) return;
  const exit = model.escrows.get(keyOf(outgoing.escrow))?.exit;
  if (exit === undefined || model.origins.get(keyOf(exit))?.certified !== true) return;
  const bytes = await store.get(rowKey('part', exit));
  const part = bytes === undefined ? undefined : decodePart(bytes);
  if (part === undefined || isIssuePart(part) || !isExitPart(part)) return;
  const preimage = claimOfExit(part)?.preimages.find((one) => equal(lockHash(one), passage.hash));
  await learned(engine, number, { type: 'payee-left', preimage });
}

async function learned(engine: Engine, number: number, fact: Fact): Promise<void> {
  await engine.exclusive(async () => {
    const to = draft();
    putFact(to, engine.model, current(engine, number), fact);
    await engine.commit(to);
  });
}

/** True if every slot that was asked for answered. */
async function askNodes(work: Work): Promise<boolean> {
  const { engine } = work.around;
  let answered = true;
  for (const row of openRoutes(engine)) {
    if (row.outgoing !== undefined && row.passage.outgoing === 'held') {
      answered = (await learnSlot(engine, row, row.outgoing)) && answered;
    }
    if (due(current(engine, row.number).passage).includes('open')) {
      await write(work, current(engine, row.number));
    }
  }
  return answered;
}

async function learnSlot(engine: Engine, row: RouteRow, { escrow: id }: Leg): Promise<boolean> {
  const { hash } = row.passage;
  const { escrow } = engine.model.escrows.get(keyOf(id))!;
  const reading = await readLock(engine, escrow, hash);
  if (reading === undefined) return true;
  const { preimage, certificate } = reading;
  if (preimage !== undefined) await learned(engine, row.number, { type: 'preimage', preimage });
  if (certificate === undefined) return preimage !== undefined;
  if (!equal(lockHash(certificate.value), hash))
    await learned(engine, row.number, { type: 'gone' });
  return true;
}
