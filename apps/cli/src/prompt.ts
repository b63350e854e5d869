/** Questions to a person. They are asked on standard error, and only where somebody can answer. */

import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { DsmError } from '@dsm/wallet';

/** An answer in one line; empty means the default. */
export async function ask(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(question, { signal })).trim();
  } finally {
    lines.close();
  }
}

export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `, signal));
}

/** A passphrase; what is typed is not shown. */
export async function askPassphrase(question: string, signal: AbortSignal): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await lines.question('', { signal });
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

/** A new passphrase, typed twice. */
export async function askNewPassphrase(signal: AbortSignal): Promise<string> {
  const first = await askPassphrase('New passphrase (empty for none): ', signal);
  if (first !== '' && (await askPassphrase('Once more: ', signal)) !== first) {
    throw new DsmError('usage', 'the two passphrases differ');
  }
  return first;
}
