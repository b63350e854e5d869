/** Credentials as SD-JWT VC, for software that knows nothing of dsm. */

export {};
