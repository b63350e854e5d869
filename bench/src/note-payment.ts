/**
 * Payments of purse notes between two known devices, for the benches that count their bytes.
 *
 * Both maps hold 1,000 relationships, the payer's 20 purse notes beside them (2, 4, 8 …, as a load
 * makes them), and the payee knows the lineage of the notes. Nothing else is said than offer,
 * consent, commit and ack; the payee's absorb step follows later.
 */

import { installHash, installSignatures, keyDigest } from '@dsm/primitive';
import { nativeHash, nativeSignatures } from '@dsm/node';
import { boundsAfter, encodeOperation, noteBlind, noteId, type Note } from '@dsm/protocols';
import { giveNotes, pair, unsigned, type Party } from './pair.ts';
import { trade, type Said } from './trade.ts';

export const relationships = 1_000;
const notesOfPayer = 20;
/** As many payments are looked at, over relationships that stand all over the map. */
const sample = 200;

/** What is said in payments of `inputs` notes, with or without change. */
export function payments(inputs: number, change: boolean): readonly (readonly Said[])[] {
  installHash(nativeHash);
  installSignatures(nativeSignatures);
  const [payer, payee] = pair(1, relationships);
  const amounts = Array.from({ length: notesOfPayer }, (_, i) => 2n << BigInt(i));
  const notes = giveNotes(payer, amounts);
  installSignatures(unsigned);
  const greeting = encodeOperation({ type: 'memo', text: 'hello' });
  for (let at = 0; at < relationships; at++) trade(payer, payee, at, greeting);
  installSignatures(nativeSignatures);
  return Array.from({ length: sample }, (_, i) => {
    const first = (i * inputs) % (notesOfPayer - inputs);
    const chosen = notes.slice(first, first + inputs);
    const at = (i * 619) % relationships;
    const said = trade(payer, payee, at, paymentOf(payer, payee, chosen, change));
    giveBack(payer, said);
    // The payer's next step begins where no step of a real device would.
    payee.steps.clear();
    return said;
  });
}

/** The payer has its notes again, so that every payment meets the same map. */
function giveBack(payer: Party, said: readonly Said[]): void {
  const commit = said.find(({ message }) => message.type === 'commit')?.message;
  if (commit?.type !== 'commit') throw new Error('nothing was committed');
  const moved = commit.signed.step.writes.filter(({ key }) => (key[0]! & 0x80) !== 0);
  payer.map.apply(moved.map(({ key, before }) => ({ key, value: before })));
  payer.device = { ...payer.device, root: payer.map.root() };
}

/** The operation that hands `notes` over, whole or but for one unit of change. */
export function paymentOf(
  payer: Party,
  payee: Party,
  notes: readonly Note[],
  change: boolean,
): Uint8Array {
  const inputs = notes.map(({ source, index, key, amount, kind, depth, receipts }) => {
    const blind = noteBlind(payer.secret, noteId(source, index));
    return { source, index, key, amount, kind, depth, receipts, blind };
  });
  const bounds = boundsAfter(inputs);
  const taken = inputs.reduce((sum, { amount }) => sum + amount, 0n);
  const to = ({ device, working }: Party, amount: bigint) =>
    ({
      owner: device.id,
      key: keyDigest(device.suite, working.publicKey),
      amount,
      kind: 0,
      ...bounds,
    }) as const;
  const paid = change ? taken - 1n : taken;
  const rest = change ? [to(payer, 1n)] : [];
  return encodeOperation({
    type: 'transfer',
    token: notes[0]!.token,
    inputs,
    outputs: [to(payee, paid), ...rest],
    allowed: undefined,
    memo: 'two coffees',
  });
}
