/**
 * Every bound that a stranger can push against, checked before work is done for him.
 *
 * Named noun, unit, bound. The values of `protocol.md` §11 are part of the protocol: changing one
 * is a new version.
 */

export const limits = {
  /** Protocol: entries and bytes of one run, named by one step. */
  runEntriesMax: 256,
  runBytesMax: 16_384,
  /** Protocol: one operation. */
  operationBytesMax: 12_288,
  /** Protocol: inputs and outputs of one transfer. */
  inputsMax: 32,
  outputsMax: 64,
  /** Protocol: slots that one step may name. */
  slotsMax: 40,
  /** Protocol: keys that sign one step: the working key among them, if its notes are spent. */
  stepKeysMax: 4,
  /** Protocol: keys that one multiproof covers, and its siblings. */
  proofKeysMax: 128,
  proofSiblingsMax: 32_768,
  /** Protocol: a stitched receipt, lineage apart. */
  receiptBytesMax: 131_072,
  /** Protocol: an object on a storage node. */
  objectBytesMax: 1_048_576,
  /** Protocol: different values that a node keeps of one slot. */
  slotValuesMax: 4,
  /** Local: versions of the registry in which what stands in a slot changed. */
  slotHistoryMax: 16,
  /** Protocol: runs that wait for an earlier one, for each lane. */
  earlyRunsMax: 64,
  /** Protocol: a policy, as bytes; notes that one issue makes. */
  policyBytesMax: 2_048,
  issueOutputsMax: 64,
  /** Protocol: issuers of a token, and devices that hold its keys. */
  issuersMax: 5,
  /** Protocol: what a lock carries for the next device of its route. */
  routeBytesMax: 1_024,
  /** Protocol: one tick of a stream, and the ticks that are said together. */
  tickBytesMax: 8,
  frameBytesMax: 32_768,
  /** Local: ticks without a signature, whatever they come to. */
  unsignedTicksMax: 65_536,
  /** Protocol: hops of a route. */
  hopsMax: 5,
  /** Protocol: edges that one device tells another; how many devices an edge is passed on by. */
  edgeHintsMax: 256,
  edgeDepthMax: 4,
  /** Protocol: locks that one escrow holds at a time. */
  locksMax: 16,
  /** Local: escrows of one token that this wallet has open towards one contact. */
  escrowsMax: 8,
  /** Protocol: one write to a slot and the state of a slot, as bytes. */
  slotWriteBytesMax: 393_216,
  slotStateBytesMax: 524_288,
  /** Protocol: the longest and the widest lineage that a policy may allow. */
  lineageDepthMax: 64,
  lineageReceiptsMax: 4_096,
  /** Protocol: generations of keys between two statements that are evidence together. */
  evidenceCardsMax: 8,
  /** Local: distance of the checkpoints in the sparse index, in entries. */
  checkpointInterval: 64,
  /** Local: one signature, one public key, of the largest suite. */
  signatureBytesMax: 17_088,
  publicKeyBytesMax: 1_952,
  /** Local: one message between devices. */
  messageBytesMax: 1_048_576,
  /** Local: text that a person writes into an operation, and a name on a card. */
  memoBytesMax: 256,
  nameBytesMax: 48,
  /** Protocol: nodes of a registry, votes of a certificate. */
  registryNodesMax: 8_192,
  registryBytesMax: 33_554_432,
  nodeAddressBytesMax: 128,
  /** Protocol: seats of a registry; those of one node. */
  seatsMax: 32_768,
  nodeSeatsMax: 256,
  /** Protocol: an advertisement or a release, and how many advertisements stand under one topic. */
  advertisementBytesMax: 65_536,
  advertisementsMax: 256,
  /** Protocol: claims on one object. */
  claimsMax: 8,
  /** Protocol: chunks of a manifest. */
  chunksMax: 32_000,
  /** Protocol: operators that accept one offer. */
  acceptancesMax: 32,
  /** Protocol: frames of one exchange, and its bytes. */
  framesMax: 256,
  exchangeBytesMax: 16_777_216,
  /** Protocol: who may sign the next version of a registry. */
  registrySignersMax: 64,
  /** Protocol: bits of an address that choose its bucket. */
  bucketBitsMin: 8,
  bucketBitsMax: 20,
  votesMax: 13,
  /** Protocol: symbols that are sent together. */
  symbolsBatchMax: 16_384,
  /** Protocol: keys of one page of a list or of a bucket; nodes that a comparison leaves out. */
  pageKeysMax: 16_384,
  absentNodesMax: 256,
  /** Protocol: devices alive in one tree, its updates, and those of them that change its authority. */
  treeDevicesMax: 32,
  treeUpdatesMax: 65_536,
  treeRotationsMax: 16,
  /** Protocol: who gives entropy for one genesis. */
  contributorsMax: 16,
} as const;
