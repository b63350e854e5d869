/**
 * Conviction: what a piece of evidence means for this wallet, and how it is told.
 *
 * Payments that are not certified and whose notes the evidence names are in conflict from now on,
 * also when it came from another device and no node was asked. A certificate that comes later wins:
 * of two spends, one is certified. What was certified before stays.
 */

import {
  equal,
  evidence as evidenceObject,
  keyOf,
  voterId,
  type Culprit,
  type Evidence,
  type SignedStep,
} from '@dsm/primitive';
import { issuerOf } from '@dsm/protocols';
import type { Alarm } from './api.ts';
import type { Engine } from './engine.ts';
import { putPayment, type Draft, type Model } from './model.ts';
import type { AlarmRow, PaymentRow } from './rows.ts';
import { idText } from './text.ts';

/** Convicted devices that are no contacts and touch nothing here: keys are free, so they are bounded. */
export const alarmsAboutStrangersMax = 1_024;

/** Kinds of culprits, as a row counts them. */
export const culprits: readonly Culprit['type'][] = ['device', 'issuer', 'node'];

/** Payments of this wallet whose notes the evidence names, or that rest on such a payment. */
export function touchedBy(model: Model, claim: Evidence, culprit: Uint8Array): PaymentRow[] {
  const heads = restingOn(model, headsNamed(model, claim, culprit));
  return model.payments.filter(({ head, over }) => over === undefined && heads.has(keyOf(head)));
}

/**
 * Of a note or an issue, evidence names both spends. Two runs or steps name slots in their lists; a
 * note of the culprit's that is spent there in another way than here is in conflict. Slots of others
 * in such a list count for nothing: anybody can write a list.
 */
function headsNamed(model: Model, claim: Evidence, culprit: Uint8Array): readonly Uint8Array[] {
  switch (claim.type) {
    case 'spends':
    case 'issues':
      return [claim.first.value, claim.second.value];
    case 'entries':
      return contradictedHere(model, culprit, [claim.first.signed, claim.second.signed]);
    case 'steps':
      return contradictedHere(model, culprit, [claim.first, claim.second]);
    case 'votes':
    case 'commits':
      return [];
  }
}

function contradictedHere(
  { marks }: Model,
  culprit: Uint8Array,
  steps: readonly SignedStep[],
): readonly Uint8Array[] {
  return steps
    .flatMap(({ slots }) => slots)
    .flatMap(({ key, value }) => {
      const mark = marks.at(key);
      if (mark === undefined || mark.step !== undefined) return [];
      const differs = equal(mark.device, culprit) && !equal(mark.statement, value);
      return differs ? [mark.statement] : [];
    });
}

/** The heads, and all that rest on them without being certified. */
function restingOn({ origins }: Model, heads: readonly Uint8Array[]): ReadonlySet<string> {
  const found = new Set(heads.map(keyOf));
  for (let size = -1; size < found.size;) {
    size = found.size;
    for (const { head, sources, certified } of origins.values()) {
      if (!certified && sources.some((source) => found.has(keyOf(source)))) found.add(keyOf(head));
    }
  }
  return found;
}

/** Payments that are not certified are in conflict from now on. Answers with those that changed. */
export function putConflicts(
  to: Draft,
  model: Model,
  touched: readonly PaymentRow[],
): readonly PaymentRow[] {
  const open = touched.filter(
    ({ finality, head }) => finality < 2 && model.origins.get(keyOf(head))?.certified !== true,
  );
  for (const row of open) putPayment(to, model, { ...row, finality: 4 });
  return open;
}

/**
 * Whether evidence against this culprit says anything here. Keys are free, so anybody can convict
 * nodes of no registry, issuers of no token, and devices without end that nobody has met.
 */
export function concerns(
  { model, registries }: Engine,
  { type, id }: Culprit,
  touched: readonly PaymentRow[],
): boolean {
  if (type === 'node')
    return registries.newest.nodes.some((node) => equal(node.id, id) || equal(voterId(node), id));
  if (type === 'issuer') {
    return [...model.tokens.values()].some(({ rules }) => equal(issuerOf(rules), id));
  }
  if (touched.length > 0 || model.contacts.has(keyOf(id))) return true;
  const strangers = [...model.alarms.values()].filter(
    ({ culprit, device }) => culprit === 0 && !model.contacts.has(keyOf(device)),
  );
  return strangers.length < alarmsAboutStrangersMax;
}

const happened: Record<Evidence['type'], string> = {
  entries: 'wrote two different entries after the same one',
  steps: 'signed two different steps with the same number',
  spends: 'spent the same purse note twice',
  issues: 'issued twice after the same issue',
  votes: 'voted for two values in one slot',
  commits: 'committed to two contents with one number',
};

const consequences: Record<Culprit['type'], string> = {
  device: 'New payments from it are refused from now on; what was certified stays.',
  issuer: 'Of what it issued, only what is certified counts; what was certified stays.',
  node: 'Its group decides without it: one faulty node of four changes nothing.',
};

export function alarmOf(model: Model, row: AlarmRow): Alarm {
  const decoded = evidenceObject.decode(row.evidence);
  const what = decoded.ok ? decoded.value.type : 'steps';
  const type = culprits[row.culprit]!;
  const device = idText(type === 'node' ? 'node' : 'device', row.device);
  const culprit = model.contacts.get(keyOf(row.device))?.name ?? device;
  const touched = decoded.ok ? touchedBy(model, decoded.value, row.device) : [];
  const done = [consequences[type], ...fates(touched)];
  return {
    id: idText('alarm', row.id),
    culprit,
    device,
    what,
    explain:
      `${culprit} ${happened[what]}. Both statements carry its signature, so anyone can check it. ` +
      done.join(' '),
    payments: touched.map(({ head }) => idText('payment', head)),
    done,
    evidence: row.evidence,
    seenAt: row.seenAt,
  };
}

/** What became of the payments that are touched, as of now. */
function fates(touched: readonly PaymentRow[]): readonly string[] {
  const certified = touched.filter(({ finality }) => finality === 3).length;
  const lost = touched.filter(({ finality }) => finality === 4).length;
  return [
    ...(lost === 0
      ? []
      : [`${counted(lost)} in conflict: nothing is paid unless the nodes say so.`]),
    ...(certified === 0 ? [] : [`${counted(certified)} certified and stays paid.`]),
  ];
}

function counted(count: number): string {
  return count === 1 ? '1 payment of this wallet is' : `${count} payments of this wallet are`;
}
