/**
 * What is kept of earlier runs, one file for each target: its inputs, each in a frame (u32 length,
 * bytes). A corpus is small: each input in it reaches something that those before it do not.
 */

import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { framedTogether, deframer } from '@dsm/availability';
import { inputBytesMax } from './mutate.ts';

const folder = join(import.meta.dirname, 'corpus');
const entriesMax = 64;
const bytesMax = 32_768;

function pathOf(target: string): string {
  return join(folder, `${target}.frames`);
}

/** The empty input is no frame, and is tried in every run anyway. */
export function corpusOf(target: string): readonly Uint8Array[] {
  const path = pathOf(target);
  return existsSync(path) ? entriesIn(readFileSync(path)) : [];
}

function entriesIn(file: Uint8Array): readonly Uint8Array[] {
  const { frames, refusal } = deframer(inputBytesMax, (frame) => frame.slice()).push(file);
  if (refusal !== undefined) throw new RangeError(`a corpus is damaged: ${refusal}`);
  return frames;
}

export function keepCorpus(target: string, entries: readonly Uint8Array[]): void {
  const path = pathOf(target);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, framedTogether(entries.filter(({ length }) => length > 0)));
}

/** Names of all targets that have a corpus. */
export function corpora(): readonly string[] {
  return globSync('**/*.frames', { cwd: folder })
    .map((path) => path.replaceAll('\\', '/').replace(/\.frames$/, ''))
    .toSorted();
}

/** Whether one more input fits, beside so many of so many bytes. */
export function fitsIn(count: number, bytes: number, more: number): boolean {
  return count < entriesMax && (bytes + more <= bytesMax || count < 2);
}
