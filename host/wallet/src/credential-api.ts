/**
 * The surface of the SDK, part seven: credentials and logins (see api.ts).
 *
 * Nothing is shown without a call of `present` or `login`, or a handler that says yes. Two presentations of
 * one credential are linked to each other: several credentials with a key each are the remedy.
 */

import type { AttributeType } from '@dsm/identity';

/** A text, a whole number, yes or no, a day (`2031-12-31`) or bytes. */
export type Attributes = Readonly<
  Record<string, string | bigint | boolean | Uint8Array | { readonly date: string }>
>;

export interface NewCredentialOptions {
  /** Whom it is for: a contact by name or prefix; this wallet if absent. */
  readonly to?: string;
  readonly attributes: Attributes;
  /** A key of the holder that presents nothing else (`credentials.key`); its working key if absent. */
  readonly key?: string;
}

export interface IssuedCredential {
  /** `cred1…` */
  readonly id: string;
  readonly token: string;
  readonly serial: bigint;
  /** The device that it was given to. */
  readonly device: string;
  readonly revoked: boolean;
}

export interface NewlyIssued extends IssuedCredential {
  /** The credential itself, for a holder that is not reached otherwise. As secret as what it says. */
  readonly bytes: Uint8Array;
  /** True if it is on its way to its holder. */
  readonly sent: boolean;
}

export interface HeldCredential {
  readonly id: string;
  readonly token: string;
  /** Empty while the policy of the token is not known here. */
  readonly ticker: string;
  readonly serial: bigint;
  readonly attributes: Attributes;
  /** How often it was shown, each time with the same signature of its issuer. */
  readonly shown: number;
  /**
   * Whether the issuer's chain names it for its serial: `certified`, `pending` while that is not known
   * here, `other` if it names another one.
   */
  readonly issuance: 'certified' | 'pending' | 'other';
}

/** What a verifier asks for. */
export interface Wish {
  readonly token: string;
  /** Names of attributes; `dsm-device` and `dsm-serial` say for which device and under which serial. */
  readonly names: readonly string[];
}

export interface ChallengeView {
  readonly audience: string;
  /** Absent for a login. */
  readonly wish: Wish | undefined;
}

export interface PresentOptions {
  /** Which one, by a unique prefix of its id; the only one that fits if absent. */
  readonly credential?: string;
}

/** A wish that came over a live session. */
export interface PresentationRequest {
  /** Who asks: the name of the contact, and its device. */
  readonly contact: string;
  readonly device: string;
  readonly wish: Wish;
}

/** Says yes, with which credential, or no. */
export type ConsentHandler = (
  request: PresentationRequest,
) => Promise<PresentOptions | undefined> | PresentOptions | undefined;

export interface VerifyOptions {
  /** The one sort of credential that is taken: names and types of all its attributes. */
  readonly schema?: Readonly<Record<string, AttributeType>>;
  /** True to refuse what the nodes cannot be asked about. */
  readonly online?: boolean;
  /** Certificates of revocations that issuers have handed out: for whoever has no network. */
  readonly revocations?: readonly Uint8Array[];
}

export interface VerifiedCredential {
  readonly id: string;
  readonly token: string;
  readonly ticker: string;
  readonly issuer: string;
  readonly attributes: Attributes;
  /** How many more attributes there may be. */
  readonly hiddenMax: number;
  /** Who names the key that presents it: the issuer, or of a device that is shown its card. */
  readonly holder: 'issuer' | 'card';
  readonly device: string | undefined;
  readonly serial: bigint | undefined;
  /** What the issuer's chain says of the serial, if that was shown. */
  readonly issuance: 'certified' | 'not-shown' | 'not-checked';
  readonly revocation: Revocation;
  /** Whether the card that it rests on is still the device's newest, if it rests on one. */
  readonly card: 'current' | 'replaced' | 'not-checked' | 'none';
}

/** `free`: so many nodes answered that it is not revoked, just now. */
export type Revocation =
  | { readonly state: 'free'; readonly answers: number }
  | { readonly state: 'revoked' }
  | { readonly state: 'not-checked' };

export interface LoginOptions {
  /** The origin that the owner means to log in to; another audience is refused. */
  readonly audience: string;
  /** True to show the genesis, too, by the device tree: it is the same for all devices of one owner. */
  readonly identity?: boolean;
}

/** A key of this wallet as JOSE has it; what it signs is no signature of dsm, and none of those is it. */
export interface JoseKey {
  readonly algorithm: 'ML-DSA-65';
  readonly jwk: { readonly kty: 'AKP'; readonly alg: 'ML-DSA-65'; readonly pub: string };
  readonly sign: (bytes: Uint8Array) => Uint8Array;
}

export interface CredentialActions {
  /** Make a credential of a token that this wallet issues alone, and send it to its holder. */
  readonly issue: (token: string, options: NewCredentialOptions) => Promise<NewlyIssued>;
  readonly issued: () => Promise<readonly IssuedCredential[]>;
  /**
   * Take it back, for good. Answers with the certificate, for verifiers without a network. Again: the
   * same. Throws `pending` while too few nodes have heard it.
   */
  readonly revoke: (credential: string) => Promise<Uint8Array>;
  /** A key of this wallet that presents one credential and nothing else. */
  readonly key: () => Promise<string>;
  /** Take a credential that came as bytes. Throws `refused` with the reason. */
  readonly accept: (bytes: Uint8Array) => Promise<HeldCredential>;
  readonly list: () => Promise<readonly HeldCredential[]>;
  /** Ask for a credential, or without a wish for a login. The bytes are told to the other side. */
  readonly challenge: (audience: string, wish?: Wish) => Uint8Array;
  /** What a challenge asks, for its owner to decide. */
  readonly read: (challenge: Uint8Array) => ChallengeView;
  /** Show what the challenge asks for, and nothing else. */
  readonly present: (challenge: Uint8Array, options?: PresentOptions) => Promise<Uint8Array>;
  /** Ask a contact over the live session. Throws `refused` if its owner says no. */
  readonly request: (
    contact: string,
    wish: Wish,
    options?: VerifyOptions,
  ) => Promise<VerifiedCredential>;
  /** Who decides when a contact asks; nobody, and the answer is no. */
  readonly onRequest: (handler: ConsentHandler | undefined) => void;
  /** Judge what was shown for one's own challenge. Throws `refused` with the reason. */
  readonly verify: (
    presentation: Uint8Array,
    challenge: Uint8Array,
    options?: VerifyOptions,
  ) => Promise<VerifiedCredential>;
  /**
   * The key for the export of credentials (`@dsm/sd-jwt`): of a token that this wallet issues alone, or the
   * working key of the holder if no token is named. Suite 1 only.
   */
  readonly jwsKey: (token?: string) => JoseKey;
  /** Answer a challenge of a server. */
  readonly login: (challenge: Uint8Array, options: LoginOptions) => Promise<Uint8Array>;
}
