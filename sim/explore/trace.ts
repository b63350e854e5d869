/**
 * Traces: a path of states as what happened, who did it and what it led to.
 */

import type { Space } from './space.ts';

export interface TraceStep {
  readonly part: number;
  /** The message that was heard; undefined if the part moved alone. */
  readonly message: number | undefined;
  readonly from: number;
  readonly to: number;
  /** What the space calls the move. */
  readonly name: string;
}

/** What happened along the path. Each step of it is a move of one part. */
export function traceOf(space: Space, path: readonly (readonly number[])[]): readonly TraceStep[] {
  return path.slice(1).map((state, i) => {
    const before = path[i]!;
    const part = state.findIndex((local, p) => local !== before[p]);
    return stepOf(space, before, part, state[part]!);
  });
}

function stepOf(space: Space, before: readonly number[], part: number, to: number): TraceStep {
  const from = before[part]!;
  let name: string | undefined;
  const move = (next: number, say?: () => string): void => {
    if (next === to) name ??= say?.() ?? '';
  };
  space.alone(part, from, move);
  if (name !== undefined) return { part, message: undefined, from, to, name };
  for (const message of offeredTo(space, before, part)) {
    space.hears(part, from, message, move);
    if (name !== undefined) return { part, message, from, to, name };
  }
  throw new Error('no move leads along the path');
}

/** Every message that the part may hear in a state. */
export function offeredTo(space: Space, state: readonly number[], part: number): readonly number[] {
  const parts = state.length;
  const fromParts = state.flatMap((local, other) =>
    other === part ? [] : space.messages(space.said(other, local, part)),
  );
  if (space.adversary === undefined) return fromParts;
  const said = state.map((local, other) => space.said(other, local, parts));
  return [...fromParts, ...space.messages(space.adversary(part, said))];
}

/** The trace in words, a line for each step. */
export function tellTrace(space: Space, trace: readonly TraceStep[]): readonly string[] {
  return trace.flatMap(({ part, message, to, name }, i) => [
    `${String(i + 1).padStart(3)}. ${space.parts[part]}` +
      (message === undefined ? '' : ` hears ${space.tellMessage(message)}`) +
      (name === '' ? '' : `: ${name}`),
    `     ${space.tellLocal(part, to)}`,
  ]);
}
