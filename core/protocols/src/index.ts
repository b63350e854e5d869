/**
 * @dsm/protocols: what operations mean. Tokens, notes, the purse, lineage, finality.
 *
 * Rules over accepted entries, pure like the primitive, which knows none of them.
 */

export * from './policy.ts';
export * from './note.ts';
export * from './issue.ts';
export * from './operation.ts';
export * from './rules.ts';
export * from './lineage.ts';
export * from './opening.ts';
export * from './purse.ts';
export * from './finality.ts';
export * from './app.ts';
export * from './shared.ts';
