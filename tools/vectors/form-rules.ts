/** Vectors of the rules that a token's policy adds: items, credentials, burns, allow-lists. */

import { allowList, proveAllowed, tokenId, type Note, type Operation } from '@dsm/protocols';
import type { Draft } from './draft.ts';
import { own, rule, type Moving } from './movement-rules.ts';
import { burn, fund, listedPay } from './operations.ts';
import {
  badge,
  badgeBytes,
  club,
  clubBytes,
  clubMembers,
  euroId,
  guild,
  guildBytes,
  inputOf,
  noteFor,
  outputTo,
  title,
  titleBytes,
} from './tokens.ts';
import { alice, bob, carol } from './world.ts';

const ofGuild = { policies: [guildBytes], ...own };
const burning = (changes: Partial<Moving> = {}): Operation =>
  ({ ...burn, token: tokenId(guild), ...changes }) as Operation;

const item = (serial: bigint, changes: Partial<Note> = {}): Note =>
  noteFor(carol, tokenId(title), { index: Number(serial), amount: serial, ...changes });
const items = (
  type: Moving['type'],
  inputs: readonly bigint[],
  outputs: readonly bigint[],
): Moving =>
  ({
    ...fund,
    type,
    token: tokenId(title),
    inputs: inputs.map((serial) => inputOf(item(serial))),
    outputs: outputs.map((serial) =>
      outputTo(type === 'burn' || type === 'load' ? carol : bob, serial, {
        receipts: inputs.length + 1,
        kind: type === 'fund' ? 2 : type === 'load' ? 1 : 0,
      }),
    ),
  }) as Moving;
const ofTitle = { policies: [titleBytes] };
const ofBadge = { policies: [badgeBytes] };
const asBadge = (moving: Moving): Operation => ({ ...moving, token: tokenId(badge) });
const twice: Moving = {
  ...items('transfer', [2n, 3n], [2n, 3n]),
  inputs: [2, 3].map((index) => inputOf(item(2n, { index }))),
};

export const formRules: readonly Draft[] = [
  rule('burn', 'One leaf goes, less comes; one slot.', burning(), 'ok', ofGuild),
  rule('burn of everything', 'Nothing comes.', burning({ outputs: [] }), 'ok', ofGuild),
  rule(
    'a burn of nothing',
    'All of it comes back.',
    burning({ outputs: [outputTo(carol, 100n)] }),
    'conservation',
    ofGuild,
  ),
  rule(
    'a burn of less than nothing',
    'More comes than goes.',
    burning({ outputs: [outputTo(carol, 101n)] }),
    'conservation',
    ofGuild,
  ),
  rule(
    'a burn into the purse',
    'Purse notes come only of a load.',
    burning({ outputs: [outputTo(carol, 32n, { kind: 1 })] }),
    'wrong-output',
    ofGuild,
  ),
  rule('a burn that is not allowed', 'The policy says no.', burn, 'not-burnable', own),
  rule('a burn on a lane', 'Not on the own lane.', burning(), 'own-lane', {
    policies: [guildBytes],
  }),
  rule('items', 'Two items change hands.', items('transfer', [2n, 3n], [3n, 2n]), 'ok', ofTitle),
  rule('items burnt', 'One of two is destroyed.', items('burn', [2n, 3n], [3n]), 'ok', {
    ...ofTitle,
    ...own,
  }),
  rule(
    'another item',
    'It did not go in.',
    items('transfer', [2n, 3n], [2n, 4n]),
    'conservation',
    ofTitle,
  ),
  rule(
    'items merged',
    'A serial number is no amount.',
    items('transfer', [2n, 3n], [5n]),
    'conservation',
    ofTitle,
  ),
  rule(
    'an item split',
    'A serial number is no amount.',
    items('transfer', [5n], [2n, 3n]),
    'conservation',
    ofTitle,
  ),
  rule(
    'an item given twice',
    'There is one of it.',
    items('transfer', [2n, 3n], [2n, 2n]),
    'conservation',
    ofTitle,
  ),
  rule('an item taken twice', 'There is one of it.', twice, 'conservation', ofTitle),
  rule(
    'an item doubled',
    'One goes, two come.',
    items('transfer', [2n], [2n, 2n]),
    'conservation',
    ofTitle,
  ),
  rule(
    'an item of two notes',
    'Two go, one comes.',
    { ...twice, outputs: twice.outputs.slice(0, 1) },
    'conservation',
    ofTitle,
  ),
  rule('no item burnt', 'All come back.', items('burn', [2n, 3n], [3n, 2n]), 'conservation', {
    ...ofTitle,
    ...own,
  }),
  rule(
    'items burnt into another',
    'It did not go in.',
    items('burn', [2n, 3n], [4n]),
    'conservation',
    { ...ofTitle, ...own },
  ),
  rule('items in the purse', 'Only amounts are loaded.', items('load', [2n], [2n]), 'form', {
    ...ofTitle,
    ...own,
  }),
  rule(
    'an escrow of items',
    'Only amounts are paid in parts.',
    items('fund', [2n], [2n]),
    'form',
    ofTitle,
  ),
  rule(
    'a credential given away',
    'It stays with its device.',
    asBadge(items('transfer', [2n], [2n])),
    'form',
    ofBadge,
  ),
  rule(
    'a credential on the own lane',
    'It does not move at all.',
    asBadge(items('transfer', [2n], [2n])),
    'form',
    { ...ofBadge, ...own },
  ),
  rule('a credential burnt', 'By its holder.', asBadge(items('burn', [2n], [])), 'ok', {
    ...ofBadge,
    ...own,
  }),
  rule('on the list', 'Both owners are shown.', listedPay, 'ok', { policies: [clubBytes] }),
  rule(
    'everything burnt of a list',
    'Nobody is to be shown.',
    { ...burn, token: tokenId(club), outputs: [] } as Operation,
    'ok',
    { policies: [clubBytes], ...own },
  ),
  rule(
    'not shown',
    'There is a list.',
    { ...listedPay, allowed: undefined } as Operation,
    'not-allowed',
    { policies: [clubBytes] },
  ),
  rule(
    'not on the list',
    'The proof shows a stranger’s absence.',
    {
      ...listedPay,
      outputs: [outputTo(alice, 100n)],
      allowed: proveAllowed(allowList(clubMembers), [{ owner: alice.id }]),
    } as Operation,
    'not-allowed',
    { policies: [clubBytes] },
  ),
  rule(
    'shown for everybody',
    'There is no list.',
    { ...listedPay, token: euroId } as Operation,
    'not-allowed',
  ),
];
