/**
 * The wallet: everything else in this folder, as the one object that programs hold.
 *
 *     createWallet   a new wallet in an empty store, or the wallet that is there already
 *     openWallet     the wallet that is there
 *     restoreWallet  a backup, in an empty store: the next incarnation of the device
 *     recoverWallet  24 words, in an empty store: the next incarnation of the device
 */

import { encodeLink } from '@dsm/availability';
import { implementation } from '@dsm/primitive';
import { installPortable, portableAead, portableKem, portableStretch } from '@dsm/portable';
import type { Aead, Connection, Entropy, Kem, Stretch } from '@dsm/ports';
import type {
  Contact,
  MeetOptions,
  TokenCalls,
  Relationship,
  SyncReport,
  Wallet,
  WalletEvents,
  WalletOptions,
} from './api.ts';
import { importBackup, makeBackup, openBackup } from './backup-file.ts';
import { capsuleSender, keepUp } from './capsule-sender.ts';
import { heldBinding } from './binding-view.ts';
import { alarmOf } from './conviction.ts';
import { contactView, findContact, setMinimumFinality } from './contacts.ts';
import { appsSeen, shared } from './acting.ts';
import { door } from './door.ts';
import { edgeActions } from './edge-actions.ts';
import { directoryActions } from './directory.ts';
import { allEdges } from './edges.ts';
import { presentingBy } from './credentials.ts';
import { parts } from './parts-of-wallet.ts';
import type { Engine } from './engine.ts';
import { DsmError, translated } from './errors.ts';
import type { Keys } from './keys.ts';
import { journalOf, type Journal } from './journal.ts';
import { loopback } from './loopback.ts';
import { offlineLimitsOf, setOfflineLimit } from './limits.ts';
import { commit, draft, putContact } from './model.ts';
import { createModel, keyMaker, openModel, type Opened } from './open.ts';
import { backupSecrets } from './opening-custody.ts';
import { paymentOf } from './payments.ts';
import { mutedKeys, type OverPhase } from './phase.ts';
import { phaseOf } from './phase-numbers.ts';
import { planeOf, type Plane } from './plane.ts';
import { remint } from './reminting.ts';
import { receiptOf } from './receipts.ts';
import { relayActions, routeActions } from './route-actions.ts';
import { routeOf } from './route-view.ts';
import { heldViews } from './held-view.ts';
import { router, type Router } from './routing.ts';
import { linkKey, rowKey, type ContactRow, type PaymentRow } from './rows.ts';
import { chargeFor } from './subscribing.ts';
import { checkOpen, converse, current, liveSession, type Runtime } from './runtime.ts';
import { openStream, unsignedTerms } from './streams.ts';
import { sync } from './syncing.ts';
import { identityOf } from './identity-view.ts';
import { idText } from './text.ts';
import { payCall, tokenCalls } from './token-calls.ts';
import { findToken } from './tokens.ts';
import { verifyRelationships } from './verify.ts';
import { inbox, outbox } from './waiting.ts';

export async function createWallet(options: WalletOptions): Promise<Wallet> {
  return translating(async () => {
    const full = await noted(withDefaults(options));
    return assemble(full, (await openModel(full)) ?? (await createModel(full)));
  });
}

export async function openWallet(options: Omit<WalletOptions, 'name'>): Promise<Wallet> {
  return translating(async () => {
    const full = await noted(withDefaults({ ...options, name: '' }));
    const opened = await openModel(full);
    if (opened === undefined) throw new DsmError('not-found', 'there is no wallet here');
    return assemble(full, opened);
  });
}

export interface RestoreOptions extends Omit<WalletOptions, 'name'> {
  readonly backup: Uint8Array;
  /** The secret of the wallet that the backup was made of, if there is no keystore that has it. */
  readonly secret?: Uint8Array;
}

/**
 * The wallet opens at once and acts after its first `sync` with the nodes. One that was made from words
 * needs them for that; with them, it does not need the keystore that it was backed up with.
 */
export async function restoreWallet(options: RestoreOptions): Promise<Wallet> {
  const { store, backup, secret } = options;
  const full = withDefaults({ ...options, name: '' });
  const { kem, aead } = full;
  return translating(async () => {
    const secrets = await backupSecrets(full, openBackup(backup), secret);
    await importBackup(backup, { store, kem, aead, secrets, secret });
    return openWallet(options);
  });
}

export interface RecoverOptions extends Omit<WalletOptions, 'name'> {
  /** What the owner calls this device; unless given, what the nodes know it by. */
  readonly name?: string;
  readonly words: string;
}

/**
 * A device out of its words alone, in an empty store. It is who it was, and knows nobody and holds
 * nothing. Its first `sync` certifies the incarnation after the newest one that the nodes know, so
 * words that are in use elsewhere convict nobody: the other device is retired by it.
 */
export async function recoverWallet(options: RecoverOptions): Promise<Wallet> {
  return translating(async () => {
    const full = await noted(withDefaults({ name: '', ...options }));
    if ((await full.store.get(rowKey('wallet'))) !== undefined) {
      throw new DsmError('exists', 'there is a wallet here already: recover into an empty place');
    }
    return assemble(full, await createModel(full, 1));
  });
}

export type Full = WalletOptions & {
  readonly kem: Kem;
  readonly aead: Aead;
  readonly entropy: Entropy;
  readonly stretch: Stretch;
};

/** The same, with a store that notes what capsules lack. */
async function noted(options: Full): Promise<Full & { readonly journal: Journal }> {
  const journal = await journalOf(options.store);
  return { ...options, store: journal.store, journal };
}

export function withDefaults(options: WalletOptions): Full {
  try {
    implementation();
  } catch {
    installPortable();
  }
  const bytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  const { kem = portableKem, aead = portableAead, stretch = portableStretch } = options;
  const { entropy = { bytes } } = options;
  return { ...options, kem, aead, entropy, stretch };
}

async function translating<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw translated(error);
  }
}

interface Listeners {
  readonly on: Wallet['on'];
  readonly emit: Engine['emit'];
}

function listeners(): Listeners {
  const byEvent = new Map<keyof WalletEvents, Set<(value: never) => void>>();
  return {
    on: (event, listener) => {
      const all = byEvent.get(event) ?? new Set();
      byEvent.set(event, all);
      all.add(listener);
      return () => all.delete(listener);
    },
    emit: (event, value) => {
      for (const listener of byEvent.get(event) ?? []) listener(value as never);
    },
  };
}

function assemble(options: Full & { readonly journal: Journal }, opened: Opened): Wallet {
  const { on, emit } = listeners();
  const { exclusive, shut } = door();
  const { store, journal, network, entropy, kem, aead } = options;
  const { model, custody } = opened;
  let keys = keysNow(opened);
  const plane = planeIn(store, network, opened, () => engine);
  const engine: Engine = {
    model,
    get keys() {
      return keys;
    },
    custody,
    store,
    journal,
    network,
    registries: plane.registries,
    quorum: plane,
    kem,
    aead,
    entropy,
    clock: options.clock ?? wallClock,
    binding: heldBinding(options.keystore),
    exclusive,
    commit: (change) => commit(store, change),
    wake: () => runtime.router.wake(),
    presenting: presentingBy(() => runtime),
    emit: (event, value) => {
      emit(event, value);
      keepUp(runtime.capsules, event, value);
    },
  };
  const runtime: Runtime = {
    engine,
    sessions: new Map(),
    reserved: new Set(),
    apps: new Map(),
    router: routerOf(engine, () => runtime),
    routed: new Set(),
    capsules: capsuleSender(engine, options.capsules),
    syncing: undefined,
    keysOf: keyMaker(engine).beside,
    renewKeys: () => {
      keys = keyMaker(engine).now();
    },
    stop: (phase) => {
      keys = mutedKeys(keys, phase);
      return stopped(runtime, phase);
    },
  };
  model.followers.add({ kept: () => engine.wake(), moved: () => undefined });
  return {
    ...reading(runtime),
    ...routeActions(runtime),
    ...acting(runtime),
    ...unsignedTerms(engine),
    ...meeting(runtime),
    ...parts(runtime, options.stretch),
    // A restored wallet changes its incarnation while it is open.
    get id() {
      return identityOf(model);
    },
    on,
    close: async () => {
      await Promise.all([...runtime.sessions.values()].map((session) => session.close()));
      await runtime.capsules.settled();
      await shut();
      await store.close();
    },
  };
}

function routerOf(engine: Engine, runtime: () => Runtime): Router {
  return router({
    engine,
    sessionWith: (device) => liveSession(runtime(), device),
    changed: (row) => {
      for (const check of runtime().routed) check();
      engine.emit('route', routeOf(engine.model, row));
    },
  });
}

/** Whoever is connected is told nothing more. */
async function stopped({ engine, sessions }: Runtime, phase: OverPhase): Promise<void> {
  engine.emit('over', phase);
  await Promise.all([...sessions.values()].map((session) => session.drop()));
}

function keysNow({ model, keys }: Opened): Keys {
  const phase = phaseOf(model.row);
  return phase === 'superseded' || phase === 'retired' ? mutedKeys(keys, phase) : keys;
}

const wallClock = { now: (): number => Date.now() };

/** The storage plane as this wallet has learned to know it. */
function planeIn(
  store: Full['store'],
  network: Full['network'],
  { links }: Opened,
  engine: () => Engine,
): Plane {
  return planeOf(network, {
    links,
    charge: (wanted) => chargeFor(engine(), wanted),
    keep: (link) =>
      translating(() => store.commit([{ key: linkKey(link), value: encodeLink(link) }])),
  });
}

type Reading = Pick<
  Wallet,
  | 'contacts'
  | 'history'
  | 'payment'
  | 'receipt'
  | 'inbox'
  | 'outbox'
  | 'verify'
  | 'alarms'
  | 'edges'
  | 'offlineLimit'
  | 'offlineLimits'
  | 'backup'
>;

/** What only looks. */
function reading({ engine }: Runtime): Reading {
  const { model } = engine;
  return {
    contacts: () =>
      [...model.contacts.values()]
        .map((row) => contactView(model, row))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    history: (filter) => {
      const of = filter?.contact === undefined ? undefined : findContact(model, filter.contact);
      const kept = model.payments.map((row) => paymentOf(model, row));
      const payments = [...kept, ...heldViews(model)];
      return of === undefined
        ? payments
        : payments.filter(({ device }) => device === idText('device', of.device));
    },
    payment: (prefix) => paymentOf(model, findPayment(engine, prefix)),
    receipt: async (prefix) => receiptOf(engine, findPayment(engine, prefix)),
    inbox: () => inbox(model),
    outbox: () => outbox(model),
    verify: async (contact) =>
      engine.exclusive(() =>
        verifyRelationships(
          engine,
          contact === undefined ? undefined : findContact(model, contact),
        ),
      ),
    alarms: () => [...model.alarms.values()].map((row) => alarmOf(model, row)),
    edges: () => allEdges(model),
    offlineLimit: (name) => findToken(model, name).offlineLimit,
    offlineLimits: (name) => offlineLimitsOf(model, findToken(model, name)),
    backup: async (key) => engine.exclusive(() => makeBackup(engine, key)),
  };
}

function findPayment({ model }: Engine, prefix: string): PaymentRow {
  const found = model.payments.filter(({ head }) => idText('payment', head).startsWith(prefix));
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw new DsmError('not-found', `no payment "${prefix}"`);
  throw new DsmError('ambiguous', `several payments start with "${prefix}"`);
}

type Acting = Pick<Wallet, 'sync' | 'setOfflineLimit' | 'rename' | 'block'>;

/** What changes this wallet alone. */
function acting(runtime: Runtime): Acting & TokenCalls {
  const { engine } = runtime;
  const { model } = engine;
  const keep = (change: () => ContactRow): Promise<void> =>
    engine.exclusive(async () => {
      const to = draft();
      putContact(to, model, change());
      await engine.commit(to);
    });
  return {
    ...tokenCalls(runtime),
    sync: () => (runtime.syncing ??= synced(runtime).finally(() => (runtime.syncing = undefined))),
    setOfflineLimit: (token, limit, scope = {}) => setOfflineLimit(engine, token, limit, scope),
    rename: (contact, name) =>
      keep(() => {
        if ([...model.contacts.values()].some((row) => row.name === name)) {
          throw new DsmError('usage', `another contact is called "${name}"`);
        }
        return { ...findContact(model, contact), name };
      }),
    block: (contact, blocked) =>
      keep(() => ({ ...findContact(model, contact), blocked: blocked ? 1 : 0 })),
  };
}

/** A round with the nodes, and then what has changed as recovery data. */
async function synced(runtime: Runtime): Promise<SyncReport> {
  const report = await sync(runtime);
  await runtime.capsules.afterSync();
  return report;
}

/** What needs somebody else. */
function meeting(runtime: Runtime): Pick<Wallet, 'contact' | 'meet' | 'answer' | 'directory'> {
  const { engine } = runtime;
  const { model } = engine;
  const relationship = (row: ContactRow): Relationship => ({
    contact: () => contactView(model, current(runtime, row)),
    connected: () => liveSession(runtime, row.device) !== undefined,
    queues: () => liveSession(runtime, row.device)?.queues(),
    ...edgeActions(runtime, row),
    ...relayActions(runtime, row),
    pay: payCall(runtime, row),
    remint: (token) => remint(runtime, current(runtime, row), token),
    stream: (options) => openStream(runtime, row, options),
    minimumFinality: () => contactView(model, current(runtime, row)).minimumFinality,
    setMinimumFinality: (minimum) => setMinimumFinality(engine, row.device, minimum),
    shared: (app) => shared(runtime, row, app),
    apps: () => engine.exclusive(() => appsSeen(runtime, row)),
    verify: () => engine.exclusive(() => verifyRelationships(engine, row)),
    close: async () => liveSession(runtime, row.device)?.close(),
  });
  const over = (other: Wallet | Connection): Connection => {
    if (!('answer' in other)) return other;
    const [mine, theirs] = loopback(model.row.name, other.id.name);
    void other.answer(theirs).catch(() => undefined);
    return mine;
  };
  return {
    directory: directoryActions(runtime, relationship),
    contact: (name) => relationship(findContact(model, name)),
    meet: async (other, options: MeetOptions = {}) => {
      const connection = over(other);
      await checkOpen(runtime, connection);
      return relationship(await converse(runtime, connection, options).ready);
    },
    answer: async (connection, options: MeetOptions = {}): Promise<Contact> => {
      await checkOpen(runtime, connection);
      const session = converse(runtime, connection, options);
      const row = await session.ready;
      await session.over;
      return contactView(model, current(runtime, row));
    },
  };
}
