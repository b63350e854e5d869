/**
 * Seeded bugs of the device spaces: the rules of acceptance, the trade, runs, evidence.
 */

import type { SeededBug } from './bug.ts';

const by: readonly string[] = ['sim/explore/main.ts', '--bound', 'small'];

const accept = 'core/primitive/src/accept.ts';
const evidence = 'core/primitive/src/evidence.ts';
const trade = 'core/bilateral/src/trade.ts';
const offer = 'core/bilateral/src/offer.ts';
const run = 'core/bilateral/src/run.ts';
const device = 'core/bilateral/src/device.ts';

function bug(
  name: string,
  why: string,
  [file, from, to]: readonly [file: string, from: string, to: string],
  finding: string,
): SeededBug {
  return { name, why, edits: [{ file, from, to }], by, finding };
}

const forged = (what: string): string => `acceptance safety: a forged run was absorbed (${what})`;

export const bugs: readonly SeededBug[] = [
  bug(
    'no-side',
    'An entry may be written on the other side.',
    [accept, "    if (next.side !== known.side) return refused('side');\n", ''],
    forged('side'),
  ),
  bug(
    'no-index',
    'A run may leave out an entry.',
    [accept, "    if (next.index !== index + 1) return refused('index');\n", ''],
    forged('index'),
  ),
  bug(
    'no-entropy',
    'Entropy may be made up.',
    [accept, "    if (!equal(next.entropy, expected)) return refused('entropy');\n", ''],
    forged('entropy'),
  ),
  bug(
    'any-absorbed-head',
    'An entry may say that it has absorbed what was never written.',
    [
      accept,
      '  return known.former === undefined ? undefined : { ...known.absorbed, head, former: true };',
      '  return { ...known.absorbed, head, former: true };',
    ],
    forged('absorbed'),
  ),
  bug(
    'no-head',
    'A step may name another run than the one that comes with it.',
    [accept, "  if (!namesRun(step, judged)) return refused('head');\n", ''],
    forged('head of another run'),
  ),
  bug(
    'no-count',
    'A step may name another number of entries.',
    [accept, '    cause.count === entries.length &&\n', ''],
    forged('count of another run'),
  ),
  bug(
    'no-writes',
    'A step may move other leaves than its run demands, or none.',
    [accept, "  if (!matchesDemand(step, run, known)) return refused('writes');\n", ''],
    forged('writes a note that stays'),
  ),
  bug(
    'no-slots',
    'A step may keep its spends to itself.',
    [accept, "  if (!namesSlots(signed.slots, run)) return refused('slots');\n", ''],
    'acceptance safety: a forged run was absorbed (slots',
  ),
  bug(
    'no-proof-before',
    'A proof need not fit the root before.',
    [
      accept,
      "  if (!roots.ok || !equal(roots.before, before)) return 'proof-before';",
      "  if (!roots.ok) return 'proof-before';",
    ],
    forged('proof-before'),
  ),
  bug(
    'no-proof-after',
    'A proof need not fit the root after.',
    [
      accept,
      "  return equal(roots.after, after) ? undefined : 'proof-after';",
      '  return undefined;',
    ],
    forged('proof-after'),
  ),
  bug(
    'idle-keys',
    'A key may sign that no slot asks for.',
    [
      accept,
      "  if (!keysCover(signed, run, known.author.suite, workingKey)) return refused('key');\n",
      '',
    ],
    forged('a key too many'),
  ),
  bug(
    'no-signature',
    'Nobody asks whose signature it is.',
    [accept, "  if (signer !== 'in-force') return refused(signer);\n", ''],
    'authenticity',
  ),
  bug(
    'any-device',
    'A step may name another device as its own.',
    [accept, "  if (!equal(step.device, author.device)) return refused('wrong-device');\n", ''],
    forged('wrong-device'),
  ),
  bug(
    'any-relationship',
    'A step may be of another relationship.',
    [
      accept,
      "  if (!equal(step.cause.relationship, known.relationship)) return refused('wrong-relationship');\n",
      '',
    ],
    forged('wrong-relationship'),
  ),
  bug(
    'any-incarnation',
    'A step may speak for an incarnation that nobody has certified.',
    [accept, "  if (step.incarnation > author.incarnation) return pending('incarnation');\n", ''],
    forged('incarnation'),
  ),
  bug(
    'any-length',
    'A run may be as long as it likes.',
    [
      accept,
      "  if (run.entries.length > limits.runEntriesMax || bytesOf(run) > limits.runBytesMax) {\n    return refused('too-large');\n  }\n",
      '',
    ],
    forged('too-large'),
  ),
  bug(
    'step-fork-unseen',
    'Two steps with one number are both taken.',
    [
      accept,
      "  if (there !== undefined && !equal(there.statement, statement)) return refused('step-fork');\n",
      '',
    ],
    'step chain: two steps with one number are held',
  ),
  bug(
    'step-chain-unseen',
    'A step need not follow the one before it.',
    [
      accept,
      "  if (!followsNeighbours(step, statement, known)) return refused('step-chain');\n",
      '',
    ],
    'step chain: a step does not follow the one before it',
  ),
  bug(
    'bricked-forgiven',
    'A convicted device goes on as if nothing had happened.',
    [accept, "  if (known.author.bricked) return refused('bricked');\n", ''],
    'bricked',
  ),
  bug(
    'fork-taken-for-repetition',
    'Another entry at a position passes for the one that is there.',
    [accept, "    if (!equal(head, there)) return refused('fork');\n", ''],
    'persist before send: an ack of what is not kept',
  ),
  bug(
    'value-from-nothing',
    'Outputs may add up to more than inputs.',
    [
      'core/protocols/src/movement.ts',
      "given < taken : given === taken) ? undefined : 'conservation'",
      "given < taken : given >= taken) ? undefined : 'conservation'",
    ],
    forged('conservation'),
  ),
  bug(
    'consent-to-anything',
    'Consent to one statement is taken for consent to another.',
    [trade, '  if (!equal(consent.head, trade.head)) return stay(state);\n', ''],
    'paid without consent: to another statement',
  ),
  bug(
    'consent-by-anybody',
    'The names in a consent are not looked at.',
    [offer, "  if (!fits) return refused('wrong-device');\n", ''],
    'paid without consent: to another statement',
  ),
  bug(
    'consent-unsigned',
    'The signature under a consent is not looked at.',
    [
      offer,
      '  return verifyWorking(kind, peer.suite, me.network, peer.workingKey, digest, signature)\n    ? undefined\n',
      '  return verifyWorking(kind, peer.suite, me.network, peer.workingKey, digest, signature) ||\n    signature.length > 0\n    ? undefined\n',
    ],
    'paid without consent: the peer has not signed it',
  ),
  bug(
    'consent-to-what-is-not-taken',
    'Taste is asked for and not listened to.',
    [
      trade,
      "  if (standing !== 'taken') {",
      "  if (standing !== 'taken' && standing.code === '') {",
    ],
    'consent: to what is not taken',
  ),
  bug(
    'refusal-without-a-name',
    'An offer that does not pass is refused as whatever is offered; come late, that ends another.',
    [
      trade,
      "    return unaccepted(state, verdict as Unaccepted, 'offer', headOfOffer(on, offer, world));",
      "    return unaccepted(state, verdict as Unaccepted, 'offer');",
    ],
    'declined for another',
  ),
  bug(
    'any-refusal-counts',
    'A proposer does not look at what is refused.',
    [
      trade,
      "  if (trade.at !== 'offered' || !(isZero(head) || equal(trade.head, head))) return stay(state);",
      "  if (trade.at !== 'offered') return stay(state);",
    ],
    'declined for another',
  ),
  bug(
    'ack-before-disk',
    'A run is acknowledged before it is kept.',
    [
      trade,
      "    effects: [\n      {\n        do: 'persist-absorbed',",
      "    effects: [\n      { do: 'send', message: { type: 'ack', head, mac: ackMac(on, head) } },\n      {\n        do: 'persist-absorbed',",
    ],
    'persist before send: an ack of what is not kept',
  ),
  bug(
    'signature-before-disk',
    'A step is signed before its statement is kept.',
    [
      trade,
      "      { do: 'persist-appended', change, run },\n      { do: 'sign-step', run },",
      "      { do: 'sign-step', run },\n      { do: 'persist-appended', change, run },",
    ],
    'persist before sign',
  ),
  bug(
    'commit-said-once',
    'After a crash a payment is not said again.',
    [
      trade,
      "  return { state: { ...state, trade: again }, effects: [{ do: 'sign-step', run: trade.run }] };",
      '  return { state: { ...state, trade: again }, effects: [] };',
    ],
    'liveness',
  ),
  bug(
    'repetition-unanswered',
    'A run that comes again is not acknowledged again.',
    [
      trade,
      "  if (verdict.type === 'already-accepted') return repeated(state, commit);",
      "  if (verdict.type === 'already-accepted') return stay(state);",
    ],
    'second effect: a repeated run is not acknowledged',
  ),
  bug(
    'sent-is-delivered',
    'A payment counts as delivered as soon as it was sent, so it is not said again.',
    [
      trade,
      "      { do: 'tell', outcome: { type: 'committed', head } },",
      "      { do: 'persist-acked', head },\n      { do: 'tell', outcome: { type: 'committed', head } },",
    ],
    'honest pair: a run is missing and nobody resends it',
  ),
  bug(
    'memory-behind',
    'After an absorption the device thinks that it stands where it stood.',
    [
      trade,
      '    state: { ...state, me: change.device, on: change.relationship, consented: undefined },',
      '    state: { ...state, on: change.relationship, consented: undefined },',
    ],
    'memory ahead of disk',
  ),
  bug(
    'head-not-learned',
    'What was absorbed moves the number of the lane and not its head.',
    [
      run,
      '    ? { ...on, theirs: lane }\n    : { ...on, theirs: lane, absorbed',
      '    ? { ...on, theirs: lane }\n    : { ...on, theirs: { ...lane, head: on.theirs.head }, absorbed',
    ],
    'adjacency',
  ),
  bug(
    'number-stays',
    'A step does not move the number of the device.',
    [
      device,
      'device: { ...from, seq: step.seq, previous: statement, root }, step',
      'device: { ...from, previous: statement, root }, step',
    ],
    'one statement for each position',
  ),
  bug(
    'wrong-owner',
    'The payee takes the change of the payer for its own.',
    [
      run,
      'notesFor(run.entries[i]!.operation, head, me.id));',
      'notesFor(run.entries[i]!.operation, head, on.peer.device));',
    ],
    'value',
  ),
  bug(
    'spent-stays',
    'A note that was spent stays among the notes.',
    [
      run,
      '    spent: leaves.filter(({ after }) => equal(after, zero32)).map(({ key }) => key),',
      '    spent: [],',
    ],
    'map',
  ),
  bug(
    'view-by-its-writer',
    'A view puts the own head first, so two maps never say the same.',
    [
      'core/primitive/src/view.ts',
      "  return side === 0 ? hash('view', mine, theirs) : hash('view', theirs, mine);",
      "  return side === 0 ? hash('view', mine, theirs) : hash('view', mine, theirs);",
    ],
    'honest pair: two maps say different things of one relationship',
  ),
  bug(
    'blocked-by-another',
    'A device that has stepped offers nothing more.',
    [
      trade,
      "  if (on.bricked !== 0) return unaccepted(state, refused('bricked'), 'propose');",
      "  if (on.bricked !== 0 || me.seq > 2) return unaccepted(state, refused('bricked'), 'propose');",
    ],
    'non-interference: an open trade blocks another relationship',
  ),
  bug(
    'proof-of-the-old',
    'A proof leaves out one digest.',
    [
      'core/primitive/src/map.ts',
      '  return new Uint8Array(words.buffer);\n}\n',
      '  if (digests > 1) words.fill(1, 8, 16);\n  return new Uint8Array(words.buffer);\n}\n',
    ],
    'non-interference: a relationship is not under the root of its device',
  ),
  bug(
    'two-steps-are-none',
    'Two steps with one number are no evidence.',
    [
      evidence,
      '  const onePosition = a.seq === b.seq || equal(a.previous, b.previous);',
      '  const onePosition = a.seq === b.seq && !equal(a.previous, b.previous);',
    ],
    'fork without conviction',
  ),
  bug(
    'one-is-two',
    'One statement twice is taken for two.',
    [evidence, "  if (equal(statementOf(first), statementOf(second))) return 'same';\n", ''],
    'no false conviction: one statement was taken for two',
  ),
  bug(
    'any-two-are-a-fork',
    'Two statements convict wherever they stand.',
    [
      evidence,
      "  return oneWriter && onePosition ? undefined : 'position';",
      "  return oneWriter || onePosition ? undefined : 'position';",
    ],
    'no false conviction: two honest statements were taken for a fork',
  ),
  bug(
    'evidence-unsigned',
    'What somebody else wrote counts against a device.',
    [
      evidence,
      '  return verifyWorking(kinds.signedStep, suite, network, workingKey, statement, signature)\n',
      '  return signature.length > 0 || verifyWorking(kinds.signedStep, suite, network, workingKey, statement, signature)\n',
    ],
    'no false conviction: a statement that the device never signed counts against it',
  ),
];
