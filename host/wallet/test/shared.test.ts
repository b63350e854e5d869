/** Shared state between wallets: live, apart, with payments, after restarts, and with a peer who cheats. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { NodeError, type NodeApi } from '@dsm/ports';
import { registriesOf } from '@dsm/primitive';
import {
  createWallet,
  networkId,
  restoreWallet,
  verifyReceipt,
  type Shared,
  type Wallet,
} from '../src/index.ts';
import { met as metMortal, preparedWorld, runCut, type Flow } from './cut-flows.ts';
import { add, drop, listApp, looseApp, wordsOf, type Said, type Words } from './list-app.ts';
import { copied, market, met, opened, stall } from './market.ts';

type List = Shared<Words, Said>;

async function lists(maya: Wallet, cafe: Wallet): Promise<readonly [List, List]> {
  return [
    await maya.contact('Cafe').shared(listApp().app),
    await cafe.contact('Maya').shared(listApp().app),
  ];
}

test('what one says over a session the other has when it is acknowledged', async () => {
  const { maya, cafe } = await market();
  const [mine, theirs] = await lists(maya, cafe);
  await met(maya, cafe, async () => {
    const { ids, over, payment } = await mine.actAll([add('tea'), add('cake')]);
    assert.deepEqual([over, payment], ['peer', undefined]);
    assert.deepEqual(theirs.state(), [
      { id: ids[0], by: maya.id.device, word: 'tea', given: '0' },
      { id: ids[1], by: maya.id.device, word: 'cake', given: '0' },
    ]);
    await theirs.act(drop('tea'));
    assert.deepEqual(wordsOf(mine.state()), ['cake']);
  });
  assert.deepEqual(maya.outbox().length + cafe.outbox().length, 0);
  assert.deepEqual((await maya.verify()).faults, []);
});

test('what both say while apart is one list once they meet, or have synced', async () => {
  const { maya, cafe } = await market();
  const [mine, theirs] = await lists(maya, cafe);
  for (const meet of [
    () => met(maya, cafe),
    async () => {
      for (const wallet of [maya, cafe, maya]) await wallet.sync();
    },
  ]) {
    const before = mine.state();
    assert.deepEqual(theirs.state(), before);
    const said = `${before.length}`;
    assert.equal((await mine.act(add(`m${said}`))).over, 'nodes');
    await Promise.all([
      mine.act(add(`x${said}`)),
      theirs.act(add(`x${said}`)),
      theirs.act(add(`c${said}`)),
    ]);
    assert.equal(mine.state().length, before.length + 2);
    await meet();
    assert.deepEqual(mine.state(), theirs.state());
    assert.equal(mine.state().length, before.length + 3);
  }
  const [one, two] = [await mine.history(), await theirs.history()];
  const order = (all: typeof one): readonly unknown[] =>
    all.map((act) => ({ ...act, settled: true }));
  assert.deepEqual(order(one), order(two));
  assert.deepEqual(
    one.filter(({ outcome }) => outcome !== 'applied').map(({ why }) => why),
    ['it is there already', 'it is there already'],
  );
});

test('a crossing act reduces what it crossed, not the history', async () => {
  const { maya, cafe } = await market();
  const counted = listApp();
  const mine = await maya.contact('Cafe').shared(counted.app);
  const theirs = await cafe.contact('Maya').shared(listApp().app);
  await met(maya, cafe, async () => {
    for (let n = 0; n < 40; n++) await (n % 2 === 0 ? mine : theirs).act(add(`word ${n}`));
  });
  for (const word of ['a', 'b', 'c']) await mine.act(add(word));
  await theirs.act(add('d'));
  const before = counted.reductions();
  await met(maya, cafe);
  assert.ok(counted.reductions() - before <= 4, `${counted.reductions() - before} reductions`);
  assert.equal(mine.state().length, 44);
  assert.equal((await mine.history()).filter(({ settled }) => !settled).length <= 3, true);
});

test('several at once are taken or none, and what is not taken is not said', async () => {
  const { maya, cafe } = await market();
  const [mine] = await lists(maya, cafe);
  const written = (): number => maya.contact('Cafe').contact().written;
  const before = written();
  const refused = { code: 'refused', message: 'words does not take that: it is not there' };
  await assert.rejects(mine.actAll([add('tea'), drop('cake')]), refused);
  await assert.rejects(mine.act({ type: 'fail', word: '' }), {
    code: 'refused',
    message: /TypeError/,
  });
  await assert.rejects(mine.actAll([]), { code: 'usage' });
  await assert.rejects(mine.act(add('w'.repeat(12_250))), RangeError);
  await assert.rejects(mine.actAll([add('v'.repeat(9_000)), add('w'.repeat(9_000))]), {
    code: 'refused',
  });
  assert.equal(written(), before);
  assert.deepEqual(mine.state(), []);
});

for (const over of ['offline', 'online'] as const) {
  test(`a payment ${over} in the same run is made with the operation, or neither is`, async () => {
    const { network, maya, cafe } = await market();
    const [mine, theirs] = await lists(maya, cafe);
    await met(maya, cafe, async () => {
      const pay = { ERA: 5n, note: 'for tea', over };
      const { ids, payment } = await mine.actAll([add('tea'), add('milk')], { pay });
      assert.equal(payment?.finality, over === 'offline' ? 'pair-final' : 'certified');
      assert.deepEqual(
        theirs.state().map(({ id, word, given }) => [id, word, given]),
        [
          [ids[0], 'tea', '5'],
          [ids[1], 'milk', '5'],
        ],
      );
      const held = [maya.history().length, await maya.balance('ERA')];
      await assert.rejects(mine.act(add('tea'), { pay }), { code: 'refused' });
      assert.deepEqual([maya.history().length, await maya.balance('ERA')], held);
      await assert.rejects(mine.act(add('rum'), { pay: { ERA: 5_000n, over } }), {
        code: 'insufficient-funds',
      });
      assert.deepEqual(wordsOf(mine.state()), ['tea', 'milk']);
    });
    await cafe.sync();
    const [received] = cafe.history();
    assert.deepEqual([received!.amount, received!.note], [5n, 'for tea']);
    assert.equal(received!.finality, 'certified');
    const { bytes } = await cafe.receipt(received!.id);
    assert.ok(verifyReceipt(bytes, networkId(network.name), registriesOf(network.registry)).ok);
    assert.deepEqual(mine.state(), theirs.state());
  });
}

test('what has become wrong when the peer consents is neither done nor paid', async () => {
  const { maya, cafe } = await market();
  const [mine, theirs] = await lists(maya, cafe);
  await met(maya, cafe, async () => {
    const pay = { ERA: 5n, over: 'offline' } as const;
    const paying = mine.act(add('tea'), { pay });
    await Promise.all([
      assert.rejects(paying, { code: 'refused', message: /it is there already/ }),
      theirs.act(add('tea')),
    ]);
    assert.deepEqual([maya.history(), cafe.history()], [[], []]);
    await mine.act(add('cake'), { pay });
  });
  assert.deepEqual(wordsOf(theirs.state()), ['tea', 'cake']);
  assert.deepEqual(mine.state(), theirs.state());
});

test('an act waits while nobody can be reached, and arrives when they meet', async () => {
  const { network, stalls, maya, cafe } = await market();
  await maya.close();
  const cutOff = async (): Promise<never> => {
    throw new NodeError('unreachable', 'no network');
  };
  const nodes = network.nodes.map((node): NodeApi => ({
    ...node,
    putObject: cutOff,
    getObject: cutOff,
    writeSlot: cutOff,
    readSlot: cutOff,
    health: cutOff,
  }));
  const alone = await createWallet({
    name: 'Maya',
    store: memoryStore({ place: stalls.maya.place }),
    network: { ...network, nodes },
    keystore: stalls.maya.keystore,
    kem: nativeKem,
  });
  const [mine, theirs] = await lists(alone, cafe);
  assert.equal((await mine.act(add('tea'))).over, 'later');
  await met(alone, cafe);
  assert.deepEqual(wordsOf(theirs.state()), ['tea']);
});

test('after a restart the state is as it was, from where it was kept', async () => {
  const { network, stalls, maya, cafe } = await market();
  const [mine, theirs] = await lists(maya, cafe);
  await met(maya, cafe, async () => {
    for (let n = 0; n < 64; n++) await (n % 2 === 0 ? mine : theirs).act(add(`word ${n}`));
  });
  await mine.actAll([add('a'), drop('word 7')]);
  await theirs.act(drop('word 9'));
  const [state, history] = [mine.state(), await mine.history()];
  await maya.close();
  const again = await opened(network, stalls.maya);
  const counted = listApp();
  const back = await again.contact('Cafe').shared(counted.app);
  assert.ok(counted.reductions() <= 2, `${counted.reductions()} reductions`);
  assert.deepEqual(back.state(), state);
  assert.deepEqual(await back.history(), history);
  assert.deepEqual(history.filter(({ settled }) => !settled).length, 1);
  await met(again, cafe);
  assert.deepEqual(back.state(), theirs.state());
  assert.equal(back.state().length, 63);
  assert.equal((await back.history()).length, 66);
  assert.deepEqual((await again.verify()).faults, []);
});

test('what the peer has not answered yet is not kept as settled', async () => {
  const { network, stalls, maya, cafe } = await market();
  const [mine, theirs] = await lists(maya, cafe);
  await met(maya, cafe, async () => {
    await theirs.act(add('first'));
    for (let n = 0; n < 40; n++) await mine.actAll([add(`a ${n}`), add(`b ${n}`)]);
  });
  const state = mine.state();
  await maya.close();
  const again = await opened(network, stalls.maya);
  const back = await again.contact('Cafe').shared(listApp().app);
  assert.deepEqual(back.state(), state);
  assert.equal(state.length, 81);
  await theirs.act(add('last'));
  await met(again, cafe);
  assert.deepEqual(back.state(), theirs.state());
});

test('a kept state that the app cannot read costs time and nothing else', async () => {
  const { network, stalls, maya, cafe } = await market();
  const [mine, theirs] = await lists(maya, cafe);
  await met(maya, cafe, async () => {
    for (let n = 0; n < 70; n++) await (n % 2 === 0 ? mine : theirs).act(add(`word ${n}`));
  });
  const state = mine.state();
  await maya.close();
  const counted = listApp();
  const fails = (): never => {
    throw new RangeError('another version of this program');
  };
  for (const coder of [{ write: fails, read: fails }, undefined]) {
    const again = await opened(network, stalls.maya);
    const app = { ...counted.app, state: coder };
    assert.deepEqual((await again.contact('Cafe').shared(app)).state(), state);
    await again.close();
  }
  assert.equal(counted.reductions(), 140);
});

test('operations of an app that is not open are kept, shown, and there when it is', async () => {
  const { network, stalls, maya, cafe } = await market();
  const mine = await maya.contact('Cafe').shared(listApp().app);
  await met(maya, cafe, () => mine.actAll([add('tea'), add('cake')]));
  const [seen, ...others] = await cafe.contact('Maya').apps();
  assert.deepEqual(others, []);
  assert.deepEqual(seen, { id: mine.app, name: undefined, acts: 1, bytes: 17 });
  await cafe.close();
  const again = await opened(network, stalls.cafe);
  assert.deepEqual((await again.contact('Maya').apps())[0], seen);
  const theirs = await again.contact('Maya').shared(listApp().app);
  assert.deepEqual(theirs.state(), mine.state());
  assert.equal((await again.contact('Maya').apps())[0]!.name, 'words');
  assert.deepEqual(
    await again
      .contact('Maya')
      .shared(listApp().app)
      .then((one) => one.state()),
    theirs.state(),
  );
});

test('a peer who does not keep to the rules changes nothing, and is shown', async () => {
  const { maya, cafe } = await market();
  const loose = await maya.contact('Cafe').shared(looseApp());
  const theirs = await cafe.contact('Maya').shared(listApp().app);
  assert.equal(loose.app, theirs.app);
  await met(maya, cafe, async () => {
    await theirs.act(add('tea'));
    const framed = (tag: number, word: string): { readonly bytes: string } => ({
      bytes: String.fromCharCode(tag, 0, 0, 0, word.length) + word,
    });
    await loose.act({ bytes: 'nothing of that kind' });
    await loose.act(framed(1, 'tea'));
    await loose.act(framed(3, 'x'));
    await loose.actAll([framed(1, 'milk'), framed(2, 'rum')]);
    await loose.act(framed(1, 'rum'));
  });
  assert.deepEqual(wordsOf(theirs.state()), ['tea', 'rum']);
  const history = await theirs.history();
  assert.deepEqual(
    history.map(({ outcome, why }) => [outcome, why]),
    [
      ['applied', ''],
      ['malformed', 'the bytes are no operation of the app'],
      ['refused', 'it is there already'],
      ['fault', 'the reducer failed: TypeError: nobody thought of that'],
      ['refused', 'it is not there'],
      ['applied', ''],
    ],
  );
  assert.equal(history[1]!.operations[0]!.operation, undefined);
  assert.deepEqual((await cafe.verify()).faults, []);
});

test('listeners are told once for what comes in one go, and until they say no', async () => {
  const { maya, cafe } = await market();
  const [mine, theirs] = await lists(maya, cafe);
  const heard: (readonly string[])[] = [];
  const off = theirs.on('change', (words) => heard.push(wordsOf(words)));
  await met(maya, cafe, async () => {
    await mine.actAll([add('tea'), add('cake')]);
    await theirs.act(add('rum'));
  });
  assert.deepEqual(heard, [
    ['tea', 'cake'],
    ['tea', 'cake', 'rum'],
  ]);
  off();
  await theirs.act(drop('rum'));
  assert.equal(heard.length, 2);
});

test('nobody acts towards whom it has blocked, or has not met', async () => {
  const { network, maya, cafe, bazaar } = await market();
  const [mine] = await lists(maya, cafe);
  await maya.block('Cafe', true);
  await assert.rejects(mine.act(add('tea')), { code: 'blocked' });
  const late = await opened(network, stall('Late'));
  assert.throws(() => late.contact('Cafe'), { code: 'not-found' });
  assert.deepEqual(await bazaar.contact('Maya').apps(), []);
  await bazaar.close();
  await assert.rejects(bazaar.contact('Maya').shared(listApp().app), { code: 'closed' });
});

test('after a restore both leave out the same: what the former lane said', async () => {
  const { network, stalls, maya, cafe } = await market();
  const [mine, theirs] = await lists(maya, cafe);
  await met(maya, cafe, async () => {
    await theirs.act(add('tea'));
    // Enough that both have kept a state in which something is settled.
    for (let n = 0; n < 70; n++) {
      await mine.act(n % 2 === 0 ? add('forgotten') : drop('forgotten'));
      if (n % 16 === 0) await theirs.actAll([drop('tea'), add('tea')]);
    }
  });
  const backup = await maya.backup();
  await met(maya, cafe, () => mine.act(add('lost')));
  await maya.close();
  const { keystore } = copied(stalls.maya);
  const store = memoryStore();
  const again = await restoreWallet({ store, network, keystore, kem: nativeKem, backup });
  await again.sync();
  await cafe.sync();
  const back = await again.contact('Cafe').shared(listApp().app);
  await met(again, cafe);
  assert.deepEqual(wordsOf(back.state()), ['tea']);
  assert.deepEqual(theirs.state(), back.state());
  await Promise.all([back.act(add('new')), theirs.act(add('milk'))]);
  await met(again, cafe);
  assert.deepEqual(wordsOf(theirs.state()).toSorted(), ['milk', 'new', 'tea']);
  assert.deepEqual(theirs.state(), back.state());
  await cafe.close();
  const later = await opened(network, stalls.cafe);
  const reopened = await later.contact('Maya').shared(listApp().app);
  assert.deepEqual(reopened.state(), back.state());
});

const prepared = preparedWorld();

/** After any cut both have one list, and the payment is there if and only if its word is. */
const holds: NonNullable<Flow['holds']> = async (maya, cafe) => {
  const [mine, theirs] = await lists(maya, cafe);
  assert.deepEqual(mine.state(), theirs.state());
  const paid = maya.history().some(({ note }) => note === 'tea');
  assert.equal(wordsOf(mine.state()).includes('tea'), paid);
};

const flows: readonly Flow[] = (['maya', 'cafe'] as const).flatMap((victim) => [
  {
    name: `acts that cross over a line, ${victim} dies`,
    victim,
    holds,
    act: async (stage) => {
      const [mine, theirs] = await lists(stage.maya, stage.cafe);
      await metMortal(stage, () =>
        Promise.all([mine.actAll([add('milk'), add('rum')]), theirs.act(add('milk'))]),
      );
    },
  },
  {
    name: `an act with a payment, ${victim} dies`,
    victim,
    holds,
    act: async (stage) => {
      const [mine] = await lists(stage.maya, stage.cafe);
      await metMortal(stage, () =>
        mine.act(add('tea'), { pay: { ERA: 9n, note: 'tea', over: 'offline' } }),
      );
    },
  },
]);

for (const flow of flows) {
  test(`${flow.name}: any cut leaves all of it or nothing`, async (t) => {
    const world = await prepared;
    let cuts = 0;
    while ((await runCut(world, flow, { at: cuts + 1, after: false })).reached) cuts += 1;
    t.diagnostic(`${cuts} cut points`);
    assert.ok(cuts >= 5, 'the flow has effects to cut');
  });
}
