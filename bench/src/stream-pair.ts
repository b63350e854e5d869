/**
 * Two devices that stream to each other, for benches: payer and payee with an escrow in each of many
 * relationships (pair.ts), everything between them as bytes.
 *
 * A run is what `stream-paying.ts` and `stream-taking.ts` of the wallet do with it: ticks added one by
 * one and said in frames, the total appended to the lane with its step and signed, the commit decoded,
 * judged by `accept` with every rule, proofs and signature, compared with the ticks, absorbed, and
 * acknowledged. The payee signs its own newest step when the payer settles, once for a burst of runs.
 */

import { checkSignedStep, equal, keyDigest, keyOf, kinds, type SignedStep } from '@dsm/primitive';
import {
  absorb,
  ackMac,
  append,
  commitMessage,
  message,
  type Absorbed,
  type Appended,
  type Message,
} from '@dsm/bilateral';
import {
  encodeOperation,
  escrowId,
  noteKinds,
  openEscrow,
  openTaking,
  streamPayer,
  takeFrame,
  takeTotal,
  tokenId,
  valueRules,
  type Escrow,
  type StreamPayer,
  type Taking,
} from '@dsm/protocols';
import { keep, learn, pair, policy, thing, type Party } from './pair.ts';
import { sign } from './trade.ts';

/** Ticks that are said together: what comes in one moment. */
const ticksOfFrame = 64;
const terms = { unsignedMax: 1n << 100n };

export interface Streams {
  readonly payer: Party;
  readonly payee: Party;
  readonly escrows: readonly [Map<string, Escrow>, Map<string, Escrow>];
  /** By relationship: the escrow's id, and where the stream stands on both sides. */
  readonly lines: readonly Line[];
}

interface Line {
  readonly id: Uint8Array;
  readonly paying: StreamPayer;
  taking: Taking;
}

export function streams(count: number, ticksOfRun: number): Streams {
  const [one, two] = pair(1, count);
  const escrows = [new Map<string, Escrow>(), new Map<string, Escrow>()] as const;
  const [payer, payee] = [knowing(one, escrows[0]), knowing(two, escrows[1])];
  const key = (of: Party): Uint8Array => keyDigest(of.device.suite, of.working.publicKey);
  const interval = { count: ticksOfRun, amount: undefined, bytes: undefined };
  const [payerKey, exitKey] = [key(payer), key(payee)];
  const lines = payer.relationships.map((_, at): Line => {
    const note = {
      token: tokenId(policy),
      source: thing('fund', at),
      index: 0,
      owner: payee.device.id,
      key: exitKey,
      amount: 1n << 90n,
      kind: noteKinds.escrow,
      depth: 1,
      receipts: 1,
    };
    const escrow = openEscrow(note, payer.device.id, payerKey);
    const id = escrowId(escrow);
    for (const map of escrows) map.set(keyOf(id), escrow);
    const paying = streamPayer(escrow.ticks, terms, interval);
    return { id, paying, taking: openTaking(escrow.ticks) };
  });
  return { payer, payee, escrows, lines };
}

/** A party whose rules know the escrows. */
function knowing(of: Party, escrows: ReadonlyMap<string, Escrow>): Party {
  const token = keyOf(tokenId(policy));
  const escrowOf = (id: Uint8Array): Escrow | undefined => escrows.get(keyOf(id));
  const policyOf = (asked: Uint8Array) => (keyOf(asked) === token ? policy : undefined);
  return { ...of, world: { ...of.world, escrowOf, rules: valueRules({ policyOf, escrowOf }) } };
}

/** The transfers of a run, in frames: ticks of two bytes, as most small payments are. */
export function layTicks({ lines }: Streams, at: number, count: number): readonly Uint8Array[] {
  const { id, paying } = lines[at]!;
  const said: Uint8Array[] = [];
  for (let i = 1; i <= count; i++) {
    const due = paying.tick(BigInt(128 + ((i * 7_919) % 16_000)));
    if (i % ticksOfFrame !== 0 && !due) continue;
    said.push(encoded({ type: 'ticks', escrow: id, ...paying.frame()! }));
  }
  return said;
}

/** The payee reads the frames. Answers with their bytes. */
export function hearTicks(
  { lines, escrows }: Streams,
  at: number,
  said: readonly Uint8Array[],
): number {
  const line = lines[at]!;
  const escrow = escrows[1].get(keyOf(line.id))!;
  let sum = 0;
  for (const bytes of said) {
    const heard = decoded(bytes);
    if (heard.type !== 'ticks') throw new Error('the ticks were not understood');
    const taken = takeFrame(line.taking, heard, terms, escrow);
    if (taken.answer !== 'taken') throw new Error(`ticks: ${taken.answer}`);
    line.taking = taken.state;
    sum += bytes.length;
  }
  return sum;
}

export interface Stated {
  readonly change: Appended;
  readonly signed: SignedStep;
  readonly commit: Uint8Array;
}

/** The payer's side of a run: everything unsigned is stated, signed and ready to be said. */
export function stateRun({ payer, escrows, lines }: Streams, at: number): Stated {
  const { id, paying } = lines[at]!;
  const total = paying.total(escrows[0].get(keyOf(id))!, '');
  if (total === undefined) throw new Error('nothing to sign');
  const operation = encodeOperation({ type: 'total', ...total });
  const verdict = append(payer.device, payer.relationships[at]!, [operation], payer.world);
  if (verdict.type !== 'accepted') throw new Error(`append: ${JSON.stringify(verdict)}`);
  const change = verdict.value;
  keep(payer, at, change);
  for (const escrow of change.escrows) escrows[0].set(keyOf(id), escrow);
  const { step, slots, statement, entries } = change.run;
  const signature = sign(payer, kinds.signedStep, statement);
  const signed: SignedStep = { step, slots, signature, further: [] };
  const run = { entries, step, slots, countersignature: undefined };
  return { change, signed, commit: encoded(commitMessage(run, signed)) };
}

/** The payee's side: judged, compared with the ticks, absorbed. Answers with the ack, not yet said. */
export function takeRun(
  { payee, escrows, lines }: Streams,
  at: number,
  commit: Uint8Array,
): { readonly change: Absorbed; readonly ack: Uint8Array } {
  const line = lines[at]!;
  const claim = decoded(commit);
  if (claim.type !== 'commit') throw new Error('the commit was not understood');
  const verdict = absorb(payee.device, payee.relationships[at]!, claim, payee.world);
  if (verdict.type !== 'accepted') throw new Error(`absorb: ${JSON.stringify(verdict)}`);
  const change = verdict.value;
  const before = escrows[1].get(keyOf(line.id))!;
  const [after] = change.escrows;
  const taken = takeTotal(line.taking, before, after!);
  if (taken.answer !== 'settled') throw new Error(`total: ${taken.answer}`);
  line.taking = taken.state;
  escrows[1].set(keyOf(line.id), after!);
  keep(payee, at, change);
  const { run } = change.absorbed;
  learn(payee, run.claim.signed.step, run.statement);
  const { head } = run.lane;
  const mac = ackMac(change.relationship, head);
  return { change, ack: encoded({ type: 'ack', head, mac }) };
}

/** The payer hears that the run is durable at its payee. */
export function hearAck({ payer }: Streams, at: number, bytes: Uint8Array): void {
  const ack = decoded(bytes);
  const on = payer.relationships[at]!;
  if (ack.type !== 'ack' || !equal(ack.mac, ackMac(on, ack.head))) throw new Error('no ack');
}

/** The payer pauses: the payee signs its newest step, and the payer checks it. */
export function settleRuns(
  of: Streams,
  newest: Absorbed,
): { readonly length: number; readonly signed: SignedStep } {
  const { payer, payee } = of;
  const { step, statement } = newest.absorbed;
  const signature = sign(payee, kinds.signedStep, statement);
  const said = encoded({ type: 'absorbed', signed: { step, slots: [], signature, further: [] } });
  const heard = decoded(said);
  if (heard.type !== 'absorbed') throw new Error('the step was not understood');
  const fault = checkSignedStep(heard.signed, payee.card);
  if (fault !== undefined) throw new Error(`the absorb step: ${fault}`);
  learn(payer, step, statement);
  return { length: said.length, signed: heard.signed };
}

function encoded(said: Message): Uint8Array {
  return message.encode(said);
}

function decoded(bytes: Uint8Array): Message {
  const heard = message.decode(bytes);
  if (!heard.ok) throw new Error(`not understood: ${heard.refusal}`);
  return heard.value;
}
