/** @dsm/availability: what is kept where, and the rule by which a storage node keeps it. */

export * from './capacity.ts';
export * from './genesis.ts';
export * from './name.ts';
export * from './perm.ts';
export * from './placement.ts';
export * from './register.ts';
export * from './rendezvous.ts';
export * from './replica-table.ts';
export * from './seating.ts';
