/** The durable store passes the suite of the port, and groups commits. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeConformance } from '@dsm/ports/conformance';
import { fileStore } from '../src/store.ts';

storeConformance('files', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dsm-store-'));
  return {
    store: await fileStore(directory),
    reopen: () => fileStore(directory),
    dispose: () => rmSync(directory, { recursive: true }),
  };
});
