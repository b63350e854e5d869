/** @dsm/s3: sealed segments on an S3 server. */

export { s3Shelf, type S3Shelf, type S3ShelfOptions } from './shelf.ts';
export { remembering, rememberingDefaults, type RememberingOptions } from './remembering.ts';
export { bucketDefaults, type BucketOptions } from './bucket.ts';
