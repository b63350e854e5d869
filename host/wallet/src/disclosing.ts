/**
 * Disclosing: which edges this device tells to whom, and what it knows of those of others.
 *
 * Only contacts that take part are told, and only of edges with others that take part. What is told
 * is believed by nobody: a path is tried, and a lock that does not fit is given up.
 */

import { equal, keyOf, limits } from '@dsm/primitive';
import type { ToldEdge } from '@dsm/bilateral';
import { restOf, type EdgeHint } from '@dsm/protocols';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { draft, type Model } from './model.ts';
import { feeTo, lockable } from './relaying.ts';
import type { Disclosure, DisclosureView } from './route-api.ts';
import { putRelay } from './route-model.ts';
import type { ToldRow } from './route-rows.ts';
import type { ContactRow } from './rows.ts';
import { findToken } from './tokens.ts';

/** The edges of this device over which it can lock something, to contacts that pass the test. */
export function ownEdges(model: Model, isMeant: (row: ContactRow) => boolean): EdgeHint[] {
  return [...model.contacts.values()].filter(isMeant).flatMap((row) =>
    [...model.tokens.values()].flatMap(({ id }) => {
      const rests = lockable(model, row, id).map(({ escrow }) => restOf(escrow));
      const capacity = rests.reduce((most, rest) => (rest > most ? rest : most), 0n);
      if (capacity === 0n) return [];
      const { device } = row;
      const fee = feeTo(model, device);
      return [{ from: model.device.id, to: device, token: id, capacity, fee }];
    }),
  );
}

/** What a contact is told: own edges to others, and what others have told of theirs. */
export function edgesFor(model: Model, device: Uint8Array): ToldEdge[] {
  const own = ownEdges(model, (row) => !equal(row.device, device) && takesPart(model, row.device));
  const found = new Map<string, ToldEdge>();
  for (const edge of own) found.set(nameOf(edge), { edge, depth: 1 });
  for (const [teller, { edges }] of believed(model)) {
    if (teller === keyOf(device)) continue;
    for (const { edge, depth } of edges) {
      const known = found.get(nameOf(edge));
      const isNews = known === undefined || known.depth > depth + 1;
      // Nobody needs to be told of its own edges.
      if (depth >= limits.edgeDepthMax || equal(edge.from, device) || !isNews) continue;
      found.set(nameOf(edge), { edge, depth: depth + 1 });
    }
  }
  return [...found.values()].toSorted((a, b) => a.depth - b.depth).slice(0, limits.edgeHintsMax);
}

/** What was told by contacts that still take part. */
function believed({ routing }: Model): (readonly [string, ToldRow])[] {
  return [...routing.told].filter(([teller]) => routing.relays.get(teller)?.edges === 1);
}

function takesPart({ routing }: Model, device: Uint8Array): boolean {
  return routing.relays.get(keyOf(device))?.edges === 1;
}

function nameOf({ from, to, token }: EdgeHint): string {
  return `${keyOf(from)} ${keyOf(to)} ${keyOf(token)}`;
}

/** The same for two tellings that differ in nothing worth telling: capacities count by their size. */
export function outlineOf(edges: readonly ToldEdge[]): string {
  return edges
    .map(({ edge, depth }) => {
      const { capacity, fee } = edge;
      const size = capacity.toString(2).length;
      return [nameOf(edge), size, fee.flat, fee.perMillion, depth].join();
    })
    .toSorted()
    .join('|');
}

/** Everything that this device knows of edges that start elsewhere. */
export function toldEdges(model: Model): EdgeHint[] {
  const nearest = new Map<string, ToldEdge>();
  for (const [, { edges }] of believed(model)) {
    for (const one of edges) {
      const name = nameOf(one.edge);
      const known = nearest.get(name);
      if (known === undefined || known.depth > one.depth) nearest.set(name, one);
    }
  }
  return [...nearest.values()]
    .map(({ edge }) => edge)
    .filter(({ from }) => !equal(from, model.device.id));
}

export function disclosureOf({ routing, tokens }: Model, device: Uint8Array): DisclosureView {
  const row = routing.relays.get(keyOf(device));
  const limitsOf = row?.lockedMax ?? [];
  return {
    edges: row?.edges === 1,
    fee: row?.fee ?? { flat: 0n, perMillion: 0 },
    lockedMax: Object.fromEntries(
      limitsOf.map(({ token, limit }) => [tokens.get(keyOf(token))!.rules.ticker, limit]),
    ),
    told: routing.told.get(keyOf(device))?.edges.length ?? 0,
  };
}

export async function disclose(
  engine: Engine,
  device: Uint8Array,
  { edges, fee = { flat: 0n, perMillion: 0 }, lockedMax = {} }: Disclosure,
): Promise<DisclosureView> {
  const { model } = engine;
  if (fee.flat < 0n || fee.perMillion < 0 || fee.perMillion > 1_000_000) {
    throw new DsmError('usage', 'a fee is an amount, and at most 1,000,000 per million');
  }
  const most = Object.entries(lockedMax).map(([name, limit]) => {
    if (limit < 0n) throw new DsmError('usage', 'a limit is an amount');
    return { token: findToken(model, name).id, limit };
  });
  await engine.exclusive(async () => {
    const to = draft();
    putRelay(to, model, device, { edges: edges ? 1 : 0, fee, lockedMax: most });
    await engine.commit(to);
  });
  engine.wake();
  return disclosureOf(model, device);
}
