/**
 * @dsm/protocols: what operations mean. Tokens, notes, the purse, escrows, lineage, finality.
 *
 * Rules over accepted entries, pure like the primitive, which knows none of them.
 */

export * from './policy.ts';
export * from './allow-list.ts';
export * from './note.ts';
export * from './issue.ts';
export * from './operation.ts';
export * from './movement.ts';
export * from './escrow.ts';
export * from './rules.ts';
export * from './route.ts';
export * from './origin.ts';
export * from './issue-part.ts';
export * from './spend-part.ts';
export * from './exit-part.ts';
export * from './lineage.ts';
export * from './opening.ts';
export * from './purse.ts';
export * from './finality.ts';
export * from './app.ts';
export * from './shared.ts';
export * from './tick.ts';
export * from './stream.ts';
