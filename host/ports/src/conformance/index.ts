/** @dsm/ports/conformance: what every adapter of a port must do, as tests. */

export * from './store.ts';
export * from './engine.ts';
export * from './transport.ts';
export * from './entropy.ts';
export * from './clock.ts';
export * from './keystore.ts';
export * from './crypto.ts';
export * from './crypto-vectors.ts';
export * from './node-api.ts';
