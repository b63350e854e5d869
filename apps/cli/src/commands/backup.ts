/** `dsm backup`: everything into one file. */

import { chmod, readFile, writeFile } from 'node:fs/promises';
import type { CommandSpec } from '../command.ts';
import { backupText } from '../backup-file.ts';
import { located } from '../network-file.ts';
import * as s from '../schema.ts';
import { keyPath, withWallet } from '../session.ts';

export const backup: CommandSpec = {
  name: 'backup',
  summary: 'write everything into one file: the sealed secret, the receipts, the contacts',
  details:
    'Whoever has the file and the passphrase has the wallet. Without a passphrase the file alone\n' +
    'is enough. A purse is not restored: load it back before a device is given away.',
  arguments: [{ form: '<file>', meaning: 'where to write it' }],
  example: 'dsm backup maya.backup',
  output: s.record({ file: s.text, bytes: s.count }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const file = located(input.argument(0), context.cli.cwd);
      const text = backupText({
        name: wallet.id.name,
        key: Uint8Array.from(await readFile(keyPath(context.home))),
        wallet: await wallet.backup(),
      });
      await writeFile(file, text, { mode: 0o600 });
      await chmod(file, 0o600);
      context.result({ file, bytes: text.length }, `${text.length} bytes written to ${file}`);
      return 0;
    }),
};
