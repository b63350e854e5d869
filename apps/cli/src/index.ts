/** @dsm/cli: the program `dsm`. Its parts, for the tools that describe it. */

export * from './amount.ts';
export * from './command.ts';
export * from './cli.ts';
export * from './manual.ts';
export * from './network-file.ts';
export { run } from './program.ts';
export { commands } from './commands/index.ts';
