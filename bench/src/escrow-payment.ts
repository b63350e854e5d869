/**
 * Payments over escrows between two known devices, for the benches that count their bytes and time.
 *
 * Each relationship has one escrow, funded in both maps as far as its payee's leaf goes. A payment is
 * a higher total: the payer's run and step, its commit as bytes, the payee's judgement, its ack; and
 * the payee's own step, which completes the receipt after the payment is done.
 */

import { checkSignedStep, equal, keyDigest, keyOf, kinds, zero32 } from '@dsm/primitive';
import {
  ackMac,
  append,
  commitMessage,
  message,
  step,
  type Message,
  type State,
} from '@dsm/bilateral';
import {
  encodeOperation,
  escrowId,
  noteKinds,
  openEscrow,
  tokenId,
  valueRules,
  type Escrow,
} from '@dsm/protocols';
import { keep, learn, pair, policy, thing, type Party } from './pair.ts';
import { sign, type Said } from './trade.ts';

interface Side {
  readonly me: Party;
  readonly escrows: Map<string, Escrow>;
}

/** Makes one payment a call, over the relationships in turn, and answers with what was said. */
export function escrowPayer(relationships: number): () => readonly Said[] {
  const [one, two] = pair(1, relationships);
  const [payer, payee] = [knowing(one), knowing(two)];
  const ids = one.relationships.map((_, at) => {
    const escrow = funded(one, two, at);
    const id = escrowId(escrow);
    for (const { escrows } of [payer, payee]) escrows.set(keyOf(id), escrow);
    return id;
  });
  let next = 0;
  return () => {
    const at = (next++ * 619) % relationships;
    return pay(payer, payee, at, ids[at]!);
  };
}

function knowing(party: Party): Side {
  const escrows = new Map<string, Escrow>();
  const escrowOf = (id: Uint8Array): Escrow | undefined => escrows.get(keyOf(id));
  const token = tokenId(policy);
  const policyOf = (asked: Uint8Array): typeof policy | undefined =>
    equal(asked, token) ? policy : undefined;
  const world = { ...party.world, escrowOf, rules: valueRules({ policyOf, escrowOf }) };
  return { me: { ...party, world }, escrows };
}

function funded(payer: Party, payee: Party, at: number): Escrow {
  const key = ({ device, working }: Party): Uint8Array =>
    keyDigest(device.suite, working.publicKey);
  const note = {
    token: tokenId(policy),
    source: thing('fund', at),
    index: 0,
    owner: payee.device.id,
    key: key(payee),
    amount: 1n << 60n,
    kind: noteKinds.escrow,
    depth: 1,
    receipts: 1,
  };
  return openEscrow(note, payer.device.id, key(payer));
}

function pay(payer: Side, payee: Side, at: number, id: Uint8Array): readonly Said[] {
  const said: Said[] = [];
  const say = (one: Message): Message => {
    const bytes = message.encode(one);
    const decoded = message.decode(bytes);
    if (!decoded.ok) throw new Error(`not understood: ${decoded.refusal}`);
    said.push({ message: decoded.value, bytes });
    return decoded.value;
  };
  const commit = say(committed(payer, at, id));
  if (commit.type !== 'commit') throw new Error('no commit');
  hear(payee, at, commit, say);
  // The payer checks what comes back: that it is the peer's, and that the receipt is complete.
  const on = payer.me.relationships[at]!;
  const [, ack, absorbed] = said.map((one) => one.message);
  if (ack?.type !== 'ack' || !equal(ack.mac, ackMac(on, on.mine.head))) throw new Error('no ack');
  if (absorbed?.type !== 'absorbed') throw new Error('not absorbed');
  const fault = checkSignedStep(absorbed.signed, payee.me.card);
  if (fault !== undefined) throw new Error(`the absorb step: ${fault}`);
  return said;
}

/** The payer's run: one more unit, stated, signed. */
function committed({ me, escrows }: Side, at: number, id: Uint8Array): Message {
  const { total, count } = escrows.get(keyOf(id))!;
  const operation = encodeOperation({
    type: 'total',
    escrow: id,
    total: total + 1n,
    count: count + 1,
    ticks: zero32,
    memo: 'two coffees',
  });
  const verdict = append(me.device, me.relationships[at]!, [operation], me.world);
  if (verdict.type !== 'accepted') throw new Error(JSON.stringify(verdict));
  const change = verdict.value;
  keep(me, at, change);
  for (const escrow of change.escrows) escrows.set(keyOf(id), escrow);
  const { run } = change;
  const signature = sign(me, kinds.signedStep, run.statement);
  const signed = { step: run.step, slots: run.slots, signature, further: [] };
  return commitMessage({ ...run, countersignature: undefined }, signed);
}

/** The payee judges the run with every rule and answers; its own step is signed behind that. */
function hear(
  { me, escrows }: Side,
  at: number,
  commit: Message & { type: 'commit' },
  say: (said: Message) => Message,
): void {
  const state: State = { me: me.device, on: me.relationships[at]!, trade: { at: 'idle' } };
  for (const effect of step(state, { type: 'commit', commit }, me.world).effects) {
    switch (effect.do) {
      case 'persist-absorbed': {
        const { run } = effect.change.absorbed;
        learn(me, run.claim.signed.step, run.statement);
        keep(me, at, effect.change);
        for (const escrow of effect.change.escrows) escrows.set(keyOf(escrowId(escrow)), escrow);
        break;
      }
      case 'send':
        say(effect.message);
        break;
      case 'sign-step': {
        const signature = sign(me, kinds.signedStep, effect.run.statement);
        const signed = { step: effect.run.step, slots: [], signature, further: [] };
        say({ type: 'absorbed', signed });
        break;
      }
      case 'persist-appended':
      case 'persist-acked':
      case 'sign-consent':
      case 'tell':
    }
  }
}
