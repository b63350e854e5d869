/**
 * @dsm/identity: who owns which devices, and what is said of them. The files, in reading order:
 */

export * from './attestation.ts';
export * from './der-signature.ts';
export * from './genesis.ts';
export * from './contributions.ts';
export * from './tree-update.ts';
export * from './tree-chain.ts';
export * from './device-tree.ts';
export * from './membership.ts';
export * from './pin.ts';
export * from './directory.ts';
export * from './invitation.ts';
export * from './introduction.ts';
export * from './attributes.ts';
export * from './credential.ts';
export * from './challenge.ts';
export * from './presentation.ts';
export * from './generation.ts';
export * from './login.ts';
export * from './capsule.ts';
export * from './capsule-body.ts';
export * from './capsule-reading.ts';
export * from './capsule-state.ts';
export * from './frames.ts';
export * from './ndef.ts';
