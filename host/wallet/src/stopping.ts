/**
 * Lanes that stop: the peer has signed a run that no rule allows, so nothing after it is taken.
 *
 * It convinces only this wallet, which saw the entries before it, so it is no evidence; but its
 * owner is told. Only a run that the peer's own key has signed, right after what is known of its
 * lane, stops it: anybody can say nonsense in somebody else's name.
 */

import {
  checkSignedStep,
  equal,
  keyOf,
  nextHead,
  type Card,
  type Unaccepted,
} from '@dsm/primitive';
import type { Message, Relationship } from '@dsm/bilateral';
import { contactView } from './contacts.ts';
import type { Engine } from './engine.ts';
import { sentenceOf } from './errors.ts';
import { draft, putContact } from './model.ts';

type Said = Pick<Message & { type: 'commit' }, 'entries' | 'signed'>;

/** Keep why the lane of the peer stops here, if that is what the refusal means. */
export async function noteStop(
  engine: Engine,
  on: Relationship,
  by: Card,
  said: Said,
  verdict: Unaccepted,
): Promise<void> {
  const { model } = engine;
  const row = model.contacts.get(keyOf(on.peer.device));
  if (row === undefined || row.stopped !== '') return;
  if (verdict.type !== 'refused' || verdict.refusal !== 'operation') return;
  if (!follows(on, said) || checkSignedStep(said.signed, by) !== undefined) return;
  const next = { ...row, stopped: sentenceOf(verdict) };
  const to = draft();
  putContact(to, model, next);
  await engine.commit(to);
  engine.emit('contact', contactView(model, next));
}

/** True if the step names these entries as what comes next on the lane. */
function follows(on: Relationship, { entries, signed }: Said): boolean {
  const { cause } = signed.step;
  if (cause.type !== 'append' || !equal(cause.relationship, on.key)) return false;
  let head = on.theirs.head;
  for (const bytes of entries) head = nextHead(head, bytes);
  return equal(head, cause.head);
}
