/** The model `step` on the shipped core: a cheat, two verifiers, and what each of them knows. */

import { keyOf } from '@dsm/primitive';
import {
  comparing,
  knowingNothing,
  openCheat,
  shownTo,
  together,
  viewOfCheat,
  type Cheat,
  type Knowing,
} from './cheat.ts';
import { textOf, type Act, type Fields, type Value } from './itf.ts';
import { opened, person } from './party.ts';
import { bijection, type Bijection, type Live, type Replayer } from './replay.ts';

type Devices = Readonly<Record<string, Knowing>>;

/** What traces must meet: every action of the model and every answer that it gives. */
const must = [
  'claimed',
  'continued',
  'spoiled',
  'repeated',
  'met',
  'answer absorbed',
  'answer accepted',
  'answer already-accepted',
  'answer bricked',
  'answer early',
  'answer entropy',
  'answer fork',
  'answer head',
  'answer incarnation',
  'answer key',
  'answer malformed',
  'answer proof-after',
  'answer proof-before',
  'answer side',
  'answer signature',
  'answer slots',
  'answer step-chain',
  'answer step-fork',
  'answer too-large',
  'answer unknown-operation',
  'answer writes',
  'answer wrong-cause',
  'answer wrong-device',
  'answer wrong-relationship',
];

export function stepReplayer(): Replayer {
  const cheat = openCheat();
  const devices: Devices = Object.fromEntries(
    ['a', 'b'].map((name) => [name, knowingNothing(opened(person(name), [cheat.who]))]),
  );
  const roots = bijection('root');
  return { model: 'step', ghosts: ['said'], must, open: () => live(cheat, devices, roots) };
}

function live(cheat: Cheat, start: Devices, roots: Bijection): Live {
  let devices = start;
  const show = (claim: Fields): void => {
    const moves = claim['moves'] as readonly Fields[];
    const to = moves.at(-1)!['to'] as string;
    const next = shownTo(cheat, devices[to]!, moves, claim['fault'] as string);
    devices = { ...devices, [to]: next };
  };
  return {
    act: ({ name, picks }) => {
      if (name === 'met') devices = met(cheat, devices);
      else show(claimOf(name, picks));
    },
    view: () => {
      const views = Object.entries(devices).map(([name, known]) => {
        const view = viewOfCheat(cheat, known);
        // A root is the commitment to the leaves: here the one view of the one relationship.
        const lane = textOf(view['lane']!);
        roots.note(lane === '[]' ? 'nothing' : `${name} ${lane}`, keyOf(known.kept.device.root));
        return [name, view] as const;
      });
      return { devices: Object.fromEntries(views) };
    },
  };
}

/** What the cheat shows in an action of the model. */
function claimOf(name: Act['name'], picks: Fields): Fields {
  switch (name) {
    case 'claimed':
      return { moves: picks['moves']!, fault: 'none' };
    case 'spoiled':
      return { moves: picks['moves']!, fault: picks['fault']! };
    case 'repeated':
      return picks['claim'] as Fields;
    case 'continued': {
      const before = (picks['claim'] as Fields)['moves'] as readonly Value[];
      return { moves: [...before, picks['move']!], fault: 'none' };
    }
    default:
      throw new RangeError(`the model step has no action ${name}`);
  }
}

function met(cheat: Cheat, devices: Devices): Devices {
  const heard = together(devices['a']!, devices['b']!);
  return Object.fromEntries(
    Object.entries(devices).map(([name, known]) => [
      name,
      comparing(cheat, { ...known, heard, answer: '' }),
    ]),
  );
}
