/**
 * Writes docs/cli and docs/errors.md from the table of commands.
 *
 *     node tools/run.mjs tools/cli-docs.ts
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commands, manual } from '@dsm/cli';

const root = dirname(import.meta.dirname);
for (const [path, text] of manual(commands)) {
  const place = join(root, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
}
