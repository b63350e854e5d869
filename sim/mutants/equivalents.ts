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
    file: 'core/primitive/src/proof.ts',
    inside: 'subtree',
    kind: 'if',
    text: 'walk.refusal !== undefined',
    why: 'What a walk leaves after its first refusal is never read: it saves making it.',
  },
  {
    file: 'core/primitive/src/proof.ts',
    inside: 'branch',
    kind: 'if',
    text: 'walk.refusal !== undefined',
    why: 'The first refusal is the one that counts, and nothing is read after it: it saves the digests.',
  },
  {
    file: 'core/primitive/src/proof.ts',
    inside: 'nextBit',
    kind: 'if',
    text: 'walk.refusal !== undefined',
    why: 'The first refusal is the one that counts: it ends the walk sooner.',
  },
  {
    file: 'core/primitive/src/proof.ts',
    inside: 'foreignLeaf',
    kind: 'choice',
    text: 'walk.refusal === undefined',
    why: 'What a walk leaves after its first refusal is never read: it spares the caller a leaf that was refused.',
  },
  {
    file: 'core/primitive/src/proof.ts',
    inside: 'side',
    kind: 'if',
    text: 'walk.columns.length === 1',
    why: 'The second column of one that has none is never read: it saves the copy.',
  },
  {
    file: 'core/primitive/src/registry.ts',
    inside: 'registryLineage',
    kind: 'if',
    text: 'known !== undefined',
    why: 'The same registry has the same lineage: it saves computing it again.',
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
  {
    file: 'core/availability/src/registry-link.ts',
    inside: 'decodeLink',
    kind: 'choice',
    text: 'bytes.length > linkBytesMax',
    why: 'The limits of its fields allow no link so long: it saves reading one.',
  },
  {
    file: 'core/protocols/src/route.ts',
    inside: 'extended',
    kind: 'or',
    text: 'equal(from, to)',
    why: 'A way with a loop costs no less than the same without it, which is found sooner: it saves walking it.',
  },
  {
    file: 'core/protocols/src/route.ts',
    inside: 'extended',
    kind: 'if',
    text: 'hops.some(({ device }) => equal(device, from))',
    why: 'A way with a loop costs no less than the same without it, which is found sooner: it saves walking it.',
  },
  {
    file: 'core/protocols/src/stream.ts',
    inside: 'dueOf',
    kind: 'if',
    text: 'writer.sum() < soonest',
    why: 'The exact comparison below says the same: it saves a big integer for each tick.',
  },
  {
    file: 'core/availability/src/sharing.ts',
    inside: 'sharedBuckets',
    kind: 'and',
    text: 'absent.size > 0',
    why: 'Nobody is in an empty set: it saves asking it for every holder of every bucket.',
  },
  {
    file: 'core/availability/src/sum-proof.ts',
    inside: '',
    kind: 'and',
    text: '!from.bad()',
    why: 'Nothing that is read after the first refusal is used: it saves reading it.',
  },
];

export function equivalentOf(guard: Guard): Equivalent | undefined {
  return equivalents.find(
    ({ file, inside, kind, text }) =>
      file === guard.file && inside === guard.inside && kind === guard.kind && text === guard.text,
  );
}
