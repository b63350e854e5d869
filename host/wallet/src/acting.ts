/**
 * Acting: operations of an app become a run of the own lane, and reach the peer over the live
 * session, through the nodes, or later. What the own reducer refuses is not said.
 */

import { encodeWith, keyOf } from '@dsm/primitive';
import { mySide, type Relationship } from '@dsm/bilateral';
import {
  actsOf,
  encodeOperation,
  operationIn,
  reduced,
  stateOf,
  timeline,
  type Act,
  type App,
  type Given,
  type Outcome,
} from '@dsm/protocols';
import type { ActOptions, Acted, AppSeen, Shared, SharedAct } from './api.ts';
import { operationName } from './apps.ts';
import { readRun, type Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { runsSince, sinceStart } from './kept-runs.ts';
import { appendRun, deliverRun } from './online.ts';
import { soon } from './handing.ts';
import { actingRelationship } from './payable.ts';
import { payWith } from './paying.ts';
import { unitsOf, wishOf } from './wishes.ts';
import { paymentOf } from './payments.ts';
import { checkReady, current, liveSession, type Runtime } from './runtime.ts';
import type { ContactRow } from './rows.ts';
import { follow, whole, type OpenApp, type Sharing } from './sharing.ts';
import { idText } from './text.ts';

/** The app in one relationship, opened once. */
export async function shared<State, Operation extends {}>(
  runtime: Runtime,
  row: ContactRow,
  app: App<State, Operation>,
): Promise<Shared<State, Operation>> {
  const { engine, apps } = runtime;
  const { key } = relationshipWith(runtime, row);
  const name = keyOf(key) + keyOf(app.id);
  const open = apps.get(name) ?? {
    app,
    sharing: engine.exclusive(() => follow(engine, key, app)) as unknown as OpenApp['sharing'],
  };
  apps.set(name, open);
  open.sharing.catch(() => apps.delete(name));
  const sharing = (await open.sharing) as unknown as Sharing<State, Operation>;
  return sharedOf(runtime, row, sharing);
}

function sharedOf<State, Operation extends {}>(
  runtime: Runtime,
  row: ContactRow,
  sharing: Sharing<State, Operation>,
): Shared<State, Operation> {
  const { engine } = runtime;
  return {
    app: idText('app', sharing.app.id),
    state: () => stateOf(sharing.line()),
    act: (operation, options) => act(runtime, row, sharing, [operation], options),
    actAll: (operations, options) => act(runtime, row, sharing, operations, options),
    on: (_, listener) => sharing.onChange(listener),
    history: () => engine.exclusive(() => historyOf(runtime, row, sharing)),
  };
}

function relationshipWith({ engine }: Runtime, { relationship, name }: ContactRow): Relationship {
  const key = relationship === undefined ? undefined : keyOf(relationship);
  const on = key === undefined ? undefined : engine.model.relationships.get(key);
  if (on === undefined) throw new DsmError('refused', `${name} was never met`);
  return on;
}

async function act<State, Operation extends {}>(
  runtime: Runtime,
  row: ContactRow,
  sharing: Sharing<State, Operation>,
  operations: readonly Operation[],
  { pay }: ActOptions = {},
): Promise<Acted> {
  checkReady(runtime);
  const { engine } = runtime;
  const { model } = engine;
  const { app } = sharing;
  if (operations.length === 0) throw new DsmError('usage', 'an act has at least one operation');
  const data = operations.map((operation) => dataOf(app, operation));
  const encoded = data.map((bytes) => encodeOperation({ type: 'app', app: app.id, data: bytes }));
  const given = pay === undefined ? [] : [givenBy(engine, pay)];
  const check = (): void => checkTaken(engine, sharing, data, given);
  const side = mySide(relationshipWith(runtime, current(runtime, row)), model.device);
  const idsUntil = (last: number): string[] =>
    data.map((_, i) => operationName(side, last - data.length + 1 + i));
  if (pay === undefined) {
    const { index, lane } = await say(runtime, row, encoded, check);
    return { ids: idsUntil(index), over: await reachOf(engine, lane, index), payment: undefined };
  }
  const rows = await payWith(runtime, row, [pay], { operations: encoded, check });
  const paid = rows[0]!;
  const over = await reachOf(engine, paid.lane, paid.index);
  return { ids: idsUntil(paid.index - 1), over, payment: paymentOf(model, paid) };
}

/** Who has an own run by now. */
async function reachOf(engine: Engine, lane: Uint8Array, index: number): Promise<Acted['over']> {
  const run = await readRun(engine, lane, index);
  if (run?.acked === 1) return 'peer';
  return run?.delivered === 1 ? 'nodes' : 'later';
}

/** The bytes of an operation, which the codec reads as what it wrote. */
function dataOf<Operation extends {}>(
  app: Pick<App<unknown, Operation>, 'name' | 'operation'>,
  operation: Operation,
): Uint8Array {
  const data = encodeWith(app.operation, operation);
  if (operationIn(app, data) === undefined) {
    throw new RangeError(`the codec of ${app.name} does not read what it writes`);
  }
  return data;
}

function givenBy({ model }: Engine, pay: NonNullable<ActOptions['pay']>): Given {
  const { token, wanted } = wishOf(model, pay);
  return { token: token.id, amount: unitsOf(wanted) };
}

/** Ask the reducer first: an operation that it refuses here and now is not said. */
function checkTaken<State, Operation extends {}>(
  { model }: Engine,
  { app, relationship, line }: Sharing<State, Operation>,
  data: readonly Uint8Array[],
  given: readonly Given[],
): void {
  const on = model.relationships.get(keyOf(relationship))!;
  const { outcome } = reduced(app, stateOf(line()), {
    side: mySide(on, model.device),
    author: model.device.id,
    peer: on.peer.device,
    index: on.mine.index + data.length,
    head: on.mine.head,
    after: on.theirs.index,
    operations: data.map((bytes, i) => ({ index: on.mine.index + 1 + i, data: bytes })),
    given,
  });
  if (outcome.type === 'applied') return;
  throw new DsmError('refused', `${app.name} does not take that: ${whyOf(outcome)}`);
}

function whyOf(outcome: Outcome): string {
  switch (outcome.type) {
    case 'applied':
      return '';
    case 'malformed':
      return 'the bytes are no operation of the app';
    case 'refused':
      return outcome.why;
    case 'fault':
      return `the reducer failed: ${outcome.why}`;
  }
}

/** A run that moves no value: over the live session, else where the peer will look for it. */
async function say(
  runtime: Runtime,
  row: ContactRow,
  operations: readonly Uint8Array[],
  check: () => void,
): Promise<{ readonly index: number; readonly lane: Uint8Array }> {
  const { engine } = runtime;
  const contact = current(runtime, row);
  const on = actingRelationship(runtime.engine, contact);
  const { at, said } = await engine.exclusive(async () => {
    check();
    const run = await appendRun(engine, on.key, operations, false);
    return { at: run.at, said: await liveSession(runtime, contact.device)?.deliver(run.at) };
  });
  if (said === undefined) await deliverRun(engine, on, at);
  else await soon(said.acked);
  return { index: at.index, lane: on.mine.start };
}

/** Every act of the app, in the order that counts now, with what became of it. */
async function historyOf<State, Operation extends {}>(
  runtime: Runtime,
  row: ContactRow,
  { app, line }: Sharing<State, Operation>,
): Promise<readonly SharedAct<Operation>[]> {
  const { engine } = runtime;
  const on = relationshipWith(runtime, current(runtime, row));
  const { tail } = (await whole(engine, on, app, sinceStart(on), timeline(app.initial))).line;
  const { until } = line();
  return tail.map(({ act: said, outcome }) => ({
    by: idText('device', said.author),
    operations: said.operations.map(({ index, data }) => ({
      id: operationName(said.side, index),
      operation: readable(app, data),
    })),
    given: said.given.map(({ token, amount }) => ({ token: idText('token', token), amount })),
    outcome: outcome.type,
    why: whyOf(outcome),
    settled: said.index <= until[said.side],
  }));
}

function readable<Operation extends {}>(
  app: Pick<App<unknown, Operation>, 'name' | 'operation'>,
  data: Uint8Array,
): Operation | undefined {
  try {
    return operationIn(app, data);
  } catch {
    // The codec is the program's; the outcome says that it failed.
    return undefined;
  }
}

/** The apps whose operations lie in the lanes, whether they are open here or not. */
export async function appsSeen(runtime: Runtime, row: ContactRow): Promise<readonly AppSeen[]> {
  const { engine, apps } = runtime;
  const on = relationshipWith(runtime, current(runtime, row));
  const { mine, theirs } = await runsSince(engine, on, sinceStart(on));
  const acts = new Map<string, { readonly app: Uint8Array; readonly acts: Act[] }>();
  for (const { app, act: said } of [...mine, ...theirs].flatMap(actsOf)) {
    const known = acts.get(keyOf(app)) ?? { app, acts: [] };
    acts.set(keyOf(app), known);
    known.acts.push(said);
  }
  const names = new Map([...apps.values()].map(({ app }) => [keyOf(app.id), app.name]));
  return [...acts.values()].map(({ app, acts: all }) => ({
    id: idText('app', app),
    name: names.get(keyOf(app)),
    acts: all.length,
    bytes: all.flatMap(({ operations }) => operations).reduce((n, { data }) => n + data.length, 0),
  }));
}
