/** The options that every command takes. */

import type { Parameter } from './command.ts';

export const globalOptions: readonly Parameter[] = [
  { form: '--json', meaning: 'print one JSON document; see dsm schema' },
  { form: '--home <folder>', meaning: 'the folder of the wallet (DSM_HOME)' },
  { form: '--profile <name>', meaning: 'which of several wallets (DSM_PROFILE)' },
  { form: '--network <file>', meaning: 'the network file or its HTTP address (DSM_NETWORK)' },
  { form: '--no-color', meaning: 'no colours (NO_COLOR)' },
  { form: '--quiet', meaning: 'say nothing but results and errors' },
  { form: '--yes', meaning: 'answer yes, and take an empty passphrase' },
  { form: '--no-input', meaning: 'never ask' },
];
