/**
 * A session: one conversation with one device over one connection.
 *
 * Every message is decoded strictly, judged, and what follows from it made durable before the next
 * one is read. Nothing here knows time; a conversation that ends early is resumed by the next.
 */

import { keyOf } from '@dsm/primitive';
import { message as messageObject, type Message } from '@dsm/bilateral';
import type { Connection } from '@dsm/ports';
import type { Interval } from '@dsm/protocols';
import type { MeetOptions, Queues, Stream } from './api.ts';
import { attest, challenge, challengeNow, endAttesting, newAttesting } from './attesting.ts';
import { evidence, half } from './comparing.ts';
import { heardEarlierAck, heardEarlierRun } from './earlier.ts';
import { askCredential, credentialSaid } from './credential-talk.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { acted, endFlood, isFlood, queuesOf } from './flood.ts';
import { agree, agreed, goesOn, hello, introduced, turnedDown } from './greeting.ts';
import type { RunAt } from './model.ts';
import type { ContactRow, PaymentRow } from './rows.ts';
import { deferred, relationshipOf, say, type Talk } from './talk.ts';
import { absorbed, commit, fresh, laterCard, offer, parts, want } from './hearing.ts';
import { edges, givenUp, reveal } from './route-hearing.ts';
import { breakStreams, finishStreams, payStream, refusedStream } from './stream-paying.ts';
import { heardOfStream } from './stream-hearing.ts';
import { forgetTicks } from './stream-taking.ts';
import { membershipSaid } from './membership.ts';
import { registrySaid, sayVersion } from './registry-talk.ts';
import { askRemint, remintSaid } from './remint-talk.ts';
import { heardAtRest } from './resting.ts';
import { notTaken, sayOwedStep, sayRun, turn } from './trading.ts';

/** An own run that was said. */
export interface Said {
  readonly acked: Promise<number | undefined>;
}

export interface Session {
  /** Resolves once the relationship stands and old business has been said again. */
  readonly ready: Promise<ContactRow>;
  /** Resolves when the connection is over. */
  readonly over: Promise<void>;
  readonly isOpen: () => boolean;
  /** Offer a run and see it through. Resolves with the payments that it made. */
  readonly trade: (
    operations: readonly Uint8Array[],
    release: () => void,
    check?: () => void,
  ) => Promise<readonly PaymentRow[]>;
  /**
   * Say an own run that is durable, in the decision that wrote it: what is said later may rest on it.
   * `acked` gives the bytes that it took both ways once the peer has it, undefined if it has refused
   * it or the connection ends first.
   */
  readonly deliver: (at: RunAt) => Promise<Said>;
  /** Begin a stream over an escrow of this device. */
  readonly stream: (escrow: Uint8Array, interval: Interval, note: string) => Promise<Stream>;
  /** Ask the peer to make notes anew. */
  readonly remint: (asked: Message & { type: 'remint' }) => Promise<Message & { type: 'reminted' }>;
  /** Ask the peer for a signature by its thing; resolves when what came of it is kept. */
  readonly challenge: () => Promise<void>;
  /** Hand out parts that were not asked for: certificates that came since. */
  readonly push: (encoded: readonly Uint8Array[]) => Promise<void>;
  /** Ask for a credential: what is shown, or why nothing is. */
  readonly credential: (challenge: Uint8Array) => Promise<Uint8Array>;
  /** Heads whose certificates were handed out in this talk: once is enough. */
  readonly pushed: Set<string>;
  /** What it holds in memory for the peer. */
  readonly queues: () => Queues;
  /** Say something that is durable, or needs not be. */
  readonly tell: (message: Message) => Promise<void>;
  readonly close: () => Promise<void>;
  /** Cuts the line: nothing more is said. */
  readonly drop: () => Promise<void>;
}

export function openSession(engine: Engine, connection: Connection, options: MeetOptions): Session {
  const talk = newTalk(engine, connection, options);
  let open = true;
  const over = listen(talk).finally(() => {
    open = false;
    clearTimeout(talk.farewell);
    hangUp(talk);
    // A wallet that is being closed counts no more.
    void endAttesting(talk).catch(() => undefined);
  });
  return {
    ready: talk.ready.promise,
    over,
    isOpen: () => open,
    // Between finding a session and asking something of it, it may have ended.
    trade: async (operations, release, check = () => undefined) => {
      if (open) return propose(talk, operations, release, check);
      release();
      throw goneOf(talk);
    },
    deliver: async (at) => {
      const on = relationshipOf(talk);
      if (!open || on === undefined) return { acked: Promise.resolve(undefined) };
      acted(talk);
      const ack = deferred<boolean>();
      talk.acks.set(keyOf(at.row.head), ack);
      const before = talk.wireBytes;
      await sayRun(talk, on, at);
      return { acked: ack.promise.then((took) => (took ? talk.wireBytes - before : undefined)) };
    },
    stream: (escrow, interval, note) =>
      open ? payStream(talk, escrow, interval, note) : Promise.reject(goneOf(talk)),
    remint: (asked) => (open ? askRemint(talk, asked) : Promise.reject(goneOf(talk))),
    challenge: () => (open ? challengeNow(talk) : Promise.reject(goneOf(talk))),
    credential: (asked) => (open ? askCredential(talk, asked) : Promise.reject(goneOf(talk))),
    push: (encoded) => say(talk, { type: 'parts', policies: [], parts: encoded }),
    pushed: new Set(),
    queues: () => queuesOf(talk),
    tell: (message) => say(talk, message),
    drop: () => connection.close(),
    close: async () => {
      if (!open) return;
      await patiently(finishStreams(talk));
      await patiently(answers(talk));
      // Behind whatever is being answered: nothing is said after the farewell.
      await engine.exclusive(() => endTalk(talk)).catch(() => undefined);
      await patiently(over);
      await connection.close();
    },
  };
}

/** A talk in which nothing was said yet. */
function newTalk(engine: Engine, connection: Connection, options: MeetOptions): Talk {
  return {
    engine,
    connection,
    options,
    ready: deferred(),
    acks: new Map(),
    peer: undefined,
    trade: { at: 'idle' },
    consented: undefined,
    resumed: false,
    peerResumed: false,
    asked: undefined,
    offer: undefined,
    kept: [],
    wants: false,
    early: [],
    pending: false,
    unaccepted: undefined,
    asking: new Set(),
    doubted: new Set(),
    idle: 0,
    emptyRuns: 0,
    repeated: 0,
    repeats: false,
    heardBytes: 0,
    refused: false,
    peerVersion: 0,
    waitingHello: undefined,
    paying: new Map(),
    taken: new Map(),
    ackedLate: [],
    stepOwed: 'no',
    wireBytes: 0,
    offeredAt: 0,
    unanswered: 0,
    reminting: undefined,
    isMaking: false,
    attesting: newAttesting(engine.model.card),
    requesting: undefined,
    isDeciding: false,
    sending: Promise.resolve(),
    unsentBytes: 0,
    failure: undefined,
    farewell: undefined,
    ended: false,
    peerEnded: false,
  };
}

/** Read until the connection ends. A message that cannot be read ends it: the peer is confused. */
async function listen(talk: Talk): Promise<void> {
  const { engine, connection } = talk;
  await sayVersion(talk);
  await say(talk, { type: 'hello', card: engine.model.row.card });
  for (;;) {
    const bytes = await connection.receive().catch(() => undefined);
    if (bytes === undefined) return;
    const decoded = messageObject.decode(bytes);
    if (!decoded.ok) {
      talk.ready.reject(
        new DsmError('integrity', `the other side is not understood: ${decoded.refusal}`),
      );
      await connection.close();
      return;
    }
    if (decoded.value.type !== 'absorbed') talk.wireBytes += bytes.length;
    talk.heardBytes = bytes.length;
    try {
      await engine.exclusive(() => (isFlood(talk) ? endFlood(talk) : heard(talk, decoded.value)));
    } catch (error) {
      // This side cannot go on, for example because its disk is full: nothing was half done.
      talk.ready.reject(error);
      talk.failure = error;
      await connection.close();
      return;
    }
    if (talk.refused) {
      await patiently(talk.sending);
      await connection.close();
      return;
    }
    if (talk.ended && talk.peerEnded && talk.farewell === undefined) await hangUpPolitely(talk);
  }
}

async function heard(talk: Talk, said: Message): Promise<void> {
  if (talk.peer === undefined && said.type === 'refuse') return turnedDown(talk, said);
  if (said.type === 'registry') return heardVersion(talk, said);
  if (talk.peer === undefined && said.type !== 'hello') return;
  const isLive = talk.engine.model.row.phase === 0;
  return isLive || (await heardAtRest(talk, said)) ? heeded(talk, said) : undefined;
}

async function heeded(talk: Talk, said: Message): Promise<void> {
  switch (said.type) {
    case 'hello':
      return hello(talk, said);
    case 'registry':
      return heardVersion(talk, said);
    case 'agree':
      return agree(talk, said);
    case 'agreed':
      return agreed(talk, said);
    case 'introduce':
      return introduced(talk, said);
    case 'offer':
      talk.offeredAt = talk.wireBytes;
      return offer(talk, said);
    case 'want':
      return want(talk, said);
    case 'parts':
      await parts(talk, said);
      return talk.peerEnded && !talk.wants ? endTalk(talk) : undefined;
    case 'consent':
      return consented(talk, said);
    case 'refuse':
      return refusedBy(talk, said);
    case 'commit':
      return (await heardEarlierRun(talk, said)) ? undefined : commit(talk, said);
    case 'ack':
      return (await heardEarlierAck(talk, said))
        ? undefined
        : turn(talk, { type: 'ack', ack: said });
    case 'absorbed':
      return absorbed(talk, said);
    case 'stream':
    case 'terms':
    case 'ticks':
    case 'settle':
      return heardOfStream(talk, said);
    case 'marks':
      return goesOn(talk, said);
    case 'half':
      return half(talk, said);
    case 'evidence':
      return evidence(talk, said);
    case 'challenge':
      return challenge(talk, said);
    case 'attest':
      return attest(talk, said);
    case 'edges':
      return edges(talk, said);
    case 'fresh':
      return fresh(talk, said);
    case 'card':
      return laterCard(talk, said);
    case 'reveal':
      return reveal(talk, said);
    case 'given-up':
      return givenUp(talk, said);
    case 'membership':
      return membershipSaid(talk, said);
    case 'remint':
    case 'reminted':
      return remintSaid(talk, said);
    case 'request':
    case 'present':
      return credentialSaid(talk, said);
    case 'end':
      talk.peerEnded = true;
      // What was asked for is on its way.
      return talk.wants ? undefined : endTalk(talk);
  }
}

/** A card that waited for this version is looked at now. */
async function heardVersion(talk: Talk, said: Message & { type: 'registry' }): Promise<void> {
  const goesOn = await registrySaid(talk, said);
  const { waitingHello } = talk;
  if (!goesOn || waitingHello === undefined) return;
  talk.waitingHello = undefined;
  await hello(talk, waitingHello);
}

/** The peer consents. What was to be written may be wrong by now: then nothing has happened. */
async function consented(talk: Talk, said: Message & { type: 'consent' }): Promise<void> {
  const { asked } = talk;
  try {
    if (asked?.committed === false) asked.check();
  } catch (error) {
    talk.asked = undefined;
    asked!.release();
    asked!.done.reject(error);
    return turn(talk, { type: 'cancel' });
  }
  return turn(talk, { type: 'consent', consent: said });
}

async function refusedBy(talk: Talk, said: Message & { type: 'refuse' }): Promise<void> {
  turnedDown(talk, said);
  refusedStream(talk, said);
  notTaken(talk, said);
  return turn(talk, { type: 'refuse', refuse: said });
}

/** Say that nothing more comes from here; a trade under way is finished first. */
async function endTalk(talk: Talk): Promise<void> {
  if (talk.ended) return;
  talk.ended = true;
  await sayOwedStep(talk);
  await say(talk, { type: 'end' });
  if (!talk.peerEnded) return;
  // Whoever ended first still answers what was said to it, then closes.
  talk.farewell = setTimeout(() => void talk.connection.close(), farewellMs);
}

/** Close once everything that was said is on its way. */
async function hangUpPolitely({ sending, connection }: Talk): Promise<void> {
  await sending;
  await connection.close();
}

/** What is being prepared for the peer, and what the peer may still be preparing. */
async function answers({ attesting }: Talk): Promise<void> {
  await attesting.preparing;
  await attesting.asked?.done.promise.catch(() => undefined);
}

/** A peer that does not answer the farewell is not waited for: nothing depends on it. */
const farewellMs = 2_000;

async function patiently(over: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, farewellMs);
  await Promise.race([over, promise]);
  clearTimeout(timer);
}

async function propose(
  talk: Talk,
  operations: readonly Uint8Array[],
  release: () => void,
  check: () => void,
): Promise<readonly PaymentRow[]> {
  if (talk.asked !== undefined) {
    release();
    throw new DsmError('refused', 'another payment to this contact is under way');
  }
  const done = deferred<readonly PaymentRow[]>();
  acted(talk);
  talk.asked = { done, release, check, payments: [], committed: false };
  await talk.engine.exclusive(async () => {
    talk.offeredAt = talk.wireBytes;
    await turn(talk, { type: 'propose', operations });
  });
  return done.promise;
}

/** The connection is gone: what was offered is forgotten, what was committed is said again later. */
function hangUp(talk: Talk): void {
  talk.ready.reject(new DsmError('unreachable', 'the connection ended before the two had met'));
  breakStreams(talk);
  forgetTicks(talk);
  for (const ack of talk.acks.values()) ack.resolve(false);
  const gone = new DsmError('unreachable', 'the connection ended before an answer came');
  talk.reminting?.reject(gone);
  talk.requesting?.reject(gone);
  const { asked } = talk;
  if (asked === undefined) return;
  talk.asked = undefined;
  asked.release();
  if (asked.committed) {
    const { payments } = talk.engine.model;
    asked.done.resolve(asked.payments.map(({ number }) => payments[number]!));
  } else {
    asked.done.reject(goneOf(talk));
  }
}

function goneOf({ failure }: Talk): unknown {
  return failure ?? new DsmError('unreachable', 'the connection ended before anything was paid');
}
