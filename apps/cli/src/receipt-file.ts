/** Checking a receipt that came as a file, with the identity cards of both sides. */

import { readFile } from 'node:fs/promises';
import { card, checkReceipt, receipt, receiptRefusals, type Card } from '@dsm/primitive';
import { DsmError } from '@dsm/wallet';

/** Undefined if the receipt holds, else why not, in a sentence. */
export function receiptFault(bytes: Uint8Array, writer: Card, peer: Card): string | undefined {
  const decoded = receipt.decode(bytes);
  if (!decoded.ok) return `the bytes are no receipt (${decoded.refusal})`;
  const refusal = checkReceipt(decoded.value, writer, peer);
  return refusal === undefined ? undefined : receiptRefusals[refusal];
}

/** An identity card, as `dsm id --card` writes it. */
export async function cardFile(path: string): Promise<Card> {
  const decoded = card.decode(await fileBytes(path));
  if (!decoded.ok) throw new DsmError('integrity', `${path} is no identity card`);
  return decoded.value;
}

export async function fileBytes(path: string): Promise<Uint8Array> {
  try {
    return Uint8Array.from(await readFile(path));
  } catch (cause) {
    throw new DsmError('not-found', `${path} cannot be read`, { cause });
  }
}
