/** The phases of a device as a row counts them: see phase.ts. */

export const phases = { live: 0, restored: 1, superseded: 2, retired: 3 } as const;

export type Phase = keyof typeof phases;

/** What a row may say of the phase. */
export type PhaseNumber = (typeof phases)[Phase];

export function phaseOf({ phase }: { readonly phase: PhaseNumber }): Phase {
  return (Object.keys(phases) as Phase[])[phase]!;
}
