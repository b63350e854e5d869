/**
 * Bounds of the storage plane: slot groups, changes of the registry and of its signers.
 */

import { explored, type PlaneSpace } from './plane-space.ts';
import { registrySpace, type RegistryBound } from './registry.ts';
import { slotsSpace, type SlotsBound } from './slots.ts';
import type { Bound } from './space.ts';
import { successionSpace } from './succession.ts';
import { walk } from './walk.ts';

/** A bound of a space of the plane; `settles`: what honest parts can come to is asked as well. */
export function planeBound<L>(
  about: string,
  open: () => PlaneSpace<L>,
  more: Pick<Bound, 'must' | 'uncovered' | 'store'> & { readonly settles?: boolean },
): Bound {
  const { settles = false, ...bound } = more;
  const also = (): string | undefined => walk(open()).finding?.invariant;
  return { about, open: () => explored(open()), ...bound, ...(settles ? { also } : {}) };
}

const slotsMust = [
  'write new',
  'write same',
  'write refused',
  'makes it durable',
  'crashes',
  'votes',
  'certified',
];
const slotsUncovered = [
  'A node decides one write at a time; that writes to different slots are decided side by side is the simulator’s.',
  'Several votes under one signature (the tree of votes) are not in the space; each vote is signed alone.',
];

function slots(about: string, bound: SlotsBound, more: Partial<Bound> = {}): Bound {
  const honest = bound.honest
    ? ['writer crashes', 'the honest value certified', 'has its certificate']
    : [];
  return planeBound(about, () => slotsSpace(bound), {
    must: [...slotsMust, 'write later', ...honest],
    uncovered: slotsUncovered,
    store: more.store ?? 'exact',
    settles: more.store === undefined,
  });
}

const registryMust = [
  'write new',
  'write later',
  'closes',
  'opens',
  'opens frozen',
  'certified write same',
  'certified write decided',
  'certified in version 1',
  'certified in version 2',
];
const registryUncovered = [
  'That a node which has closed a version votes no more under it is a rule of the host (version-change.ts), taken for granted here.',
  'A closed map is shown whole; that its pages come one by one is the simulator’s.',
];

function registry(about: string, bound: RegistryBound, more: Partial<Bound> = {}): Bound {
  const third = bound.leave.length > 1 ? ['certified in version 3'] : [];
  const moves = bound.leave.flat().length > 0 ? ['opens without slots'] : [];
  return planeBound(about, () => registrySpace(bound), {
    must: [...registryMust, ...third, ...moves],
    uncovered: registryUncovered,
    store: more.store ?? 'exact',
    settles: more.store === undefined,
  });
}

function succession(attempts: number, store: Bound['store']): Bound {
  return planeBound(
    `three honest signers of a registry and a cheat, two successors, ${attempts} attempts`,
    () => successionSpace(attempts),
    {
      must: [
        'endorses',
        'commits',
        'signs phase 1',
        'signs phase 2',
        'crashes',
        'refuses: late',
        'refuses: other',
        'refuses: locked',
        'refuses: early',
        'refuses: proof',
        'a successor certified',
      ],
      uncovered: [
        'That signers come to one successor in the end is not claimed: attempts are started by people.',
      ],
      store,
    },
  );
}

const group = 'a group of three honest nodes and a liar';

export const planeBounds: Readonly<Record<string, Bound>> = {
  slots: slots(
    `${group}: a slot whose writer signs two values, one whose writer is honest and crashes`,
    { cheats: [2], honest: true },
  ),
  'slots-three': slots(`${group}: a slot whose writer signs three values`, {
    cheats: [3],
    honest: false,
  }),
  'slots-wide': slots(
    `${group}: a slot whose writer signs three values, one whose writer is honest and crashes`,
    { cheats: [3], honest: true },
    { store: 'fingerprint' },
  ),
  'slots-two': slots(
    `${group}: two slots whose writers sign two values each`,
    { cheats: [2, 2], honest: false },
    { store: 'fingerprint' },
  ),
  registry: registry(`two versions of ${group}, a member replaced; a slot with two values`, {
    nodes: 5,
    leave: [[3]],
    second: false,
  }),
  'registry-slots': registry(
    `two versions of ${group}; a slot with two values and one of an honest writer`,
    { nodes: 4, leave: [[]], second: true },
  ),
  'registry-replaced': registry(`two versions of ${group}, two members replaced at once`, {
    nodes: 6,
    leave: [[3, 2]],
    second: false,
  }),
  'registry-three': registry(`three versions of ${group}; a slot with two values`, {
    nodes: 4,
    leave: [[], []],
    second: false,
  }),
  'registry-long': registry(
    `three versions of ${group}, a member replaced in each change; a slot with two values`,
    { nodes: 6, leave: [[3], [2]], second: false },
    { store: 'fingerprint' },
  ),
  succession: succession(2, 'exact'),
  'succession-three': succession(3, 'fingerprint'),
};
