/** Vectors of the parts of a lineage that are exits of escrows. */

import {
  concat,
  exitHead,
  limits,
  lockHash,
  slotKey,
  type Certificate,
  type Citation,
  type ExitClaim,
} from '@dsm/primitive';
import {
  escrowId,
  exitPart,
  lockPlace,
  tokenId,
  type Escrow,
  type ExitPart,
  type Origin,
} from '@dsm/protocols';
import { authorisedBy, citedBy, exitedBy } from './authorise.ts';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { lineage, otherCertificate, registriesFor } from './issue-parts.ts';
import { coinBytes, coinId, escrowFor, outputTo, preimages, slow, slowBytes } from './tokens.ts';
import { alice, bob, carol, dora, drawn, frida, network, voted, type Actor } from './world.ts';

const escrow = escrowFor(alice, dora, coinId);
const { source, index } = escrow.note;
const id = escrowId(escrow);
const locks = escrow.locks.map(({ hash, amount }) => ({ hash, amount }));
const origin: Origin = {
  type: 'spend',
  head: source,
  token: coinId,
  outputs: [outputTo(alice, 40n), escrow.note].map(
    ({ owner, key, amount, kind, depth, receipts }) => ({
      owner,
      key,
      amount,
      kind,
      depth,
      receipts,
    }),
  ),
  certified: true,
  sources: [drawn('an origin')],
  issued: undefined,
  payer: { device: alice.id, key: alice.key },
  purse: false,
};
const given = { network, policies: [coinBytes], origins: [origin] };

const citation = citedBy(alice, { escrow: id, total: 30n, locks });
const claimed = (
  change: Partial<Citation> = {},
  opened: readonly Uint8Array[] = [],
): ExitClaim => ({
  citation: { ...citation, ...change },
  preimages: opened,
});

function part(claim: ExitClaim, by: Actor = dora, opened: readonly Certificate[] = []): ExitPart {
  const { place, value } = exitedBy(dora, alice, claim);
  const authorisation = authorisedBy(by, place, value, { type: 'exit', ...claim });
  return { source, index, authorisation, certificate: undefined, opened };
}

function certified(of: ExitPart, claim: ExitClaim): ExitPart {
  const slot = { key: slotKey(exitedBy(dora, alice, claim).place), value: exitHead(claim) };
  return { ...of, certificate: voted(slot, lineage) };
}

const opening = (of: Pick<Escrow, 'note'>, preimage: Uint8Array, value = preimage): Certificate =>
  voted({ key: slotKey(lockPlace(of, lockHash(preimage))), value }, lineage);

function draft(
  name: string,
  comment: string,
  of: ExitPart,
  expect: string,
  changes: object = {},
): Draft {
  const registries = registriesFor(of.certificate, ...of.opened);
  return {
    name,
    comment,
    check: 'lineage',
    bytes: exitPart.encode(of),
    given: { ...given, registries, ...changes },
    expect,
  };
}
const signedDraft = (...of: Parameters<typeof draft>): Draft => ({
  ...draft(...of),
  signature: true,
});

const plain = claimed();
const plainPart = part(plain);
const opened = claimed({}, [preimages[0]!]);
const openedPart = part(opened, dora, [opening(escrow, preimages[0]!)]);
const puppetClaim: ExitClaim = {
  citation: citedBy(carol, { escrow: id, total: 30n, locks }),
  preimages: [preimages[0]!],
};
const puppetBytes = exitPart.encode({
  ...part(puppetClaim, bob),
  opened: [
    {
      ...otherCertificate,
      votes: otherCertificate.votes.map((v) => ({ ...v, signature: v.signature.slice(0, 16) })),
    },
  ],
});
const bareBytes = exitPart.encode(part(puppetClaim, bob));
const ofSlow = { origins: [{ ...origin, token: tokenId(slow) }], policies: [slowBytes] };

export const exitParts: readonly Draft[] = [
  { name: 'uncertified', comment: 'No certificate yet.', bytes: bareBytes },
  { name: 'with a lock', comment: 'And what certifies that it was opened.', bytes: puppetBytes },
  {
    name: 'without a claim',
    comment: 'Decodes, and is no exit.',
    bytes: exitPart.encode({
      ...plainPart,
      authorisation: { ...part(puppetClaim, bob).authorisation, backing: undefined },
    }),
  },
  ...spoiled(bareBytes, limits.objectBytesMax),
  malformed('option byte 2', 'An option is 0 or 1.', patched(bareBytes, -3, number(1, 2))),
  malformed(
    '17 certificates of locks',
    'Sixteen at most.',
    concat(bareBytes.slice(0, -2), number(2, 17), new Uint8Array(99)),
  ),
  draft('an unknown fund', 'It is to be fetched first.', plainPart, 'missing', { origins: [] }),
  draft('an unknown policy', 'Which token is this?', plainPart, 'missing', { policies: [] }),
  draft('a note', 'Its origin made no escrow.', { ...plainPart, index: 0 }, 'input'),
  draft('no such note', 'Its origin made two.', { ...plainPart, index: 2 }, 'input'),
  draft('an origin without a payer', 'It is no fund.', plainPart, 'input', {
    origins: [{ ...origin, payer: null }],
  }),
  draft(
    'no claim',
    'The payer must have said it.',
    { ...plainPart, authorisation: { ...plainPart.authorisation, backing: undefined } },
    'malformed',
  ),
  draft('a key of another suite', 'The token is not spent by it.', plainPart, 'suite', ofSlow),
  draft(
    'what was said of another',
    'Another escrow.',
    part(claimed({ escrow: drawn('x') })),
    'exit',
  ),
  draft('more than there is', 'The payer said too much.', part(claimed({ total: 101n })), 'exit'),
  draft(
    'more with a lock',
    'Total and locks are too much.',
    part(claimed({ total: 91n }, [preimages[0]!])),
    'exit',
  ),
  draft('a preimage of nothing', 'No lock.', part(claimed({}, [preimages[2]!])), 'exit'),
  draft(
    'preimages descend',
    'By the hashes of their locks.',
    part(claimed({}, preimages.slice(0, 2).toReversed())),
    'exit',
  ),
  draft(
    'said by another',
    'Not the payer’s key.',
    part({ citation: citedBy(frida, { escrow: id, total: 30n, locks }), preimages: [] }),
    'citation',
  ),
  signedDraft(
    'a higher total',
    'The payer has signed another.',
    part(claimed({ total: 31n })),
    'citation',
  ),
  draft('by a stranger', 'Not the payee’s key.', part(plain, frida), 'signature'),
  signedDraft(
    'a bit of the signature',
    'One bit is another.',
    {
      ...plainPart,
      authorisation: {
        ...plainPart.authorisation,
        signature: plainPart.authorisation.signature.with(
          9,
          plainPart.authorisation.signature[9]! ^ 1,
        ),
      },
    },
    'signature',
  ),
  signedDraft('a lock without a certificate', 'Perhaps it was given up.', part(opened), 'lock'),
  signedDraft(
    'a lock that was given up',
    'The certificate is of another value.',
    part(opened, dora, [opening(escrow, preimages[0]!, drawn('x'))]),
    'lock',
  ),
  signedDraft(
    'the certificate of another lock',
    'Another slot.',
    part(opened, dora, [opening(escrow, preimages[1]!)]),
    'lock',
  ),
  signedDraft(
    'a certificate too many',
    'No lock is opened.',
    part(plain, dora, [opening(escrow, preimages[0]!)]),
    'lock',
  ),
  signedDraft(
    'a lock opened under a version that is not here',
    'It may come, and say so: missing, and nothing is named.',
    part(opened, dora, [{ ...opening(escrow, preimages[0]!), version: 9 }]),
    'missing',
    { registries: registriesFor(opening(escrow, preimages[0]!)) },
  ),
  signedDraft('holds', 'Signed, not yet certified.', plainPart, 'ok'),
  signedDraft('holds, certified', 'Back to a certified fund.', certified(plainPart, plain), 'ok'),
  signedDraft(
    'holds with a lock',
    'Total and lock, certified.',
    certified(openedPart, opened),
    'ok',
  ),
  signedDraft(
    'holds, of an uncertified fund',
    'Its origin is not certified, so it is not.',
    certified(plainPart, plain),
    'ok',
    { origins: [{ ...origin, certified: false }] },
  ),
  signedDraft(
    'a certificate of another',
    'Of another value.',
    { ...plainPart, certificate: otherCertificate },
    'certificate',
  ),
];
