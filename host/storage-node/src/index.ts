/**
 * @dsm/storage-node: a storage node over any store, on any platform; `./http` serves it.
 */

export * from './node.ts';
export { slotRefusals, type SlotRefusal } from './slots.ts';
export { vote, voterOf, type Voter } from './vote.ts';
export type { Totals } from './rows.ts';
