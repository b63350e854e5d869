/**
 * Writes the vectors, or says whether they would differ.
 *
 *     node tools/vectors.ts            write vectors/v1
 *     node tools/vectors.ts --check    change nothing; exit 1 if a file would differ
 *
 * Vectors are frozen once released: a difference is a change of the protocol, and a new version.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { escrowAcceptances } from './vectors/accept-escrows.ts';
import { generationAcceptances } from './vectors/accept-generations.ts';
import { acceptances } from './vectors/accept.ts';
import { placements, sumMaps, symbolDrafts } from './vectors/availability.ts';
import { attestations } from './vectors/attestations.ts';
import { capsuleDrafts } from './vectors/capsules.ts';
import { cards } from './vectors/cards.ts';
import { certificates, voteTrees } from './vectors/certificates.ts';
import { challenges, credentials } from './vectors/credentials.ts';
import {
  contacts,
  freshKeys,
  hashes,
  lanes,
  maps,
  slotDrafts,
  views,
  votes,
} from './vectors/derive.ts';
import { introductions, invitations, listings } from './vectors/directory.ts';
import { finished, type Draft } from './vectors/draft.ts';
import { evaluations } from './vectors/evaluate.ts';
import { evidences } from './vectors/evidence.ts';
import { openings } from './vectors/openings.ts';
import { exitParts } from './vectors/exit-parts.ts';
import { formRules } from './vectors/form-rules.ts';
import { contributions, geneses } from './vectors/genesis.ts';
import { memberships, treeUpdates } from './vectors/identity.ts';
import { issueParts } from './vectors/issue-parts.ts';
import { issues } from './vectors/issues.ts';
import { escrowRules, loneRules } from './vectors/lone-rules.ts';
import { messageDrafts } from './vectors/messages.ts';
import { movementRules } from './vectors/movement-rules.ts';
import { countersignatures, entries, proofObjects, signedSteps, steps } from './vectors/objects.ts';
import { notes, operations } from './vectors/operations.ts';
import { committees, policies } from './vectors/policies.ts';
import { logins, presentations } from './vectors/presentations.ts';
import { receiptDrafts } from './vectors/receipts.ts';
import { registries } from './vectors/registries.ts';
import { sharedDrafts } from './vectors/shared.ts';
import { remintParts } from './vectors/remint-parts.ts';
import { slotChecks } from './vectors/slot-writes.ts';
import { slotStates, slotWrites } from './vectors/slots.ts';
import { spendParts } from './vectors/spend-parts.ts';
import { allowLists, escrows, totals } from './vectors/totals.ts';
import { deviceSecretDrafts, identitySecretDrafts, phrases, shares } from './vectors/words.ts';

const drafts: Readonly<Record<string, readonly Draft[]>> = {
  hash: hashes,
  entry: entries,
  lane: lanes,
  view: views,
  map: maps,
  proof: [...proofObjects, ...evaluations],
  step: steps,
  'signed-step': signedSteps,
  countersignature: countersignatures,
  receipt: receiptDrafts,
  accept: [...acceptances, ...generationAcceptances, ...escrowAcceptances],
  card: cards,
  registry: registries,
  slot: slotDrafts,
  'slot-write': [...slotWrites, ...slotChecks],
  'slot-state': slotStates,
  vote: [...votes, ...voteTrees],
  certificate: certificates,
  evidence: evidences,
  policy: policies,
  issue: issues,
  committee: committees,
  'allow-list': allowLists,
  operation: [...operations, ...movementRules, ...formRules, ...loneRules, ...escrowRules],
  total: totals,
  escrow: escrows,
  note: [...notes, ...openings],
  'issue-part': [...issueParts, ...remintParts],
  'spend-part': spendParts,
  'exit-part': exitParts,
  contact: contacts,
  'fresh-key': freshKeys,
  message: messageDrafts,
  shared: sharedDrafts,
  placement: placements,
  'sum-map': sumMaps,
  symbol: symbolDrafts,
  capsule: capsuleDrafts,
  genesis: geneses,
  contribution: contributions,
  attestation: attestations,
  'tree-update': treeUpdates,
  membership: memberships,
  credential: credentials,
  challenge: challenges,
  presentation: presentations,
  login: logins,
  listing: listings,
  invitation: invitations,
  introduction: introductions,
  words: phrases,
  'identity-secret': identitySecretDrafts,
  'device-secret': deviceSecretDrafts,
  share: shares,
};

const folder = join(dirname(import.meta.dirname), 'vectors', 'v1');

/** One case a line: a difference then shows which case it is. */
function written(object: string): string {
  const { version, cases } = finished(object, drafts[object]!);
  const lines = cases.map((one) => `  ${JSON.stringify(one)}`).join(',\n');
  return `{"object":${JSON.stringify(object)},"version":${version},"cases":[\n${lines}\n]}\n`;
}

function main(check: boolean): number {
  const files = new Map(Object.keys(drafts).map((object) => [`${object}.json`, written(object)]));
  if (!check) {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of files) writeFileSync(join(folder, name), text);
    console.log(`${files.size} files written`);
    return 0;
  }
  const there = new Set(readdirSync(folder));
  const differing = [...new Set([...files.keys(), ...there])].filter(
    (name) => !there.has(name) || readFileSync(join(folder, name), 'utf8') !== files.get(name),
  );
  for (const name of differing) console.log(`${name} would differ`);
  if (differing.length === 0) console.log(`${files.size} files are as they would be written`);
  return differing.length === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.includes('--check'));
