/**
 * One event at one device: what the shipped state machine answers.
 */

import { step, type Effect, type Event, type State } from '@dsm/bilateral';
import { worldOf, type Disk } from './devices-disk.ts';
import type { Scene, Talk } from './devices-scene.ts';

/** A device, a talk of it and an event: all that a turn depends on. */
export interface Scenario {
  readonly part: number;
  /** The place of the other end in the cast. */
  readonly edge: number;
  readonly disk: Disk;
  readonly talk: Talk;
  readonly event: Event;
}

/** The shipped state machine on this scenario, with what the device has kept. */
export function stepped(
  scene: Scene,
  { part, edge, disk, talk, event }: Scenario,
): { readonly state: State; readonly effects: readonly Effect[] } {
  const { on } = disk.edges[edge]!;
  const state = { me: disk.device, on, trade: talk.trade, consented: talk.consented };
  return step(state, event, worldOf(disk, scene.cast.persons[part]!, scene.policies));
}
