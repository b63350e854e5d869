/**
 * Apps as programs define them: texts instead of bytes, and ids that people can read.
 *
 *     defineApp   name, version, rules in words, codec of operations, reducer
 *     refuse      what a reducer answers to an operation that its rules exclude
 */

import { appId, type App, type AppName, type Refusal, type Setting } from '@dsm/protocols';
import type { Coder } from '@dsm/primitive';
import { idText } from './text.ts';

export interface AppDefinition<State, Operation extends {}> extends AppName {
  readonly initial: State;
  /** Of operations. Both devices must have the same; `choice`, `struct`, `text` and so on make one. */
  readonly operation: Coder<Operation>;
  /** Of states. Without one, every start reduces the whole history once more. */
  readonly state?: Coder<State>;
  /** Pure, and the same on both devices. A state is never changed in place. */
  readonly reduce: (state: State, operation: Operation, context: AppContext) => State | Refusal;
}

/** Where an operation stands. Both devices see the same. */
export interface AppContext {
  /** Names the operation in this relationship: no other has the same. */
  readonly id: string;
  /** Who says it, and to whom: `dev1…`. */
  readonly by: string;
  readonly to: string;
  /** What the same run transfers from the one to the other. It may yet turn out not to be good. */
  readonly given: readonly { readonly token: string; readonly amount: bigint }[];
}

export function defineApp<State, Operation extends {}>(
  definition: AppDefinition<State, Operation>,
): App<State, Operation> {
  const { name, version, rules, initial, operation, state, reduce } = definition;
  let id: Uint8Array | undefined;
  return {
    // An app may be defined before the first wallet has brought a hash along.
    get id() {
      return (id ??= appId({ name, version, rules }));
    },
    name,
    version,
    rules,
    initial,
    operation,
    state,
    reduce: (before, said, setting) => reduce(before, said, contextOf(setting)),
  };
}

/** Texts are made when they are looked at: most reducers look at few. */
function contextOf({ side, index, author, peer, given }: Setting): AppContext {
  return {
    id: operationName(side, index),
    get by() {
      return idText('device', author);
    },
    get to() {
      return idText('device', peer);
    },
    get given() {
      return given.map(({ token, amount }) => ({ token: idText('token', token), amount }));
    },
  };
}

export function operationName(side: number, index: number): string {
  return `${side}.${index}`;
}
