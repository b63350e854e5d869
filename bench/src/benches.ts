/** The benches by name, in the order in which they run. */

import type { Bench } from './report.ts';
import type { PeerFolder } from './third-party.ts';

const all: Readonly<Record<string, () => Promise<Bench>>> = {
  hash: () => import('./hash.ts'),
  signature: () => import('./signature.ts'),
  chain: () => import('./chain.ts'),
  map: () => import('./map.ts'),
  bilateral: () => import('./bilateral.ts'),
  signed: () => import('./signed.ts'),
  durable: () => import('./durable.ts'),
  offline: () => import('./offline.ts'),
  'proof-data': () => import('./proof-data.ts'),
  wire: () => import('./wire.ts'),
  interactive: () => import('./interactive.ts'),
  lineage: () => import('./lineage.ts'),
  route: () => import('./route.ts'),
  shared: () => import('./shared.ts'),
  'seed-table': () => import('./seed-table.ts'),
  escrow: () => import('./escrow.ts'),
  ldk: () => import('./ldk.ts'),
  stream: () => import('./stream.ts'),
  'stream-durable': () => import('./stream-durable.ts'),
  publish: () => import('./publish.ts'),
  fetch: () => import('./fetch.ts'),
  placement: () => import('./placement.ts'),
  reconcile: () => import('./reconcile.ts'),
  repair: () => import('./repair.ts'),
  engine: () => import('./engine.ts'),
  slots: () => import('./slots.ts'),
  exchange: () => import('./exchange.ts'),
  capsule: () => import('./capsule.ts'),
  credential: () => import('./credential.ts'),
  restore: () => import('./restore.ts'),
  clone: () => import('./clone.ts'),
  probe: () => import('./probe.ts'),
};

export const benches: ReadonlyMap<string, () => Promise<Bench>> = new Map(Object.entries(all));

/** Those that compare with other people's libraries, and where these are. */
export const comparing: ReadonlyMap<string, PeerFolder> = new Map([
  ['hash', 'third-party'],
  ['map', 'third-party'],
  ['escrow', 'third-party'],
  ['ldk', 'third-party'],
  ['stream', 'third-party'],
  ['publish', 'third-party'],
  ['fetch', 'third-party/helia'],
  ['reconcile', 'third-party'],
]);
