/** Scenarios: what worlds there are, and which troubles each may have. */

import type { Shape } from './prepared.ts';
import type { Deed } from './steps.ts';

export interface Scenario {
  readonly name: string;
  readonly what: string;
  readonly shape: Shape;
  /** Steps of a plan, and events from one to the next on average. */
  readonly steps: number;
  readonly gap: number;
  readonly allows: (trouble: Deed) => boolean;
  /** Troubles that every seed has. */
  readonly always?: readonly Deed[];
  /** Real hashes, signatures and sealing instead of ideal ones. */
  readonly real?: boolean;
}

const network: readonly Deed[] = ['break', 'partition', 'weather', 'slow', 'losses', 'pause'];
const cheating: readonly Deed[] = ['clone', 'restore'];
const shape: Shape = { citizens: 4, nodes: 4, more: 0, edges: true };

export const scenarios: readonly Scenario[] = [
  {
    name: 'calm',
    what: 'no faults at all',
    shape,
    steps: 150,
    gap: 60,
    allows: () => false,
  },
  {
    name: 'network',
    what: 'a network that loses, repeats, swaps, cuts and changes, and devices that pause',
    shape,
    steps: 150,
    gap: 60,
    allows: (trouble) => network.includes(trouble),
  },
  {
    name: 'crashes',
    what: 'devices and nodes that crash at any moment, and full disks, on a network with faults',
    shape,
    steps: 200,
    gap: 60,
    allows: (trouble) =>
      network.includes(trouble) ||
      ['crash', 'full', 'kill-node', 'power-cut', 'full-node', 'commit-bytes'].includes(trouble),
  },
  {
    name: 'cheats',
    what: 'clones of devices that spend twice, and restores of old backups',
    always: ['clone'],
    shape: { ...shape, citizens: 5 },
    steps: 200,
    gap: 60,
    allows: (trouble) =>
      network.includes(trouble) || cheating.includes(trouble) || trouble === 'crash',
  },
  {
    name: 'nodes',
    what: 'nodes that lie, disks that lie and rot, repair, audits and changes of the registry',
    shape: { ...shape, citizens: 3, more: 2 },
    steps: 200,
    gap: 60,
    allows: (trouble) => !cheating.includes(trouble),
  },
  {
    name: 'all',
    what: 'everything at once',
    shape: { ...shape, citizens: 5, more: 1 },
    steps: 250,
    gap: 60,
    allows: () => true,
  },
  {
    name: 'real',
    what: 'everything at once, with real hashes, signatures and sealing',
    shape: { ...shape, citizens: 2 },
    steps: 60,
    gap: 60,
    allows: () => true,
    real: true,
  },
];

export function scenarioOf(name: string): Scenario | undefined {
  return scenarios.find((one) => one.name === name);
}
