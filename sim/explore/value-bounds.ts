/**
 * Bounds of what rests on certificates: lineages, and escrows.
 */

import type { LineageCast } from './lineage-claims.ts';
import { lineageSpace } from './lineage.ts';
import { planeBound } from './plane-bounds.ts';
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
};
