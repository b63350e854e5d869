/**
 * A bilateral transition, both sides, without its signatures: what everything else costs.
 *
 * In the figure: `append` by the writer (entry, head, view, rules, delivery slot, multiproof, step
 * with both roots, statement) and its map brought up to date; `absorb` by the peer (`accept` with
 * every rule, the step's encoding and statement computed again, both evaluations of the proof; then
 * its own step with multiproof and roots) and its map brought up to date. One memo of 16 bytes,
 * 1,000 relationships in each map, used in turn and in both directions, states carried on. Not in
 * it: signatures, bytes of messages, disk. The second line adds the message as bytes: encoded once,
 * decoded once.
 *
 * The third line leaves out what exists to be signed, the steps of both with their encodings and
 * statements: entry, head, views, the rules about entries, the writer's proof made and its two roots
 * evaluated by the peer, both maps brought up to date (seed 000, definition 6, without authorisation).
 */

import {
  advance,
  entry,
  installHash,
  installSignatures,
  judgeProof,
  judgeRun,
  nextEntry,
} from '@dsm/primitive';
import { nativeHash } from '@dsm/node';
import { encodeOperation } from '@dsm/protocols';
import {
  absorb,
  append,
  claimOf,
  commitMessage,
  knownOf,
  leafOf,
  message,
  mySide,
  type Appended,
} from '@dsm/bilateral';
import { keep, learn, pair, unsigned, type Party } from './pair.ts';
import { judge, type Report } from './report.ts';
import { rateColumns, takeTurns, type Contender } from './turns.ts';

const goal = { floor: 40_000, target: 70_000, better: 'higher' } as const;
const relationships = 1_000;
const rounds = 11;

export const question = 'How many bilateral transitions per second, both sides together?';

export async function run(report: Report): Promise<void> {
  installHash(nativeHash);
  installSignatures(unsigned);
  const contenders = [
    exchange('both sides, proofs; unsigned, in memory', asValues),
    exchange('the same with the message as bytes; unsigned, in memory', asBytes),
    structural('entries, views and proofs, no steps; unsigned, in memory'),
  ];
  const rates = await takeTurns(contenders, rounds);
  for (const [i, { name }] of contenders.entries()) {
    const columns = rateColumns(rates[i]!);
    const judged = i === 1 ? {} : judge(columns.perSecond, goal);
    report({ bench: 'bilateral', what: name, relationships, ...columns, ...judged });
  }
}

type Claim = ReturnType<typeof claimOf>;

const noSignature = new Uint8Array(3_309);

function asValues({ run: appended }: Appended): Claim {
  return claimOf(appended, noSignature, []);
}

function asBytes({ run: { step, slots, entries } }: Appended): Claim {
  const signed = { step, slots, signature: noSignature, further: [] };
  const said = commitMessage({ entries, step, slots, countersignature: undefined }, signed);
  const heard = message.decode(message.encode(said));
  if (!heard.ok || heard.value.type !== 'commit') throw new Error('the message was not understood');
  return heard.value;
}

function exchange(name: string, claimed: (change: Appended) => Claim): Contender {
  const [one, two] = pair(1, relationships);
  const operation = encodeOperation({ type: 'memo', text: 'a memo: 16 bytes' });
  // Before it is measured, every relationship has a view in both maps.
  for (let at = 0; at < relationships; at++) transition(one, two, at, operation, claimed);
  const count = 10 * relationships;
  return {
    name,
    count,
    work: () => {
      for (let i = 0; i < count; i++) {
        const at = (i * 7) % relationships;
        if (Math.floor(i / relationships) % 2 === 0) transition(two, one, at, operation, claimed);
        else transition(one, two, at, operation, claimed);
      }
    },
  };
}

/** One move of both devices without steps: what must be true of it, not who says so. */
function structural(name: string): Contender {
  const [one, two] = pair(1, relationships);
  const operation = encodeOperation({ type: 'memo', text: 'a memo: 16 bytes' });
  for (let at = 0; at < relationships; at++) move(one, two, at, operation);
  const count = 10 * relationships;
  return {
    name,
    count,
    work: () => {
      for (let i = 0; i < count; i++) {
        const at = (i * 7) % relationships;
        if (Math.floor(i / relationships) % 2 === 0) move(two, one, at, operation);
        else move(one, two, at, operation);
      }
    },
  };
}

function move(from: Party, to: Party, at: number, operation: Uint8Array): void {
  const mine = from.relationships[at]!;
  const theirs = to.relationships[at]!;
  const next = nextEntry(mine.mine, mySide(mine, from.device), mine.theirs.head, operation);
  const bytes = entry.encode(next);
  const lane = advance(mine.mine, next, bytes);
  const write = {
    key: mine.key,
    before: leafOf(mine, from.device, mine.mine.head, mine.theirs.head),
    after: leafOf(mine, from.device, lane.head, mine.theirs.head),
  };
  const root = from.map.root();
  const proof = from.map.prove([mine.key]);
  from.map.apply([{ key: write.key, value: write.after }]);
  const after = from.map.root();
  from.relationships[at] = { ...mine, mine: lane };

  const known = knownOf(to.device, theirs, to.world);
  const judged = judgeRun({ entries: [bytes] }, known, to.world.rules);
  if (judged.type !== 'accepted') throw new Error(`judged: ${judged.type}`);
  const fault = judgeProof(proof, [write], root, after);
  if (fault !== undefined) throw new Error(`proof: ${fault}`);
  const { lane: heard, absorbed } = judged.value;
  const leaf = leafOf(theirs, to.device, theirs.mine.head, heard.head);
  to.map.apply([{ key: theirs.key, value: leaf }]);
  to.map.root();
  to.relationships[at] = { ...theirs, theirs: heard, absorbed };
}

function transition(
  from: Party,
  to: Party,
  at: number,
  operation: Uint8Array,
  claimed: (change: Appended) => Claim,
): void {
  const appended = append(from.device, from.relationships[at]!, [operation], from.world);
  if (appended.type !== 'accepted') throw new Error(`append: ${appended.type}`);
  keep(from, at, appended.value);
  const absorbed = absorb(to.device, to.relationships[at]!, claimed(appended.value), to.world);
  if (absorbed.type !== 'accepted') throw new Error(`absorb: ${JSON.stringify(absorbed)}`);
  keep(to, at, absorbed.value);
  const { run: accepted, step, statement } = absorbed.value.absorbed;
  learn(to, accepted.claim.signed.step, accepted.statement);
  learn(from, step, statement);
}
