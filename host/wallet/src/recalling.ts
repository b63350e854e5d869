/**
 * Recalling: whoever still has the secret of an earlier relationship tells it to the device that has
 * lost it, on the lane of the new one.
 *
 * The device that came back goes on with it as after a restore from an old backup: its lane is the one
 * of its incarnation, the other’s lane is absorbed from its beginning. So what was paid there and never
 * read is found. It is an operation of an app, moves no value, and is sealed like everything on a lane.
 */

import {
  bytes32,
  decodeWith,
  encodeWith,
  equal,
  keyDigest,
  keyOf,
  relationshipKey,
  struct,
  type Coder,
} from '@dsm/primitive';
import { openRelationship, type Relationship } from '@dsm/bilateral';
import { appId, encodeOperation, operationOf } from '@dsm/protocols';
import { putRelationship, type Engine } from './engine.ts';
import type { Draft } from './model.ts';
import type { ContactRow } from './rows.ts';

/** What the other side has lost: the secret, and who writes the deliveries of this side’s lane. */
export interface Recalled {
  readonly secret: Uint8Array;
  readonly laneKey: Uint8Array;
}

export const recalled: Coder<Recalled> = struct({ secret: bytes32, laneKey: bytes32 });

const appOfRecalls = {
  name: 'dsm recall',
  version: 1,
  rules: 'secret of an earlier relationship ‖ digest of the writer’s lane key; there is no state',
} as const;

/** Relationships with one device: two for each time that it has lost its secrets are plenty. */
const relationshipsMax = 8;

/** What is owed to a device that begins again, if there is something that it can have lost. */
export function owedTo({ model }: Engine, contact: ContactRow): Recalled | undefined {
  const { relationship, secret } = contact;
  const on = relationship === undefined ? undefined : model.relationships.get(keyOf(relationship));
  const nothing = on === undefined || (on.mine.index === 0 && on.theirs.index === 0);
  return nothing || secret === undefined ? undefined : { secret, laneKey: on.mineWriter };
}

export function recallOperation(value: Recalled): Uint8Array {
  const data = encodeWith(recalled, value);
  return encodeOperation({ type: 'app', app: appId(appOfRecalls), data });
}

/** Open what a peer’s run recalls. A device that has lost nothing has it already. */
export function putRecalls(
  to: Draft,
  { model, keys }: Engine,
  { peer }: Relationship,
  entries: readonly Uint8Array[],
): void {
  const me = model.device;
  if (me.incarnation === 0 || equal(peer.device, me.id)) return;
  for (const { secret, laneKey } of recallsIn(entries)) {
    const withPeer = [...model.relationships.values()].filter((one) =>
      equal(one.peer.device, peer.device),
    );
    const isKnown = model.relationships.has(keyOf(relationshipKey(secret)));
    if (isKnown || withPeer.length >= relationshipsMax) continue;
    // The other side takes the working key of the card for the writer of this lane, as after a restore.
    const mine = keyDigest(me.suite, keys.working().publicKey);
    const on = openRelationship(me, peer, secret, { mine, theirs: laneKey });
    putRelationship(to, model, { ...on, former: 1 });
  }
}

function recallsIn(entries: readonly Uint8Array[]): Recalled[] {
  const app = keyOf(appId(appOfRecalls));
  return entries.flatMap((bytes) => {
    const operation = operationOf(bytes);
    if (typeof operation === 'string' || operation.type !== 'app') return [];
    if (keyOf(operation.app) !== app) return [];
    return decodeWith(recalled, operation.data) ?? [];
  });
}
