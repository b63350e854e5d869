/** @dsm/s3: sealed segments on an S3 server. */
export {};
