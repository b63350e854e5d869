/** @dsm/availability: what is kept where, and the rule by which a storage node keeps it. */

export * from './byte-commit.ts';
export * from './capacity.ts';
export * from './exchange.ts';
export * from './framing.ts';
export * from './forest.ts';
export * from './genesis.ts';
export * from './handover.ts';
export * from './name.ts';
export * from './next.ts';
export * from './node-message.ts';
export * from './perm.ts';
export * from './placement.ts';
export * from './rateless.ts';
export * from './register.ts';
export * from './rendezvous.ts';
export * from './replica-table.ts';
export * from './seating.ts';
export * from './signal.ts';
export * from './succession.ts';
export * from './sum-map.ts';
export * from './sum-proof.ts';
export * from './symbol.ts';
export * from './terms.ts';
export * from './advertisement.ts';
export * from './subscription.ts';
export * from './manifest.ts';
