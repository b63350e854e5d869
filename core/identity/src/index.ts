/** Identity: who owns which devices, and what is said of them. */

export * from './attestation.ts';
export * from './der-signature.ts';
