/**
 * One transition between two devices, every message as bytes: one appends a run and signs its step,
 * the other judges and absorbs it and signs its own, which the first learns. Both signatures are
 * made and checked; they are ideal.
 */

import {
  absorb,
  append,
  commitMessage,
  message,
  type Absorbed,
  type Appended,
  type Message,
} from '@dsm/bilateral';
import {
  kinds,
  signatureContext,
  signatures,
  stepStatement,
  verifyWorking,
  type Kind,
  type SignedStep,
  type Step,
} from '@dsm/primitive';
import { encodeOperation } from '@dsm/protocols';
import { keep, learn, network, worldOf, type Edge, type Party } from './party.ts';

const memo = encodeOperation({ type: 'memo', text: 'a memo: 16 bytes' });

export function signedBy({ working }: Party, kind: Kind, digest: Uint8Array): Uint8Array {
  return signatures().sign(working.secretKey, digest, signatureContext(kind, 1, network));
}

export function edgeTo({ edges }: Party, peer: number): Edge {
  const edge = edges.get(peer);
  if (edge === undefined) throw new RangeError(`no relationship with ${peer}`);
  return edge;
}

/** What `from` would append towards `to`. Nothing is kept. */
export function stated(from: Party, to: number, operation: Uint8Array = memo): Appended {
  const edge = edgeTo(from, to);
  const verdict = append(from.device, edge.relationship, [operation], worldOf(from, edge));
  if (verdict.type !== 'accepted') throw new Error(`append: ${verdict.type}`);
  return verdict.value;
}

/** The message that carries a run, signed by `from`. */
export function commitBytes(from: Party, { run }: Appended): Uint8Array {
  const signature = signedBy(from, kinds.signedStep, run.statement);
  const signed: SignedStep = { step: run.step, slots: run.slots, signature, further: [] };
  return message.encode(commitMessage({ ...run, countersignature: undefined }, signed));
}

/** Append and keep: the bytes for the peer. */
export function sent(from: Party, to: number): Uint8Array {
  const change = stated(from, to);
  keep(from, edgeTo(from, to), change);
  return commitBytes(from, change);
}

/** What became of a run at its reader: absorbed, with what to answer, or why not. */
export type Received =
  | { readonly change: Absorbed; readonly answer: Uint8Array }
  | { readonly refusal: string };

/** Judge the bytes of a run, absorb and keep it. */
export function received(by: Party, from: number, bytes: Uint8Array): Received {
  const heard = understood(bytes, 'commit');
  if (heard === undefined) return { refusal: 'malformed' };
  const edge = edgeTo(by, from);
  const verdict = absorb(by.device, edge.relationship, heard, worldOf(by, edge));
  if (verdict.type !== 'accepted') {
    return { refusal: verdict.type === 'refused' ? verdict.refusal : verdict.type };
  }
  const change = verdict.value;
  const { run, step, statement } = change.absorbed;
  keep(by, edge, change);
  learn(edge, run.claim.signed.step, run.statement);
  return {
    change,
    answer: message.encode({ type: 'absorbed', signed: signedStepOf(by, step, statement) }),
  };
}

function signedStepOf(by: Party, step: Step, statement: Uint8Array): SignedStep {
  return { step, slots: [], signature: signedBy(by, kinds.signedStep, statement), further: [] };
}

/** Know the step by which the peer absorbed; false if it is not the peer's. */
export function learned(by: Party, from: number, bytes: Uint8Array): boolean {
  const heard = understood(bytes, 'absorbed');
  if (heard === undefined) return false;
  const edge = edgeTo(by, from);
  const { step, slots, signature } = heard.signed;
  const statement = stepStatement(step, slots);
  const { workingKey } = edge.relationship.peer;
  const holds = verifyWorking(kinds.signedStep, 1, network, workingKey, statement, signature);
  if (holds) learn(edge, step, statement);
  return holds;
}

function understood<T extends Message['type']>(
  bytes: Uint8Array,
  type: T,
): (Message & { type: T }) | undefined {
  const heard = message.decode(bytes);
  return heard.ok && heard.value.type === type ? (heard.value as Message & { type: T }) : undefined;
}

/** Bytes of both messages; a sentence if one was refused. */
export function transition(from: Party, to: Party): number | string {
  const bytes = sent(from, to.number);
  const got = received(to, from.number, bytes);
  if ('refusal' in got) return `${from.number} → ${to.number}: refused as ${got.refusal}`;
  if (!learned(from, to.number, got.answer)) {
    return `${from.number} → ${to.number}: the answer is not the peer's`;
  }
  return bytes.length + got.answer.length;
}
