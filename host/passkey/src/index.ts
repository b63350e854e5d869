/** @dsm/passkey: a passkey (WebAuthn) as device binding, in browsers. */

export { passkeyBinding, type PasskeyOptions } from './binding.ts';
export type { Authenticators } from './webauthn.ts';
