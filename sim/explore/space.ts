/**
 * Spaces: what the explorer walks. It knows nothing of devices or nodes, only of numbers.
 *
 * A space has parts (a device, a storage node, a slot group). Where a part stands is its local state,
 * a number that the space gives out and alone can read: intern everything that the part's future
 * depends on (`rows`, `things`, `sets` in intern.ts), equal states must get equal numbers. A state of
 * the whole is one number for each part.
 *
 * The network is a set that only grows. What a part has ever said is a part of its local state, as one
 * set of messages for each addressee (`said`), and any message of the set may be heard at any time, any
 * number of times, or never: loss, repetition and reordering cost no state. A message is a number too.
 *
 * A part moves alone (`alone`: a user's wish, a finished job, a crash) or by hearing one message
 * (`hears`). Both put the local states that may follow into `moves`, each with what to call it; what
 * changes nothing may be put or left out. They are asked once for each local state, and once for each
 * local state and message, so they must be functions of their arguments and of nothing else.
 *
 * If what a part does about a message depends on a smaller thing than its whole local state (not on
 * what it has said, say), the space may name that thing (`mind`) and say when it leaves a message alone
 * (`isDeaf`). Then most messages are passed over without being asked about for each local state.
 *
 * An adversary has no state. What it can say to a part is a set, a function of everything that the
 * parts have ever said to it (`adversary`, asked once for each combination of these sets). Its number as
 * an addressee and as a speaker is `parts.length`.
 *
 * A verdict on a local state is asked once for each (`judge`). A verdict on two parts is asked once for
 * each two facts (`judgePair`), where a fact is all that the verdict looks at, as a number (`fact`). The
 * answer is the name of the invariant that does not hold, with details after a colon.
 *
 * `bare` is the number of a local state without ghosts: budgets that bound the search, and ledgers that
 * only checks read. States that differ in ghosts alone are counted once in the figure that is quoted.
 *
 * To write one: see the tiny space in sim/test/explore-engine.test.ts, then list its bounds in
 * bounds.ts.
 */

export interface Space {
  /** Names of the parts, for people. */
  readonly parts: readonly string[];
  readonly start: readonly number[];
  readonly alone: (part: number, local: number, moves: Moves) => void;
  readonly hears: (part: number, local: number, message: number, moves: Moves) => void;
  /** The set of messages that the part has ever said to `to`. */
  readonly said: (part: number, local: number, to: number) => number;
  /** The members of a set of messages. */
  readonly messages: (set: number) => readonly number[];
  /** What the adversary can say to `part`, if the parts have said to it `said`, as a set. */
  readonly adversary?: (part: number, said: readonly number[]) => number;
  readonly mind?: (part: number, local: number) => number;
  /** True if a part of this mind hears the message without moving. */
  readonly isDeaf?: (part: number, mind: number, message: number) => boolean;
  readonly judge: (part: number, local: number) => string | undefined;
  readonly fact?: (part: number, local: number, other: number) => number;
  readonly judgePair?: (
    part: number,
    fact: number,
    other: number,
    otherFact: number,
  ) => string | undefined;
  readonly bare?: (part: number, local: number) => number;
  /** A message and a local state in words, for traces. */
  readonly tellMessage: (message: number) => string;
  readonly tellLocal: (part: number, local: number) => string;
  /** How often each thing happened that a bound may say it must reach, by name. */
  readonly reached: () => ReadonlyMap<string, number>;
  /** Bytes of all tables of the space, as far as it counts them. */
  readonly bytes?: () => number;
}

/** Where moves are put. `name` says what happened, for traces; it is asked for only there. */
export type Moves = (local: number, name?: () => string) => void;

/** A space with the bound that makes it finite. */
export interface Bound {
  /** In a sentence: what is explored. */
  readonly about: string;
  readonly open: () => Space;
  /** Further spaces of the same bound, each explored for itself. The figures are sums. */
  readonly further?: readonly (() => Space)[];
  /** What must be reached: a bound that reaches less is a finding. */
  readonly must: readonly string[];
  /** What is not covered, each in a sentence. */
  readonly uncovered: readonly string[];
  /** `exact` keeps every state and its parent; `fingerprint` keeps 64 bits of each. */
  readonly store: 'exact' | 'fingerprint';
  /** Asked when the walk has found nothing: the invariant that fails in a way that no single state shows. */
  readonly also?: () => string | undefined;
}
