/** @dsm/ports/conformance: what every adapter of a port must do, as tests. */

export * from './certificate.ts';
export * from './store.ts';
export * from './engine.ts';
export * from './engine-disk.ts';
export type { EngineConformanceOptions, EngineUnderTest } from './engine-rule.ts';
export * from './engine-model.ts';
export * from './engine-crash.ts';
export * from './small-disk.ts';
export * from './transport.ts';
export * from './entropy.ts';
export * from './clock.ts';
export * from './keystore.ts';
export * from './stretch.ts';
export * from './device-binding.ts';
export * from './crypto.ts';
export * from './crypto-vectors.ts';
export * from './own-vectors.ts';
export * from './node-api.ts';
export * from './disk.ts';
