/** Functions that read bytes or a text and need no target of their own, each with the reason. */

const byCoder = 'nothing but its coder, which is a target';
const byFile = 'reads a file; what stands in it is read by a target';

export const notTargets: Readonly<Record<string, string>> = {
  'availability/bucket-proof.decodeBucketPage': byCoder,
  'availability/bucket-proof.decodeProvenKey': byCoder,
  'availability/sharing.decodeAddressPage': byCoder,
  'availability/sharing.decodeRangeSymbols': byCoder,
  'cli/backup-source.parseBackup':
    'the bytes of a tag, frames or a backup, each of which is read by a target',
  'cli/commands/registry.readPlan': byFile,
  'cli/network-file.readNetwork': byFile,
  'cli/dev/device.parsed': 'what a process of the demonstration says to its parent',
  'cli/node-secrets.parsed':
    'a file of fixed length under a digest, read in one field after another',
  'cli/tls-files.read': 'PEM, which the platform reads',
  'identity/capsule-body.decodeBody': byCoder,
  'node/bound-file.readBound': 'the coder `whole`, which is a target, under a digest',
  'node/keystore-file.readSmallFile': byFile,
  'node/keystore.readSealed': 'the coder `sealed`, which is a target, under a digest',
  'wallet/open.readGenesis': byCoder,
  'storage-node/claims.decoded':
    'nothing but its coder, and what lies behind it is a row of its own',
  'segment-log/scan.parsed': 'record after record, each as the target of records reads it',
  'segment-log/segment-header.decodeChecked': 'called by readSegmentHeader, which is a target',
};
