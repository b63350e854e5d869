/**
 * The space of the signers of a registry: three honest ones and a cheat, two successors, some attempts.
 *
 * An honest signer decides by the shipped rules, makes that durable, and only then its signature
 * leaves; it may crash between. The cheat signs everything, and everything that was ever signed may be
 * shown to anybody. What a set of signatures proves is asked of the shipped check (`isAgreed`,
 * `linkFollows`), with every trick of the cheat.
 */

import {
  commitTo,
  endorse,
  freshSigner,
  isAgreed,
  linkFollows,
  phases,
  registryAddress,
  successionDigest,
  type Phase,
  type SignerState,
  type Signing,
  type Succession,
  type SuccessionStatement,
} from '@dsm/availability';
import { equal, kinds, registryLineage, type Registry } from '@dsm/primitive';
import { signAs } from './plane.ts';
import type { Move, PlaneSpace } from './plane-space.ts';
import { chainOf, type Version } from './registry-scene.ts';

/** A signature that is decided on. */
interface Draft {
  readonly state: SignerState;
  readonly phase: Phase;
  readonly attempt: number;
  readonly value: number;
}

/** An honest signer, and all that it has signed: by attempt, a bit for each value. */
export interface SignerAt {
  readonly state: SignerState;
  readonly draft: Draft | undefined;
  readonly endorsed: readonly number[];
  readonly committed: readonly number[];
}

interface World {
  readonly old: Version;
  /** The two registries that may follow, and their addresses. */
  readonly after: readonly Registry[];
  readonly values: readonly Uint8Array[];
  readonly attempts: number;
  readonly known: Map<string, Succession | undefined>;
  /** Endorsements that the cheat alone has signed. */
  readonly junk: readonly Succession[];
}

/** The cheat is the signer with this index in the version; the last node is no signer. */
const cheat = 0;

export function successionSpace(attempts: number): PlaneSpace<SignerAt> {
  const world = worldOf(attempts);
  const none = Array.from({ length: attempts }, () => 0);
  const fresh: SignerAt = {
    state: freshSigner,
    draft: undefined,
    endorsed: none,
    committed: none,
  };
  return {
    parts: ['signer 1', 'signer 2', 'signer 3'],
    roles: [0, 0, 0],
    start: [fresh, fresh, fresh],
    keyOf: (signer) => keyOfSigner(signer, world.values),
    said: ({ endorsed, committed }) => bitsOf(endorsed) | (bitsOf(committed) << (2 * attempts)),
    heard: (said) => heardOf(world, said),
    hears: () => (1 << (2 * attempts)) - 1,
    moves: (signer, heard) => movesOf(world, signer, heard),
    judge: judgeSigner,
    judgeNetwork: (heard) => judgeNetwork(world, heard),
    means: (heard) => (certifiedIn(world, heard) === 0 ? [] : ['a successor certified']),
  };
}

function worldOf(attempts: number): World {
  const stays = chainOf({ nodes: 5, leave: [[]] }).versions;
  const moves = chainOf({ nodes: 5, leave: [[3]] }).versions;
  const base = stays[0]!;
  // The first four sign, so that the fifth is a node of the version and no signer.
  const old = { ...base, registry: { ...base.registry, signers: [0, 1, 2, 3], threshold: 3 } };
  const after = [stays[1]!, moves[1]!].map(({ registry }) => ({
    ...registry,
    first: registryLineage(old.registry),
    previous: registryAddress(old.registry),
  }));
  const values = after.map(registryAddress);
  const world = { old, after, values, attempts, known: new Map(), junk: [] };
  const junk = Array.from({ length: 2 * attempts }, (_, at): Succession => {
    const statement = statementOf(world, phases.endorse, at);
    return { ...statement, signatures: [signatureOf(world, cheat, statement)] };
  });
  return { ...world, junk };
}

function movesOf(world: World, signer: SignerAt, heard: number): readonly Move<SignerAt>[] {
  const { draft } = signer;
  if (draft !== undefined) {
    return [
      { event: `signs phase ${draft.phase}`, to: signed(signer, draft) },
      { event: 'crashes', to: { ...signer, draft: undefined }, isFault: true },
    ];
  }
  const shown = [...shownIn(world, heard), ...world.junk];
  const { old, values, attempts } = world;
  const moves: Move<SignerAt>[] = [];
  for (let attempt = 1; attempt <= attempts; attempt++) {
    for (const [number, value] of values.entries()) {
      for (const proof of [undefined, ...shown]) {
        const signing = endorse(signer.state, { attempt, value }, proof, old.registry);
        moves.push(drafted(signer, signing, { phase: phases.endorse, attempt, value: number }));
      }
    }
  }
  for (const proof of shown) {
    const { attempt, value } = proof;
    const number = values.findIndex((one) => equal(one, value));
    const signing = commitTo(signer.state, proof, old.registry);
    moves.push(drafted(signer, signing, { phase: phases.commit, attempt, value: number }));
  }
  return moves;
}

function drafted(signer: SignerAt, signing: Signing, said: Omit<Draft, 'state'>): Move<SignerAt> {
  if (!signing.ok) return { event: `refuses: ${signing.refusal}`, to: signer };
  const event = said.phase === phases.endorse ? 'endorses' : 'commits';
  return { event, to: { ...signer, draft: { ...said, state: signing.state } } };
}

function signed(signer: SignerAt, { state, phase, attempt, value }: Draft): SignerAt {
  const kind = phase === phases.endorse ? 'endorsed' : 'committed';
  const before = signer[kind];
  const all = before.with(attempt - 1, before[attempt - 1]! | (1 << value));
  return { ...signer, state, draft: undefined, [kind]: all };
}

// What signatures prove.

/** The endorsements that can be shown to a signer; a cheat may show any set that it can make. */
function shownIn(world: World, heard: number): readonly Succession[] {
  return provedIn(world, heard, phases.endorse, 0);
}

function certifiedIn(world: World, heard: number): number {
  const proofs = provedIn(world, heard, phases.commit, 2 * world.attempts);
  return proofs.reduce((bits, { value }) => bits | (equal(value, world.values[0]!) ? 1 : 2), 0);
}

function provedIn(world: World, heard: number, phase: Phase, from: number): readonly Succession[] {
  return Array.from({ length: world.attempts * 2 }, (_, i) => {
    if (((heard >> (from + i)) & 1) === 0) return [];
    return [0, 1, 2, 3]
      .flatMap((count) => world.known.get(nameOf(phase, i, count, 3)) ?? [])
      .slice(0, 1);
  }).flat();
}

function nameOf(phase: Phase, at: number, count: number, others: number): string {
  return `${phase} ${at} ${count} ${others}`;
}

/** Bits of proofs by attempt and value: those of endorsements, then those of commitments. */
function heardOf(world: World, said: readonly number[]): number {
  const { attempts } = world;
  let heard = 0;
  for (const [phase, from] of [
    [phases.endorse, 0],
    [phases.commit, 2 * attempts],
  ] as const) {
    for (let at = 0; at < 2 * attempts; at++) {
      const count = said.filter((bits) => ((bits >> (from + at)) & 1) === 1).length;
      const endorsed = said.filter((bits) => ((bits >> at) & 1) === 1).length;
      if (isProved(world, phase, at, count, endorsed)) heard |= 1 << (from + at);
    }
  }
  return heard;
}

/** Asked once for each number of honest signatures, and of endorsements that a cheat may pass off. */
function isProved(
  world: World,
  phase: Phase,
  at: number,
  count: number,
  endorsed: number,
): boolean {
  const name = nameOf(phase, at, count, endorsed);
  if (!world.known.has(name)) {
    const made = proofOf(world, phase, at, count, endorsed);
    world.known.set(name, made);
    if (made !== undefined) world.known.set(nameOf(phase, at, count, 3), made);
  }
  return world.known.get(name) !== undefined;
}

function statementOf({ old, values }: World, phase: Phase, at: number): SuccessionStatement {
  return {
    lineage: registryLineage(old.registry),
    version: old.registry.version,
    phase,
    attempt: 1 + (at >> 1),
    value: values[at & 1]!,
  };
}

function signatureOf(
  { old }: World,
  node: number,
  statement: SuccessionStatement,
): Succession['signatures'][number] {
  const digest = successionDigest(statement);
  return { node, signature: signAs(old.voters[node]!, kinds.succession, digest) };
}

function proofOf(
  world: World,
  phase: Phase,
  at: number,
  count: number,
  endorsed: number,
): Succession | undefined {
  const statement = statementOf(world, phase, at);
  const by = (node: number, of: Phase = phase): Succession['signatures'][number] =>
    signatureOf(world, node, statementOf(world, of, at));
  const good = [by(cheat), ...[1, 2, 3].slice(0, count).map((node) => by(node))];
  const tries = [
    good,
    // One of them twice, and a node that is no signer.
    [by(cheat), ...good],
    [...good, by(4)],
    // What was endorsed is passed off as committed, and what the cheat signs as said by others.
    [by(cheat), ...[1, 2, 3].slice(0, endorsed).map((node) => by(node, phases.endorse))],
    [...good, ...[1, 2, 3].slice(count).map((node) => ({ ...by(cheat), node }))],
  ];
  return tries
    .map((signatures): Succession => ({ ...statement, signatures }))
    .find((claim) => isAgreed(claim, world.old.registry));
}

// What must hold.

function judgeSigner({ endorsed, committed }: SignerAt): string | undefined {
  if (endorsed.includes(3)) return 'one-endorsement-in-an-attempt';
  return committed.includes(3) ? 'one-commitment-in-an-attempt' : undefined;
}

function judgeNetwork(world: World, heard: number): string | undefined {
  const bits = certifiedIn(world, heard);
  if (bits === 3) return 'one-successor';
  const { old, after, values } = world;
  const proofs = provedIn(world, heard, phases.commit, 2 * world.attempts);
  for (const proof of proofs) {
    for (const [i, registry] of after.entries()) {
      const isNamed = equal(values[i]!, proof.value);
      const follows = linkFollows(old.registry, { registry, succession: proof });
      if (follows && !isNamed) return 'nothing-else-follows';
      if (!follows && isNamed) return 'certified-successor-follows';
    }
  }
  const early = provedIn(world, heard, phases.endorse, 0).some((proof) =>
    after.some((registry) => linkFollows(old.registry, { registry, succession: proof })),
  );
  return early ? 'endorsed-is-not-certified' : undefined;
}

function bitsOf(all: readonly number[]): number {
  return all.reduce((bits, one, attempt) => bits | (one << (2 * attempt)), 0);
}

function keyOfSigner(
  { state, draft, endorsed, committed }: SignerAt,
  values: readonly Uint8Array[],
): string {
  const letter = (value: Uint8Array | undefined): string =>
    value === undefined ? '-' : equal(value, values[0]!) ? 'a' : 'b';
  const stateKey = ({ attempt, endorsed: now, lock }: SignerState): string =>
    `${attempt}${letter(now)}${lock === undefined ? '' : `${lock.attempt}${letter(lock.value)}`}`;
  const drafted =
    draft === undefined
      ? ''
      : `>${draft.phase}${draft.attempt}${draft.value}${stateKey(draft.state)}`;
  return `${stateKey(state)}/${endorsed.join('')}/${committed.join('')}${drafted}`;
}
