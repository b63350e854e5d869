/** A recovery as the command line shows it. */

import type { RecoveryProgress, RecoveryReport } from '@dsm/wallet';
import { formatAmount } from './amount.ts';
import * as s from './schema.ts';

const amounts = { kept: s.units, spent: s.units, purse: s.units, uncertified: s.units };

export const recoverySchema: s.Schema = s.record({
  rehearsal: s.flag,
  source: s.oneOf('words', 'file', 'nodes', 'store'),
  device: s.text,
  name: s.text,
  incarnation: s.count,
  devices: s.list(
    s.record({
      device: s.text,
      name: s.text,
      state: s.oneOf('alive', 'retired', 'succeeded'),
      here: s.flag,
    }),
  ),
  capsules: s.list(
    s.record({
      incarnation: s.count,
      newest: s.count,
      certified: s.count,
      rows: s.count,
      answers: s.count,
      of: s.count,
    }),
  ),
  contacts: s.list(
    s.record({
      name: s.text,
      device: s.text,
      state: s.oneOf('ok', 'resuming', 'bricked', 'blocked', 'stopped', 'retired'),
    }),
  ),
  relationships: s.count,
  tokens: s.list(s.record({ token: s.text, ticker: s.text, decimals: s.count, ...amounts })),
  edges: s.list(
    s.record({ contact: s.text, ticker: s.text, mine: s.units, theirs: s.units, next: s.text }),
  ),
  receipts: s.count,
  held: s.count,
  missing: s.list(s.text),
});

export function recoveryView(report: RecoveryReport, rehearsal: boolean): object {
  const { source, device, name, incarnation, capsule, contacts, relationships } = report;
  const { devices, tokens, edges, receipts, held, missing } = report;
  return {
    rehearsal,
    source,
    device,
    name,
    incarnation,
    devices,
    capsules: capsule === undefined ? [] : [capsuleView(capsule)],
    contacts,
    relationships,
    tokens: tokens.map(({ kept, spent, purse, uncertified, ...token }) => ({
      ...token,
      kept: String(kept),
      spent: String(spent),
      purse: String(purse),
      uncertified: String(uncertified),
    })),
    edges: edges.map(({ contact, ticker, mine, theirs, next }) => ({
      contact,
      ticker,
      mine: String(mine),
      theirs: String(theirs),
      next,
    })),
    receipts,
    held,
    missing,
  };
}

function capsuleView({
  incarnation,
  newest,
  certified,
  rows,
  answers,
  of,
}: NonNullable<RecoveryReport['capsule']>): object {
  return { incarnation, newest, certified, rows, answers, of };
}

const sources: Record<RecoveryReport['source'], string> = {
  words: 'the words alone',
  file: 'the words and the file',
  nodes: 'the words and the nodes',
  store: 'what an earlier recovery has left here',
};

export function recoveryLines(report: RecoveryReport, rehearsal: boolean): readonly string[] {
  const { name, device, source, incarnation, contacts, devices, tokens, edges } = report;
  const { receipts, missing } = report;
  const resuming = contacts.filter(({ state }) => state === 'resuming').length;
  const would = rehearsal ? 'would come back' : 'came back';
  return [
    `${name}  ${device}`,
    `${would} out of ${sources[source]}; incarnation ${incarnation}`,
    `${contacts.length} contacts, ${receipts} payments with their receipts`,
    ...devices.map(({ device: id, name: called, state }) => `device ${called} ${id}: ${state}`),
    ...tokens.map((token) => tokenLine(token)),
    ...edges.map(
      ({ contact, ticker, decimals, mine, theirs, next }) =>
        `edge with ${contact}: mine ${formatAmount(mine, decimals)}, theirs ${formatAmount(theirs, decimals)} ${ticker}; ${next}`,
    ),
    ...(resuming === 0
      ? []
      : [`${resuming} contacts have not shown yet that they know: nothing else waits for them.`]),
    ...(missing.length === 0 ? [] : ['Not back:', ...missing.map((line) => `  ${line}`)]),
  ];
}

function tokenLine({
  ticker,
  decimals,
  kept,
  spent,
  purse,
  uncertified,
}: RecoveryReport['tokens'][number]): string {
  const shown = (units: bigint): string => formatAmount(units, decimals);
  const open = uncertified === 0n ? '' : `, ${shown(uncertified)} not certified yet`;
  return `${ticker}: ${shown(kept)} kept${open}, ${shown(spent)} spent before, ${shown(purse)} lost with the purse`;
}

/** One line for each stage, and for each tenth of the capsules. */
export function progressTo(say: (line: string) => void): (progress: RecoveryProgress) => void {
  const names = {
    words: 'Following the words to the device …',
    notes: 'Asking the nodes what is still there …',
    certifying: 'Certifying the next incarnation …',
  };
  let tenth = -1;
  return (progress) => {
    if (progress.stage !== 'capsules') return say(names[progress.stage]);
    const now = Math.floor((10 * progress.capsules) / progress.of);
    if (now === tenth) return;
    tenth = now;
    say(`Capsule ${progress.capsules} of ${progress.of}, ${progress.rows} rows …`);
  };
}
