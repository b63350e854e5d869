/** Words: 24 of them are an identity, and shares of them are kept by guardians. */

export {};
