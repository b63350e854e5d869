/** @dsm/wallet: the SDK. Start with `createWallet`; `localNetwork` gives it something to talk to. */

export * from './api.ts';
export * from './errors.ts';
export { createWallet, openWallet, restoreWallet, type RestoreOptions } from './wallet.ts';
export {
  localNetwork,
  firstRegistry,
  type LocalNetwork,
  type LocalNetworkOptions,
} from './local-network.ts';
export { networkId } from './open.ts';
export { verifyReceipt, type ReceiptReport } from './receipts.ts';
export { format, parse } from './amounts.ts';
export {
  atLeast,
  compareFinality,
  finalities,
  minimumFinalities,
  type Finality,
  type MinimumFinality,
} from '@dsm/protocols';
export { idBytes, idText, phraseOf, type IdKind } from './text.ts';
export { memoryStore as memory } from '@dsm/memory';
export * from './quorum.ts';
