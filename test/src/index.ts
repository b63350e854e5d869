/** @dsm/test: what the tests across packages share with the tools. */

export * from './vectors/case.ts';
export * from './vectors/judges.ts';
