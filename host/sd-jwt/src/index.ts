/** @dsm/sd-jwt: credentials as SD-JWT VC, for software that knows nothing of dsm. */

export * from './jws-key.ts';
export * from './exporting.ts';
