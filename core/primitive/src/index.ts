/**
 * @dsm/primitive: what a valid transition is, and nothing else.
 *
 * No clock, no dice, no network, no disk. The files, in reading order:
 */

export * from './bytes.ts';
export * from './utf8.ts';
export * from './kinds.ts';
export * from './limits.ts';
export * from './cursor.ts';
export * from './codec.ts';
export * from './hash.ts';
export * from './suite.ts';
export * from './slot-list.ts';
export * from './committee.ts';
export * from './total.ts';
export * from './slot.ts';
export * from './registry.ts';
export * from './certificate.ts';
export * from './card.ts';
export * from './proof.ts';
export * from './map.ts';
export * from './entry.ts';
export * from './sparse-index.ts';
export * from './view.ts';
export * from './step.ts';
export * from './countersignature.ts';
export * from './verdict.ts';
export * from './accept.ts';
export * from './receipt.ts';
export * from './evidence.ts';
