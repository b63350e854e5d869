/**
 * The demonstration, chapters 2, 3 and 5 to 7. Every line is told from what the processes have answered, and
 * where one answers otherwise than the protocol promises, the story ends with an error.
 */

import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { acquaint, handOver, type Cast, type Paid, type PaymentDocument } from './cast.ts';
import type { Cluster } from './cluster.ts';
import { device, type Device, type Outcome } from './device.ts';
import type { Teller } from './teller.ts';
import { expect, tellHandOver } from './telling.ts';

export async function offline(
  cast: Cast,
  cluster: Cluster,
  { chapter, tell }: Teller,
): Promise<void> {
  const { maya, cafe } = cast;
  chapter(2, 'All nodes are killed; Maya pays Café offline');
  await cluster.kill();
  tell('nodes-killed', {}, 'The five node processes were ended by SIGKILL: there is no network.');
  tellHandOver(await handOver(maya, cafe, { amount: '12.00', note: 'lunch' }), 'pair-final', tell);
}

export async function online(
  cast: Cast,
  cluster: Cluster,
  { chapter, tell }: Teller,
): Promise<void> {
  const { maya, cafe } = cast;
  chapter(3, 'The nodes come back; Maya pays Café, who is switched off');
  await cluster.start();
  tell('nodes-started', {}, 'The five nodes run again, on what they had kept.');
  await cafe.off();
  tell('off', { wallet: 'Café' }, 'Café’s process is ended.');
  const { payment, milliseconds } = await maya.good<Paid>(
    'pay Café 5.00 ERA --over online --note tea',
  );
  expect(payment.finality === 'certified', `the online payment is ${payment.finality}`);
  tell(
    'paid',
    { ...payment, milliseconds },
    `Maya has paid ${payment.decimal} ERA over the nodes: ${payment.finality}, ${milliseconds} ms.`,
  );
  await cafe.good('sync');
  const history = await cafe.good<readonly PaymentDocument[]>('history Maya');
  for (const one of history) {
    expect(one.finality === 'certified', `the payment for ${one.note} is ${one.finality} at Café`);
    tell(
      'settled',
      { ...one },
      `Café is on again and has synced: ${one.decimal} ERA for ${one.note} is ${one.finality}.`,
    );
  }
  expect(history.length === 2, `Café knows of ${history.length} payments`);
}

export async function copiedWallet(cast: Cast, { chapter, tell }: Teller): Promise<void> {
  const { maya } = cast;
  chapter(5, 'Maya cheats: a copy of her wallet spends the same money online');
  await maya.off();
  const copy = await copyOf(cast, 'maya-copy');
  tell('copied', { from: maya.home, to: copy.home }, 'Maya’s folder was copied: Maya (copy).');
  const first = await maya.good<Paid>('pay Café 7.00 ERA --over online --note cake');
  tell(
    'paid',
    { ...first.payment },
    `The original has paid Café ${first.payment.decimal} ERA: ${first.payment.finality}.`,
  );
  const second = await copy.run<Paid>('pay Bazaar 7.00 ERA --over online --note lamp');
  expect(second.exit !== 0, 'the copy’s payment went through');
  tell(
    'refused',
    { exit: second.exit, ...second.error },
    `The copy tried to pay Bazaar with the same note, and failed: exit code ${second.exit}` +
      `${second.error === undefined ? '' : `, ${second.error.code}: ${second.error.message}`}`,
  );
  await copy.off();
}

export async function doubleSpend(cast: Cast, { chapter, tell }: Teller): Promise<void> {
  const { maya, cafe, bazaar } = cast;
  chapter(6, 'Maya cheats again: one purse note to two merchants, offline');
  await maya.off();
  const copy = await copyOf(cast, 'maya-copy-2');
  tell('copied', { from: maya.home, to: copy.home }, 'Maya’s folder was copied once more.');
  tellHandOver(await handOver(maya, cafe, { amount: '4.00', note: 'soup' }), 'pair-final', tell);
  tellHandOver(await handOver(copy, bazaar, { amount: '4.00', note: 'scarf' }), 'pair-final', tell);
  await copy.off();
  tell(
    'honest',
    {},
    'Both took it: no exchange between two offline devices can exclude that. Each risked no more ' +
      'than the limit that its owner has set.',
  );
}

export async function caught(cast: Cast, { chapter, tell }: Teller): Promise<void> {
  const { maya, cafe, bazaar } = cast;
  chapter(7, 'Café and Bazaar meet: Maya is caught');
  const meetings = await compared(cast);
  const often = meetings === 1 ? 'have met' : `have met ${meetings} times`;
  const line = `Café and Bazaar ${often} and compared what they hold of others.`;
  tell('compared', { meetings }, line);
  for (const one of [cafe, bazaar]) {
    const alarms =
      await one.good<readonly { culprit: string; explain: string; evidence: string }[]>('alarm ls');
    expect(alarms.length > 0, `${one.name} has no alarm`);
    for (const { culprit, explain, evidence } of alarms) {
      const bytes = Buffer.from(evidence, 'base64url').length;
      const line = `Alarm at ${one.name} about ${culprit}: ${explain} (${bytes} bytes of evidence)`;
      tell('alarm', { wallet: one.name, culprit, explain, bytes }, line);
    }
    const { contact } = await one.good<{ contact: { name: string; state: string } }>(
      'contact show Maya',
    );
    expect(contact.state === 'bricked', `Maya is ${contact.state} at ${one.name}`);
    tell('bricked', { wallet: one.name }, `At ${one.name}, Maya is ${contact.state} for good.`);
  }
  const { paid } = await handOver(maya, cafe, { amount: '1.00', note: 'sorry' });
  expect(paid.exit !== 0, 'Maya’s next payment went through');
  tellRefused('Maya’s next payment to Café', paid, tell);
}

/** What one has seen is shown while they talk; a conversation that ends early is taken up again. */
async function compared({ cafe, bazaar }: Cast): Promise<number> {
  const meetingsMax = 5;
  for (let meeting = 1; ; meeting++) {
    await acquaint(cafe, bazaar);
    const alarms = await Promise.all(
      [cafe, bazaar].map((one) => one.good<readonly unknown[]>('alarm ls')),
    );
    if (alarms.every(({ length }) => length > 0) || meeting === meetingsMax) return meeting;
  }
}

/** The folder of the original, as it is now, in a process of its own. */
async function copyOf({ maya, folder, signal }: Cast, place: string): Promise<Device> {
  const home = join(folder, place);
  await cp(maya.home, home, { recursive: true });
  return device('Maya (copy)', home, { cwd: folder, signal });
}

function tellRefused(what: string, { exit, error }: Outcome<Paid>, tell: Teller['tell']): void {
  const why = error === undefined ? '' : `, ${error.code}: ${error.message}`;
  tell('refused', { exit, ...error }, `${what} is refused: exit code ${exit}${why}`);
}
