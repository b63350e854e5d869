/** `dsm id`: who this wallet is. */

import { writeFile } from 'node:fs/promises';
import type { Identity } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import { located } from '../network-file.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';

export const identityFields: Readonly<Record<string, s.Schema>> = {
  device: s.text,
  name: s.text,
  phrase: s.text,
  incarnation: s.count,
  suite: s.count,
  network: s.text,
  home: s.text,
};

export const identitySchema: s.Schema = s.record(identityFields);

export function identityView(identity: Identity, home: string): object {
  const { device, name, phrase, incarnation, suite, network } = identity;
  return { device, name, phrase, incarnation, suite, network, home };
}

export function identityLines(identity: Identity): readonly string[] {
  return [
    `${identity.name}  ${identity.device}`,
    `phrase  ${identity.phrase}   (compare it aloud when you meet)`,
    `network ${identity.network}, suite ${identity.suite}, incarnation ${identity.incarnation}`,
  ];
}

export const id: CommandSpec = {
  name: 'id',
  summary: 'show who this wallet is',
  options: [{ form: '--card <file>', meaning: 'write the identity card into a file' }],
  example: 'dsm id',
  output: identitySchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const path = input.option('card');
      if (path !== undefined) await writeFile(located(path, context.cli.cwd), wallet.id.card);
      context.result(identityView(wallet.id, context.home), identityLines(wallet.id));
      return 0;
    }),
};
