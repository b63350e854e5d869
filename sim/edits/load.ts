/**
 * Preloaded by a process that runs under edits:
 *
 *     DSM_EDITS='[{"file": "core/…", "from": "…", "to": "…"}]' node --import ./sim/edits/load.ts …
 *
 * The edits are done as a module is loaded. A process that loaded none of the edited files has
 * checked nothing, so it ends with code 86, whatever it found.
 */

import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { edited, type Edit } from './edit.ts';

/** The exit code of a process in which an edit was not met. */
const unmet = 86;

const root = join(import.meta.dirname, '..', '..');
const edits = JSON.parse(process.env['DSM_EDITS'] ?? '[]') as readonly Edit[];
const byUrl = Map.groupBy(edits, ({ file }) => pathToFileURL(join(root, file)).href);
const waiting = new Set(byUrl.keys());

registerHooks({
  load: (url, context, nextLoad) => {
    const due = byUrl.get(url);
    if (due === undefined) return nextLoad(url, context);
    waiting.delete(url);
    const source = due.reduce(edited, readFileSync(new URL(url), 'utf8'));
    return { format: 'module-typescript', source, shortCircuit: true };
  },
});

process.on('exit', () => {
  if (waiting.size > 0) process.exitCode = unmet;
});
