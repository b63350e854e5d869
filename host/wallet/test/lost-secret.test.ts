/** Whoever has lost the secret of a relationship is told so at the meeting; nobody is left waiting. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copied, met, opened, stall } from './market.ts';
import { emptyWorld, networkIn } from './world.ts';

test('a copy from before the two first met cannot go on, whichever of the two it is', async () => {
  const network = await networkIn(emptyWorld());
  const stalls = [stall('Ann'), stall('Ben')] as const;
  for (const place of stalls) await (await opened(network, place)).close();
  const copies = await Promise.all(stalls.map((place) => opened(network, copied(place))));
  const [ann, ben] = await Promise.all(stalls.map((place) => opened(network, place)));
  await met(ann!, ben!);
  for (const [copy, other] of [
    [copies[0]!, ben!],
    [copies[1]!, ann!],
  ] as const) {
    await assert.rejects(met(copy, other), { code: 'refused' });
    await assert.rejects(met(other, copy), { code: 'refused' });
  }
  await met(ben!, ann!);
});
