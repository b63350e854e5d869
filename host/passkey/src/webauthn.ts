/** What is used of WebAuthn (Level 3), as types: this repository is checked without those of browsers. */

export interface Authenticators {
  readonly create: (options: { readonly publicKey: object }) => Promise<unknown>;
  readonly get: (options: { readonly publicKey: object }) => Promise<unknown>;
}

interface Extensions {
  readonly prf?: {
    readonly enabled?: boolean;
    readonly results?: { readonly first?: ArrayBuffer };
  };
}

interface Credential {
  readonly rawId: ArrayBuffer;
  readonly getClientExtensionResults: () => Extensions;
}

export interface Registered extends Credential {
  readonly response: {
    readonly getPublicKey: () => ArrayBuffer | null;
    readonly getPublicKeyAlgorithm: () => number;
    readonly getAuthenticatorData: () => ArrayBuffer;
  };
}

export interface Asserted extends Credential {
  readonly response: {
    readonly authenticatorData: ArrayBuffer;
    readonly clientDataJSON: ArrayBuffer;
    readonly signature: ArrayBuffer;
  };
}

/** In the flags of authenticator data: the passkey may be copied to other devices by its platform. */
export const backupEligible = 0x08;

/** COSE numbers of the algorithms, by those of attestations. */
export const coseAlgorithms = { 1: -7, 2: -257 } as const;
