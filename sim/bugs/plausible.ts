/**
 * Twenty mistakes by somebody who had not read the checks.
 *
 * Each is what a tired engineer writes and a reviewer overlooks: another operand, a bound off by
 * one, a case that was forgotten, two effects in the other order. Whoever has the checks says which
 * of them finds it. Thirteen were found by the checks as they stood; seven were not, and led to the
 * test that stands beside them now: of proofs after writes that were tried, of locks under an unknown
 * version (where the shipped code was wrong in another way), of restored devices, claims,
 * subscriptions, ballots and half-certified payments.
 */

import type { SeededBug } from './bug.ts';

/** The quickest check that finds it: a test of its own package. */
function testedBy(file: string): SeededBug['by'] {
  return ['--test', '--test-isolation=none', file];
}

export const bugs: readonly SeededBug[] = [
  // core/primitive
  {
    name: 'certificate-judged-by-newest-groups',
    why: 'once a new version of the registry has moved nodes between groups, certificates of earlier versions fail, and notes that were certified for good are worth nothing to their next payee',
    edits: [
      {
        file: 'core/primitive/src/certificate.ts',
        from: 'const group = groupOf(registry, slot.key);',
        to: 'const group = groupOf(known.newest, slot.key);',
      },
    ],
    by: ['sim/explore/main.ts', '--bound', 'registry-replaced'],
    finding: 'certified-stays',
  },
  {
    name: 'lock-taken-twice-by-one-exit',
    why: 'a payee that leaves with the same preimage twice gets the amount of the lock twice, out of the rest of the payer',
    edits: [
      {
        file: 'core/primitive/src/total.ts',
        from: 'const ascends = before === undefined || compare(before, opened) < 0;',
        to: 'const ascends = before === undefined || compare(before, opened) <= 0;',
      },
    ],
    by: testedBy('core/primitive/test/total.test.ts'),
    finding: 'an exit takes the total and the locks that it opens',
  },
  {
    name: 'evidence-compares-the-last-entries',
    why: 'one honest run, and the same run with the next one behind it, count as a fork, so anybody who knows two runs of a device can have it refused for good',
    edits: [
      {
        file: 'core/primitive/src/evidence.ts',
        from: "if (equal(first.entries[0]!, second.entries[0]!)) return 'same';",
        to: "if (equal(first.entries.at(-1)!, second.entries.at(-1)!)) return 'same';",
      },
    ],
    by: testedBy('core/primitive/test/evidence.test.ts'),
    finding: 'a run and its own beginning',
  },
  {
    name: 'proof-of-a-step-that-was-not-taken',
    why: 'after a step that was tried and dropped, the next offer carries a proof of the map as it would have been, and the payee refuses an honest payer',
    edits: [
      {
        file: 'core/primitive/src/map.ts',
        from: 'prove: (keys) => prove(settled(), keys),',
        to: 'prove: (keys) => prove(t, keys),',
      },
    ],
    by: testedBy('core/primitive/test/map.test.ts'),
    finding: 'a proof after writes that were only tried',
  },
  // core/protocols
  {
    name: 'item-given-to-two-owners',
    why: 'the holder of a unique item gives it to two owners in one transfer, and both hold it certified',
    edits: [
      {
        file: 'core/protocols/src/movement.ts',
        from: 'const distinct = taken.size === inputs.length && given.size === outputs.length;',
        to: 'const distinct = taken.size === inputs.length;',
      },
    ],
    by: testedBy('core/protocols/test/rules.test.ts'),
    finding: 'conservation',
  },
  {
    name: 'total-without-locks-given-up',
    why: 'a payee that has given a lock up, and whose payer does not know it yet, refuses the next honest total of that escrow, and the lane stops for good',
    edits: [
      {
        file: 'core/protocols/src/escrow.ts',
        from: 'const locks = escrow.locks.map(({ hash, amount }) => ({ hash, amount }));',
        to: 'const locks = escrow.locks\n    .filter(({ givenUp }) => givenUp === 0)\n    .map(({ hash, amount }) => ({ hash, amount }));',
      },
    ],
    by: testedBy('core/bilateral/test/escrow-model.test.ts'),
    finding: 'what leaves an escrow is what was put in',
  },
  {
    name: 'lock-opened-under-an-unknown-version',
    why: 'a payee that gave a lock up for certain exits with the lock all the same, by a made-up certificate of a version that nobody knows yet, and the relay that took it back pays',
    edits: [
      {
        file: 'core/protocols/src/exit-part.ts',
        from: "  if (!areOpened) return 'version';\n",
        to: '',
      },
    ],
    by: testedBy('core/bilateral/test/exit-lineage.test.ts'),
    finding: 'what is not here yet is missing',
  },
  // core/bilateral
  {
    name: 'preimage-of-an-exit-not-kept',
    why: 'a relay whose payee leaves with the lock has paid onwards and forgets the preimage by which its own payer would pay it',
    edits: [
      {
        file: 'core/bilateral/src/passage.ts',
        from: "return { ...withPreimage(at, preimage), outgoing: 'paid' };",
        to: "return { ...at, outgoing: 'paid' };",
      },
    ],
    by: testedBy('core/bilateral/test/passage.test.ts'),
    finding: 'payee left with the preimage',
  },
  {
    name: 'former-lanes-forgotten-too-soon',
    why: 'a restored device takes one run of a peer that does not know of the restore and refuses the second, so the peer’s lane to it stops',
    edits: [
      {
        file: 'core/bilateral/src/run.ts',
        from: '? { ...on, theirs: lane }',
        to: '? { ...on, theirs: lane, former: 0 }',
      },
    ],
    by: testedBy('core/bilateral/test/bounds.test.ts'),
    finding: 'until the peer has shown that it knows',
  },
  {
    name: 'countersignature-only-the-first-time',
    why: 'if the line breaks before the commit arrives, the payee that has forgotten its consent gets the payment without it and counts it as one that it never agreed to',
    edits: [
      {
        file: 'core/bilateral/src/trade.ts',
        from: 'const countersignature = trade.again ? trade.run.countersignature : undefined;',
        to: 'const countersignature = trade.again ? undefined : trade.run.countersignature;',
      },
    ],
    by: testedBy('core/bilateral/test/trade.test.ts'),
    finding: 'on both sides or on none',
  },
  // core/availability
  {
    name: 'oldest-of-a-slots-history-handed-over',
    why: 'a slot that was frozen and then decided goes into the next version with what stood at first, so a value other than the certified one may be certified there',
    edits: [
      {
        file: 'core/availability/src/history.ts',
        from: 'history.findLast((one) => one.version <= version)',
        to: 'history.find((one) => one.version <= version)',
      },
    ],
    by: testedBy('core/availability/test/handover.test.ts'),
    finding: 'a history says what stood in each version',
  },
  {
    name: 'ninth-claim-shortens-the-eighth',
    why: 'a stranger whose short claim comes after the list of claims is full ends the claim of somebody who wanted the object kept for long, and the node drops it',
    edits: [
      {
        file: 'core/availability/src/terms.ts',
        from: 'const until = Math.max(last.until, more.until);',
        to: 'const { until } = more;',
      },
    ],
    by: testedBy('core/availability/test/terms.test.ts'),
    finding: 'as long as the longer of the two',
  },
  // host/storage-node
  {
    name: 'subscription-sent-again-is-unused',
    why: 'a payer that shows its subscription again has nothing used of it, so an operator keeps any number of bytes for the price of a few',
    edits: [
      {
        file: 'host/storage-node/src/quotas.ts',
        from: '      if (quotas.has(keyOf(key))) return;\n',
        to: '',
      },
    ],
    by: testedBy('host/storage-node/test/quotas.test.ts'),
    finding: 'until the quota is used up',
  },
  {
    name: 'vote-key-ends-before-the-close-is-kept',
    why: 'a node that dies between the two can never say what it voted for, and destroys the key of the next version at its next start',
    edits: [
      {
        file: 'host/storage-node/src/version-change.ts',
        from: '    await translated(engine.commit([namedWrite(`close ${version}`, value)]));\n    await keys.retire();\n',
        to: '    await keys.retire();\n    await translated(engine.commit([namedWrite(`close ${version}`, value)]));\n',
      },
    ],
    by: testedBy('host/wallet/test/registry-faults.test.ts'),
    finding: 'dies at any commit of a change',
  },
  {
    name: 'one-vote-too-many-in-a-batch',
    why: 'a node that 257 writes wait for answers all of them with a failure, so payments are not certified when it is busiest',
    edits: [
      {
        file: 'host/storage-node/src/ballot.ts',
        from: 'i === batchMax,',
        to: 'i > batchMax,',
      },
    ],
    by: testedBy('host/storage-node/test/ballot.test.ts'),
    finding: 'more slots at once',
  },
  // host/segment-log
  {
    name: 'compaction-brings-an-old-value-back',
    why: 'a record that is written again while compaction moves the old one ends with the old value, so a node forgets what it has acknowledged',
    edits: [
      {
        file: 'host/segment-log/src/group.ts',
        from: 'return old?.position === movedFrom.position;',
        to: 'return old !== undefined;',
      },
    ],
    by: testedBy('host/segment-log/test/upkeep.test.ts'),
    finding: 'while compaction reads the record',
  },
  {
    name: 'torn-group-taken-for-rot',
    why: 'after a power cut that leaves the commit of the last group on the disk and not its records, the node refuses to open although nothing that was acknowledged is lost',
    edits: [
      {
        file: 'host/segment-log/src/walked.ts',
        from: 'found > sequence + 1',
        to: 'found > sequence',
      },
    ],
    by: testedBy('host/segment-log/test/power-cut.test.ts'),
    finding: 'seeds of lives that are cut short',
  },
  // host/node
  {
    name: 'taken-back-from-the-wrong-copy',
    why: 'a commit that the second copy has no room for stays in the first one, so a wallet that was told that nothing was kept reads it, and its store stops as rotten',
    edits: [
      {
        file: 'host/node/src/mirror.ts',
        from: 'second.row(key) ?? { key, value: undefined }',
        to: 'first.row(key) ?? { key, value: undefined }',
      },
    ],
    by: testedBy('host/node/test/store-mirror.test.ts'),
    finding: 'is taken back, under a number of its own',
  },
  // host/wallet
  {
    name: 'certificate-of-the-other-input',
    why: 'a payment of two notes, of which the nodes certified one at first, is never certified: at the next attempt the second certificate stands in the place of the first',
    edits: [
      {
        file: 'host/wallet/src/certify.ts',
        from: '      certificates.push(known);\n      continue;\n',
        to: '      continue;\n',
      },
    ],
    by: testedBy('host/wallet/test/half-certified.test.ts'),
    finding: 'the certificate that is there already',
  },
  {
    name: 'paid-invoice-taken-again',
    why: 'a second lock for an invoice that is paid already is taken as well, so whoever pays by the same text again loses it',
    edits: [
      {
        file: 'host/wallet/src/relaying.ts',
        from: "['held', 'opened', 'paid'].includes(passage.incoming)",
        to: "['held', 'opened'].includes(passage.incoming)",
      },
    ],
    by: testedBy('host/wallet/test/route-broken.test.ts'),
    finding: 'an invoice is taken once',
  },
];
