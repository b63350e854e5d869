/**
 * Guards that may be taken away without any difference that a caller could see, each with the reason.
 * They stay because they save work or because the types ask for them. Everything else must be red.
 */

import type { Guard } from './guard-finder.ts';

export interface Equivalent extends Pick<Guard, 'file' | 'inside' | 'kind' | 'text'> {
  readonly why: string;
}

export const equivalents: readonly Equivalent[] = [
  {
    file: 'core/primitive/src/accept.ts',
    inside: 'hasRepeats',
    kind: 'and',
    text: 'lines.length > 1',
    why: 'Of one line or none no set is smaller: it saves making the set.',
  },
  {
    file: 'core/primitive/src/accept.ts',
    inside: 'merged',
    kind: 'if',
    text: 'demands.length === 1',
    why: 'One demand merged with nothing is the same demand: it saves the copy.',
  },
  {
    file: 'core/primitive/src/accept.ts',
    inside: 'keysCover',
    kind: 'if',
    text: 'run.demand.slots.length === 0',
    why: 'Without slots the rules below ask for no further key, too: it saves a digest of the working key.',
  },
  {
    file: 'core/primitive/src/registry.ts',
    inside: 'groupIndexOf',
    kind: 'if',
    text: 'length === 1',
    why: 'Of one group the draw below is the first, too: it saves the digest of the registry.',
  },
  {
    file: 'core/bilateral/src/run.ts',
    inside: 'boundsRefusal',
    kind: 'or',
    text: 'entries.length > limits.runEntriesMax',
    why: 'An entry has 79 bytes at least, so too many entries are too many bytes with these limits.',
  },
  {
    file: 'core/bilateral/src/run.ts',
    inside: 'ownLeaves',
    kind: 'if',
    text: 'demand.writes.length === 0',
    why: 'No writes make no leaves below, too: it saves the leaves of the notes.',
  },
];

export function equivalentOf(guard: Guard): Equivalent | undefined {
  return equivalents.find(
    ({ file, inside, kind, text }) =>
      file === guard.file && inside === guard.inside && kind === guard.kind && text === guard.text,
  );
}
