/** Vectors of the parts of a lineage that are spends. */

import {
  concat,
  entry,
  kinds,
  limits,
  nextEntry,
  nextHead,
  slotKey,
  slotListRoot,
  statementDigest,
} from '@dsm/primitive';
import {
  encodeOperation,
  spendPart,
  spendPlace,
  tokenId,
  type Note,
  type Operation,
  type SpendPart,
} from '@dsm/protocols';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { memoOperation, payment, stage } from './scenario.ts';
import {
  coinId,
  guild,
  guildBytes,
  inputOf,
  noteFor,
  outputTo,
  slow,
  slowBytes,
} from './tokens.ts';
import { firstIssue } from './issues.ts';
import { laterVoters, voters } from './registries.ts';
import {
  alice,
  bob,
  carol,
  drawn,
  laterKeys,
  laterRegistry,
  signed,
  voted,
  votedIn,
  type Actor,
} from './world.ts';
import { given, head, lineage, origin, otherCertificate, registriesFor } from './issue-parts.ts';
const note: Note = noteFor(alice, coinId, { source: head, index: 0, amount: 300n });
const pay = payment(note, alice, bob);

function spent(
  operation: Operation,
  of: readonly Note[],
  by: Actor,
  certificates?: SpendPart['certificates'],
): SpendPart {
  const { mine } = stage(alice, bob, []).relationship;
  const bytes = entry.encode(nextEntry(mine, 0, drawn('absorbed'), encodeOperation(operation)));
  const value = nextHead(mine.head, bytes);
  const slots = of.map((one) => ({ key: slotKey(spendPlace(one)), value }));
  const body = drawn('spend body');
  const made = signed(by, kinds.signedStep, statementDigest(body, slotListRoot(slots)));
  return {
    before: mine.head,
    entry: bytes,
    body,
    slots,
    signatures: [{ suite: by.suite, publicKey: by.workingKey, signature: made }],
    certificates: certificates ?? of.map(() => undefined),
  };
}

const plain = spent(pay, [note], carol);
const spendBytes = spendPart.encode(plain);
const entryEnd = 2 + 32 + 4 + plain.entry.length;
const signaturesAt = entryEnd + 32 + 2 + 64;

const spendCase = (
  name: string,
  comment: string,
  part: SpendPart,
  expect: string,
  changes: object = {},
): Draft => ({
  name,
  comment,
  check: 'lineage',
  bytes: spendPart.encode(part),
  given: { ...given, registries: registriesFor(...part.certificates), ...changes },
  expect,
});
type Moving = Extract<Operation, { type: 'transfer' }>;
const spendRefusal = (
  name: string,
  comment: string,
  change: Partial<Moving>,
  expect: string,
): Draft =>
  spendCase(name, comment, spent({ ...(pay as Moving), ...change }, [note], carol), expect);
const originWith = (change: object): object => ({
  origins: [
    { ...origin, outputs: firstIssue.outputs.with(0, { ...firstIssue.outputs[0]!, ...change }) },
  ],
});

const fund: Operation = {
  ...(pay as Moving),
  type: 'fund',
  payerKey: bob.key,
  outputs: [outputTo(alice, 240n), outputTo(bob, 60n, { kind: 2 })],
};
const real = spent(pay, [note], alice);
const realSlot = real.slots[0]!;
const byLater = votedIn(laterRegistry, laterKeys, realSlot, [0, 2, 3]);

export const spendParts: readonly Draft[] = [
  { name: 'uncertified', comment: 'One input, no certificate yet.', bytes: spendBytes },
  {
    name: 'certified',
    comment: 'With three votes.',
    bytes: spendPart.encode({ ...real, certificates: [voted(realSlot, lineage)] }),
  },
  ...spoiled(spendBytes, limits.objectBytesMax),
  malformed(
    'no slots',
    'A spend names a slot.',
    concat(spendBytes.slice(0, entryEnd + 32), number(2, 0), spendBytes.slice(signaturesAt)),
  ),
  malformed(
    'no signatures',
    'A spend is signed.',
    concat(spendBytes.slice(0, signaturesAt), number(2, 0), spendBytes.slice(-3)),
  ),
  malformed('six signatures', 'More than five.', patched(spendBytes, signaturesAt, number(2, 6))),
  malformed(
    'no certificates',
    'One place for each input.',
    concat(spendBytes.slice(0, -3), number(2, 0)),
  ),
  malformed('option byte 2', 'An option is 0 or 1.', patched(spendBytes, -1, number(1, 2))),
  malformed(
    'an entry beyond the end',
    'A length that no bytes follow.',
    patched(spendBytes, 34, number(4, 12_367)),
  ),
  spendCase(
    'no entry',
    'The entry does not decode.',
    { ...plain, entry: plain.entry.slice(0, -1) },
    'malformed',
  ),
  spendCase(
    'a memo',
    'It moves nothing.',
    {
      ...plain,
      entry: entry.encode(
        nextEntry(stage(alice, bob, []).relationship.mine, 0, drawn('a'), memoOperation('x')),
      ),
    },
    'malformed',
  ),
  spendCase(
    'a certificate too many',
    'One place for each input.',
    { ...plain, certificates: [undefined, undefined] },
    'malformed',
  ),
  spendCase('an unknown source', 'It is to be fetched first.', plain, 'missing', { origins: [] }),
  spendCase('an unknown policy', 'Which token is this?', plain, 'missing', { policies: [] }),
  spendCase(
    'an input of another amount',
    'Its origin made less.',
    plain,
    'input',
    originWith({ amount: 299n }),
  ),
  spendCase(
    'an input of another key',
    'Its origin names another.',
    plain,
    'input',
    originWith({ key: bob.key }),
  ),
  spendCase(
    'an input of another kind',
    'Its origin made a purse note.',
    plain,
    'input',
    originWith({ kind: 1 }),
  ),
  spendCase(
    'an input of another depth',
    'Its origin says so.',
    plain,
    'input',
    originWith({ depth: 1 }),
  ),
  spendCase('an input of another token', 'Its origin is of another.', plain, 'input', {
    origins: [{ ...origin, token: drawn('x') }],
  }),
  spendRefusal(
    'an input that was not made',
    'Its origin made two notes.',
    { inputs: [inputOf({ ...note, index: 2 })] },
    'input',
  ),
  spendRefusal(
    'more out than in',
    'Value from nothing.',
    { outputs: [outputTo(bob, 301n)] },
    'movement',
  ),
  spendRefusal(
    'an output of zero',
    'Nothing is given.',
    { outputs: [outputTo(bob, 300n), outputTo(bob, 0n)] },
    'movement',
  ),
  spendRefusal(
    'other bounds',
    'They do not follow.',
    { outputs: [outputTo(bob, 300n, { depth: 2 })] },
    'movement',
  ),
  spendRefusal(
    'a purse note by transfer',
    'Purse notes come only of a load.',
    { outputs: [outputTo(bob, 300n, { kind: 1 })] },
    'movement',
  ),
  spendCase(
    'a burn that is not allowed',
    'The policy says no.',
    spent({ ...(pay as Moving), type: 'burn', outputs: [] }, [note], carol),
    'movement',
  ),
  spendCase(
    'an escrow that is paid on',
    'It is left by an exit only.',
    spent({ ...(pay as Moving), inputs: [inputOf({ ...note, kind: 2 })] }, [note], carol),
    'movement',
    originWith({ kind: 2 }),
  ),
  spendCase(
    'a key of another suite',
    'The token is not spent by it.',
    spent({ ...(pay as Moving), token: tokenId(slow) }, [note], alice),
    'suite',
    { origins: [{ ...origin, token: tokenId(slow) }], policies: [slowBytes] },
  ),
  spendCase(
    'another slot',
    'The spend is not named.',
    { ...plain, slots: [{ key: drawn('x'), value: realSlot.value }] },
    'slots',
  ),
  spendCase(
    'another value',
    'The slot names another head.',
    { ...plain, slots: [{ key: realSlot.key, value: drawn('x') }] },
    'slots',
  ),
  {
    ...spendCase('by a stranger', 'Not the key of the note.', plain, 'signature'),
    signature: true,
  },
  { ...spendCase('holds', 'Signed, not yet certified.', real, 'ok'), signature: true },
  {
    ...spendCase(
      'holds, certified',
      'Back to a certified issue.',
      { ...real, certificates: [voted(realSlot, lineage)] },
      'ok',
    ),
    signature: true,
  },
  {
    ...spendCase(
      'certified under the next version',
      'Both versions are known.',
      { ...real, certificates: [byLater] },
      'ok',
      { registries: [voters, laterVoters] },
    ),
    signature: true,
  },
  {
    ...spendCase(
      'certified under a version that may come',
      'It holds, and is not certified yet.',
      { ...real, certificates: [byLater] },
      'ok',
    ),
    signature: true,
  },
  {
    ...spendCase(
      'certified under a version that cannot come',
      'Of another lineage.',
      { ...real, certificates: [{ ...byLater, version: 9, lineage: drawn('x') }] },
      'certificate',
    ),
    signature: true,
  },
  {
    ...spendCase('holds, a fund', 'Its payer is remembered.', spent(fund, [note], alice), 'ok'),
    signature: true,
  },
  {
    ...spendCase(
      'holds, a burn',
      'Less comes than goes.',
      spent(
        { ...(pay as Moving), type: 'burn', token: tokenId(guild), outputs: [] },
        [note],
        alice,
      ),
      'ok',
      { origins: [{ ...origin, token: tokenId(guild) }], policies: [guildBytes] },
    ),
    signature: true,
  },
  {
    ...spendCase(
      'certified alone',
      'Its origin is not certified, so it is not.',
      { ...real, certificates: [voted(realSlot, lineage)] },
      'ok',
      { origins: [{ ...origin, certified: false }] },
    ),
    signature: true,
  },
  {
    ...spendCase(
      'a certificate of another',
      'Of another value.',
      { ...real, certificates: [otherCertificate] },
      'certificate',
    ),
    signature: true,
  },
];
