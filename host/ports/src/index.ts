/** @dsm/ports: the world as a handful of interfaces. Each has a suite in `@dsm/ports/conformance`. */

export * from './store.ts';
export * from './transport.ts';
export * from './entropy.ts';
export * from './clock.ts';
export * from './keystore.ts';
export * from './device-binding.ts';
export * from './sealing.ts';
export * from './stretch.ts';
export * from './node-api.ts';
export * from './disk.ts';
export * from './engine.ts';
export * from './engine-input.ts';
