/**
 * @dsm/bilateral: how two devices reach one receipt.
 *
 * Decide here, perform in the host: state and event in, state and effects out.
 */

export * from './device.ts';
export * from './relationship.ts';
export * from './run.ts';
export * from './message.ts';
export * from './attest-mac.ts';
export * from './contact.ts';
export * from './fresh-key.ts';
export * from './offer.ts';
export * from './trade.ts';
export * from './passage.ts';
