/** A shared task list: both edit while apart, meet, and see the same list. */

import { deepStrictEqual } from 'node:assert';
import {
  choice,
  createWallet,
  defineApp,
  list,
  localNetwork,
  memory,
  oneOf,
  refuse,
  struct,
  text,
  type Shared,
} from '@dsm/wallet';

interface Task {
  /** The operation that added it. */
  readonly id: string;
  readonly title: string;
  readonly done: 0 | 1;
}

type Edit =
  | { readonly type: 'add'; readonly title: string }
  | { readonly type: 'done'; readonly id: string }
  | { readonly type: 'rename'; readonly id: string; readonly title: string };

const [id, title] = [text(32), text(200)];

const tasks = defineApp<readonly Task[], Edit>({
  name: 'tasks',
  version: 1,
  rules: 'add appends a task; done and rename change the one with this id, or are refused',
  initial: [],
  operation: choice<Edit>({
    add: [1, struct({ title })],
    done: [2, struct({ id })],
    rename: [3, struct({ id, title })],
  }),
  state: list(struct<Task>({ id, title, done: oneOf([0, 1]) }), 10_000),
  reduce: (all, edit, context) => {
    if (edit.type === 'add') return [...all, { id: context.id, title: edit.title, done: 0 }];
    if (!all.some((task) => task.id === edit.id)) return refuse('there is no such task');
    const change = edit.type === 'done' ? { done: 1 as const } : { title: edit.title };
    return all.map((task) => (task.id === edit.id ? { ...task, ...change } : task));
  },
});

const network = await localNetwork({ nodes: 4 });
const ann = await createWallet({ name: 'Ann', store: memory(), network });
const ben = await createWallet({ name: 'Ben', store: memory(), network });

const first = await ann.meet(ben);
const [anns, bens] = [await first.shared(tasks), await ben.contact('Ann').shared(tasks)];
const { ids } = await anns.actAll([
  { type: 'add', title: 'buy bred' },
  { type: 'add', title: 'feed the cat' },
]);
await first.close();

// Apart, both go on: nobody waits for the other, and nothing is locked.
const [bread, cat] = [ids[0]!, ids[1]!];
await Promise.all([
  anns.act({ type: 'rename', id: bread, title: 'buy bread' }),
  bens.act({ type: 'done', id: cat }),
  bens.act({ type: 'add', title: 'water the plants' }),
]);
show('Ann, apart', anns);
show('Ben, apart', bens);

const again = await ann.meet(ben);
await again.close();
show('Ann, met', anns);
show('Ben, met', bens);
deepStrictEqual(anns.state(), bens.state());

function show(who: string, { state }: Shared<readonly Task[], Edit>): void {
  console.log(
    who,
    state()
      .map((task) => `[${task.done ? 'x' : ' '}] ${task.title}`)
      .join('  '),
  );
}
