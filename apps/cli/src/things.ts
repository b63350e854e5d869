/** The things of this machine that a keystore can be sealed to. */

import { bindingLevels } from '@dsm/primitive';
import type { BindingError, BindingLevel, DeviceBinding } from '@dsm/ports';
import { osKeystoreBinding, osKeystoreMissing } from '@dsm/os-keystore';
import { tpmBinding, tpmMissing, type TpmOptions } from '@dsm/tpm';
import { DsmError } from '@dsm/wallet';
import type { Context } from './context.ts';

/** The levels of which the command line has a driver. Passkeys are for browsers. */
export const levelsHere = ['software', 'os-keystore', 'tpm'] as const;
export type LevelHere = (typeof levelsHere)[number];

export function levelOf(text: string): LevelHere {
  const level = levelsHere.find((one) => one === text);
  if (level !== undefined) return level;
  const known = bindingLevels.some((one) => one === text);
  const why = known ? 'needs a browser' : 'is not known';
  throw new DsmError('usage', `the level ${text} ${why}: there are ${levelsHere.join(', ')}`);
}

/** Undefined for software: there is nothing but the passphrase. */
export function thingOf(
  context: Pick<Context, 'cli'>,
  level: BindingLevel,
): DeviceBinding | undefined {
  switch (level) {
    case 'software':
      return undefined;
    case 'os-keystore':
      return osKeystoreBinding();
    case 'tpm':
      return tpmBinding(tpmOptions(context));
    case 'passkey':
      throw new DsmError('elsewhere', 'this wallet is sealed to a passkey: open it in the browser');
  }
}

export interface Availability {
  readonly level: LevelHere;
  /** Why it is not to be had here; undefined if it is. */
  readonly missing: BindingError | undefined;
}

export async function thingsHere(context: Pick<Context, 'cli'>): Promise<readonly Availability[]> {
  return [
    { level: 'software', missing: undefined },
    { level: 'os-keystore', missing: await osKeystoreMissing() },
    { level: 'tpm', missing: await tpmMissing(tpmOptions(context)) },
  ];
}

function tpmOptions({ cli }: Pick<Context, 'cli'>): TpmOptions {
  const tcti = cli.env['TPM2TOOLS_TCTI'];
  return tcti === undefined || tcti === '' ? {} : { tcti };
}
