/**
 * The scene of a device space: the cast, and numbers for everything that a local state is made of.
 */

import { address, concat, consentDigest, zero32, type Consent } from '@dsm/primitive';
import { message as messageObject, type Message, type OwnRun, type Trade } from '@dsm/bilateral';
import type { Countersignature } from '@dsm/primitive';
import type { Policy } from '@dsm/protocols';
import { openingsOf } from './devices-openings.ts';
import type { Cast } from './devices-cast.ts';
import { diskBytes, type Disk, type Edge, type Held } from './devices-disk.ts';
import { sets, things, type Sets, type Things } from './intern.ts';

/** What the two of a trade say to each other. */
export type Spoken = Message & {
  type: 'offer' | 'consent' | 'refuse' | 'commit' | 'ack' | 'absorbed';
};

/** A message, in the talk with the device at `edge` of the cast, as its hearer sees it. */
export type Said =
  | { readonly edge: number; readonly body: Spoken }
  /** A run of somebody else, shown so that two can compare what they were told. */
  | { readonly edge: number; readonly half: Held };

/** What a talk remembers besides what was kept. */
export interface Talk {
  readonly trade: Trade;
  readonly consented: Countersignature | undefined;
}

/** What waits to be signed, away from the state machine. */
export type Job =
  | {
      readonly sign: 'step';
      readonly edge: number;
      readonly run: Pick<OwnRun, 'step' | 'slots' | 'statement'>;
    }
  | { readonly sign: 'consent'; readonly edge: number; readonly consent: Consent };

export interface Scene {
  readonly cast: Cast;
  /** The first so many of the cast are honest; one more may follow, who is not. */
  readonly honest: number;
  readonly disks: Things<Disk>;
  readonly talks: Things<Talk>;
  readonly jobs: Things<Job>;
  readonly messages: Things<Said>;
  readonly faults: Things<string>;
  readonly sets: Sets;
  readonly reached: Map<string, number>;
  /** Operations that somebody may wish to propose. */
  readonly operations: Things<Uint8Array>;
  /** What the adversary changed in a message, by the message; in a statement, by the statement. */
  readonly forgeries: Map<number, string>;
  readonly forgedStatements: Map<string, string>;
  /** What shows that a note is a purse note, by the note's id. */
  readonly openings: ReadonlyMap<string, Uint8Array>;
  readonly policies: readonly Policy[];
  /** Statements of runs that were made by the shipped code and by nothing else. */
  readonly genuine: Set<string>;
}

export function openScene(cast: Cast, honest: number): Scene {
  const faults = things<string>((text) => new TextEncoder().encode(text));
  faults.of('');
  return {
    cast,
    honest,
    disks: things(diskBytes),
    talks: things(talkBytes),
    jobs: things(jobBytes),
    messages: things(saidBytes),
    faults,
    sets: sets(),
    reached: new Map(),
    operations: things((operation) => operation),
    forgeries: new Map(),
    forgedStatements: new Map(),
    openings: openingsOf(cast.disks),
    policies: [cast.policy],
    genuine: new Set(),
  };
}

/** Counts that something happened. */
export function reach({ reached }: Scene, name: string): void {
  reached.set(name, (reached.get(name) ?? 0) + 1);
}

/** What a talk begins with: nothing but what was kept. */
export function freshTalk({ open }: Edge): Talk {
  const trade: Trade =
    open === undefined ? { at: 'idle' } : { at: 'committing', run: open, again: true };
  return { trade, consented: undefined };
}

function talkBytes({ trade, consented }: Talk): Uint8Array {
  const consent = consented === undefined ? zero32 : consentDigest(consented.consent);
  switch (trade.at) {
    case 'idle':
      return concat(Uint8Array.of(0), consent);
    case 'offered':
      return concat(Uint8Array.of(1), consent, trade.head, ...trade.operations.map(address));
    case 'committing': {
      const { statement, countersignature } = trade.run;
      const given = countersignature?.signature.subarray(0, 32) ?? zero32;
      return concat(Uint8Array.of(2, trade.again ? 1 : 0), consent, statement, given);
    }
  }
}

function jobBytes(job: Job): Uint8Array {
  const digest = job.sign === 'step' ? job.run.statement : consentDigest(job.consent);
  return concat(Uint8Array.of(job.sign === 'step' ? 0 : 1, job.edge), digest);
}

function saidBytes(said: Said): Uint8Array {
  if ('half' in said) {
    const { statement, signed } = said.half;
    return concat(Uint8Array.of(0, said.edge), statement, signed.signature.subarray(0, 32));
  }
  return concat(Uint8Array.of(1, said.edge), address(messageObject.encode(said.body)));
}
