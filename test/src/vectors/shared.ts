/** Judges of shared state: what an app is called, and the order of acts that two devices find. */

import { fromUtf8, text, utf8, type Side } from '@dsm/primitive';
import {
  appId,
  extended,
  inCausalOrder,
  stateOf,
  timeline,
  type Act,
  type App,
} from '@dsm/protocols';
import { toJson, type Finding, type Given, type Judge } from './case.ts';

const deriving =
  (derive: (given: Given) => object): Judge =>
  (_, given): Finding => ({ expect: 'ok', derived: toJson(derive(given)) });

/** The state is the order itself: side and index of every act. */
const order: App<readonly string[], string> = {
  name: 'order',
  version: 1,
  rules: 'appends the text',
  id: new Uint8Array(32),
  initial: [],
  operation: text(32),
  reduce: (all, name) => [...all, name],
};

function actsOn(given: Given, side: Side): Act[] {
  return given.list(side === 0 ? 'low' : 'high').map((act) => {
    const index = act.number('index');
    const name = utf8(`${side} ${index}`);
    return {
      side,
      index,
      after: act.number('after'),
      head: act.bytes('head'),
      author: new Uint8Array(32).fill(side),
      peer: new Uint8Array(32).fill(1 - side),
      operations: [{ index, data: Uint8Array.of(0, 0, 0, name.length, ...name) }],
      given: [],
    };
  });
}

export const sharedJudges: Readonly<Record<string, Readonly<Record<string, Judge>>>> = {
  shared: {
    app: deriving((given) => ({
      id: appId({
        name: fromUtf8(given.bytes('name')) ?? '',
        version: given.number('version'),
        rules: fromUtf8(given.bytes('rules')) ?? '',
      }),
    })),
    order: deriving((given) => {
      const acts = inCausalOrder(actsOn(given, 0), actsOn(given, 1));
      return { order: stateOf(extended(order, timeline(order.initial), acts)) };
    }),
  },
};
