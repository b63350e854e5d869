/** Whoever says two things at one position: both halves of every kind of evidence. */

import {
  entry,
  kinds,
  nextEntry,
  nextHead,
  slotKey,
  signedKinds,
  slotListRoot,
  statementDigest,
  voteDigest,
  type Card,
  type Evidence,
  type NodeVote,
  type SlotPlace,
  type SlotStatement,
} from '@dsm/primitive';
import { encodeOpening, encodeOperation, issuePlace, noteId, type Operation } from '@dsm/protocols';
import { authorisedByAll } from './authorise.ts';
import { appended, memoOperation, signedRun, stage } from './scenario.ts';
import { coinId, guild, inputOf, noteFor, outputTo } from './tokens.ts';
import {
  alice,
  bob,
  dora,
  drawn,
  fakeSignature,
  nodeKeys,
  signature,
  signed,
  type Actor,
} from './world.ts';

export interface Fork {
  readonly by: Actor;
  readonly entries: Extract<Evidence, { type: 'entries' }>;
  readonly steps: Extract<Evidence, { type: 'steps' }>;
}

/** Two runs after one head, each with a step of the same number. */
export function fork(by: Actor, of: Card): Fork {
  const at = stage(by, bob, []);
  const one = appended(at, [memoOperation('to you')]);
  const two = appended(at, [memoOperation('to him'), memoOperation('and more')]);
  const [first, second] = [signedRun(by, one), signedRun(by, two)];
  const before = at.relationship.mine.head;
  return {
    by,
    entries: {
      type: 'entries',
      card: of,
      later: [],
      before,
      first: { entries: one.run.entries, signed: first },
      second: { entries: two.run.entries, signed: second },
    },
    steps: { type: 'steps', card: of, later: [], first, second },
  };
}

/** The load that made a purse note, on the owner's own lane. */
export function loaded(by: Actor): {
  readonly place: SlotPlace;
  readonly opening: Uint8Array;
  readonly load: Uint8Array;
  readonly before: Uint8Array;
} {
  const note = noteFor(by, coinId);
  const load: Operation = {
    type: 'load',
    token: coinId,
    inputs: [inputOf(note)],
    outputs: [outputTo(by, 36n), outputTo(by, 64n, { kind: 1 })],
    allowed: undefined,
    memo: '',
  };
  const { mine } = stage(by, undefined, [note]).relationship;
  const bytes = entry.encode(nextEntry(mine, 0, drawn('own'), encodeOperation(load)));
  const place: SlotPlace = {
    kind: 1,
    writer: by.key,
    position: noteId(nextHead(mine.head, bytes), 1),
  };
  const opening = encodeOpening({ before: mine.head, index: 1, entry: bytes });
  return { place, opening, load: bytes, before: mine.head };
}

function said(by: Actor, place: SlotPlace, label: string): SlotStatement {
  const [value, body] = [drawn(label), drawn(`${label} body`)];
  const digest = statementDigest(body, slotListRoot([{ key: slotKey(place), value }]));
  const made = signed(by, signedKinds[place.kind], digest);
  return {
    value,
    authorisation: {
      suite: by.suite,
      publicKey: by.workingKey,
      body,
      path: [],
      signature: made,
      backing: undefined,
    },
  };
}

export function spendsOf(by: Actor, of: Card): Extract<Evidence, { type: 'spends' }> {
  const { place, opening } = loaded(by);
  return {
    type: 'spends',
    card: of,
    place,
    first: said(by, place, 'once'),
    second: said(by, place, 'twice'),
    opening,
  };
}

export function issuesOf(by: Actor): Extract<Evidence, { type: 'issues' }> {
  const place = issuePlace(coinId, { threshold: 1, members: [by.key] });
  return {
    type: 'issues',
    place,
    first: said(by, place, 'once'),
    second: said(by, place, 'twice'),
  };
}

/** Two ByteCommits with one number: the node's identity key is the only writer of their slot. */
export function commitsOf(by: Actor): Extract<Evidence, { type: 'commits' }> {
  const place: SlotPlace = { kind: 7, writer: by.key, position: drawn('a node and a number') };
  return {
    type: 'commits',
    place,
    first: said(by, place, 'once'),
    second: said(by, place, 'twice'),
  };
}

/** Two of three issuers said two things at one place. */
export function committeeIssues(): Extract<Evidence, { type: 'issues' }> {
  const place = issuePlace(coinId, guild);
  const one = (label: string): SlotStatement => {
    const value = drawn(label);
    return { value, authorisation: authorisedByAll(guild, [alice, dora], place, value) };
  };
  return { type: 'issues', place, first: one('once'), second: one('twice') };
}

const lineage = drawn('lineage');
const key = drawn('slot');
const nodeVote = (label: string, real: boolean): NodeVote => {
  const value = drawn(label);
  const digest = voteDigest(lineage, 1, { key, value });
  return {
    value,
    path: [],
    signature: real ? signature(nodeKeys[1]!, kinds.vote, 1, digest) : fakeSignature,
  };
};
export const votesOf = (real: boolean): Extract<Evidence, { type: 'votes' }> => ({
  type: 'votes',
  suite: real ? 1 : 2,
  voteKey: real ? nodeKeys[1]!.publicKey : drawn('node'),
  lineage,
  version: 1,
  key,
  first: nodeVote('one', real),
  second: nodeVote('other', real),
});
