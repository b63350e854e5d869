/**
 * Lineage: how a note is traced to the mint.
 *
 *     issue part   what the issuers made, or made anew (issue-part.ts)
 *     spend part   what an owner spent (spend-part.ts)
 *     exit part    what left an escrow (exit-part.ts)
 *
 * Each part is named by the head that it is about and checked after the parts that it rests on.
 *
 * Certified: q votes exist at the slot of every input, and every input's own origin is certified,
 * back to certified issues.
 */

import { exitHead, kinds, nextHead } from '@dsm/primitive';
import { checkExit, claimOfExit, exitPart, type ExitPart } from './exit-part.ts';
import { issueHead } from './issue.ts';
import { checkIssue, issuePart, type IssuePart } from './issue-part.ts';
import type { LineageKnown, LineageVerdict } from './origin.ts';
import { checkSpend, spendPart, type SpendPart } from './spend-part.ts';

export type LineagePart = IssuePart | SpendPart | ExitPart;

export function isIssuePart(part: LineagePart): part is IssuePart {
  return 'issue' in part;
}

export function isExitPart(part: LineagePart): part is ExitPart {
  return 'opened' in part;
}

/** The head that a part is about: its content address within lineages. */
export function partHead(part: LineagePart): Uint8Array {
  if (isIssuePart(part)) return issueHead(part.issue);
  if (isExitPart(part)) return exitHead(claimOfExit(part)!);
  return nextHead(part.before, part.entry);
}

/** Decode any kind of part; undefined for anything else. */
export function decodePart(bytes: Uint8Array): LineagePart | undefined {
  const decoded = coderOf(bytes[1]).decode(bytes);
  if (!decoded.ok) return undefined;
  const part = decoded.value;
  return isExitPart(part) && claimOfExit(part) === undefined ? undefined : part;
}

function coderOf(kind: number | undefined): typeof issuePart | typeof spendPart | typeof exitPart {
  if (kind === kinds.exitPart) return exitPart;
  return kind === kinds.spendPart ? spendPart : issuePart;
}

export function encodePart(part: LineagePart): Uint8Array {
  if (isIssuePart(part)) return issuePart.encode(part);
  return isExitPart(part) ? exitPart.encode(part) : spendPart.encode(part);
}

/** Check one part against what is known. Pure; at most one signature check for each signature. */
export function checkPart(part: LineagePart, known: LineageKnown): LineageVerdict {
  if (isIssuePart(part)) return checkIssue(part, known);
  return isExitPart(part) ? checkExit(part, known) : checkSpend(part, known);
}
