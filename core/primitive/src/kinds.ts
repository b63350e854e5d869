/**
 * The kinds of objects, each a byte. Whatever is stored or sent starts with the version byte and
 * the kind byte. The version is never `D` (0x44), so that no object starts like a hash preimage.
 */

export const version = 0x01;

export const kinds = {
  entry: 0x01,
  step: 0x02,
  signedStep: 0x03,
  countersignature: 0x04,
  receipt: 0x05,
  proof: 0x06,
  card: 0x07,
  incarnation: 0x08,
  evidence: 0x09,

  slotWrite: 0x10,
  slotState: 0x11,
  vote: 0x12,
  certificate: 0x13,
  registry: 0x14,
  succession: 0x15,
  close: 0x16,
  byteCommit: 0x17,
  signal: 0x18,
  closedSet: 0x19,
  nodeRequest: 0x1a,
  nodeAnswer: 0x1b,
  advertisement: 0x1c,
  release: 0x1d,
  offer: 0x1e,
  subscription: 0x1f,

  policy: 0x20,
  issue: 0x21,
  spendPart: 0x22,
  issuePart: 0x23,
  exitPart: 0x24,
  lock: 0x25,
  invoice: 0x26,
  allowList: 0x27,
  lineage: 0x28,
  charge: 0x29,
  manifest: 0x2a,

  message: 0x30,
  sealed: 0x31,
  parcel: 0x32,

  device: 0x40,
  relationship: 0x41,
  run: 0x42,
  note: 0x43,
  payment: 0x44,
  mark: 0x45,
  backup: 0x46,
  wallet: 0x47,
  escrow: 0x48,
  passage: 0x49,

  genesis: 0x50,
  treeUpdate: 0x51,
  membership: 0x52,
  contribution: 0x53,
  secrets: 0x54,
  share: 0x55,
  capsule: 0x56,
  capsuleState: 0x57,
  freshKeys: 0x58,
  attestation: 0x59,
  credential: 0x5a,
  presentation: 0x5b,
  revocation: 0x5c,
  login: 0x5d,
  invitation: 0x5e,
  introduction: 0x5f,
  held: 0x60,
  listing: 0x61,
  challenge: 0x62,
} as const;

export type Kind = (typeof kinds)[keyof typeof kinds];

export const kindNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(kinds).map(([name, kind]) => [kind, name]),
);
