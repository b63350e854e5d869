/**
 * Flood: what a peer may say that changes nothing, without a clock.
 *
 * Each message of the peer counts until something moves: a run that gives value, an acknowledgement
 * that was missing, a certificate, or an act of this side's owner. Nothing that counts as moving can
 * be repeated. Beyond the allowance the talk ends, the contact is marked, and the next talk begins
 * with a fresh allowance: nobody is shut out by a count, that is for the owner to decide (`block`).
 * Other talks are served meanwhile, message by message.
 */

import { keyOf, limits } from '@dsm/primitive';
import type { Message } from '@dsm/bilateral';
import { decodePart, isIssuePart, partHead, policy, tokenId } from '@dsm/protocols';
import type { Queues } from './api.ts';
import { contactView } from './contacts.ts';
import { draft, putContact } from './model.ts';
import { contactOf, giveUp, say, unsentBytesMax, type Talk } from './talk.ts';

export type TalkLimits = Readonly<
  Record<
    | 'idleMessagesMax'
    | 'emptyRunsMax'
    | 'partsKeptMax'
    | 'partsKeptBytesMax'
    | 'earlyRunsMax'
    | 'earlyBytesMax'
    | 'headsAskedMax'
    | 'tokensAskedMax'
    | 'unsentBytesMax',
    number
  >
>;

/** Bounds of one talk: each is checked before more is done or held for the peer. */
export const talkLimits: TalkLimits = {
  /** Messages in a row that change nothing. A long lineage takes 70 rounds of asking. */
  idleMessagesMax: 256,
  /** Runs of the peer that give this wallet nothing, since its owner last did something. */
  emptyRunsMax: 4_096,
  /** Parts of lineage that wait for others, and their bytes. */
  partsKeptMax: 256,
  partsKeptBytesMax: 8 * 1_048_576,
  /** Runs that wait for an earlier one or for a policy, and their bytes. */
  earlyRunsMax: limits.earlyRunsMax,
  earlyBytesMax: 4 * 1_048_576,
  /** What the connection has not taken yet: a peer that asks and does not read is let go. */
  unsentBytesMax,
  /** Heads and policies that are asked for at once: what one `want` can say. */
  headsAskedMax: 1_024,
  tokensAskedMax: 64,
};

/** Something moved that cannot be repeated: the peer may say as much again. */
export function moved(talk: Talk): void {
  talk.idle = 0;
}

/** This side's owner acts: answers to that are no flood. */
export function acted(talk: Talk): void {
  talk.idle = 0;
  talk.emptyRuns = 0;
}

/**
 * A run was absorbed. Of those that give nothing there are only so many; one that gives makes up for
 * one of them, so that locks which are paid later can go on for ever.
 */
export function absorbedRun(talk: Talk, gives: boolean): void {
  talk.emptyRuns = gives ? Math.max(0, talk.emptyRuns - 1) : talk.emptyRuns + 1;
  moved(talk);
}

/** A known run is said again, as after a lost connection: each once in a talk, in their order. */
export function repeatedRun(talk: Talk, index: number): void {
  if (index <= talk.repeated) return;
  talk.repeated = index;
  moved(talk);
}

/** Count a message. True if it is beyond the allowance and will not be looked at. */
export function isFlood(talk: Talk): boolean {
  talk.idle += 1;
  return talk.idle > talkLimits.idleMessagesMax || talk.emptyRuns > talkLimits.emptyRunsMax;
}

/** End the talk with the reason, and show on the contact that it came to this. */
export async function endFlood(talk: Talk): Promise<void> {
  const { engine } = talk;
  const row = contactOf(talk);
  if (row !== undefined) {
    const next = { ...row, floods: Math.min(row.floods + 1, 0xffff_ffff) };
    const to = draft();
    putContact(to, engine.model, next);
    await engine.commit(to);
    engine.emit('contact', contactView(engine.model, next));
  }
  const many = talk.idle > talkLimits.idleMessagesMax;
  const what = many
    ? `${talkLimits.idleMessagesMax} messages in a row changed nothing`
    : `${talkLimits.emptyRunsMax} runs gave nothing`;
  await giveUp(
    talk,
    'flood',
    `${what}: this conversation is over, meet again to say something new`,
  );
}

/** Ask for what is missing, and remember it: nothing else that comes is kept. */
export async function ask(
  talk: Talk,
  {
    heads,
    tokens,
  }: { readonly heads: readonly Uint8Array[]; readonly tokens: readonly Uint8Array[] },
): Promise<void> {
  const wanted = new Map(heads.map((head) => [keyOf(head), head]));
  const policies = new Map(tokens.map((token) => [keyOf(token), token]));
  const want = {
    heads: [...wanted.values()].slice(0, talkLimits.headsAskedMax),
    tokens: [...policies.values()].slice(0, talkLimits.tokensAskedMax),
  };
  const named = [...want.heads, ...want.tokens].map(keyOf);
  const open = new Set(talk.unanswered > 0 ? [...talk.asking, ...named] : named);
  const most = talkLimits.headsAskedMax + talkLimits.tokensAskedMax;
  talk.asking = open.size > most ? new Set(named) : open;
  talk.unanswered += 1;
  await say(talk, { type: 'want', ...want });
}

/** Of what came, that which was asked for. */
export function answersTo(
  { asking }: Talk,
  { policies, parts }: Message & { type: 'parts' },
): { readonly policies: readonly Uint8Array[]; readonly parts: readonly Uint8Array[] } {
  if (asking.size === 0) return { policies: [], parts: [] };
  return {
    policies: policies.filter((bytes) => {
      const decoded = policy.decode(bytes);
      return decoded.ok && asking.has(keyOf(tokenId(decoded.value)));
    }),
    parts: asked(asking, parts),
  };
}

/** Parts by name, and with an issue the chain before it, as far as it comes link by link. */
function asked(asking: ReadonlySet<string>, parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const wanted = new Set(asking);
  return parts.filter((bytes) => {
    const part = decodePart(bytes);
    if (part === undefined || !wanted.has(keyOf(partHead(part)))) return false;
    if (isIssuePart(part)) wanted.add(keyOf(part.issue.parent));
    return true;
  });
}

/** The newest that fit: overflow drops the oldest, and resends heal. */
export function newest<T>(
  all: readonly T[],
  bytesOf: (one: T) => number,
  countMax: number,
  bytesMax: number,
): readonly T[] {
  let from = all.length;
  for (let bytes = 0; from > 0 && all.length - from < countMax; from--) {
    bytes += bytesOf(all[from - 1]!);
    if (bytes > bytesMax) break;
  }
  return all.slice(from);
}

/** What a talk holds in memory for the peer at this moment. */
export function queuesOf(talk: Talk): Queues {
  const { idle, emptyRuns, kept, early, asking, acks, unsentBytes } = talk;
  const sum = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);
  return {
    idleMessages: idle,
    emptyRuns,
    parts: kept.length,
    partsBytes: sum(kept.map(({ length }) => length)),
    earlyRuns: early.length,
    earlyBytes: sum(early.map(({ size }) => size)),
    asked: asking.size,
    unacknowledged: acks.size,
    unsentBytes,
  };
}
