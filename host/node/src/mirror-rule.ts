/**
 * Which of the two copies of a store is believed: a function of what was found, and nothing else.
 *
 * The rule, its table and the argument that no single fault brings back an older state are in
 * docs/spec/store.md.
 */

import { equal } from '@dsm/primitive';
import type { Finding } from './sqlite-copy.ts';
import type { Summary } from './store-summary.ts';

export type Verdict =
  | { readonly do: 'create' }
  | { readonly do: 'use' }
  /** The other copy is replaced by `good`. */
  | { readonly do: 'mend'; readonly good: 0 | 1; readonly reason: string }
  | { readonly do: 'refuse'; readonly code: 'rotten' | 'version'; readonly reason: string };

export const copyNames = ['wallet.db', 'mirror.db'] as const;

/** `isTraced`: something else in the directory shows that there was a store. */
export function judge(first: Finding, second: Finding, isTraced: boolean): Verdict {
  const newer = [first, second].find((finding) => finding.is === 'newer');
  if (newer !== undefined) {
    const reason = `the store has format ${newer.format}: use the newer software that wrote it`;
    return { do: 'refuse', code: 'version', reason };
  }
  if (first.is === 'absent' && second.is === 'absent') {
    return isTraced ? rotten('both copies of the store are missing') : { do: 'create' };
  }
  if (first.is === 'sound' && second.is === 'sound') return judgeSound(first, second);
  if (first.is === 'sound') return judgeDamaged(first.summary, 0, second);
  if (second.is === 'sound') return judgeDamaged(second.summary, 1, first);
  return rotten(
    `both copies of the store are damaged (${nameOf(0)}: ${reasonOf(first)}; ` +
      `${nameOf(1)}: ${reasonOf(second)})`,
  );
}

type Sound = Extract<Finding, { is: 'sound' }>;

function judgeSound({ summary: a }: Sound, { summary: b }: Sound): Verdict {
  if (!equal(a.store, b.store)) return rotten('the two copies belong to different stores');
  // Equal rows under different numbers: a commit that was refused was taken back from one of them.
  if (a.rows === b.rows && equal(a.digest, b.digest)) return { do: 'use' };
  if (a.sequence === b.sequence) return rotten('the two copies say different things');
  const good = a.sequence > b.sequence ? 0 : 1;
  return { do: 'mend', good, reason: `${nameOf(1 - good)} was behind` };
}

function judgeDamaged(intact: Summary, good: 0 | 1, other: Finding): Verdict {
  const known = other.is === 'damaged' ? other.summary : undefined;
  const sentence = `${nameOf(1 - good)} was damaged (${reasonOf(other)})`;
  if (known !== undefined && !equal(known.store, intact.store)) {
    return rotten(`${sentence} and belongs to another store`);
  }
  if (known !== undefined && known.sequence > intact.sequence) {
    return rotten(`${sentence} and had seen more than ${nameOf(good)}, which is intact`);
  }
  return { do: 'mend', good, reason: sentence };
}

function rotten(reason: string): Verdict {
  return { do: 'refuse', code: 'rotten', reason };
}

function nameOf(copy: number): string {
  return copyNames[copy]!;
}

function reasonOf(finding: Finding): string {
  return finding.is === 'damaged' ? finding.reason : 'it is missing';
}
