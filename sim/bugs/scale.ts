/**
 * Bugs that the claims about devices at scale must find: global things, shared things, and rules
 * that are gone.
 */

import type { SeededBug } from './bug.ts';

const by = (claim: string): readonly string[] => ['sim/scale/main.ts', claim, '--quick'];

export const bugs: readonly SeededBug[] = [
  {
    name: 'global-tree',
    why: 'every step climbs a tree over all devices that there are',
    edits: [
      {
        file: 'core/bilateral/src/device.ts',
        from: '  const statement = stepStatement(step, slots);',
        to: `  everybody.add(keyOf(from.id));
  for (let n = everybody.size; n > 1; n >>= 1) stepStatement(step, slots);
  const statement = stepStatement(step, slots);`,
      },
      {
        file: 'core/bilateral/src/device.ts',
        from: 'export interface TakenStep {',
        to: 'const everybody = new Set<string>();\nexport interface TakenStep {',
      },
      { file: 'core/bilateral/src/device.ts', from: '  kinds,\n', to: '  keyOf,\n  kinds,\n' },
    ],
    by: by('matching'),
    finding: 'flat-cost',
  },
  {
    name: 'global-chain',
    why: 'a step follows the newest step of whoever, not of its device',
    edits: [
      {
        file: 'core/bilateral/src/device.ts',
        from: '    previous: from.previous,',
        to: '    previous: newest.statement ?? from.previous,',
      },
      {
        file: 'core/bilateral/src/device.ts',
        from: '  const statement = stepStatement(step, slots);',
        to: '  const statement = stepStatement(step, slots);\n  newest.statement = statement;',
      },
      {
        file: 'core/bilateral/src/device.ts',
        from: 'export interface TakenStep {',
        to: 'const newest: { statement?: Uint8Array } = {};\nexport interface TakenStep {',
      },
    ],
    by: by('matching'),
    finding: 'commutes',
  },
  {
    name: 'previous-of-anybody',
    why: 'a step follows the newest step of its thread, not of its device',
    edits: [
      {
        file: 'core/bilateral/src/device.ts',
        from: '    previous: from.previous,',
        to: '    previous: newest.statement ?? from.previous,',
      },
      {
        file: 'core/bilateral/src/device.ts',
        from: '  const statement = stepStatement(step, slots);',
        to: '  const statement = stepStatement(step, slots);\n  newest.statement = statement;',
      },
      {
        file: 'core/bilateral/src/device.ts',
        from: 'export interface TakenStep {',
        to: 'const newest: { statement?: Uint8Array } = {};\nexport interface TakenStep {',
      },
    ],
    by: by('parallel'),
    finding: 'same-in-parallel',
  },
  {
    name: 'view-of-the-owner',
    why: 'a view names the own head first, so the two sides never say the same',
    edits: [
      {
        file: 'core/primitive/src/view.ts',
        from: "  return side === 0 ? hash('view', mine, theirs) : hash('view', theirs, mine);",
        to: "  return hash('view', mine, theirs);",
      },
    ],
    by: by('matching'),
    finding: 'equal-views',
  },
  {
    name: 'whole-tree-hashed',
    why: 'a root hashes every leaf again, not only what has changed',
    edits: [
      {
        file: 'core/primitive/src/tree.ts',
        from: '    if ((stale & (1 << side)) === 0) continue;\n    const ref = links[at + side]!;',
        to: '    const ref = links[at + side]!;\n    if (ref === 0) continue;',
      },
    ],
    by: by('hubs'),
    finding: 'logarithmic-cost',
  },
  {
    name: 'steps-numbered-together',
    why: 'the steps of all devices of a process have one counter, so a hub can state two at once',
    edits: [
      {
        file: 'core/bilateral/src/device.ts',
        from: '    seq: from.seq + 1,',
        to: '    seq: (counter.last = Math.max(counter.last, from.seq) + 1),',
      },
      {
        file: 'core/bilateral/src/device.ts',
        from: 'export interface TakenStep {',
        to: 'const counter = { last: 0 };\nexport interface TakenStep {',
      },
    ],
    by: by('hubs'),
    finding: 'hubs-serialise',
  },
  {
    name: 'steps-by-two',
    why: 'a step counts as two',
    edits: [
      {
        file: 'core/bilateral/src/device.ts',
        from: '    seq: from.seq + 1,',
        to: '    seq: from.seq + 2,',
      },
    ],
    by: by('hubs'),
    finding: 'one-step-each',
  },
  {
    name: 'digests-pooled',
    why: 'maps that grow to one size share the memory of their digests',
    edits: [
      {
        file: 'core/primitive/src/tree.ts',
        from: '    const digests = new Uint32Array(t.digests.length * 2);',
        to: '    const digests = (pool[t.digests.length] ??= new Uint32Array(t.digests.length * 2));',
      },
      {
        file: 'core/primitive/src/tree.ts',
        from: 'function newBranch(t: Tree): number {',
        to: 'const pool: Record<number, Uint32Array<ArrayBuffer>> = {};\nfunction newBranch(t: Tree): number {',
      },
    ],
    by: by('interference'),
    finding: 'root-stands',
  },
  {
    name: 'leaves-pooled',
    why: 'maps that grow to one size share the memory of their leaves',
    edits: [
      {
        file: 'core/primitive/src/tree.ts',
        from: '    const larger = new Uint8Array(t.leaves.length * 2);',
        to: '    const larger = (pool[t.leaves.length] ??= new Uint8Array(t.leaves.length * 2));',
      },
      {
        file: 'core/primitive/src/tree.ts',
        from: 'function newLeaf(t: Tree): number {',
        to: 'const pool: Record<number, Uint8Array<ArrayBuffer>> = {};\nfunction newLeaf(t: Tree): number {',
      },
    ],
    by: by('interference'),
    finding: 'bytes-stand',
  },
  {
    name: 'proofs-in-one-place',
    why: 'the digests of a proof are a view of memory that the next proof of anybody overwrites',
    edits: [
      {
        file: 'core/primitive/src/map.ts',
        from: '  const words = new Uint32Array(digests * 8);',
        to: '  const words = place.subarray(0, digests * 8);',
      },
      {
        file: 'core/primitive/src/map.ts',
        from: '  return new Uint8Array(words.buffer);',
        to: '  return new Uint8Array(words.buffer, 0, digests * 32);',
      },
      {
        file: 'core/primitive/src/map.ts',
        from: 'function digestsOf(',
        to: 'const place = new Uint32Array(4_096);\nfunction digestsOf(',
      },
    ],
    by: by('interference'),
    finding: 'witnesses-hold',
  },
  {
    name: 'anybody-signs',
    why: 'a step is accepted whoever signed it',
    edits: [
      {
        file: 'core/primitive/src/accept.ts',
        from: "  if (signer !== 'in-force') return refused(signer);\n",
        to: '',
      },
    ],
    by: by('scheduler'),
    finding: 'authorisation',
  },
  {
    name: 'head-without-past',
    why: 'a head does not contain the head before it',
    edits: [
      {
        file: 'core/primitive/src/entry.ts',
        from: "  return hash('entry', head, encoded);",
        to: "  return hash('entry', encoded);",
      },
    ],
    by: by('scheduler'),
    finding: 'adjacency',
  },
  {
    name: 'leaf-like-a-node',
    why: 'the digest of a leaf is not marked as one',
    edits: [{ file: 'core/primitive/src/tree.ts', from: '  out[31]! |= 1;\n', to: '' }],
    by: by('scheduler'),
    finding: 'membership',
  },
  {
    name: 'absorbed-twice',
    why: 'absorbing writes a second leaf that nobody demands',
    edits: [
      {
        file: 'core/bilateral/src/run.ts',
        from: '    [view, ...leaves],\n    [],\n',
        to: '    [view, ...leaves, { key: head.with(0, 0x80), before: zero32, after: head }],\n    [],\n',
      },
    ],
    by: by('scheduler'),
    finding: 'local-update',
  },
  {
    name: 'commit-said-once',
    why: 'a commit that was lost is not said again',
    edits: [
      {
        file: 'core/bilateral/src/trade.ts',
        from: '  const again = { ...trade, again: true };',
        to: '  if (trade.again || !trade.again) return stay(state);\n  const again = { ...trade, again: true };',
      },
    ],
    by: by('scheduler'),
    finding: 'liveness',
  },
  {
    name: 'one-trade-at-a-time',
    why: 'a trade holds a lock that all relationships wait for',
    edits: [
      {
        file: 'core/bilateral/src/trade.ts',
        from: "      return state.trade.at === 'idle'\n",
        to: "      return state.trade.at === 'idle' && isFree(state.on)\n",
      },
      {
        file: 'core/bilateral/src/trade.ts',
        from: 'function acked(',
        to: `let holder: Uint8Array | undefined;
function isFree({ key }: Relationship): boolean {
  holder ??= key;
  return equal(holder, key);
}
function acked(`,
      },
      {
        file: 'core/bilateral/src/trade.ts',
        from: '  const ours = ',
        to: '  holder = undefined;\n  const ours = ',
      },
    ],
    by: by('budgets'),
    finding: 'no-coupling',
  },
  {
    name: 'root-of-everybody',
    why: 'all maps of a process are one: a root commits to what strangers do',
    edits: [
      {
        file: 'core/primitive/src/map.ts',
        from: 'export function deviceMap(): DeviceMap {\n  const t = tree();',
        to: 'const everybody = tree();\nexport function deviceMap(): DeviceMap {\n  const t = everybody;',
      },
    ],
    by: by('interference'),
    finding: 'all-accepted',
  },
];
