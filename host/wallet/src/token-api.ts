/**
 * The surface of the SDK, part two: tokens. What a token is, how it comes into being, what it shows
 * of itself before it is taken, and how it ends (see api.ts).
 */

import type { Finality } from '@dsm/protocols';
import type { Suite } from '@dsm/primitive';
import type { Balance, Payment } from './api.ts';

/**
 * fungible    an amount of it is as good as any other
 * unique      a series of items with serial numbers; each is whole and one of its kind
 * credential  items that stay with the device that they were issued to
 */
export type TokenForm = 'fungible' | 'unique' | 'credential';

export interface NewToken {
  readonly ticker: string;
  readonly name?: string;
  readonly form?: TokenForm;
  /** Digits after the point; only a fungible token has any. */
  readonly decimals?: number;
  /** Smallest units, or items, that there can ever be. */
  readonly cap: bigint;
  /** Keys of the issuers (`issuerKey`), this wallet's among them or not; this wallet alone if absent. */
  readonly issuers?: readonly string[];
  /** How many issuers sign; the least that is sound unless said otherwise. */
  readonly threshold?: number;
  /** How many issuers may be dishonest without harm: none unless said otherwise. */
  readonly bad?: number;
  /** True if holders may destroy what they hold. */
  readonly burn?: boolean;
  /** Devices that may hold it, as ids; anybody if absent. The list is published. */
  readonly allowed?: readonly string[];
  /** What the issuer says about the token elsewhere. Bytes are published. */
  readonly anchors?: readonly NewAnchor[];
  /** Suites whose keys may spend it; all unless said otherwise. */
  readonly suites?: readonly Suite[];
  /** Hops and receipts that a note may have behind it; 8 and 64 unless said otherwise. */
  readonly depthMax?: number;
  readonly receiptsMax?: number;
}

export type NewAnchor = { readonly label: string } & AnchorContent;
export type AnchorContent = { readonly bytes: Uint8Array } | { readonly address: string };

export interface TokenInfo {
  readonly id: string;
  readonly ticker: string;
  readonly name: string;
  readonly form: TokenForm;
  readonly decimals: number;
  readonly cap: bigint;
  readonly adopted: boolean;
  /** True if this wallet holds an issuer's key. */
  readonly issuer: boolean;
}

/** Everything that a token says of itself, and what should make its taker look twice. */
export interface TokenDetails {
  readonly info: TokenInfo;
  /** The end of the id, for two people to compare aloud. */
  readonly shortId: string;
  readonly issuers: readonly TokenIssuer[];
  readonly threshold: number;
  readonly bad: number;
  /** Smallest units, or items, that are known to be issued. */
  readonly issued: bigint;
  readonly burn: boolean;
  /** Devices that may hold it; `any`, or `unknown` if the list was not found. */
  readonly allowed: readonly string[] | 'any' | 'unknown';
  readonly anchors: readonly { readonly label: string; readonly address: string }[];
  readonly suites: readonly Suite[];
  readonly depthMax: number;
  readonly receiptsMax: number;
  readonly warnings: readonly TokenWarning[];
}

export interface TokenIssuer {
  readonly key: string;
  /** Whose key it is, as far as that has shown: this wallet's own, or a contact that issued with it. */
  readonly name: string | undefined;
}

export interface TokenWarning {
  /**
   * ticker   the same ticker, by another issuer
   * letters  a ticker that looks like it
   * name     a name that looks like it
   */
  readonly what: 'ticker' | 'letters' | 'name';
  /** The id of the token that it could be taken for. */
  readonly token: string;
  readonly sentence: string;
}

/** One item of a unique token, or one credential. */
export interface Item {
  readonly token: string;
  readonly ticker: string;
  readonly serial: bigint;
  /** The address of an object that says more about it, if its issuers named one. */
  readonly anchor: string | undefined;
  readonly finality: Finality;
  /** What is still missing, in a sentence; empty when nothing is. */
  readonly waiting: string;
}

export interface MintOptions {
  /** Whom to give it to: a contact by name or prefix; this wallet if absent. */
  readonly to?: string;
  /** For items: one each, in the order of their serial numbers. */
  readonly anchors?: readonly AnchorContent[];
}

/** What a wallet does with tokens. */
export interface TokenCalls {
  readonly tokens: () => readonly TokenInfo[];
  /** A token by ticker, if that is unique, or by a unique prefix of its id. */
  readonly token: (tickerOrPrefix: string) => TokenInfo;
  /** Look at a token before taking it. Fetches the policy from the nodes if it is unknown. */
  readonly inspect: (token: string) => Promise<TokenDetails>;
  /**
   * Take payments in this token from now on. Throws `look-alike` for a token that could be mistaken
   * for another one, unless `lookAlike` says that it is meant.
   */
  readonly adopt: (token: string, options?: { readonly lookAlike?: boolean }) => Promise<TokenInfo>;
  readonly issue: (policy: NewToken) => Promise<TokenInfo>;
  /** A key for a committee that does not exist yet; a token that names it is this wallet's to issue. */
  readonly issuerKey: () => Promise<string>;
  /** New units or items, certified: of a token that this wallet issues alone. */
  readonly mint: (token: string, amount: bigint, options?: MintOptions) => Promise<void>;
  /** An issue that this wallet has signed, for the other issuers to sign. Again: the same. */
  readonly proposeIssue: (
    token: string,
    amount: bigint,
    options?: MintOptions,
  ) => Promise<Uint8Array>;
  /** The proposal with this wallet's signature. Throws `already-signed` if it has signed another one. */
  readonly cosign: (proposal: Uint8Array) => Promise<Uint8Array>;
  /** What this wallet has signed and nobody has finished yet. */
  readonly openIssue: (token: string) => Promise<Uint8Array | undefined>;
  /** Put the signatures together and certify the issue. Any order; repeats are harmless. */
  readonly finishIssue: (proposals: readonly Uint8Array[]) => Promise<void>;
  /** Ask the nodes for what the issuers of a token gave to this wallet. Answers with the number of notes. */
  readonly collect: (token: string) => Promise<number>;
  /** Destroy an amount, or one item, for good. */
  readonly burn: (token: string, what: bigint | { readonly item: bigint }) => Promise<Payment>;
  /** The items of a unique token, or the credentials, that this wallet holds. */
  readonly items: (token: string) => Promise<readonly Item[]>;
  /**
   * Online notes become purse notes, which can be paid without a network. Needs the nodes. The purse is
   * lost with the device: no words, file or node brings it back.
   */
  readonly load: (token: string, amount: bigint) => Promise<Balance>;
  readonly balance: (token: string) => Promise<bigint>;
  readonly balances: () => readonly Balance[];
}
