/** Forty adversarial cases: what is tried, what has to happen, and the tests that show it. */

export interface Case {
  readonly number: number;
  readonly what: string;
  readonly outcome: string;
  /** Paths of tests, from the root. */
  readonly evidence: readonly string[];
}

export const cases: readonly Case[] = [
  {
    number: 1,
    what: 'a message cut at any length',
    outcome: 'refused with a code; nothing changes',
    evidence: ['test/strange-input.test.ts', 'core/bilateral/test/decoders.test.ts'],
  },
  {
    number: 2,
    what: 'bytes behind the end, unknown fields, sets out of order, another spelling of a number',
    outcome: 'refused: one byte string encodes a value',
    evidence: [
      'test/strange-input.test.ts',
      'core/bilateral/test/decoders.test.ts',
      'test/vectors.test.ts',
    ],
  },
  {
    number: 3,
    what: 'a length of 2³² − 1, nesting without end',
    outcome: 'refused before anything is made for it',
    evidence: ['test/strange-input.test.ts', 'core/bilateral/test/decoders.test.ts'],
  },
  {
    number: 4,
    what: 'any one bit of a valid signed message',
    outcome: 'refused',
    evidence: ['test/strange-input.test.ts', 'host/wallet/test/wire.test.ts'],
  },
  {
    number: 5,
    what: 'the same bytes as another kind, version, suite or network',
    outcome: 'refused: kind and version stand in the bytes, the others in the signature’s context',
    evidence: ['test/strange-input.test.ts', 'core/bilateral/test/run.test.ts'],
  },
  {
    number: 6,
    what: 'fields that move over the boundary between them',
    outcome: 'another digest: every variable field is framed',
    evidence: ['test/strange-input.test.ts'],
  },
  {
    number: 7,
    what: 'amounts of zero, too large, negative or not whole; sums that overflow',
    outcome: 'refused; amounts are exact integers of 128 bits',
    evidence: [
      'core/protocols/test/rules.test.ts',
      'apps/cli/test/amount.test.ts',
      'test/vectors.test.ts',
    ],
  },
  {
    number: 8,
    what: 'confusable letters, control characters, other forms of one letter',
    outcome:
      'bytes are kept and compared as bytes; what is shown is made readable, and look-alikes are told',
    evidence: ['host/wallet/test/look-alike.test.ts', 'test/strange-input.test.ts'],
  },
  {
    number: 9,
    what: 'names that every object has (`__proto__`) where text is read',
    outcome: 'names like others; nothing else changes',
    evidence: ['apps/cli/test/network-file.test.ts'],
  },
  {
    number: 10,
    what: 'signatures bent in every part, keys and contexts that do not belong',
    outcome: 'refused, by both implementations',
    evidence: [
      'host/portable/test/signatures.test.ts',
      'host/node/test/signatures.test.ts',
      'sim/test/primitives.test.ts',
    ],
  },
  {
    number: 11,
    what: 'two successors of one head, to the same peer',
    outcome: 'the second is a fork, and with the first it is evidence',
    evidence: ['host/wallet/test/copy.test.ts', 'core/bilateral/test/run.test.ts'],
  },
  {
    number: 12,
    what: 'one purse note to two peers that are offline',
    outcome:
      'both may take it within their limits; when the halves meet, both hold the same proof and refuse its author',
    evidence: ['host/wallet/test/copy.test.ts', 'core/bilateral/test/run.test.ts'],
  },
  {
    number: 13,
    what: 'a clone of a device that goes on beside it',
    outcome: 'as 11 and 12; online it is refused by the slot',
    evidence: ['host/wallet/test/copy.test.ts', 'core/bilateral/test/run.test.ts'],
  },
  {
    number: 14,
    what: 'old offers, consents, commits and acks again',
    outcome: 'answered again, no second effect',
    evidence: ['core/bilateral/test/trade.test.ts', 'host/wallet/test/wire.test.ts'],
  },
  {
    number: 15,
    what: 'messages out of order and many times',
    outcome: 'one effect',
    evidence: ['core/bilateral/test/trade.test.ts', 'host/wallet/test/wire.test.ts'],
  },
  {
    number: 16,
    what: 'a consent to what was never offered, a commit without consent',
    outcome: 'no consent; a commit counts as unasked money, not as paid',
    evidence: ['core/bilateral/test/trade.test.ts', 'host/wallet/test/limits.test.ts'],
  },
  {
    number: 17,
    what: 'a peer that never answers',
    outcome: 'that relationship waits, shown, with a bounded amount; the others go on',
    evidence: [
      'host/wallet/test/stream.test.ts',
      'host/wallet/test/flood.test.ts',
      'test/noninterference.test.ts',
    ],
  },
  {
    number: 18,
    what: 'both propose at once',
    outcome: 'both happen, each on the lane of its author; nothing is forked',
    evidence: ['core/bilateral/test/trade.test.ts', 'host/wallet/test/online.test.ts'],
  },
  {
    number: 19,
    what: 'forged evidence of every kind',
    outcome: 'convicts nobody',
    evidence: ['core/primitive/test/evidence.test.ts', 'host/wallet/test/tripwire.test.ts'],
  },
  {
    number: 20,
    what: 'a million well-formed messages',
    outcome: 'bounded queues and bounded work; other relationships complete their payments',
    evidence: ['host/wallet/test/flood.test.ts', 'host/wallet/test/flood.soak.test.ts'],
  },
  {
    number: 21,
    what: 'a proof that is known already, again',
    outcome: 'no effect, not passed on again',
    evidence: ['host/wallet/test/tripwire.test.ts'],
  },
  {
    number: 22,
    what: 'a relay that cheats',
    outcome: 'the loss stays on its own edge; a relay that is honest never loses',
    evidence: ['core/bilateral/test/route.test.ts', 'host/wallet/test/edge-cheats.test.ts'],
  },
  {
    number: 23,
    what: 'a root that does not follow from what this peer knows',
    outcome:
      'refused where a neighbouring step or the leaf of this relationship is known; a root that nobody knows excludes nothing, and nothing rests on it',
    evidence: ['core/primitive/test/accept.test.ts', 'core/bilateral/test/run.test.ts'],
  },
  {
    number: 24,
    what: 'a new key or incarnation that falls back behind what is known',
    outcome: 'refused; a new incarnation has new lanes and goes on from what was absorbed',
    evidence: ['core/primitive/test/accept.test.ts', 'host/wallet/test/restore.test.ts'],
  },
  {
    number: 25,
    what: 'parts of one relationship or session in another',
    outcome: 'refused: relationship, side and head are in the bytes',
    evidence: ['core/bilateral/test/run.test.ts', 'core/bilateral/test/contact.test.ts'],
  },
  {
    number: 26,
    what: 'a node that hands out other bytes',
    outcome: 'they do not fit their address; another replica is asked, the node is named',
    evidence: ['host/wallet/test/quorum-objects.test.ts', 'host/wallet/test/repair-lies.test.ts'],
  },
  {
    number: 27,
    what: 'a node that shows an older or another ByteCommit',
    outcome: 'two at one position are evidence; what it leaves out fails an audit',
    evidence: ['host/storage-node/test/commits.test.ts', 'host/wallet/test/audit.test.ts'],
  },
  {
    number: 28,
    what: 'a node that acknowledges and drops',
    outcome: 'named by an audit; the others and repair restore the copies',
    evidence: ['host/wallet/test/audit.test.ts', 'host/wallet/test/repair.test.ts'],
  },
  {
    number: 29,
    what: 'q − 1 of r nodes that hide an object',
    outcome: 'there while one honest holder answers; else `unavailable`, never wrong bytes',
    evidence: [
      'host/wallet/test/quorum-objects.test.ts',
      'host/wallet/test/storage-theorems.test.ts',
    ],
  },
  {
    number: 30,
    what: 'two versions of the registry shown to two clients',
    outcome: 'each is checked; the second after one version is refused and seen',
    evidence: [
      'host/wallet/test/registry-faults.test.ts',
      'host/wallet/test/registry-follow.test.ts',
    ],
  },
  {
    number: 31,
    what: 'a node that lies about what it uses or has',
    outcome:
      'its map’s sums are what its ByteCommit signs; an audit draws from it; admission never exceeds capacity',
    evidence: [
      'host/storage-node/test/commits.test.ts',
      'host/storage-node/test/room.test.ts',
      'host/wallet/test/audit.test.ts',
    ],
  },
  {
    number: 32,
    what: 'one byte a second, or silence',
    outcome: 'a limit on the side of the node, another replica on the side of the client',
    evidence: ['host/storage-node/test/strangers.test.ts', 'host/wallet/test/quorum-slots.test.ts'],
  },
  {
    number: 33,
    what: 'SIGKILL between the sync and the send',
    outcome: 'the message is said again after the restart',
    evidence: ['host/wallet/test/kill.test.ts', 'host/wallet/test/cut.test.ts'],
  },
  {
    number: 34,
    what: 'SIGKILL between the send and the sync',
    outcome: 'cannot be: effects are done in order, persist before send',
    evidence: ['host/wallet/test/cut.test.ts', 'core/bilateral/test/trade.test.ts'],
  },
  {
    number: 35,
    what: 'writes torn at any byte, in either copy',
    outcome: 'the old state or the new one, exactly',
    evidence: [
      'host/segment-log/test/power-cut.test.ts',
      'host/node/test/store-crash.test.ts',
      'host/node/test/store-rot.test.ts',
    ],
  },
  {
    number: 36,
    what: 'a rotten bit in the newest record',
    outcome:
      'mended from the other copy; with both bad the store refuses to open, and never falls back',
    evidence: ['host/node/test/store-rot.test.ts', 'host/node/test/store-rule.test.ts'],
  },
  {
    number: 37,
    what: 'a disk that lies about its sync and loses power',
    outcome:
      'one copy that fell back is brought forward by the other; a whole device that fell back learns it from peers and nodes and signs nothing on its old chain',
    evidence: [
      'host/node/test/store-rot.test.ts',
      'host/wallet/test/restore.test.ts',
      'host/wallet/test/lost-secret.test.ts',
    ],
  },
  {
    number: 38,
    what: 'an old backup on a new device',
    outcome: 'a new incarnation, certified first; only what is free or its own is taken over',
    evidence: [
      'host/wallet/test/restore.test.ts',
      'host/wallet/test/restore-cut.test.ts',
      'host/wallet/test/restore-late.test.ts',
    ],
  },
  {
    number: 39,
    what: 'no space, an I/O error, no more files',
    outcome: 'a clear error, nothing half done, and it goes on when there is room',
    evidence: [
      'host/node/test/store-disk.test.ts',
      'host/wallet/test/full.test.ts',
      'host/node/test/store-mirror.test.ts',
    ],
  },
  {
    number: 40,
    what: 'two processes on one store',
    outcome: 'the second is refused, also after the first was killed',
    evidence: ['host/node/test/lock.test.ts'],
  },
];
