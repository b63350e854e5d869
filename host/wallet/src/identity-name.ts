/** The genesis that words lead to, before any wallet is made from them. */

import { genesis as genesisObject, genesisId } from '@dsm/identity';
import type { Suite } from '@dsm/primitive';
import type { AuthorityKeys } from './devices-api.ts';
import { networkId } from './open.ts';
import { idText } from './text.ts';

export interface NamedGenesis {
  /** `gen1…` */
  readonly identity: string;
  /** What `createWallet` takes. */
  readonly genesis: Uint8Array;
}

/** `contributions`: the digest of the transcript, if others gave entropy for the words. */
export function genesisFrom(
  by: AuthorityKeys,
  networkName: string,
  {
    suite = 1,
    contributions,
  }: { readonly suite?: Suite; readonly contributions?: Uint8Array } = {},
): NamedGenesis {
  const value = {
    network: networkId(networkName),
    suite,
    authority: by.authority(0).publicKey,
    contributions,
  };
  const identity = idText('identity', genesisId(value));
  return { identity, genesis: genesisObject.encode(value) };
}
