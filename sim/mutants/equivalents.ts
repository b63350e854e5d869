/**
 * Guards that may be taken away without any difference that a caller could see, each with the reason.
 * They stay because they save work or because the types ask for them. Everything else must be red.
 */

import type { Guard } from './guard-finder.ts';

export interface Equivalent extends Pick<Guard, 'file' | 'inside' | 'kind' | 'text'> {
  readonly why: string;
}

export const equivalents: readonly Equivalent[] = [];

export function equivalentOf(guard: Guard): Equivalent | undefined {
  return equivalents.find(
    ({ file, inside, kind, text }) =>
      file === guard.file && inside === guard.inside && kind === guard.kind && text === guard.text,
  );
}
