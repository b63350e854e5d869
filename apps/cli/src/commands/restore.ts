/** `dsm restore`: a wallet out of a backup, as a new incarnation. */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DsmError, restoreWallet } from '@dsm/wallet';
import { backupAt } from '../backup-source.ts';
import type { CommandSpec } from '../command.ts';
import { located } from '../network-file.ts';
import { existingKeystore, exists, keyPath, makeWallet } from '../session.ts';
import { identityLines, identitySchema, identityView } from './id.ts';

export const restore: CommandSpec = {
  name: 'restore',
  summary: 'make a wallet out of a backup',
  details:
    'It goes on as a new incarnation, certified by the nodes: the old device is retired by that.\n' +
    'Online notes come back as far as the nodes show them unspent; a purse does not come back.',
  arguments: [
    {
      form: '<file>',
      meaning: 'the backup; or a text with the codes of the paper, or what an NFC tag holds',
    },
  ],
  example: 'dsm restore maya.backup --home ./maya-again',
  output: identitySchema,
  run: async (context, input) => {
    const path = located(input.argument(0), context.cli.cwd);
    const { bytes, backup } = await backupAt(path);
    const { key, name } = backup;
    if (key === undefined) {
      throw new DsmError('needs-words', 'this backup is opened with the 24 words: dsm recover');
    }
    const place = keyPath(context.home);
    if (await exists(place)) {
      throw new DsmError('exists', `there is a wallet in ${context.home} already`);
    }
    await mkdir(dirname(place), { recursive: true, mode: 0o700 });
    await writeFile(place, key, { mode: 0o600, flag: 'wx' });
    try {
      return await makeWallet(
        context,
        name,
        (options) => restoreWallet({ ...options, backup: bytes }),
        async (wallet) => {
          context.result(identityView(wallet.id, context.home), [
            ...identityLines(wallet.id),
            'Next: dsm sync certifies the new incarnation.',
          ]);
          return 0;
        },
        await existingKeystore(context),
      );
    } catch (error) {
      // A folder with a secret and no wallet would only be in the way of the next attempt.
      await rm(place, { force: true });
      throw error;
    }
  },
};
