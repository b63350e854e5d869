/** @dsm/node: the ports on Node. Native cryptography, durable files, TCP, HTTP. */

export * from './hash.ts';
export * from './signatures.ts';
export * from './kem.ts';
export * from './entropy.ts';
export * from './keystore.ts';
export * from './stretch.ts';
export * from './bound-keystore.ts';
export * from './probe.ts';
export * from './install.ts';
export * from './store.ts';
export * from './process-lock.ts';
export * from './disk.ts';
export * from './http-node.ts';
export * from './tcp.ts';
export * from './sqlite-engine.ts';
export * from './grouped-engine.ts';
export * from './engine-summary.ts';
export * from './record-checksum.ts';
export * from './tidemark.ts';
export * from './folder.ts';
export * from './store-error.ts';
