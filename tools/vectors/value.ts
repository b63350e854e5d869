/** Vectors of policies and issues. */

import { ascii, concat, limits } from '@dsm/primitive';
import { issue, issueHead, policy, type Issue } from '@dsm/protocols';
import { illFormed } from './cards.ts';
import { framed, malformed, number, patched, spoiled, swapped, type Draft } from './draft.ts';
import { coin, coinBytes, coinId, euro, euroBytes, outputTo, policyFor } from './scenario.ts';
import { alice, bob, carol, puppetRegistry } from './world.ts';

const tickerAt = 66;
const tail = euroBytes.length - 56;
const at = (offset: number, bytes: Uint8Array): Uint8Array => patched(euroBytes, offset, bytes);
const ticker = (bytes: Uint8Array): Uint8Array =>
  concat(euroBytes.slice(0, tickerAt), framed(bytes), euroBytes.slice(tickerAt + 7));

export const policies: readonly Draft[] = [
  { name: 'a token', comment: 'Of an issuer of suite 2.', bytes: euroBytes },
  { name: 'without a name', comment: 'Of an issuer of suite 1.', bytes: coinBytes },
  {
    name: 'the greatest',
    comment: 'Every field at its upper bound.',
    bytes: policy.encode(
      policyFor(carol, puppetRegistry, {
        ticker: 'ABCDEFGHIJKL',
        name: '漢'.repeat(16),
        decimals: 38,
        cap: (1n << 128n) - 1n,
        depthMax: 64,
        receiptsMax: 4_096,
      }),
    ),
  },
  {
    name: 'the least',
    comment: 'Every field at its lower bound.',
    bytes: policy.encode(
      policyFor(carol, puppetRegistry, {
        ticker: '0',
        name: '',
        decimals: 0,
        cap: 1n,
        depthMax: 1,
        receiptsMax: 1,
      }),
    ),
  },
  ...spoiled(euroBytes, 1_024),
  malformed('no ticker', 'One character at least.', ticker(new Uint8Array(0))),
  malformed('a long ticker', 'Thirteen characters.', ticker(ascii('ABCDEFGHIJKLM'))),
  malformed('a ticker with a dash', 'Letters and digits only.', ticker(ascii('EU-R'))),
  malformed(
    'a ticker with a line feed',
    'Letters and digits only, to the end.',
    ticker(ascii('EUR\n')),
  ),
  malformed(
    'a ticker of look-alikes',
    'Letters and digits of ASCII only.',
    ticker(Uint8Array.of(0x45, 0xd0, 0xa3)),
  ),
  ...illFormed.map(([name, bytes]) =>
    malformed(
      `name with ${name}`,
      'Not the UTF-8 of a text.',
      swapped(euroBytes, framed(ascii(euro.name)), framed(Uint8Array.from(bytes))),
    ),
  ),
  malformed('39 decimals', 'More than 128 bits have.', at(tail, number(1, 39))),
  malformed('no cap', 'A cap of zero.', at(tail + 1, number(16, 0))),
  malformed('suite 3', 'There are suites 1 and 2.', at(tail + 17, number(1, 3))),
  malformed('depth 0', 'One at least.', at(tail + 50, number(2, 0))),
  malformed('depth 65', '64 at most.', at(tail + 50, number(2, 65))),
  malformed('receipts 0', 'One at least.', at(tail + 52, number(4, 0))),
  malformed('receipts 4,097', '4,096 at most.', at(tail + 52, number(4, 4_097))),
];

export const firstIssue: Issue = {
  token: coinId,
  index: 1,
  parent: coinId,
  amount: 500n,
  total: 500n,
  outputs: [
    outputTo(alice, 300n, { depth: 0, receipts: 1 }),
    outputTo(alice, 200n, { depth: 0, receipts: 1 }),
  ],
};
const issueBytes = issue.encode(firstIssue);
const issuer = { issuer: coin.issuer };
const outputBytes = 32 + 32 + 16 + 1 + 2 + 4;

export const issues: readonly Draft[] = [
  { name: 'the first', comment: 'Its parent is the token.', bytes: issueBytes, given: issuer },
  {
    name: 'a later one',
    comment: 'Its parent is the head of the issue before.',
    bytes: issue.encode({ ...firstIssue, index: 2, parent: issueHead(firstIssue), total: 1_000n }),
    given: issuer,
  },
  {
    name: 'no amounts',
    comment: 'Decodes: amounts of zero are refused by the rules.',
    bytes: issue.encode({ ...firstIssue, amount: 0n, total: 0n, outputs: [outputTo(bob, 0n)] }),
    given: issuer,
  },
  ...spoiled(issueBytes, limits.operationBytesMax - 16),
  malformed(
    'index above 2⁵³ − 1',
    'A u64 above 2⁵³ − 1.',
    patched(issueBytes, 34, number(8, 2n ** 53n)),
  ),
  malformed('no outputs', 'An issue makes a note.', concat(issueBytes.slice(0, 106), number(2, 0))),
  malformed(
    '65 outputs',
    'More than 64.',
    concat(
      issueBytes.slice(0, 106),
      number(2, 65),
      ...Array.from({ length: 65 }, () => issueBytes.slice(108, 108 + outputBytes)),
    ),
  ),
  malformed(
    'a note of kind 2',
    'There are kinds 0 and 1.',
    patched(issueBytes, 108 + 80, number(1, 2)),
  ),
];
