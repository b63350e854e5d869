/** What a program does about routes, as the SDK shows it. */

import { disclose, disclosureOf } from './disclosing.ts';
import { invoiceInfo, makeInvoice } from './invoices.ts';
import type { RelayActions, RouteActions } from './route-api.ts';
import { payInvoice } from './route-paying.ts';
import { findRoute, routeOf } from './route-view.ts';
import type { ContactRow } from './rows.ts';
import { checkReady, type Runtime } from './runtime.ts';

export function routeActions(runtime: Runtime): RouteActions {
  const { engine } = runtime;
  const { model } = engine;
  return {
    invoice: async (wanted) => {
      checkReady(runtime);
      return makeInvoice(engine, wanted);
    },
    readInvoice: (text) => invoiceInfo(model, text),
    payInvoice: (text, options) => payInvoice(runtime, text, options),
    routes: () => model.routing.routes.map((row) => routeOf(model, row)),
    route: (prefix) => findRoute(model, prefix),
  };
}

export function relayActions({ engine }: Runtime, { device }: ContactRow): RelayActions {
  return {
    disclose: (terms) => disclose(engine, device, terms),
    disclosure: () => disclosureOf(engine.model, device),
  };
}
