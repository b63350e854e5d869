/** A passkey (WebAuthn) as device binding, in browsers. */

export {};
