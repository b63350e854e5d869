/**
 * @dsm/storage-node: a storage node over any engine, on any platform; `./http` serves it.
 */

export * from './node.ts';
export {
  freshSecrets,
  nodeKeys,
  secretsInMemory,
  type NodeKeys,
  type NodeSecrets,
  type SecretKeeper,
  type Signer,
} from './keys.ts';
export { slotRefusals, type SlotRefusal } from './slots.ts';
export * from './examine.ts';
export { vote } from './vote.ts';
export { shelves, type Totals } from './rows.ts';
export { birthRefusals } from './birth.ts';
export { evolutionRefusals } from './evolution.ts';
export { askOne, fetchLink, wholeObject, type Dial } from './peers.ts';
export { signerRefusals } from './signing.ts';
