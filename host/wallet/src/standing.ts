/**
 * Standing: whether this wallet takes what an offer would give it.
 *
 * This is taste and prudence, not validity: it decides what is consented to, never what is absorbed.
 */

import { equal, entry, keyDigest, keyOf, slotKey, nextHead } from '@dsm/primitive';
import type { Relationship, Standing } from '@dsm/bilateral';
import { decodeOperation, isStill, noteKinds, spendPlace, type Movement } from '@dsm/protocols';
import type { Engine } from './engine.ts';
import { exposure } from './value.ts';

export function judgeStanding(
  engine: Engine,
  on: Relationship,
  entries: readonly Uint8Array[],
): Standing {
  if (on.bricked !== 0) return no('bricked', 'there is evidence that you told two histories');
  let head = on.theirs.head;
  const taken = new Map<string, bigint>();
  for (const bytes of entries) {
    head = nextHead(head, bytes);
    const decoded = entry.decode(bytes);
    const operation = decoded.ok ? decodeOperation(decoded.value.operation) : 'malformed';
    if (typeof operation === 'string') return no('malformed', 'an entry cannot be read');
    if (isStill(operation)) continue;
    if (operation.type !== 'transfer') return no('own-lane', 'this is no payment');
    const refusal = judgeTransfer(engine, operation, head, taken);
    if (refusal !== undefined) return refusal;
  }
  return 'taken';
}

function judgeTransfer(
  engine: Engine,
  operation: Movement,
  head: Uint8Array,
  taken: Map<string, bigint>,
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
    const mark = model.marks.get(keyOf(slotKey(spendPlace(input))));
    if (mark !== undefined && !equal(mark.statement, head)) {
      return no('already-spent', 'this note was spent before');
    }
  }
  const key = keyDigest(model.device.suite, engine.keys.working().publicKey);
  const own = operation.outputs.filter(({ owner }) => equal(owner, model.device.id));
  if (!own.every((output) => equal(output.key, key))) {
    return no('key', 'an output names a key that this wallet does not work with');
  }
  const amount = own.reduce((sum, output) => sum + output.amount, 0n);
  const before = taken.get(keyOf(token.id)) ?? exposure(model, token.id);
  taken.set(keyOf(token.id), before + amount);
  return before + amount > token.offlineLimit
    ? no(
        'over-limit',
        `this would make ${before + amount} uncertified; the limit is ${token.offlineLimit}`,
      )
    : undefined;
}

function no(code: string, why: string): Standing {
  return { code, why };
}
