/**
 * Seeded bugs of whole devices and nodes: what is done in the wrong order around a crash, forgotten, or
 * believed too soon. The simulator must find each.
 */

import type { SeededBug } from './bug.ts';

const sim = (scenario: string, seeds: number, seed = 1): readonly string[] => [
  'sim/world/main.ts',
  '--scenario',
  scenario,
  '--seed',
  String(seed),
  '--seeds',
  String(seeds),
  '--shrink',
  '0',
];

const trading = 'host/wallet/src/trading.ts';
const model = 'host/wallet/src/model.ts';

export const bugs: readonly SeededBug[] = [
  {
    name: 'send-before-persist',
    why: 'What a decision changed is true in memory, and said, while the disk still works.',
    edits: [
      {
        file: model,
        from: 'if (change.writes.length > 0) await store.commit(change.writes);',
        to: 'if (change.writes.length > 0) void store.commit(change.writes).catch(() => undefined);',
      },
    ],
    by: sim('crashes', 4),
    finding: 'persist-before-send',
  },
  {
    name: 'ack-before-durable',
    why: 'A run of the peer is acknowledged while the disk still works.',
    edits: [
      {
        file: trading,
        from: '  await engine.commit(kept.change);\n  // The run of a stream',
        to: '  const kept0 = engine.commit(kept.change);\n  for (const apply of kept.change.applies) apply();\n  void kept0.catch(() => undefined);\n  // The run of a stream',
      },
    ],
    by: sim('crashes', 4),
    finding: 'ack-after-durable',
  },
  {
    name: 'outbox-not-resent',
    why: 'Own runs that the peer has not acknowledged are not said again at the next meeting, nor left with the nodes.',
    edits: [
      {
        file: trading,
        from: '    if (at.row.acked === 1) continue;\n    await sayRun(talk, on, at);',
        to: '    if (at.row.acked < 2) continue;\n    await sayRun(talk, on, at);',
      },
      {
        file: 'host/wallet/src/syncing.ts',
        from: 'if (at.row.delivered === 1) continue;',
        to: 'if (at.row.delivered < 2) continue;',
      },
    ],
    by: sim('crashes', 8),
    finding: 'conservation',
  },
  {
    name: 'the-newest-commit-comes-first',
    why: 'What is said again after a break starts with the newest run.',
    edits: [
      {
        file: trading,
        from: 'for (const at of talk.engine.model.open.get(keyOf(on.key)) ?? []) {',
        to: 'for (const at of (talk.engine.model.open.get(keyOf(on.key)) ?? []).slice(-1)) {',
      },
      {
        file: 'host/wallet/src/syncing.ts',
        from: 'if (at.row.delivered === 1) continue;',
        to: 'if (at.row.delivered < 2) continue;',
      },
    ],
    by: sim('crashes', 12),
    finding: 'nothing-stuck',
  },
  {
    name: 'vote-before-durable',
    why: 'A node answers with its vote while the disk still works.',
    edits: [
      {
        file: 'host/storage-node/src/ballot.ts',
        from: 'await translated(engine.commit(batch.flatMap(({ take }, i) => take(votes[i]!) ?? [])));',
        to: 'void engine.commit(batch.flatMap(({ take }, i) => take(votes[i]!) ?? [])).catch(() => undefined);',
      },
    ],
    by: sim('calm', 1),
    finding: 'vote-after-durable',
  },
  {
    name: 'log-without-sync',
    why: 'A commit of the log is acknowledged before the medium has it.',
    edits: [
      {
        file: 'host/segment-log/src/group.ts',
        from: '  await file.sync();\n  show(log, needed, segment.end);',
        to: '  show(log, needed, segment.end);',
      },
    ],
    by: sim('crashes', 12),
    finding: 'engine-keeps',
  },
  {
    name: 'absorb-step-lost',
    why: 'A run of the peer is taken into the relationship and not into the map of the device.',
    edits: [
      {
        file: model,
        from: '  to.after(() => model.map.apply(writes.map(({ key, after }) => ({ key, value: after }))));',
        to: '  if (writes.length > 1) to.after(() => model.map.apply(writes.map(({ key, after }) => ({ key, value: after }))));',
      },
    ],
    by: sim('calm', 2),
    finding: 'errors',
  },
  {
    name: 'evidence-not-kept',
    why: 'Evidence is told and not written down.',
    edits: [
      {
        file: model,
        from: "  to.put(rowKey('alarm', row.id), alarmRow.encode(row));\n",
        to: '',
      },
    ],
    by: sim('cheats', 12),
    finding: 'fork-convicts',
  },
  {
    name: 'restore-continues',
    why: 'A backup is opened as if nothing had happened since it was made.',
    edits: [
      {
        file: 'host/wallet/src/capsule-restoring.ts',
        from: 'walletRow.encode({ ...row, phase: 1, secret })',
        to: 'walletRow.encode({ ...row, phase: 0, secret })',
      },
    ],
    by: sim('all', 3),
    finding: 'has stated two different steps',
  },
  {
    name: 'notes-chosen-beside',
    why: 'A payment chooses its notes beside the decisions that are under way.',
    edits: [
      {
        file: 'host/wallet/src/paying.ts',
        from: '      const notes = await engine.exclusive(async () => {',
        to: '      const notes = await (async () => {',
      },
      {
        file: 'host/wallet/src/paying.ts',
        from: '        for (const id of taken) reserved.add(id);\n        return free;\n      });',
        to: '        for (const id of taken) reserved.add(id);\n        return free;\n      })();',
      },
    ],
    by: sim('nodes', 1, 10),
    finding: 'errors',
  },
  {
    name: 'count-set-back',
    why: 'An offer sets the count of bytes back while a payment over an edge is under way.',
    edits: [
      {
        file: 'host/wallet/src/session.ts',
        from: '      talk.offeredAt = talk.wireBytes;\n      return offer(talk, said);',
        to: '      talk.wireBytes = 0;\n      return offer(talk, said);',
      },
    ],
    by: sim('all', 12),
    finding: 'errors',
  },
  {
    name: 'full-disk-unsaid',
    why: 'The error of the store leaves the SDK as it is.',
    edits: [
      {
        file: 'host/wallet/src/wallet.ts',
        from: '      translating(() => store.commit([{ key: linkKey(link), value: encodeLink(link) }])),',
        to: '      store.commit([{ key: linkKey(link), value: encodeLink(link) }]),',
      },
    ],
    by: sim('nodes', 12),
    finding: 'errors',
  },
  {
    name: 'double-vote',
    why: 'A node votes for whatever was written last.',
    edits: [
      {
        file: 'core/availability/src/register.ts',
        from: 'const later = [...values, { value, authorisation, hints }];',
        to: 'const later = [{ value, authorisation, hints }, ...values];',
      },
    ],
    by: sim('cheats', 12),
    finding: 'one-',
  },
  {
    name: 'payment-not-kept',
    why: 'A payment is shown and not written down.',
    edits: [
      {
        file: model,
        from: "  to.put(rowKey('payment', encodeWith(u64, row.number)), paymentRow.encode(row));\n",
        to: '',
      },
    ],
    by: sim('crashes', 6),
    finding: 'final-stays',
  },
  {
    name: 'secret-on-the-line',
    why: 'A talk begins with the secret of the wallet.',
    edits: [
      {
        file: 'host/wallet/src/opening-custody.ts',
        from: '  if (sealed === undefined) return wholeCustody(secret);\n',
        to: '  (globalThis as { said?: Uint8Array }).said = secret;\n  if (sealed === undefined) return wholeCustody(secret);\n',
      },
      {
        file: 'host/wallet/src/comparing.ts',
        from: "  await say(talk, { type: 'marks', lines: model.marks.shown(peer) });",
        to: "  const { said } = globalThis as unknown as { said?: Uint8Array };\n  const lines = [...model.marks.shown(peer), { position: said ?? new Uint8Array(32), statement: new Uint8Array(32) }];\n  await say(talk, { type: 'marks', lines });",
      },
    ],
    by: sim('calm', 1),
    finding: 'secrets-stay',
  },
];
