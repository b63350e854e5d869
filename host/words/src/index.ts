/** @dsm/words: 24 words are an identity, and shares of them are kept by guardians. */

export * from './refusal.ts';
export * from './words.ts';
export * from './share.ts';
export * from './guardians.ts';
