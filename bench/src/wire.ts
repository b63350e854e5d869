/**
 * The whole offline hand-over of a note on the wire: every byte of every message from offer to ack,
 * each with the four bytes that frame it. Suite 1, a known contact, a known lineage, 1,000
 * relationships in both maps. The payee's absorb step, said later, is a column of its own.
 */

import { payments, relationships } from './note-payment.ts';
import { judge, spread, type Report } from './report.ts';

const goal = { floor: 16_000, target: 12_500, better: 'lower' } as const;
const frameBytes = 4;

export const question = 'How many bytes does handing over a note take, both directions?';

export function run(report: Report): Promise<void> {
  line(report, 'one note, exact; signed, suite 1', 1, false, true);
  line(report, 'one note, with change; signed, suite 1', 1, true, false);
  line(report, 'three notes, exact; signed, suite 1', 3, false, false);
  return Promise.resolve();
}

function line(report: Report, what: string, inputs: number, change: boolean, goals: boolean): void {
  const handed = payments(inputs, change);
  const bytesOf = (type: string): readonly number[] =>
    handed.map((said) =>
      said
        .filter(({ message }) => message.type === type)
        .reduce((sum, { bytes }) => sum + bytes.length + frameBytes, 0),
    );
  const parts = { offer: bytesOf('offer'), consent: bytesOf('consent'), commit: bytesOf('commit') };
  const ack = bytesOf('ack');
  const totals = ack.map(
    (each, i) => each + parts.offer[i]! + parts.consent[i]! + parts.commit[i]!,
  );
  const { median, p10, p90 } = spread(totals);
  report({
    bench: 'wire',
    what,
    relationships,
    bytes: median,
    p10,
    p90,
    ...(goals ? judge(median, goal) : {}),
    offer: spread(parts.offer).median,
    consent: spread(parts.consent).median,
    commit: spread(parts.commit).median,
    ack: spread(ack).median,
    absorbedLater: spread(bytesOf('absorbed')).median,
  });
}
