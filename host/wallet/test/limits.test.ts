/** What a wallet takes on trust: limits for everybody, for strangers and for one contact, and the least finality. */

import assert from 'node:assert/strict';
import { setImmediate as aTurn } from 'node:timers/promises';
import { test } from 'node:test';
import { message as messageObject } from '@dsm/bilateral';
import { limits as protocolLimits, utf8 } from '@dsm/primitive';
import type { Faults } from '@dsm/memory';
import type { OfflineLimits, Wallet } from '../src/index.ts';
import { exceededSentence } from '../src/limits.ts';
import { connected } from './cut-flows.ts';
import { finalities, market, met, opened, paid, stall, type Market } from './market.ts';
import { call } from './world.ts';

interface Crowd extends Market {
  readonly friends: readonly Wallet[];
}

/** Two friends of Maya's with 31 in their purses, known to nobody else. */
async function crowd(): Promise<Crowd> {
  const all = await market();
  const friends: Wallet[] = [];
  for (const name of ['Ann', 'Ben']) {
    const friend = await opened(all.network, stall(name));
    await friend.adopt(all.maya.token('ERA').id);
    await met(all.maya, friend, (to) => to.pay({ ERA: 31n, over: 'online' }));
    await friend.sync();
    await friend.load('ERA', 31n);
    friends.push(friend);
  }
  return { ...all, friends };
}

function figures({ total, strangers, contacts }: OfflineLimits): unknown {
  const own = contacts.map(({ contact, limit, used, left }) => [contact, limit, used, left]);
  const three = (one: typeof total): unknown => [one.limit, one.used, one.left];
  return { total: three(total), strangers: strangers && three(strangers), own };
}

const over = (what: RegExp): object => ({ code: 'over-limit', message: what });

test('a limit for one contact says which it is, how much is used, what is left, what ends it', async () => {
  const { maya, cafe } = await market();
  await cafe.setOfflineLimit('ERA', 20n, { contact: 'Maya' });
  await paid(maya, cafe, 15n, 'offline');
  await assert.rejects(
    paid(maya, cafe, 6n, 'offline'),
    over(/^the offline limit for this contact is 20 ERA: 15 used, 5 left; .*certified \(sync\)$/),
  );
  await assert.rejects(paid(maya, cafe, 21n, 'offline'), over(/pay less, or online$/));
  assert.deepEqual(figures(cafe.offlineLimits('ERA')), {
    total: [50n, 15n, 35n],
    strangers: undefined,
    own: [['Maya', 20n, 15n, 5n]],
  });
  await cafe.sync();
  assert.equal((await paid(maya, cafe, 20n, 'offline')).finality, 'pair-final');
});

test('strangers share one limit, whoever has a limit of his own is none, and all share the total', async () => {
  const { maya, cafe, friends } = await crowd();
  const [ann, ben] = friends as [Wallet, Wallet];
  await cafe.setOfflineLimit('ERA', 40n);
  await cafe.setOfflineLimit('ERA', 20n, { strangers: true });
  await paid(ann, cafe, 15n, 'offline');
  const strangers = over(/^the offline limit for strangers is 20 ERA: 15 used, 5 left/);
  await assert.rejects(paid(ben, cafe, 6n, 'offline'), strangers);
  await assert.rejects(paid(maya, cafe, 6n, 'offline'), strangers);
  await cafe.setOfflineLimit('ERA', 50n, { contact: 'Maya' });
  await paid(maya, cafe, 20n, 'offline');
  const everybody = over(
    /^the offline limit for everybody together is 40 ERA: 35 used, 5 left; it ends/,
  );
  await assert.rejects(paid(maya, cafe, 6n, 'offline'), everybody);
  await paid(ben, cafe, 5n, 'offline');
  await assert.rejects(paid(maya, cafe, 1n, 'offline'), over(/everybody together/));
  assert.deepEqual(figures(cafe.offlineLimits('ERA')), {
    total: [40n, 40n, 0n],
    strangers: [20n, 20n, 0n],
    own: [['Maya', 50n, 20n, 30n]],
  });
});

test('a limit that is taken away binds no more: the contact is a stranger again', async () => {
  const { maya, cafe } = await market();
  await cafe.setOfflineLimit('ERA', 0n, { contact: 'Maya' });
  await assert.rejects(paid(maya, cafe, 1n, 'offline'), over(/for this contact is 0 ERA/));
  await cafe.setOfflineLimit('ERA', undefined, { contact: 'Maya' });
  await cafe.setOfflineLimit('ERA', 0n, { strangers: true });
  await assert.rejects(paid(maya, cafe, 1n, 'offline'), over(/for strangers is 0 ERA/));
  await cafe.setOfflineLimit('ERA', undefined, { strangers: true });
  assert.equal((await paid(maya, cafe, 1n, 'offline')).finality, 'pair-final');
});

test('a limit that means nothing is a fault of use', async () => {
  const { cafe } = await market();
  const usage = { code: 'usage' };
  await assert.rejects(cafe.setOfflineLimit('ERA', undefined), usage);
  await assert.rejects(cafe.setOfflineLimit('ERA', -1n), usage);
  await assert.rejects(cafe.setOfflineLimit('ERA', -1n, { strangers: true }), usage);
  await assert.rejects(cafe.setOfflineLimit('ERA', 1n, { contact: 'Nobody' }), {
    code: 'not-found',
  });
  await assert.rejects(cafe.setOfflineLimit('YEN', 1n), { code: 'not-found' });
  await assert.rejects(cafe.contact('Maya').setMinimumFinality('pending' as never), usage);
});

test('limits and the least finality outlive the process', async () => {
  const { network, cafe, stalls } = await market();
  await cafe.setOfflineLimit('ERA', 7n, { contact: 'Maya' });
  await cafe.setOfflineLimit('ERA', 8n, { contact: 'Maya' });
  await cafe.setOfflineLimit('ERA', 9n, { strangers: true });
  await cafe.contact('Maya').setMinimumFinality('certified');
  const kept = figures(cafe.offlineLimits('ERA'));
  await cafe.close();
  const again = await opened(network, stalls.cafe);
  assert.deepEqual(figures(again.offlineLimits('ERA')), kept);
  assert.equal(again.contact('Maya').minimumFinality(), 'certified');
});

for (const minimum of ['edge-final', 'certified'] as const) {
  test(`where ${minimum} is demanded, a purse pays nothing and a certificate does`, async () => {
    const { maya, cafe } = await market();
    assert.equal(cafe.contact('Maya').minimumFinality(), 'pair-final');
    await cafe.contact('Maya').setMinimumFinality(minimum);
    await assert.rejects(paid(maya, cafe, 1n, 'offline'), {
      code: 'below-minimum',
      message: `this would be pair-final; from you only ${minimum} is taken`,
    });
    assert.deepEqual(cafe.history(), []);
    assert.equal((await paid(maya, cafe, 5n, 'online')).finality, 'certified');
    await cafe.sync();
    assert.deepEqual(finalities(cafe), ['certified']);
    await cafe.contact('Maya').setMinimumFinality('pair-final');
    assert.equal((await paid(maya, cafe, 1n, 'offline')).finality, 'pair-final');
  });
}

test('refusing an offer of the other side leaves the own one alone', async () => {
  const { maya, cafe } = await market();
  await paid(maya, cafe, 31n, 'online');
  await cafe.sync();
  await cafe.load('ERA', 31n);
  await maya.contact('Cafe').setMinimumFinality('certified');
  const [mine, theirs] = await met(maya, cafe, async (toCafe) =>
    Promise.allSettled([
      toCafe.pay({ ERA: 5n, over: 'offline' }),
      (await connected(cafe, 'Maya')).pay({ ERA: 6n, over: 'offline' }),
    ]),
  );
  assert.ok(theirs.status === 'rejected');
  assert.equal((theirs.reason as { code: string }).code, 'below-minimum');
  assert.equal(mine.status, 'fulfilled');
  assert.deepEqual(finalities(maya).at(-1), 'pair-final');
});

/** The caller's commits are lost: what was consented to is on its own disk alone. */
function commitsLost(): Faults {
  let lanes = 0;
  return () => {
    lanes += 1;
    const out = lanes === 1;
    return (bytes) => {
      const said = messageObject.decode(bytes);
      return out && said.ok && said.value.type === 'commit' ? [] : [bytes.slice()];
    };
  };
}

async function consentHoarded(payer: Wallet, payee: Wallet, amount: bigint): Promise<void> {
  const { relationship, cut } = await call(payer, payee, { faults: commitsLost() });
  const paying = (await relationship).pay({ ERA: amount, over: 'offline' });
  while (payer.history().every(({ direction }) => direction === 'in')) await aTurn();
  await cut();
  await paying;
}

test('consents that are hoarded and cashed together count within the limit, the rest once certified', async () => {
  const { cafe, friends } = await crowd();
  await cafe.setOfflineLimit('ERA', 20n);
  for (const friend of friends) await consentHoarded(friend, cafe, 15n);
  assert.deepEqual(cafe.history(), []);
  for (const friend of friends) await met(friend, cafe);
  assert.deepEqual(finalities(cafe), ['pair-final', 'pending']);
  const [, beyond] = cafe.history();
  assert.match(beyond!.waiting, /beyond an offline limit/);
  assert.equal(beyond!.over, 'offline');
  assert.deepEqual(figures(cafe.offlineLimits('ERA')), {
    total: [20n, 15n, 5n],
    strangers: undefined,
    own: [],
  });
  await cafe.sync();
  assert.deepEqual(finalities(cafe), ['certified', 'certified']);
});

test('a consent that came before its owner demanded more counts once it is certified', async () => {
  const { maya, cafe } = await market();
  await consentHoarded(maya, cafe, 15n);
  await cafe.contact('Maya').setMinimumFinality('certified');
  await met(maya, cafe);
  assert.deepEqual(finalities(cafe), ['pending']);
  await cafe.sync();
  assert.deepEqual(finalities(cafe), ['certified']);
});

test('the longest refusal fits into a message', () => {
  const most = (1n << 128n) - 1n;
  const token = { ticker: 'W'.repeat(12), decimals: 38 };
  for (const whose of ['total', 'strangers', 'contact'] as const) {
    for (const amount of [0n, most]) {
      const by = { of: whose, limit: most - 1n, used: most - 1n, left: most - 1n };
      const { length } = utf8(exceededSentence(by, token, amount));
      assert.ok(length <= protocolLimits.memoBytesMax, `${length} bytes`);
    }
  }
});
