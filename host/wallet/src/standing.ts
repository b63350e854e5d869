/**
 * Standing: whether this wallet takes what an offer would give it.
 *
 * This is taste and prudence, not validity: it decides what is consented to, never what is absorbed.
 */

import { equal, entry, keyOf, slotKey, nextHead } from '@dsm/primitive';
import type { Relationship, Standing } from '@dsm/bilateral';
import {
  atLeast,
  isStill,
  minimumFinalities,
  noteKinds,
  spendPlace,
  type Finality,
  type Movement,
  operationOf,
} from '@dsm/protocols';
import { isKeyOfNow } from './cards.ts';
import type { Engine } from './engine.ts';
import { hasLeft } from './belonging.ts';
import { leftRefusal } from './leaving.ts';
import { exceeded, exceededSentence } from './limits.ts';
import type { Model } from './model.ts';
import { givenTo } from './value.ts';

export function judgeStanding(
  engine: Engine,
  on: Relationship,
  entries: readonly Uint8Array[],
): Standing {
  if (on.bricked !== 0) return no('bricked', 'there is evidence that you told two histories');
  if (hasLeft(engine.model, on.peer.device)) return leftRefusal;
  let head = on.theirs.head;
  for (const bytes of entries) {
    head = nextHead(head, bytes);
    const operation = operationOf(bytes);
    if (typeof operation === 'string') return no('malformed', 'an entry cannot be read');
    if (isStill(operation)) continue;
    if (operation.type !== 'transfer') return no('own-lane', 'this is no payment');
    const refusal = judgeTransfer(engine, operation, head);
    if (refusal !== undefined) return refusal;
  }
  return judgeRisk(engine, on, entries);
}

/**
 * Whether the owner takes the risk of a run that would be uncertified. Asked when it is offered, and
 * again when it comes: a consent is valid for ever, and meanwhile others may have used the limit.
 */
export function judgeRisk(
  { model }: Engine,
  { peer }: Relationship,
  entries: readonly Uint8Array[],
): Standing {
  const given = new Map<string, bigint>();
  for (const bytes of entries) {
    const decoded = entry.decode(bytes);
    const gift = decoded.ok ? givenTo(decoded.value.operation, model.device.id, model) : undefined;
    if (gift === undefined || gift.amount === 0n) continue;
    const less = belowMinimum(model, peer.device, gift.over ? 'edge-final' : 'pair-final');
    if (less !== undefined) return less;
    // What an escrow covers cannot be spent elsewhere: no limit bounds it but the escrow.
    if (gift.over !== undefined) continue;
    const token = model.tokens.get(keyOf(gift.token));
    if (token === undefined) return no('not-adopted', 'this wallet does not take the token');
    const amount = (given.get(keyOf(token.id)) ?? 0n) + gift.amount;
    given.set(keyOf(token.id), amount);
    const limit = exceeded(model, token, peer.device, amount);
    if (limit !== undefined) return no('over-limit', exceededSentence(limit, token.rules, amount));
  }
  return 'taken';
}

/** The refusal of a payment from the device that would be less final than the owner demands. */
export function belowMinimum(
  model: Model,
  device: Uint8Array,
  finality: Finality,
): Exclude<Standing, 'taken'> | undefined {
  const minimum = minimumFinalities[model.contacts.get(keyOf(device))?.minimum ?? 0]!;
  if (atLeast(finality, minimum)) return undefined;
  return no('below-minimum', `this would be ${finality}; from you only ${minimum} is taken`);
}

function judgeTransfer(
  engine: Engine,
  operation: Movement,
  head: Uint8Array,
): Standing | undefined {
  const { model } = engine;
  const token = model.tokens.get(keyOf(operation.token));
  if (token?.adopted !== 1) return no('not-adopted', 'this wallet does not take the token');
  for (const input of operation.inputs) {
    if (input.kind !== noteKinds.purse) {
      return no('online-note', 'this note needs a certificate: pay from the purse, or online');
    }
    if (model.origins.get(keyOf(input.source))?.certified !== true) {
      return no('lineage', 'a note is not certified back to its mint');
    }
    const mark = model.marks.at(slotKey(spendPlace(input)));
    if (mark !== undefined && !equal(mark.statement, head)) {
      return no('already-spent', 'this note was spent before');
    }
  }
  const own = operation.outputs.filter(({ owner }) => equal(owner, model.device.id));
  return own.every(({ key }) => isKeyOfNow({ model }, model.device.id, key))
    ? undefined
    : no('key', 'an output names a key that this wallet does not work with');
}

function no(code: string, why: string): Exclude<Standing, 'taken'> {
  return { code, why };
}
