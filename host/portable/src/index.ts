/**
 * @dsm/portable: the cryptography in plain JavaScript, for every platform.
 *
 * Node has a faster twin of each (@dsm/node); the two agree byte for byte.
 */

export * from './hash.ts';
export * from './signatures.ts';
export * from './kem.ts';
export * from './aead.ts';
export * from './stretch.ts';
export * from './install.ts';
export * from './secret-key.ts';
export * from './bounds.ts';
export * from './remembering.ts';
export * from './attestation.ts';
