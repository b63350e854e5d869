/** What devices are sealed to: shown, pinned, missed when it is gone, and asked by no rule of value. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttestationProof, HeldBinding } from '@dsm/ports';
import { attestation as attestationObject } from '@dsm/identity';
import { attestMac, type Message } from '@dsm/bilateral';
import { memoryStore } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { restoreWallet, type BindingNotice, type Wallet } from '../src/index.ts';
import { copied, met, opened, stall, type Stall } from './market.ts';
import { chip, liar, metOver, sealedTo } from './things.ts';
import { copyOfNode, emptyWorld, networkIn, type TestNetwork, type World } from './world.ts';

const secret = new Uint8Array(32).fill(3);

interface Pair {
  readonly network: TestNetwork;
  readonly held: HeldBinding;
  readonly stalls: readonly [Stall, Stall];
  readonly maya: Wallet;
  readonly cafe: Wallet;
  readonly notices: BindingNotice[];
}

interface Prepared extends Pick<Pair, 'held' | 'stalls'> {
  readonly nodes: World['nodes'];
}

const prepared = new Map<HeldBinding['level'], Promise<Prepared>>();

async function prepare(level: HeldBinding['level']): Promise<Prepared> {
  const { nodes } = emptyWorld();
  const network = await networkIn({ nodes });
  const held = await chip(level);
  const stalls = [{ ...stall('Maya'), keystore: sealedTo(held, secret) }, stall('Café')] as const;
  for (const one of stalls) await (await opened(network, one)).close();
  return { nodes, held, stalls };
}

/** Maya has a chip, the café has not; they have met. Each pair is a fresh copy. */
async function pair(level: HeldBinding['level'] = 'tpm'): Promise<Pair> {
  const first = prepared.get(level) ?? prepare(level);
  prepared.set(level, first);
  const { nodes, held, stalls: kept } = await first;
  const network = await networkIn({ nodes: nodes.map(copyOfNode) });
  const stalls = [copied(kept[0]), copied(kept[1])] as const;
  const [maya, cafe] = [await opened(network, stalls[0]), await opened(network, stalls[1])];
  const notices: BindingNotice[] = [];
  cafe.on('binding', (notice) => notices.push(notice));
  await met(maya, cafe);
  return { network, held, stalls, maya, cafe, notices };
}

/** Maya’s wallet in the same place, sealed to something else, or to a copy of its files alone. */
async function reopened(
  { network, stalls, maya }: Pair,
  held: HeldBinding | undefined,
): Promise<Wallet> {
  await maya.close();
  return opened(network, { ...stalls[0], keystore: sealedTo(held, secret) });
}

test('a chip is shown at the first meeting, and again; who has none says so and is not asked', async () => {
  const all = await pair();
  const { maya, cafe, notices } = all;
  const first = cafe.binding.of('Maya');
  assert.deepEqual([first.level, first.state, first.why], ['tpm', 'shown', '']);
  assert.deepEqual(
    notices.map(({ before, binding }) => [before, binding.state]),
    [['claimed', 'shown']],
  );
  assert.deepEqual(maya.binding.of('Café'), {
    level: 'software',
    state: 'claimed',
    why: '',
    since: undefined,
    shownAt: undefined,
    unanswered: 0,
  });
  assert.deepEqual(maya.binding.own(), {
    level: 'tpm',
    clonable: false,
    attests: true,
    told: 'tpm',
    isTold: true,
  });
  assert.deepEqual(cafe.binding.own(), {
    level: 'software',
    clonable: true,
    attests: false,
    told: 'software',
    isTold: true,
  });
  await met(cafe, await reopened(all, all.held));
  assert.equal(cafe.binding.of('Maya').since, first.since);
  assert.equal(notices.length, 1);
  await cafe.close();
  const again = await opened(all.network, all.stalls[1]);
  assert.equal(again.contact('Maya').contact().binding.state, 'shown', 'it is remembered');
});

test('a copy of the files on another machine is told: it has no key, or another', async () => {
  for (const [held, why] of [
    [undefined, 'it says that it has no key'],
    [await chip(), 'it shows another key than before'],
  ] as const) {
    const all = await pair();
    const copy = await reopened(all, held);
    await met(copy, all.cafe);
    const { state, why: told } = all.cafe.binding.of('Maya');
    assert.deepEqual([state, told], ['changed', why]);
    assert.equal(all.notices.at(-1)?.before, 'shown');
    assert.equal(copy.binding.own().isTold, false, 'its card still names the chip');
    await met(await reopened({ ...all, maya: copy }, all.held), all.cafe);
    assert.equal(all.cafe.binding.of('Maya').state, 'shown', 'the chip itself is back');
    assert.equal(all.notices.length, 3);
  }
});

test('an answer that is no answer is refused, and the reason is kept', async () => {
  const held = await chip();
  const other = await chip();
  const any = new Uint8Array(32);
  const assertion: AttestationProof = {
    type: 'assertion',
    authenticatorData: new Uint8Array(36),
    clientData: any,
    signature: any,
  };
  const lies: readonly (readonly [(c: Uint8Array) => Promise<AttestationProof>, RegExp])[] = [
    [async () => held.attestor!.attest(any), /does not hold: signature/],
    [(challenge) => other.attestor!.attest(challenge), /does not hold: signature/],
    [async () => ({ type: 'plain', signature: new Uint8Array(0) }), /does not hold: signature/],
    [async () => assertion, /does not hold: assertion/],
  ];
  for (const [attest, why] of lies) {
    const all = await pair();
    const lying = await reopened(all, liar({ ...held, attestor: all.held.attestor }, attest));
    await met(lying, all.cafe);
    const { state, why: told } = all.cafe.binding.of('Maya');
    assert.equal(state, 'changed');
    assert.match(told, why);
  }
});

test('an answer that was given to one peer is worth nothing to another', async () => {
  const all = await pair();
  const bar = await opened(all.network, stall('Bar'));
  let proof: AttestationProof | undefined;
  const recording = await reopened(
    all,
    liar(all.held, async (challenge) => (proof = await all.held.attestor!.attest(challenge))),
  );
  await met(recording, bar);
  assert.equal(bar.binding.of('Maya').state, 'shown');
  const replaying = await reopened(
    { ...all, maya: recording },
    liar(all.held, async () => proof!),
  );
  await met(replaying, all.cafe);
  assert.match(all.cafe.binding.of('Maya').why, /does not hold: signature/);
});

test('a key that signs as another kind of thing than the card names is not shown', async () => {
  const all = await pair('passkey');
  await met(await reopened(all, { ...all.held, level: 'tpm' }), all.cafe);
  const { state, why, level } = all.cafe.binding.of('Maya');
  assert.deepEqual([state, level], ['changed', 'passkey']);
  assert.match(why, /another kind of thing/);
});

test('a line between the two can neither answer nor make an honest device look changed', async () => {
  const all = await pair();
  const heard: (Message & { type: 'attest' })[] = [];
  await metOver(all.maya, all.cafe, (said) => {
    if (said.type === 'attest') heard.push(said);
    return [said];
  });
  const old = heard[0]!;
  const edits: readonly ((said: Message & { type: 'attest' }) => Message)[] = [
    () => old,
    (said) => ({ ...said, attestation: undefined }),
    (said) => ({ ...said, attestation: old.attestation }),
    (said) => ({ ...said, mac: new Uint8Array(32) }),
    () => ({
      type: 'attest',
      attestation: undefined,
      mac: attestMac(
        { ackKey: new Uint8Array(32) },
        new Uint8Array(32),
        new Uint8Array(32),
        undefined,
      ),
    }),
  ];
  for (const [n, edit] of edits.entries()) {
    await metOver(all.maya, all.cafe, (said) => [said.type === 'attest' ? edit(said) : said]);
    const { state, unanswered } = all.cafe.binding.of('Maya');
    assert.deepEqual([state, unanswered], ['shown', n + 1]);
  }
  await met(all.maya, all.cafe);
  assert.equal(all.cafe.binding.of('Maya').unanswered, 0);
  assert.equal(all.notices.length, 1);
});

test('what the peer itself says unreadably is told, with its MAC', async () => {
  const all = await pair();
  const broken = liar(all.held, async () => ({ type: 'plain', signature: new Uint8Array(64) }));
  const lying = await reopened(all, broken);
  const good = attestationObject.encode({
    level: 'tpm',
    key: all.held.attestor!.key,
    proof: { type: 'plain', signature: new Uint8Array(64) },
  });
  assert.equal(attestationObject.decode(good.slice(1)).ok, false);
  await met(lying, all.cafe);
  assert.match(all.cafe.binding.of('Maya').why, /does not hold/);
});

test('a thing that is locked gives no answer, which is counted and is no alarm', async () => {
  const all = await pair();
  const locked = liar(all.held, () => Promise.reject(new Error('the owner says no')));
  const wallet = await reopened(all, locked);
  await metOver(wallet, all.cafe, (said) => [said]);
  const { state, unanswered } = all.cafe.binding.of('Maya');
  assert.deepEqual([state, unanswered], ['shown', 1]);
});

test('a new chip counts once the owner says so; without another key there is nothing to accept', async () => {
  const all = await pair();
  await assert.rejects(all.cafe.binding.accept('Maya'), { code: 'not-found' });
  const next = await chip();
  const repaired = await reopened(all, next);
  await met(repaired, all.cafe);
  assert.equal((await all.cafe.binding.accept('Maya')).state, 'shown');
  await met(repaired, all.cafe);
  assert.equal(all.cafe.binding.of('Maya').state, 'shown');
  await met(await reopened({ ...all, maya: repaired }, all.held), all.cafe);
  const { state, why } = all.cafe.binding.of('Maya');
  assert.deepEqual([state, why], ['shown', ''], 'the card still names the first one');
});

test('it can be asked for at any time, and a peer that asks without end is answered four times', async () => {
  const all = await pair();
  let signatures = 0;
  const counting = await reopened(
    all,
    liar(all.held, (challenge) => {
      signatures += 1;
      return all.held.attestor!.attest(challenge);
    }),
  );
  await assert.rejects(all.cafe.binding.check('Maya'), { code: 'unreachable' });
  await met(counting, all.cafe, async () => {
    for (let n = 0; n < 3; n++) {
      assert.equal((await all.cafe.binding.check('Maya')).state, 'shown');
    }
    const fifth = all.cafe.binding.check('Maya');
    fifth.catch(() => undefined);
  });
  assert.equal(signatures, 4);
});

test('value flows as it would without any of it, whatever is shown', async () => {
  const flows = await Promise.all(
    (['never', 'shown', 'gone', 'another'] as const).map(async (variant) => {
      const all = await pair(variant === 'never' ? 'software' : 'tpm');
      const held = {
        never: undefined,
        shown: all.held,
        gone: undefined,
        another: await chip(),
      }[variant];
      const maya = await reopened(all, held);
      await maya.issue({ ticker: 'ERA', cap: 100_000n, depthMax: 64, receiptsMax: 4_096 });
      await maya.mint('ERA', 1_000n);
      return { variant, flow: await flow(maya, all.cafe) };
    }),
  );
  for (const { variant, flow: seen } of flows) assert.deepEqual(seen, flows[0]!.flow, variant);
});

async function flow(maya: Wallet, cafe: Wallet): Promise<unknown> {
  await cafe.adopt(maya.token('ERA').id);
  await cafe.setOfflineLimit('ERA', 100n);
  await maya.load('ERA', 50n);
  await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 7n, over: 'offline' }));
  await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 9n, over: 'online' }));
  await Promise.all([maya.sync(), cafe.sync()]);
  await met(cafe, maya, (toMaya) => toMaya.pay({ ERA: 3n, over: 'online' }));
  const seen = (wallet: Wallet): unknown => [
    wallet
      .history()
      .map(({ amount, direction, over, finality }) => [amount, direction, over, finality]),
    wallet.balances().map(({ total, online, purse }) => [total, online, purse]),
    wallet.alarms(),
  ];
  return [seen(maya), seen(cafe)];
}

test('new keys tell the new thing: the card names it, and it is shown without being accepted', async () => {
  const all = await pair();
  const next = await reopened(all, await chip());
  assert.equal(next.binding.own().isTold, false);
  await next.keys.rotate();
  assert.equal(next.binding.own().isTold, true);
  await met(next, all.cafe);
  const { state, why } = all.cafe.binding.of('Maya');
  assert.deepEqual([state, why, all.notices.length], ['shown', '', 2]);
});

test('a restored device shows what its new card names, and the owner of the other side is told', async () => {
  for (const next of [await chip(), undefined]) {
    const all = await pair();
    const backup = await all.maya.backup();
    await all.maya.close();
    const again = await restoreWallet({
      store: memoryStore(),
      network: all.network,
      kem: nativeKem,
      backup,
      keystore: sealedTo(next, secret),
    });
    await again.sync();
    await all.cafe.sync();
    await met(again, all.cafe);
    const { level, state, why } = all.cafe.binding.of('Maya');
    assert.equal(all.notices.length, 2, 'the first time, and now');
    if (next !== undefined) {
      assert.deepEqual([level, state, why], ['tpm', 'shown', '']);
      continue;
    }
    assert.deepEqual([level, state], ['software', 'changed']);
    const accepted = await all.cafe.binding.accept('Maya');
    assert.deepEqual([accepted.state, accepted.since], ['claimed', undefined]);
    await met(again, all.cafe);
    assert.equal(all.cafe.binding.of('Maya').state, 'claimed');
  }
});

test('a copy that was made before the two met shows nothing that the café would miss', async () => {
  const all = await pair();
  const thief = copied(all.stalls[0]);
  const there = await opened(all.network, { ...thief, keystore: sealedTo(undefined, secret) });
  const bar = await opened(all.network, stall('Bar'));
  await met(there, bar);
  const { state, why } = bar.binding.of('Maya');
  assert.deepEqual([state, why], ['changed', 'it says that it has no key'], 'its card names one');
});
