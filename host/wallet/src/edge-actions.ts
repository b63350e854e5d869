/** What a program does about the edge with one contact, as the SDK shows it. */

import type { EdgeActions } from './edge-api.ts';
import { edgeOf, fund, fundTerms, setEdgeLimit } from './edges.ts';
import { exit } from './exits.ts';
import type { ContactRow } from './rows.ts';
import { current, type Runtime } from './runtime.ts';
import { findToken } from './tokens.ts';

export function edgeActions(runtime: Runtime, row: ContactRow): EdgeActions {
  const { engine } = runtime;
  const { model } = engine;
  return {
    edge: (token) => edgeOf(model, current(runtime, row), findToken(model, token)),
    fundTerms: (token, amount) =>
      fundTerms(model, current(runtime, row), findToken(model, token), amount),
    fund: (token, amount) => fund(runtime, row, token, amount),
    exit: (token) => exit(runtime, row, token),
    setEdgeLimit: (token, limit) => setEdgeLimit(engine, row, token, limit),
  };
}
