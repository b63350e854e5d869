/**
 * Notices: an entry that says "this issue gives you something".
 *
 * The notes of an issue enter their owner's map by the owner's own run, so somebody has to tell it.
 * A notice is an operation of an app, moves no value and proves nothing: the owner fetches the issue
 * from its peer or from the nodes, and checks it like any other lineage.
 */

import { bytes32, decodeWith, encodeWith, keyOf, struct, type Coder } from '@dsm/primitive';
import { appId, encodeOperation, operationOf } from '@dsm/protocols';
import type { Engine } from './engine.ts';
import { putNotice, type Draft } from './model.ts';

export interface Notice {
  readonly token: Uint8Array;
  /** The issue that gives something. */
  readonly head: Uint8Array;
}

const notice: Coder<Notice> = struct({ token: bytes32, head: bytes32 });

const appOfNotices = {
  name: 'dsm notice',
  version: 1,
  rules: 'token ‖ head of an issue that makes notes for the reader; there is no state',
} as const;

/** Issues that wait for their bytes. More are dropped: `collect` finds them without being told. */
const noticesMax = 1_024;

export function noticeOperation(value: Notice): Uint8Array {
  const data = encodeWith(notice, value);
  return encodeOperation({ type: 'app', app: appId(appOfNotices), data });
}

/** What entries give notice of. */
export function noticesIn(entries: readonly Uint8Array[]): Notice[] {
  const app = keyOf(appId(appOfNotices));
  return entries.flatMap((bytes) => {
    const operation = operationOf(bytes);
    if (typeof operation === 'string' || operation.type !== 'app') return [];
    if (keyOf(operation.app) !== app) return [];
    return decodeWith(notice, operation.data) ?? [];
  });
}

/** Remember what a peer's run gives notice of, until it is here. */
export function putNotices(to: Draft, { model }: Engine, entries: readonly Uint8Array[]): void {
  for (const one of noticesIn(entries)) {
    if (model.origins.has(keyOf(one.head)) || model.notices.size >= noticesMax) continue;
    putNotice(to, model, one);
  }
}

/** Heads of adopted tokens that a notice named and that are not here. */
export function noticedHeads({ model }: Engine): Uint8Array[] {
  return [...model.notices.values()].flatMap(({ head, token }) =>
    model.tokens.get(keyOf(token))?.adopted === 1 && !model.origins.has(keyOf(head)) ? [head] : [],
  );
}
