/**
 * Bugs of the models: each makes one invariant of one model fail. An invariant that no bug can make
 * fail says nothing, in a model no less than in code.
 */

import type { Replayer } from './replay.ts';

export interface ModelBug {
  readonly model: Replayer['model'];
  /** The file under sim/formal/quint that is changed; the model's own, or the one that it imports. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly invariant: string;
  readonly why: string;
}

export const modelBugs: readonly ModelBug[] = [
  {
    model: 'relationship',
    file: 'relationship.qnt',
    from: '{ side: { ...side, answer: "consent" }, says: Set(message("consent", d, m.head, 0)) }',
    to: '{ side: { ...side, peer: m.head }, says: Set(message("consent", d, m.head, 0)) }',
    invariant: 'absorbedIsWritten',
    why: 'a peer absorbs what is only offered',
  },
  {
    model: 'relationship',
    file: 'relationship.qnt',
    from: '{ ...side, own: side.head, phase: "committing", seq: side.seq + 1, answer: "commit" }',
    to: '{ ...side, phase: "committing", seq: side.seq + 1, answer: "commit" }',
    invariant: 'oneStatementEach',
    why: 'a commitment is said and not kept',
  },
  {
    model: 'relationship',
    file: 'relationship.qnt',
    from: '    if (side.phase != "offered" or m.head != side.head) quiet(side, "ignored")\n    else if (not(isStill(side))) again(d, side)\n    else {\n      side:',
    to: '    if (side.phase != "offered") quiet(side, "ignored")\n    else if (not(isStill(side))) again(d, side)\n    else {\n      side:',
    invariant: 'onlyWithConsent',
    why: 'consent to anything is consent to what is offered',
  },
  {
    model: 'relationship',
    file: 'relationship.qnt',
    from: 'offering(d, { ...side, proposed: side.proposed + 1 }, side.proposed + 1)',
    to: 'offering(d, side, side.proposed + 1)',
    invariant: 'eachOnce',
    why: 'an operation is proposed again after it was committed to',
  },
  {
    model: 'relationship',
    file: 'relationship.qnt',
    from: 'side: { ...side, peer: m.head, seq: side.seq + 1, answer: verdict }',
    to: 'side: { ...side, peer: m.head, answer: verdict }',
    invariant: 'stepsCount',
    why: 'an absorption is no step',
  },
  {
    model: 'relationship',
    file: 'relationship.qnt',
    from: 'val path = side.own.append({ by: at,',
    to: 'val path = side.own.slice(0, if (side.phase == "committing") side.own.length() - 1 else side.own.length()).append({ by: at,',
    invariant: 'commitmentIsKept',
    why: 'an entry is written over the one that is committed to',
  },
  {
    model: 'relationship',
    file: 'relationship.qnt',
    from: '    if (path.length() > side.peer.length() + 1) "early"',
    to: '    if (side.cheat.bricked) "bricked"\n    else if (path.length() > side.peer.length() + 1) "early"',
    invariant: 'pairNeverBricked',
    why: 'evidence against one device stops another',
  },
  {
    model: 'step',
    file: 'cheat.qnt',
    from: 's.length() == h.length() and (s != h or not(isSame(spoiled)))',
    to: 'false',
    invariant: 'neverTwoAtOnePosition',
    why: 'a second step with a number that is known is taken',
  },
  {
    model: 'step',
    file: 'cheat.qnt',
    from: 'at == here and not(sameLane(lane, known.lane, at))',
    to: 'false',
    invariant: 'lanesAreWhatWasSaid',
    why: 'an entry that goes on from another history is taken',
  },
  {
    model: 'step',
    file: 'cheat.qnt',
    from: 'steps: if (isNew) known.steps.union(Set(claim.moves)) else known.steps,',
    to: 'steps: known.steps.union(Set(claim.moves)),',
    invariant: 'oneStepEach',
    why: 'a refused step is remembered as one that was taken',
  },
  {
    model: 'step',
    file: 'cheat.qnt',
    from: '    x != y,\n    or {',
    to: '    or {',
    invariant: 'honestNeverConvicted',
    why: 'one statement twice is evidence',
  },
  {
    model: 'step',
    file: 'cheat.qnt',
    from: 'bricked: isEvidence(heard),\n      seq: if',
    to: 'bricked: known.bricked,\n      seq: if',
    invariant: 'forkInSightConvicts',
    why: 'nobody looks at what was shown before',
  },
  {
    model: 'slot',
    file: 'slot.qnt',
    from: 'pure val quorum = 3',
    to: 'pure val quorum = 2',
    invariant: 'oneValueCertified',
    why: 'two votes of four are a certificate',
  },
  {
    model: 'slot',
    file: 'slot.qnt',
    from: 'kept: n.kept.append(value) }, answer: "later"',
    to: 'kept: [value].concat(n.kept) }, answer: "later"',
    invariant: 'oneVoteEach',
    why: 'a later value takes the place of the first',
  },
  {
    model: 'slot',
    file: 'slot.qnt',
    from: '      before.phase != "closed",\n      withProof implies',
    to: '      withProof implies',
    invariant: 'noVoteAfterClose',
    why: 'a node votes on under a version that it has closed',
  },
  {
    model: 'slot',
    file: 'slot.qnt',
    from: 'val shown = sources.map(n => if (n == liar) lie else state.get(n).map).flatten()',
    to: 'val shown = state.get(at).map',
    invariant: 'certifiedIsTakenOver',
    why: 'a node takes over what it alone knows',
  },
];
