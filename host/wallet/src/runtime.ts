/** The runtime: an open wallet's engine and its live conversations. */

import { keyOf } from '@dsm/primitive';
import type { Connection } from '@dsm/ports';
import type { MeetOptions, SyncReport } from './api.ts';
import type { CapsuleSender } from './capsule-sender.ts';
import { refreshFinality } from './changes.ts';
import { contactView } from './contacts.ts';
import type { Engine } from './engine.ts';
import type { Keys } from './keys.ts';
import { checkLive, checkNotOver } from './phase.ts';
import { emitFinality } from './payments.ts';
import type { ContactRow } from './rows.ts';
import { openSession, type Session } from './session.ts';
import type { Router } from './routing.ts';
import type { OpenApp } from './sharing.ts';

export interface Runtime {
  readonly engine: Engine;
  /** Live sessions, by device. */
  readonly sessions: Map<string, Session>;
  /** Notes that are promised to an offer or a payment that is being made. */
  readonly reserved: Set<string>;
  /** Apps that are open, by relationship and app. */
  readonly apps: Map<string, OpenApp>;
  /** What goes on for payments by locks, and who waits for one of them to change. */
  readonly router: Router;
  readonly routed: Set<() => void>;
  readonly capsules: CapsuleSender;
  /** The round with the nodes that is under way: whoever asks meanwhile shares it. */
  syncing: Promise<SyncReport> | undefined;
  /** The keys of another incarnation of this device. */
  readonly keysOf: (incarnation: number, birth: Uint8Array, generation?: number) => Keys;
  /** Take the keys of the incarnation that this wallet is now, out of what custody holds. */
  readonly renewKeys: () => void;
  /** Nothing is signed any more, and every talk ends. */
  readonly stop: (phase: 'superseded' | 'retired') => Promise<void>;
}

/** Start a conversation. It is found under its device as soon as the relationship stands. */
export function converse(
  { engine, sessions }: Runtime,
  connection: Connection,
  options: MeetOptions,
): Session {
  const session = openSession(engine, connection, options);
  options.signal?.addEventListener('abort', () => void connection.close(), { once: true });
  session.ready.then(
    (row) => {
      const key = keyOf(row.device);
      sessions.set(key, session);
      engine.emit('contact', contactView(engine.model, row));
      engine.wake();
      void session.over.then(() => {
        if (sessions.get(key) === session) sessions.delete(key);
      });
    },
    () => undefined,
  );
  return session;
}

export function liveSession(
  { sessions }: Pick<Runtime, 'sessions'>,
  device: Uint8Array,
): Session | undefined {
  const session = sessions.get(keyOf(device));
  return session?.isOpen() === true ? session : undefined;
}

/** A restored wallet acts only after it has certified its incarnation; one that is over never again. */
export function checkReady({ engine }: Runtime): void {
  checkLive(engine.model.row);
}

/** Who is over or closed begins no talk, and the other side is not left waiting. */
export async function checkOpen(runtime: Runtime, connection: Connection): Promise<void> {
  try {
    checkNotOver(runtime.engine.model.row);
    await runtime.engine.exclusive(async () => undefined);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Bring the finality of payments up to date, and tell. */
export function refresh({ engine }: Runtime): Promise<void> {
  return engine.exclusive(async () => {
    emitFinality(engine, await refreshFinality(engine));
  });
}

/** The contact's row as it is now. */
export function current({ engine }: Runtime, row: ContactRow): ContactRow {
  return engine.model.contacts.get(keyOf(row.device))!;
}
