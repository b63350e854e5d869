/**
 * Notices about identities: two updates were signed with one number, or somebody shows a chain beside
 * the one that is known. It convicts nobody, since whoever has the words can sign; it is told.
 */

import { genesisId } from '@dsm/identity';
import type { IdentityNotice } from './devices-api.ts';
import type { Engine } from './engine.ts';
import { idText } from './text.ts';
import type { TreeNotice, TreeRow } from './tree-rows.ts';

export function noticeOf({ genesis }: TreeRow, { seq, seenAt }: TreeNotice): IdentityNotice {
  return {
    identity: idText('identity', genesisId(genesis)),
    seq,
    explain:
      `Of this identity two different updates with the number ${seq} were signed. The certified one counts. ` +
      'If you own it and did not sign twice, somebody else has your words.',
    seenAt,
  };
}

/** Tell what the row has that it did not have before. */
export function tellNotice({ emit }: Engine, before: TreeRow, after: TreeRow): void {
  for (const notice of after.notices.slice(before.notices.length)) {
    emit('identity', noticeOf(after, notice));
  }
}
