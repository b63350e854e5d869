/**
 * What `npm run verify` runs, and what `npm run verify:long` runs instead.
 *
 * Each line is a program of this folder with its arguments. Programs that keep both cores busy on
 * their own run alone, the others two at a time.
 */

export interface Run {
  readonly name: string;
  /** Path under sim/, and the arguments; `--json` is added. */
  readonly program: readonly string[];
  readonly cores: 1 | 2;
}

const explored = (names: readonly string[]): readonly Run[] =>
  names.map((name) => ({
    name: `explore-${name}`,
    program: ['explore/main.ts', '--bound', name],
    cores: 1,
  }));

/** Bounds of the storage plane and of what rests on certificates; together half a minute of a core. */
const planeRuns = explored([
  'slots',
  'slots-three',
  'registry',
  'registry-slots',
  'registry-replaced',
  'registry-three',
  'succession',
  'puppets',
  'purse',
  'issuer',
  'remint',
  'escrow-payer',
  'escrow-payer-wide',
  'escrow-payee',
  'escrow-payee-wide',
  'relay',
]);

const widePlaneRuns = explored(['slots-wide', 'slots-two', 'registry-long', 'succession-three']);

export const quickRuns: readonly Run[] = [
  { name: 'primitives', program: ['primitives/main.ts'], cores: 1 },
  { name: 'scale', program: ['scale/main.ts', '--all', '--quick'], cores: 1 },
  { name: 'formal-replay', program: ['formal/main.ts', 'replay'], cores: 1 },
  { name: 'formal-spin', program: ['formal/main.ts', 'spin'], cores: 1 },
  { name: 'formal-quint', program: ['formal/main.ts', 'quint', '--samples', '100'], cores: 1 },
  ...planeRuns,
];

export const longRuns: readonly Run[] = [
  { name: 'primitives', program: ['primitives/main.ts', '--long'], cores: 1 },
  { name: 'scale', program: ['scale/main.ts', '--all'], cores: 1 },
  { name: 'formal-replay', program: ['formal/main.ts', 'replay', '--traces', '10000'], cores: 1 },
  { name: 'formal-spin', program: ['formal/main.ts', 'spin'], cores: 1 },
  { name: 'formal-guards', program: ['formal/main.ts', 'guards'], cores: 1 },
  { name: 'formal-quint', program: ['formal/main.ts', 'quint', '--samples', '10000'], cores: 1 },
  ...planeRuns,
  ...widePlaneRuns,
];
