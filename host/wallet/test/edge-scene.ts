/** An edge between Maya and the cafe, for tests of what becomes of it. */

import { connected } from './cut-flows.ts';
import { market, met, type Market } from './market.ts';

/** Ten in each direction, three of which Maya has paid; the cafe knows the bazaar. */
export async function edged(): Promise<Market> {
  const all = await market();
  const { maya, cafe, bazaar } = all;
  await met(cafe, bazaar);
  await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 50n, over: 'online' }));
  await met(maya, cafe, async (toCafe) => {
    await toCafe.fund('ERA', 10n);
    await (await connected(cafe, 'Maya')).fund('ERA', 10n);
    await toCafe.pay({ ERA: 3n, over: 'edge' });
  });
  return all;
}
