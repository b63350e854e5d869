/**
 * The surface of the SDK: what a wallet is to the programs that embed it.
 *
 * Amounts are `bigint`, in the token's smallest unit; only `format` and `parse` know decimals.
 * Whatever is returned is ready to use. What fails throws `DsmError` with a code. Ids are texts
 * (bech32m with a prefix: `dev1…`, `tok1…`, `pay1…`, `obj1…`); there is no hex.
 */

import type { App, Finality, MinimumFinality } from '@dsm/protocols';
import type {
  Aead,
  Clock,
  Connection,
  Entropy,
  Kem,
  Keystore,
  NodeApi,
  Store,
  Stretch,
} from '@dsm/ports';
import type { Registry, Suite } from '@dsm/primitive';
import type { Edge, EdgeActions } from './edge-api.ts';
import type { RelayActions, RouteActions, RoutePayment } from './route-api.ts';
import type { Stream, StreamOptions, StreamStatus } from './stream-api.ts';
export type * from './stream-api.ts';
import type { CapsuleActions, CapsuleStatus } from './capsules-api.ts';
export type * from './capsules-api.ts';
import type { DeviceActions, IdentityNotice } from './devices-api.ts';
export type * from './devices-api.ts';
import type { StorageActions } from './storage-api.ts';
export type * from './storage-api.ts';
import type { RecoveryActions } from './recovery-api.ts';
export type * from './recovery-api.ts';
import type { CredentialActions } from './credential-api.ts';
export type * from './credential-api.ts';
import type { DirectoryActions } from './directory-api.ts';
export type * from './directory-api.ts';
import type { BindingActions, BindingNotice, ContactBinding } from './binding-api.ts';
export type * from './binding-api.ts';
import type { CustodyActions } from './custody-api.ts';
export type * from './custody-api.ts';
import type { KeyActions } from './keys-api.ts';
export type * from './keys-api.ts';
import type { TokenCalls, TokenInfo } from './token-api.ts';
export type * from './token-api.ts';

/** A network: its name, the registry that counts, and a way to each of its nodes, by index. */
export interface Network {
  readonly name: string;
  readonly registry: Registry;
  readonly nodes: readonly NodeApi[];
  /** A way to a node that a later version of the registry names. */
  readonly dial?: (address: string) => NodeApi | undefined;
}

export interface WalletOptions {
  /** What the owner calls this device; on its card. At most 48 bytes. */
  readonly name: string;
  readonly store: Store;
  readonly network: Network;
  /** Where the secret is. Without one, it lives in the store, unsealed: tests and demos only. */
  readonly keystore?: Keystore;
  readonly suite?: Suite;
  /**
   * The 24 words of the owner. A wallet that is made from words does not keep them; where one is
   * opened with them, its root key is at hand until it is locked again (`custody`) or closed.
   */
  readonly words?: string;
  /** Which device of the words this is: 0 unless given. No two devices may have one number. */
  readonly deviceIndex?: number;
  /** Argon2id, for the words. In JavaScript unless given. */
  readonly stretch?: Stretch;
  /** The genesis of the identity that the card of a new wallet names: see `genesisFrom`. */
  readonly genesis?: Uint8Array;
  readonly entropy?: Entropy;
  readonly clock?: Clock;
  readonly kem?: Kem;
  readonly aead?: Aead;
  /**
   * True: each sync sends recovery data to the nodes. False: only `capsules.send` does. If nothing is
   * said, each sync does once `capsules.send` was called.
   */
  readonly capsules?: boolean;
}

export interface Wallet extends TokenCalls, RouteActions {
  readonly id: Identity;
  /** The storage plane for data of one's own. */
  readonly storage: StorageActions;
  /** Whether this device may act, and what a recovery brings back. */
  readonly recovery: RecoveryActions;
  /** The devices of this wallet's owner. */
  readonly devices: DeviceActions;
  /** Finding, and being found by, those whom this wallet has not met. */
  readonly directory: DirectoryActions;
  /** Encrypted recovery data at the nodes. */
  readonly capsules: CapsuleActions;
  /** The keys that this wallet works with. */
  readonly keys: KeyActions;
  /** What this device and others are bound to. */
  readonly binding: BindingActions;
  /** What issuers say of this device, shown piece by piece; and logins. */
  readonly credentials: CredentialActions;
  /** The root key of this device, and the words that lead to it. */
  readonly custody: CustodyActions;
  /** Everybody this wallet has met, in order of name. */
  readonly contacts: () => readonly Contact[];
  /** A contact by its name or a unique prefix of its id. Throws `not-found` or `ambiguous`. */
  readonly contact: (nameOrPrefix: string) => Relationship;
  /** Meet another wallet of this process, or whoever is at the end of a connection. */
  readonly meet: (other: Wallet | Connection, options?: MeetOptions) => Promise<Relationship>;
  /** Serve a connection that somebody else opened, until it ends. Resolves with who it was. */
  readonly answer: (connection: Connection, options?: MeetOptions) => Promise<Contact>;

  readonly history: (filter?: { readonly contact?: string }) => readonly Payment[];
  /** A payment by a unique prefix of its id. */
  readonly payment: (prefix: string) => Payment;
  /** The stitched receipt of a payment, as bytes that anyone can check. */
  readonly receipt: (prefix: string) => Promise<ReceiptFile>;
  /** What waits: for the peer, for the nodes, for this device. */
  readonly inbox: () => readonly Waiting[];
  readonly outbox: () => readonly Waiting[];

  /** The edges with all contacts, in all tokens: escrows of both directions as one thing. */
  readonly edges: () => readonly Edge[];

  /** Talk to the nodes: fetch what came, send what waits, certify what is missing. */
  readonly sync: () => Promise<SyncReport>;
  /** Recompute every link of one relationship, or of all. */
  readonly verify: (contact?: string) => Promise<VerifyReport>;

  readonly alarms: () => readonly Alarm[];
  /** Sum of uncertified value, per token, that this wallet takes offline from everybody together. */
  readonly offlineLimit: (token: string) => bigint;
  /** All limits of a token, with what is used of each and what is left. */
  readonly offlineLimits: (token: string) => OfflineLimits;
  /**
   * Set the total, or the limit of one contact, or the one that all contacts share who have none of
   * their own (strangers). `undefined` takes the latter two away; the total always bounds the sum.
   */
  readonly setOfflineLimit: (
    token: string,
    limit: bigint | undefined,
    scope?: LimitScope,
  ) => Promise<void>;
  /** What is taken of streams before there is a signature; as much as the offline limit unless set. */
  readonly unsignedMax: (token: string, contact?: string) => bigint;
  /** For one contact, or for all that have none of their own. `undefined` goes back to the default. */
  readonly setUnsignedMax: (
    token: string,
    most: bigint | undefined,
    contact?: string,
  ) => Promise<void>;
  readonly rename: (contact: string, name: string) => Promise<void>;
  readonly block: (contact: string, blocked: boolean) => Promise<void>;

  /**
   * Everything but the secret, sealed under it, as bytes. A restored backup becomes a new
   * incarnation. With the file of a keystore the passphrase opens it, too.
   */
  readonly backup: (key?: Uint8Array) => Promise<Uint8Array>;
  readonly on: <K extends keyof WalletEvents>(
    event: K,
    listener: (value: WalletEvents[K]) => void,
  ) => () => void;
  readonly close: () => Promise<void>;
}

export interface Identity {
  readonly device: string;
  readonly name: string;
  /** Three words for people to compare; they follow from the device id. */
  readonly phrase: string;
  readonly incarnation: number;
  readonly suite: Suite;
  readonly network: string;
  /** The identity card's bytes. */
  readonly card: Uint8Array;
}

export interface MeetOptions {
  /** What to call a contact met for the first time; otherwise the name on its card. */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

export interface Contact {
  readonly device: string;
  readonly name: string;
  readonly phrase: string;
  readonly incarnation: number;
  /** Entries of the two lanes. */
  readonly written: number;
  readonly absorbed: number;
  /** `resuming` after a restore of this device, until the contact has shown that it knows of it. */
  readonly state: 'ok' | 'resuming' | 'bricked' | 'blocked' | 'stopped' | 'retired';
  /** `gen1…` of the identity that its card names; undefined if it names none. */
  readonly identity: string | undefined;
  /** True if it is another device of this wallet's owner: both cards and the tree say so. */
  readonly own: boolean;
  /**
   * Whether the two met, or one introduced itself through the directory: `unanswered` until the
   * other side shows that it has read it.
   */
  readonly introduced: 'met' | 'unanswered' | 'by-me' | 'by-them';
  /** Which rule the contact broke; nothing that it writes afterwards is taken. Empty if none. */
  readonly stopped: string;
  /** Payments from this contact that would be less final than this are not taken. */
  readonly minimumFinality: MinimumFinality;
  /** Talks that this wallet ended because the contact said much that changed nothing. */
  readonly floods: number;
  /** What the contact’s device is bound to: shown, and never asked by a rule of value. */
  readonly binding: ContactBinding;
}

/** Whose uncertified value a limit bounds; everybody's if nothing is said. */
export type LimitScope =
  | { readonly contact: string }
  | { readonly strangers: true }
  | { readonly total?: true };

/** One limit: how much of it is used by payments that are not certified yet, and what is left. */
export interface OfflineLimit {
  readonly limit: bigint;
  readonly used: bigint;
  readonly left: bigint;
}

export interface OfflineLimits {
  readonly token: TokenInfo;
  readonly total: OfflineLimit;
  /** For all contacts together that are not named below; undefined if only the total bounds them. */
  readonly strangers: OfflineLimit | undefined;
  readonly contacts: readonly (OfflineLimit & {
    readonly contact: string;
    readonly device: string;
  })[];
}

/** One contact, as something to act on. With a live connection it pays offline. */
export interface Relationship extends EdgeActions, RelayActions {
  readonly contact: () => Contact;
  readonly connected: () => boolean;
  /** What the live conversation holds in memory for this contact; undefined without one. */
  readonly queues: () => Queues | undefined;
  /**
   * Pay. `over` is `auto` by default: over the edge if its rest suffices; else offline over the live
   * connection if the purse suffices; else online. Over an edge there is nothing to consent to: one
   * message pays. Resolves when nothing more can be done now; look at `finality`. A list is paid in
   * one run, of one step: all of it or nothing.
   */
  readonly pay: Pay;
  /** Have the worn notes of a token made anew by the contact, who issues it. Needs a live connection. */
  readonly remint: (token: string) => Promise<Balance>;
  /** Many small transfers over an escrow of this wallet, authorised together. Needs a live connection. */
  readonly stream: (options: StreamOptions) => Promise<Stream>;
  readonly minimumFinality: () => MinimumFinality;
  /** Take nothing less final than this from the contact; `pair-final`, which is all, by default. */
  readonly setMinimumFinality: (minimum: MinimumFinality) => Promise<void>;
  /** The state of an app that both sides share. Opened once, it goes along with both lanes. */
  readonly shared: <State, Operation extends {}>(
    app: App<State, Operation>,
  ) => Promise<Shared<State, Operation>>;
  /** Apps of which operations have come or gone, also those that are not open here. */
  readonly apps: () => Promise<readonly AppSeen[]>;
  readonly verify: () => Promise<VerifyReport>;
  /** Ends the live connection, politely. */
  readonly close: () => Promise<void>;
}

/** A state that two devices have in common, made of what both say. */
export interface Shared<State, Operation extends {}> {
  /** `app1…`: follows from the app's name, version and rules. */
  readonly app: string;
  /** As of everything that is here. What the peer says later may come before what was said here. */
  readonly state: () => State;
  /** Say an operation. Throws `refused` if the reducer does not take it here and now. */
  readonly act: (operation: Operation, options?: ActOptions) => Promise<Acted>;
  /** Several at once: all are taken or none, on both devices. */
  readonly actAll: (operations: readonly Operation[], options?: ActOptions) => Promise<Acted>;
  readonly on: (event: 'change', listener: (state: State) => void) => () => void;
  /** All that was said, in the order that counts now, and what became of it. */
  readonly history: () => Promise<readonly SharedAct<Operation>[]>;
}

export interface ActOptions {
  /** A payment in the same run: it is made with the operations, or neither is. */
  readonly pay?: NewPayment;
}

export interface Acted {
  /** The operations' names, as the reducer sees them. */
  readonly ids: readonly string[];
  /** Who has them: the peer, the nodes for the peer, or this device until they meet or sync. */
  readonly over: 'peer' | 'nodes' | 'later';
  readonly payment: Payment | undefined;
}

export interface SharedAct<Operation> {
  /** `dev1…` of its author. */
  readonly by: string;
  /** `undefined` if the bytes are not an operation of the app. */
  readonly operations: readonly {
    readonly id: string;
    readonly operation: Operation | undefined;
  }[];
  readonly given: readonly { readonly token: string; readonly amount: bigint }[];
  /** All but `applied` left the state as it was; `fault`: the reducer or its codec threw. */
  readonly outcome: 'applied' | 'malformed' | 'refused' | 'fault';
  /** Why it was not applied, in a sentence. */
  readonly why: string;
  /** True if nothing can come before it any more. */
  readonly settled: boolean;
}

export interface AppSeen {
  readonly id: string;
  /** `undefined` if the app is not open here. */
  readonly name: string | undefined;
  readonly acts: number;
  readonly bytes: number;
}

/** What a live conversation holds in memory for the peer; each has a bound (docs/threat-model.md). */
export interface Queues {
  /** Messages of the peer since something moved, and its runs that gave this wallet nothing. */
  readonly idleMessages: number;
  readonly emptyRuns: number;
  readonly parts: number;
  readonly partsBytes: number;
  readonly earlyRuns: number;
  readonly earlyBytes: number;
  /** Parts and policies that this side has asked for. */
  readonly asked: number;
  readonly unacknowledged: number;
  readonly unsentBytes: number;
}

export interface Pay {
  (payment: NewPayment): Promise<Payment>;
  (payments: readonly NewPayment[]): Promise<readonly Payment[]>;
}

/** `{ ERA: 5n, note: 'coffee' }`, or with `token` and `amount`, or with `token` and the `item`. */
export type NewPayment = (
  | { readonly token: string; readonly amount: bigint }
  | { readonly token: string; readonly item: bigint }
  | { readonly [ticker: Uppercase<string>]: bigint }
) & { readonly note?: string; readonly over?: 'auto' | 'edge' | 'offline' | 'online' };

export interface Balance {
  readonly token: TokenInfo;
  /** All that is this wallet's: the sum of the lines below. */
  readonly total: bigint;
  /** Certified online notes: can be sent now, with the nodes. */
  readonly online: bigint;
  /** Purse notes: can be paid without a network. */
  readonly purse: bigint;
  /** Received or left over offline, not certified yet: counts towards the limit. */
  readonly uncertified: bigint;
  /** This wallet's part of its edges: payable to those contacts alone until somebody leaves. */
  readonly edges: bigint;
  /** How much of it is beyond half of the hops that the token allows: time for a re-mint. */
  readonly worn: bigint;
}

export interface Payment {
  readonly id: string;
  /** A burn gives to nobody. */
  readonly what: 'payment' | 'burn';
  readonly direction: 'in' | 'out';
  /** Name given to the contact, and its device; of a burn, this wallet itself. */
  readonly peer: string;
  readonly device: string;
  readonly token: string;
  readonly ticker: string;
  /** Smallest units, or items. */
  readonly amount: bigint;
  /** The serial number, if it is an item. */
  readonly item: bigint | undefined;
  readonly note: string;
  readonly over: 'edge' | 'offline' | 'online';
  readonly finality: Finality;
  /** What is still missing, in a sentence; empty when nothing is. */
  readonly waiting: string;
  /** Of a stream: how many transfers the payment stands for so far. 0 for any other payment. */
  readonly transfers: number;
  /** Bytes that the hand-over took on the wire, both directions; 0 if unknown. */
  readonly wireBytes: number;
  /** Shown only: when this device saw it, milliseconds since 1970. */
  readonly seenAt: number;
}

export interface ReceiptFile {
  readonly payment: Payment;
  readonly bytes: Uint8Array;
}

export interface Waiting {
  readonly payment: Payment;
  readonly on: 'peer' | 'nodes' | 'me';
  readonly why: string;
  /** The command or call that ends it. */
  readonly next: string;
}

export interface SyncReport {
  readonly received: number;
  /** Strangers who have introduced themselves. */
  readonly introduced: number;
  readonly delivered: number;
  readonly certified: number;
  readonly conflicted: number;
  /** False if too few nodes answered. */
  readonly online: boolean;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly links: number;
  readonly steps: number;
  /** One sentence for each fault. */
  readonly faults: readonly string[];
}

export interface Alarm {
  readonly id: string;
  readonly culprit: string;
  readonly device: string;
  readonly what: 'entries' | 'steps' | 'spends' | 'issues' | 'votes' | 'commits';
  /** What happened, what was done, in sentences. */
  readonly explain: string;
  /** Payments of this wallet, by id, whose notes the evidence names. */
  readonly payments: readonly string[];
  /** What this wallet does about it, and what became of those payments; a sentence each. */
  readonly done: readonly string[];
  readonly evidence: Uint8Array;
  readonly seenAt: number;
}

export interface WalletEvents {
  readonly payment: Payment;
  readonly finality: Payment;
  readonly fork: Alarm;
  readonly route: RoutePayment;
  /** A stream that is paid to this wallet has moved. */
  readonly stream: StreamStatus;
  readonly contact: Contact;
  /** Somebody else writes capsules with this device’s keys: it was copied. */
  readonly copied: CapsuleStatus;
  /** The thing that a contact’s device is sealed to was shown, or another, or none any more. */
  readonly binding: BindingNotice;
  /** This device acts never again: superseded by a restored copy, or retired by its device tree. */
  readonly over: 'superseded' | 'retired';
  /** Two updates of one identity with one number: see `devices`. */
  readonly identity: IdentityNotice;
}
