/** What each error code means, for docs/errors.md. */

import type { FailureCode } from './failure.ts';

export const explanations: Readonly<Record<FailureCode, string>> = {
  usage: 'The call cannot mean anything: an argument lacks, or is of the wrong form.',
  'not-found': 'There is no such contact, token, payment, alarm, file or wallet.',
  ambiguous: 'Several things have this name or begin with this prefix.',
  'insufficient-funds':
    'Too little is certified, or too little is in the purse for a payment without a network.',
  'over-limit':
    'The payment would put more uncertified value on the receiver than its owner allows. Until it ' +
    'is certified, such value can turn out to be spent elsewhere.',
  'below-minimum':
    'The receiver demands more of payments from this device than a payment without a network can be.',
  'no-path':
    'No chain of edges to the receiver is known, or none holds the amount. What contacts tell of ' +
    'their edges may be old.',
  worn:
    'What there is has come too far from its mint: it would exceed the hops or receipts that the ' +
    'policy of the token allows.',
  'look-alike':
    'The token could be mistaken for another one that this wallet takes. Anybody can issue a token ' +
    'with any ticker.',
  'already-signed':
    'An issuer signs one issue at each position of the issuer chain, for ever, and has signed another.',
  'not-adopted': 'The receiver takes no payments in this token.',
  refused: 'A rule forbids it; the sentence says which. Nothing was paid.',
  blocked: 'The contact was blocked by the owner of this wallet.',
  flood:
    'One side said much that changed nothing, or wrote much that gave nothing. The conversation is over; ' +
    'nothing is lost, and the contact shows how often it came to this.',
  offline: 'Fewer nodes than a quorum answered.',
  unreachable: 'The other device, or a node, did not answer.',
  fork: 'A device told two histories. The evidence is kept and convinces anybody.',
  'already-spent':
    'The nodes hold another spend of this note: another copy of this wallet has spent it.',
  integrity: 'Bytes are not what their name, checksum or signature says.',
  pending: 'The payment is valid so far, and something is still missing.',
  locked: 'The passphrase does not open the wallet, or none was given.',
  'needs-words':
    'The root key signs this, and a wallet made from words does not keep it: a thief of the device could use it.',
  elsewhere:
    'The wallet is sealed to a thing that is not here, or that does not know it: a chip, a key ring, a passkey.',
  'bad-words':
    'What was typed is not the 24 words of an identity: their number, a word, or all together. The ' +
    'sentence says which word, and what is near to it.',
  'bad-shares':
    'The shares do not give the words: too few, of several sets, or one of them is wrong.',
  busy: 'Another process holds the wallet or listens at the address.',
  full: 'The disk has no room, or failed. Nothing was half done.',
  'read-only': 'The folder may not be written.',
  rotten: 'Both copies of the store are damaged beyond mending.',
  exists: 'There is a wallet already; it is never overwritten.',
  'needs-restore':
    'A restored wallet signs nothing before the nodes have certified its new incarnation.',
  superseded:
    'A copy of this wallet was restored elsewhere and certified: this one signs nothing any more.',
  retired: 'The owner’s device tree has taken this device out: it signs nothing any more.',
  closed: 'The wallet was closed while something was still asked of it.',
  bug: 'A fault of this program.',
  interrupted: 'Ctrl-C, or another signal, ended the command.',
};
