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

/** The levels that an owner can demand of a payment: at the others, nothing is paid. */
export const minimumFinalities = ['pair-final', 'edge-final', 'certified'] as const;

export type MinimumFinality = (typeof minimumFinalities)[number];

/** What excludes more stands higher. A conflict is below everything: worse than nothing yet. */
const ranks: Record<Finality, number> = {
  conflicted: 0,
  pending: 1,
  'pair-final': 2,
  'edge-final': 3,
  certified: 4,
};

/** The order of the levels, weakest first, as `toSorted` takes it. */
export function compareFinality(a: Finality, b: Finality): number {
  return ranks[a] - ranks[b];
}

/** True if a payment at this level is at least as final as the minimum demands. */
export function atLeast(finality: Finality, minimum: MinimumFinality): boolean {
  return compareFinality(finality, minimum) >= 0;
}
