/** Finality: named levels, never blurred (protocol.md §7). */

export const finalities = {
  pending: 'something is missing; nothing is paid yet',
  'pair-final':
    'both signed, offline: the payer may have spent the same note elsewhere, which is provable',
  'edge-final': 'a total on a certified escrow: cannot be spent elsewhere',
  certified: 'a quorum of nodes excludes any other spend, back to the mint',
  conflicted: 'evidence names an input: the payer told two histories',
} as const;

export type Finality = keyof typeof finalities;
