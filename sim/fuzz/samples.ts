/** Bytes to begin with: everything in base64url that stands in the frozen vectors. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './load.ts';
import { inputBytesMax } from './mutate.ts';

export function vectorBytes(): readonly Uint8Array[] {
  const texts = new Set<string>();
  for (const file of globSync('vectors/v1/*.json', { cwd: root }).toSorted()) {
    collect(JSON.parse(readFileSync(join(root, file), 'utf8')), texts);
  }
  return [...texts]
    .map((text) => Uint8Array.from(Buffer.from(text, 'base64url')))
    .filter(({ length }) => length > 0 && length <= inputBytesMax);
}

function collect(value: unknown, into: Set<string>): void {
  if (typeof value === 'string' && /^[\w-]{2,}$/.test(value)) into.add(value);
  if (typeof value !== 'object' || value === null) return;
  for (const each of Object.values(value)) collect(each, into);
}
