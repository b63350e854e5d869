/** @dsm/wallet: the SDK. Start with `createWallet`; `localNetwork` gives it something to talk to. */

export * from './api.ts';
export * from './edge-api.ts';
export * from './route-api.ts';
export { escrowStates, type EscrowState } from './edge-value.ts';
export * from './errors.ts';
export { openBackup, type Backup, type OpenedBackup } from './backup-file.ts';
export { backupCodes, backupFromCodes } from './capsule-codes.ts';
export { restoreFromNodes, type NodesRestore } from './capsule-recovery.ts';
export { decodeNdef, ndefRecord } from '@dsm/identity';
export {
  createWallet,
  openWallet,
  recoverWallet,
  restoreWallet,
  type RecoverOptions,
  type RestoreOptions,
} from './wallet.ts';
export { recover, rehearseRecovery, type Recovered, type RecoveryOptions } from './recovering.ts';
export type { Phase } from './phase-numbers.ts';
export { localNetwork, type LocalNetwork, type LocalNetworkOptions } from './local-network.ts';
export { loginDesk, type LoginDesk, type LoginDeskOptions, type Visitor } from './login-desk.ts';
export { secretsOf, type Secrets } from './keys.ts';
export { networkId } from './open.ts';
export { genesisFrom, type NamedGenesis } from './identity-name.ts';
export {
  authoritySeed,
  identityCost,
  identityFrom,
  identitySecrets,
  type IdentitySecrets,
} from './identity-secrets.ts';
export { firstBirth } from './custody.ts';
export { walletKeys, type Incarnation, type Keys } from './keys.ts';
export { verifyReceipt, type ReceiptReport } from './receipts.ts';
export { format, parse } from './amounts.ts';
export {
  atLeast,
  compareFinality,
  finalities,
  minimumFinalities,
  refuse,
  type App,
  type Fee,
  type Finality,
  type MinimumFinality,
  type Refusal,
} from '@dsm/protocols';
export { defineApp, type AppContext, type AppDefinition } from './apps.ts';
export {
  choice,
  list,
  oneOf,
  option,
  struct,
  text,
  u128,
  u16,
  u32,
  u64,
  u8,
  variable,
  type Coder,
} from '@dsm/primitive';
export { idBytes, idText, phraseOf, type IdKind } from './text.ts';
export { memoryStore as memory } from '@dsm/memory';
export * from './quorum.ts';
export * from './registry-apply.ts';
export * from './registry-chain.ts';
export * from './registry-plan.ts';
export * from './repair.ts';
export * from './replication.ts';
export * from './audit.ts';
