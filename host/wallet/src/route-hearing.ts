/** Hearing of routes: preimages, locks that were given up, edges of others. */

import { checkCertificate, equal, keyOf, limits, lockHash, slotKey } from '@dsm/primitive';
import type { Fact, Message, ToldEdge } from '@dsm/bilateral';
import { lockPlace } from '@dsm/protocols';
import { moved } from './flood.ts';
import { draft } from './model.ts';
import { outgoingRoute, putFact } from './route-facts.ts';
import { putTold } from './route-model.ts';
import type { RouteRow } from './route-rows.ts';
import type { Talk } from './talk.ts';

export async function reveal(talk: Talk, said: Message & { type: 'reveal' }): Promise<void> {
  const { escrow, preimage } = said;
  const row = outgoingRoute(talk.engine.model, escrow, lockHash(preimage));
  if (row !== undefined) await take(talk, row, { type: 'preimage', preimage });
}

/** Only a certificate with another value than the preimage says that the lock can never be opened. */
export async function givenUp(talk: Talk, said: Message & { type: 'given-up' }): Promise<void> {
  const { engine } = talk;
  const { hash, certificate } = said;
  const row = outgoingRoute(engine.model, said.escrow, hash);
  const kept = engine.model.escrows.get(keyOf(said.escrow));
  if (row === undefined || kept === undefined) return;
  const { value } = certificate;
  if (equal(lockHash(value), hash)) return;
  const slot = { key: slotKey(lockPlace(kept.escrow, hash)), value };
  if (checkCertificate(certificate, engine.registries, slot) !== undefined) return;
  await take(talk, row, { type: 'gone' });
}

async function take(talk: Talk, row: RouteRow, fact: Fact): Promise<void> {
  const { engine, peer } = talk;
  if (!equal(row.outgoing!.device, peer!.device)) return;
  const to = draft();
  putFact(to, engine.model, row, fact);
  if (to.writes.length > 0) moved(talk);
  await engine.commit(to);
  engine.wake();
}

/** Hints of a contact with which this device takes part in routes; they replace its last ones. */
export async function edges(talk: Talk, said: Message & { type: 'edges' }): Promise<void> {
  const { engine, peer } = talk;
  const { model } = engine;
  const { device } = peer!;
  if (model.routing.relays.get(keyOf(device))?.edges !== 1) return;
  const told = said.edges.filter(
    (one) => isPlausible(one, device) && !equal(one.edge.from, model.device.id),
  );
  const to = draft();
  putTold(to, model, device, { edges: told });
  await engine.commit(to);
  engine.wake();
}

/** A device tells its own edges with depth 1, and passes on those of others with more. */
function isPlausible({ edge, depth }: ToldEdge, teller: Uint8Array): boolean {
  if (depth < 1 || depth > limits.edgeDepthMax || equal(edge.from, edge.to)) return false;
  return equal(edge.from, teller) === (depth === 1);
}
