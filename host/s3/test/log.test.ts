/** The segment log passes the suites of engines while its sealed segments stand on S3, killed too. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeHash } from '@dsm/node';
import { engineConformance, engineCrashConformance } from '@dsm/ports/conformance';
import { installHash } from '@dsm/primitive';
import { keepOptions, logOnS3 } from './fixtures/log-on-s3.ts';
import { scene, skip } from './fixtures/scene.ts';

installHash(nativeHash);

const skipped = skip === false ? {} : { skip };

engineConformance(
  'segment log on S3',
  async () => {
    const { options } = await scene();
    const folder = mkdtempSync(join(tmpdir(), 'dsm-s3-log-'));
    return {
      engine: await logOnS3(folder, options),
      reopen: () => logOnS3(folder, options),
      dispose: () => rmSync(folder, { recursive: true }),
    };
  },
  { runs: 3, ...skipped },
);

engineCrashConformance(
  'segment log on S3',
  async () => {
    const { options } = await scene();
    const place = mkdtempSync(join(tmpdir(), 'dsm-s3-log-'));
    keepOptions(place, options);
    return {
      program: fileURLToPath(new URL('./fixtures/log-loop.ts', import.meta.url)),
      place,
      open: () => logOnS3(place, options),
      dispose: () => {
        rmSync(place, { recursive: true });
        rmSync(`${place}.json`);
      },
    };
  },
  skipped,
);
