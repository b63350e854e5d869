/** @dsm/memory: the ports in memory: the reference that adapters are compared with, and test gear. */

export * from './store.ts';
export * from './engine.ts';
export * from './transport.ts';
export * from './faults.ts';
export * from './entropy.ts';
export * from './clock.ts';
export * from './keystore.ts';
export * from './device-binding.ts';
export * from './dice.ts';
export * from './disk.ts';
