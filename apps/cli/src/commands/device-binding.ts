/** `dsm device binding`: what the secret of this wallet is sealed to. */

import type { OwnBinding } from '@dsm/wallet';
import { bindingLevels } from '@dsm/primitive';
import type { CommandSpec } from '../command.ts';
import { resealed } from '../keystores.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';
import { levelOf, levelsHere } from '../things.ts';

export const binding: CommandSpec = {
  name: 'binding',
  summary: 'show or change what the secret of this wallet is sealed to',
  details:
    'software: the passphrase alone; a copy of the files and the passphrase is the wallet.\n' +
    'os-keystore: the passphrase and the key ring of the system, which opens with the login.\n' +
    'tpm: the passphrase and the chip of this machine; a copy of the files opens nowhere else, and\n' +
    'peers can ask the chip for a signature. It needs the package tpm2-tools.\n' +
    'A binding makes theft harder and a change of device visible. No payment depends on it.\n' +
    'If the thing is lost, so is what is sealed to it: keep the words or a backup.',
  options: [{ form: '--change <level>', meaning: `seal it to ${levelsHere.join(', ')}` }],
  example: 'dsm device binding',
  output: s.record({
    level: s.oneOf(...bindingLevels),
    clonable: s.flag,
    attests: s.flag,
    told: s.oneOf(...bindingLevels),
    isTold: s.flag,
  }),
  run: async (context, input) => {
    const level = input.option('change');
    if (level !== undefined) await resealed(context, levelOf(level));
    return withWallet(context, async (wallet) => {
      const own = wallet.binding.own();
      context.result(own, linesOf(own));
      return 0;
    });
  },
};

function linesOf({ level, clonable, attests, told, isTold }: OwnBinding): readonly string[] {
  const copy = clonable
    ? 'a copy of what it lies in can be opened elsewhere'
    : 'a copy of the files opens nowhere else';
  const signs = attests ? 'it signs what peers ask' : 'it signs nothing';
  return [
    `level    ${level}: ${copy}`,
    `signs    ${signs}`,
    ...(isTold
      ? []
      : [`card     says ${told}, and another key than now: the next card says what is`]),
  ];
}
