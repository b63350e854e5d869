/** `dsm recover`: a lost device out of its owner’s words. */

import { memory, DsmError, recover, rehearseRecovery, type RecoveryReport } from '@dsm/wallet';
import { backupAt } from '../backup-source.ts';
import type { CommandSpec, Input } from '../command.ts';
import type { Context } from '../context.ts';
import { located, openNetwork } from '../network-file.ts';
import { progressTo, recoveryLines, recoverySchema, recoveryView } from '../recovery-view.ts';
import {
  existingKeystore,
  exists,
  keyPath,
  makeWallet,
  networkOf,
  newKeystore,
  optionsOf,
} from '../session.ts';
import { wordsFrom, wordsOption } from '../words-source.ts';

export const recoverCommand: CommandSpec = {
  name: 'recover',
  summary: 'bring a lost device back from the 24 words',
  details:
    'The rest of the wallet comes from the nodes, or from a file. The next incarnation is certified:\n' +
    'the lost device is over by that, and every note is moved to keys that it does not have. It says\n' +
    'what came back and what did not. A recovery that was interrupted goes on when it is begun again.\n' +
    'With --rehearse nothing is written anywhere: only the report is made.',
  options: [
    wordsOption,
    { form: '--capsule <file>', meaning: 'a backup file, instead of the nodes' },
    { form: '--older', meaning: 'take older recovery data where nobody hands out the newest' },
    { form: '--words-only', meaning: 'bring back who the device is, and nothing else' },
    { form: '--device <number>', meaning: 'which device of the words it was (0 unless said)' },
    { form: '--name <name>', meaning: 'what to call the device, if not what it was called' },
    { form: '--rehearse', meaning: 'say what would come back, and change nothing' },
  ],
  example: 'dsm recover --network net.json --home ./maya-again',
  output: recoverySchema,
  run: async (context, input) => {
    const words = await wordsFrom(context, input.option('wordsFrom'));
    const asked = { words, ...(await choices(context, input)) };
    const rehearsal = input.isSet('rehearse');
    const report = rehearsal ? await rehearsed(context, asked) : await recovered(context, asked);
    context.result(recoveryView(report, rehearsal), recoveryLines(report, rehearsal));
    return 0;
  },
};

interface Asked {
  readonly words: string;
  readonly deviceIndex: number;
  readonly name?: string;
  readonly backup?: Uint8Array;
  readonly from?: 'words';
  readonly older?: boolean;
}

async function choices(context: Context, input: Input): Promise<Omit<Asked, 'words'>> {
  const file = input.option('capsule');
  const name = input.option('name');
  if (file !== undefined && input.isSet('wordsOnly')) {
    throw new DsmError('usage', 'either --capsule or --words-only');
  }
  const backup =
    file === undefined ? undefined : (await backupAt(located(file, context.cli.cwd))).bytes;
  return {
    deviceIndex: deviceIn(input.option('device')),
    ...(name !== undefined && { name }),
    ...(backup !== undefined && { backup }),
    ...(input.isSet('wordsOnly') && { from: 'words' as const }),
    ...(input.isSet('older') && { older: true }),
  };
}

function deviceIn(text: string | undefined): number {
  if (text === undefined) return 0;
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new DsmError('usage', '--device is a number');
}

async function rehearsed(context: Context, asked: Asked): Promise<RecoveryReport> {
  const network = openNetwork(await networkOf(context));
  try {
    const {
      keystore: _,
      store: __,
      ...options
    } = optionsOf(context, '', memory(), nobody, network);
    return await rehearseRecovery({ ...options, ...asked, onProgress: progressTo(context.say) });
  } finally {
    network.close();
  }
}

/** A rehearsal keeps no secret. */
const nobody = { open: async () => undefined, create: async () => undefined };

async function recovered(context: Context, asked: Asked): Promise<RecoveryReport> {
  let report: RecoveryReport | undefined;
  const begun = await exists(keyPath(context.home));
  await makeWallet(
    context,
    asked.name ?? '',
    async (options) => {
      const done = await recover({ ...options, ...asked, onProgress: progressTo(context.say) });
      ({ report } = done);
      return done.wallet;
    },
    async () => 0,
    begun ? await existingKeystore(context) : await newKeystore(context),
  );
  return report!;
}
