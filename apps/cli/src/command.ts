/**
 * What a command is: data, with the function that does it. The parser, the manual pages, the
 * completion scripts and the schemas are all made from this.
 */

import type { Context } from './context.ts';
import type { Schema } from './schema.ts';

export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** What else there is to know, in sentences. */
  readonly details?: string;
  /** `<name>` is needed, `[name]` may lack, `[name...]` takes all that follow. */
  readonly arguments?: readonly Parameter[];
  readonly options?: readonly Parameter[];
  readonly example?: string;
  /** Not in help, manual or completion. */
  readonly hidden?: boolean;
  /** The document that `--json` prints. */
  readonly output?: Schema;
  readonly commands?: readonly CommandSpec[];
  /** Answers with an exit code; nothing is 0. */
  readonly run?: (context: Context, input: Input) => Promise<number | undefined>;
}

export interface Parameter {
  readonly form: string;
  readonly meaning: string;
}

export interface Input {
  /** The argument at this place; throws a fault if the specification does not promise it. */
  readonly argument: (index: number) => string;
  readonly optional: (index: number) => string | undefined;
  readonly rest: (index: number) => readonly string[];
  readonly option: (name: string) => string | undefined;
  readonly isSet: (name: string) => boolean;
}

/** What a parser has found, behind questions that cannot be asked wrongly. */
export function inputOf(
  values: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): Input {
  const optional = (index: number): string | undefined => {
    const value = values[index];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    argument: (index) => {
      const value = optional(index);
      if (value === undefined) throw new RangeError(`the command has no argument ${index}`);
      return value;
    },
    optional,
    rest: (index) => {
      const value = values[index];
      return Array.isArray(value) ? (value as readonly string[]) : [];
    },
    option: (name) => {
      const value = options[name];
      return typeof value === 'string' ? value : undefined;
    },
    isSet: (name) => options[name] !== undefined && options[name] !== false,
  };
}
