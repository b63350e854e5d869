/**
 * Membership: what two devices that meet show of their identities, and what follows from it.
 *
 * A device shows its own leaf and those of the devices of its identity that have left, not the others:
 * whoever it meets learns whom to refuse, and not how many devices somebody has.
 */

import {
  checkMembership,
  genesisId,
  judgePin,
  membership as membershipObject,
  type Member,
  type Membership,
  type TreeDevice,
} from '@dsm/identity';
import type { Message } from '@dsm/bilateral';
import { compare, equal, keyOf, limits } from '@dsm/primitive';
import type { Engine } from './engine.ts';
import { moved } from './flood.ts';
import { draft, type Model } from './model.ts';
import { say, type Talk } from './talk.ts';
import { putTree } from './tree-keeping.ts';
import { extended, newTree, noticed, pinOf, treeOf, type TreeRow } from './tree-rows.ts';
import { tellNotice } from './tree-notices.ts';

/** The membership that this wallet can show of its own identity; none before it has walked the tree. */
export function ownMembership({ card, device, trees }: Model): Membership | undefined {
  const { genesis } = card.body;
  const row = genesis === undefined ? undefined : trees.get(keyOf(genesis));
  if (row?.newest === undefined || row.whole === 0) return undefined;
  return membershipOf(row, [device.id, ...lastGone(row)]);
}

/** What a row that has the whole tree shows of some devices, which stand in any order. */
export function membershipOf(row: TreeRow, devices: readonly Uint8Array[]): Membership {
  const tree = treeOf(row);
  const shown = new Map(devices.map((device) => [keyOf(device), device]));
  const ids = [...shown.values()].toSorted(compare);
  return {
    genesis: row.genesis,
    rotations: row.rotations,
    newest: row.newest!,
    devices: ids.map((id) => ({ device: id, status: tree.status(id) })),
    proof: tree.prove(ids),
  };
}

/** The devices that left last; one proof covers only so many. */
function lastGone({ devices }: TreeRow): readonly Uint8Array[] {
  return devices
    .flatMap(({ device, status }) =>
      status === undefined || status.type === 'alive' ? [] : [{ device, seq: status.seq }],
    )
    .toSorted((a, b) => a.seq - b.seq)
    .slice(1 - limits.proofKeysMax)
    .map(({ device }) => device);
}

/** Said once the other side is accepted, before anything that may rest on it. */
export async function sayMembership(talk: Talk): Promise<void> {
  const own = ownMembership(talk.engine.model);
  if (own !== undefined) {
    await say(talk, { type: 'membership', membership: membershipObject.encode(own) });
  }
}

/** Heard of the identity that the peer's card names; anything else is nobody's business here. */
export async function membershipSaid(
  talk: Talk,
  said: Message & { type: 'membership' },
): Promise<void> {
  const { engine, peer } = talk;
  const decoded = membershipObject.decode(said.membership);
  if (!decoded.ok || peer?.card.body.genesis === undefined) return;
  const claim = decoded.value;
  if (!equal(genesisId(claim.genesis), peer.card.body.genesis)) return;
  if (await takeMembership(engine, claim)) moved(talk);
}

/** Judge a membership and pin what it shows. True if something was learned. */
export async function takeMembership(engine: Engine, claim: Membership): Promise<boolean> {
  const { model, registries } = engine;
  const checked = checkMembership(claim, model.device.network, registries);
  if (!checked.ok) return false;
  const row = model.trees.get(keyOf(genesisId(claim.genesis))) ?? newTree(claim.genesis);
  const next = pinned(engine, row, claim, checked.member);
  if (next === row) return false;
  const to = draft();
  putTree(to, model, next);
  await engine.commit(to);
  tellNotice(engine, row, next);
  return true;
}

/** The row after the membership: never back, never beside. */
function pinned({ clock }: Engine, row: TreeRow, claim: Membership, member: Member): TreeRow {
  const { head, rotations, devices } = member;
  const shown = { newest: { seq: head.seq, digest: head.digest }, rotations };
  const before = pinOf(row);
  switch (judgePin(before, shown)) {
    case 'older':
      return row;
    case 'same':
      return withDevices(row, devices);
    case 'beside':
      return noticed(row, {
        seq: Math.min(head.seq, before!.newest.seq),
        first: before!.newest.digest,
        second: head.digest,
        seenAt: clock.now(),
      });
    case 'first':
    case 'newer':
      return isNext(row, claim)
        ? extended(row, claim.newest)
        : {
            ...withDevices({ ...row, whole: 0 }, devices),
            rotations: claim.rotations,
            newest: claim.newest,
          };
  }
}

/** True if the row has everything before the update that is shown. */
function isNext(row: TreeRow, { newest }: Membership): boolean {
  const seq = row.newest?.signed.update.seq ?? 0;
  return row.whole === 1 && newest.signed.update.seq === seq + 1;
}

/** A row that has the whole tree knows more than any membership of the same update shows. */
function withDevices(row: TreeRow, shown: readonly TreeDevice[]): TreeRow {
  if (row.whole === 1) return row;
  const all = new Map([...row.devices, ...shown].map((one) => [keyOf(one.device), one]));
  const isNew = shown.some(({ device, status }) => {
    const known = row.devices.find((one) => equal(one.device, device));
    return known === undefined || known.status?.type !== status?.type;
  });
  return isNew ? { ...row, devices: [...all.values()] } : row;
}
