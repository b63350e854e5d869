/** An identity with its authorities, its devices and storage nodes that certify what it says. */

import { signatures, signedKinds, sizes, slotKinds, suites, type KeyPair } from '@dsm/primitive';
import {
  certificateOf,
  installFakes,
  named,
  network,
  nodesOf,
  signAs,
} from '@dsm/primitive/fixture';
import {
  deviceTree,
  genesisId,
  headAfter,
  treeStart,
  updateSlot,
  updateStatement,
  type Authority,
  type CertifiedUpdate,
  type DeviceTree,
  type Genesis,
  type Membership,
  type SignedUpdate,
  type TreeHead,
  type TreeUpdate,
  type TreeWish,
} from '../src/index.ts';

installFakes();

export const nodes: ReturnType<typeof nodesOf> = nodesOf(3);

/** The authority number `n` of somebody. */
export function authorityOf(name: string, n: number): KeyPair {
  const algorithm = suites[1].root;
  const seed = new Uint8Array(sizes[algorithm].seed);
  seed.set(named(`${name} ${n}`));
  return signatures().keyPair(algorithm, seed);
}

export const genesis: Genesis = {
  network,
  suite: 1,
  authority: authorityOf('owner', 0).publicKey,
  contributions: undefined,
};
export const id: Uint8Array = genesisId(genesis);

export function signedBy(pair: KeyPair, update: TreeUpdate): SignedUpdate {
  const by: Authority = { network, suite: 1, key: pair.publicKey };
  const kind = signedKinds[slotKinds.tree];
  return { update, signature: signAs({ suite: 1 }, pair, kind, updateStatement(update, by)) };
}

export function certifiedBy(pair: KeyPair, update: TreeUpdate): CertifiedUpdate {
  const by: Authority = { network, suite: 1, key: pair.publicKey };
  return {
    signed: signedBy(pair, update),
    certificate: certificateOf(nodes, updateSlot(update, by)),
  };
}

/** What an owner knows after some wishes. */
export interface Grown {
  readonly tree: DeviceTree;
  readonly heads: readonly TreeHead[];
  readonly updates: readonly CertifiedUpdate[];
  /** Who signs the next one. */
  readonly pair: KeyPair;
}

/** All wishes, one after the other. A wish to rotate names the number of the next authority. */
export function grown(wishes: readonly (TreeWish | number)[], name = 'owner'): Grown {
  const tree = deviceTree(id);
  const heads = [treeStart(genesis)];
  const updates: CertifiedUpdate[] = [];
  let pair = authorityOf(name, 0);
  for (const wish of wishes) {
    const next = typeof wish === 'number' ? authorityOf(name, wish) : pair;
    const asked: TreeWish =
      typeof wish === 'number' ? { type: 'rotate', authority: next.publicKey } : wish;
    const made = tree.next(heads.at(-1)!, asked);
    if (!made.ok) throw new Error(made.refusal);
    updates.push(certifiedBy(pair, made.update));
    tree.apply(made.update);
    heads.push(headAfter(heads.at(-1)!, made.update));
    pair = next;
  }
  return { tree, heads, updates, pair };
}

export function add(name: string): TreeWish {
  return { type: 'add', device: named(name) };
}

export function retire(name: string): TreeWish {
  return { type: 'retire', device: named(name) };
}

export function succeed(old: string, name: string): TreeWish {
  return { type: 'succeed', old: named(old), device: named(name) };
}

/** What the owner shows of these devices. */
export function shown({ tree, updates }: Grown, names: readonly string[]): Membership {
  const devices = names
    .map((name) => named(name))
    .toSorted((a, b) => Buffer.compare(a, b))
    .map((device) => ({ device, status: tree.status(device) }));
  const newest = updates.at(-1)!;
  return {
    genesis,
    rotations: updates.slice(0, -1).filter(({ signed }) => signed.update.change.type === 'rotate'),
    newest,
    devices,
    proof: tree.prove(devices.map(({ device }) => device)),
  };
}
