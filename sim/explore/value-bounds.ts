/**
 * Bounds of what rests on certificates: lineages, and escrows.
 */

import type { EscrowBound } from './escrow-scene.ts';
import { escrowSpace } from './escrow.ts';
import type { LineageCast } from './lineage-claims.ts';
import { lineageSpace } from './lineage.ts';
import { planeBound } from './plane-bounds.ts';
import { routeSpace } from './route.ts';
import type { Bound } from './space.ts';

const lineageMust = [
  'fills a slot',
  'uncertified',
  'certified',
  'misses what it rests on',
  'refuses: certificate',
  'forged: missing',
  'forged: signature',
  'forged: cap',
  'forged: chain',
  'forged: remint',
  'forged: input',
  'forged: slots',
  'a payee is paid',
];

function lineage(
  cast: LineageCast,
  about: string,
  certified: readonly string[],
  store: Bound['store'] = 'exact',
): Bound {
  return planeBound(
    `${about}; slots that are certified once, and two payees that are shown everything in any order`,
    () => lineageSpace(cast, 2),
    {
      must: [
        ...lineageMust,
        ...(cast === 'puppets' ? ['refuses: movement'] : []),
        ...certified.map((name) => `${name} is certified`),
      ],
      uncovered: [
        'A slot is certified once: that is what the bounds of slot groups establish.',
        'An issuer that lies may make unbacked notes anew; honest issuers are taken for granted there.',
        'The limit of a payee for uncertified purse payments is a rule of the wallet, not in the space.',
      ],
      store,
    },
  );
}

const escrowMust = [
  'makes it durable',
  'crashes',
  'total',
  'lock',
  'claim',
  'cancel',
  'refuses: total-falls',
  'refuses: over-funded',
  'refuses: lock-known',
  'refuses: lock-unknown',
  'refuses: lock-kept',
  'a lock opened',
  'a lock given up',
  'a node refuses: unsaid',
  'a node refuses: moved',
  'a node refuses: own-key',
  'a node refuses: by-payer',
  'an exit certified',
  'the escrow is left',
];

function escrow(about: string, bound: EscrowBound, honest: 'payer' | 'payee'): Bound {
  const own = honest === 'payer' ? ['says it', 'is restored'] : ['opens a lock', 'leaves'];
  return planeBound(about, () => escrowSpace(bound, honest), {
    must: [...escrowMust, ...own],
    uncovered: [
      'Lanes are not in the space: that a payee absorbs what was said in its order, and the step that says it, are in the spaces of devices.',
      'A payee that was lost with all its copies is not in the space: what it did not mirror is gone, and the documents say so.',
    ],
    store: 'exact',
    settles: honest === 'payee',
  });
}

const relay: Bound = planeBound(
  'an honest relay between a payer and a payee that are in league and know the preimage',
  routeSpace,
  {
    must: [
      'declines',
      'says a lock',
      'says a claim',
      'says a cancel',
      'opens',
      'gives up',
      'learns opened',
      'learns given-up',
      'learns gone',
      'learns payee-left',
      'stays: wait',
      'stays: open',
      'leaves paid',
      'leaves unpaid',
      'payee leaves with the lock',
      'refuses: lock-kept',
    ],
    uncovered: [
      'One payment over two hops; routes of three hops with every mix of honest and lying parties are in the tests of the core.',
    ],
    store: 'exact',
  },
);

export const valueBounds: Readonly<Record<string, Bound>> = {
  puppets: lineage('puppets', 'a note that is split twice, both halves spent alone and together', [
    'split to puppet 1',
    'split to puppet 2',
    'puppet 1 pays A',
    'puppet 1 pays B',
    'puppet 2 pays B',
  ]),
  purse: lineage(
    'purse',
    'a note that is loaded into a purse or split, a coin that is spent twice',
    ['load', 'a coin to A', 'the same coin to B', 'another coin to A'],
  ),
  issuer: lineage('issuer', 'an issuer that says two first issues', [
    'issue 1',
    'issue 1 again',
    'issue 2',
    'issue 2 after the other',
  ]),
  remint: lineage('remint', 'a note that is split twice, one half made anew by the issuer', [
    'issue 2',
    'remint',
    'the new note to A',
  ]),
  'escrow-payer': escrow(
    'an escrow of 3 with one lock: an honest payer that crashes, a payee that does what its keys allow',
    { funded: 3, locks: [2] },
    'payer',
  ),
  'escrow-payee': escrow(
    'an escrow of 3 with two locks: an honest payee that crashes, a payer that says anything',
    { funded: 3, locks: [1, 2] },
    'payee',
  ),
  'escrow-payer-wide': escrow(
    'an escrow of 3 with two locks: an honest payer that crashes, a payee that does what its keys allow',
    { funded: 3, locks: [1, 2] },
    'payer',
  ),
  'escrow-payee-wide': escrow(
    'an escrow of 5 with two locks: an honest payee that crashes, a payer that says anything',
    { funded: 5, locks: [2, 3] },
    'payee',
  ),
  relay,
};
