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
  ...explored(['verify']),
  { name: 'world', program: ['world/main.ts', '--seeds', '4'], cores: 1 },
  ...planeRuns,
  { name: 'crash-log', program: ['crash/main.ts', 'log', '--tiny'], cores: 1 },
  { name: 'crash-rot', program: ['crash/main.ts', 'rot'], cores: 1 },
  { name: 'fuzz', program: ['fuzz/main.ts', '--seconds', '35'], cores: 1 },
  { name: 'scale', program: ['scale/main.ts', '--all', '--quick'], cores: 1 },
  { name: 'formal-replay', program: ['formal/main.ts', 'replay'], cores: 1 },
  { name: 'formal-spin', program: ['formal/main.ts', 'spin'], cores: 1 },
  { name: 'primitives', program: ['primitives/main.ts'], cores: 1 },
  { name: 'guards', program: ['mutants/guards.ts', '--changed', 'HEAD~1', '--quick'], cores: 2 },
  {
    name: 'mutants',
    program: ['mutants/main.ts', '--changed', 'HEAD~1', '--sample', '100'],
    cores: 2,
  },
];

export const longRuns: readonly Run[] = [
  ...explored(['long', 'honest']),
  ...planeRuns,
  ...widePlaneRuns,
  { name: 'world-1', program: worldLong(1_000), cores: 1 },
  { name: 'world-2', program: worldLong(2_000_000), cores: 1 },
  { name: 'crash', program: ['crash/main.ts', '--long'], cores: 1 },
  { name: 'fuzz-1', program: fuzzLong('1/2'), cores: 1 },
  { name: 'fuzz-2', program: fuzzLong('2/2'), cores: 1 },
  { name: 'scale', program: ['scale/main.ts', '--all'], cores: 1 },
  { name: 'formal-replay', program: ['formal/main.ts', 'replay', '--traces', '10000'], cores: 1 },
  { name: 'formal-spin', program: ['formal/main.ts', 'spin'], cores: 1 },
  { name: 'formal-guards', program: ['formal/main.ts', 'guards'], cores: 1 },
  { name: 'formal-quint', program: ['formal/main.ts', 'quint', '--samples', '10000'], cores: 1 },
  { name: 'primitives', program: ['primitives/main.ts', '--long'], cores: 1 },
  { name: 'bugs', program: ['bugs/main.ts'], cores: 2 },
  { name: 'guards', program: ['mutants/guards.ts'], cores: 2 },
  { name: 'mutants', program: ['mutants/main.ts'], cores: 2 },
];

/** Whole systems from this seed on, one after the other, until so many events. */
function worldLong(seed: number): readonly string[] {
  return ['world/main.ts', '--seed', `${seed}`, '--seeds', '1', '--events', '50000000'];
}

/** Ten million executions of every other decoder, without counters. */
function fuzzLong(part: string): readonly string[] {
  return ['fuzz/main.ts', '--plain', '--runs', '10000000', '--part', part];
}
