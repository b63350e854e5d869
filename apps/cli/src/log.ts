/** The log of a node: one JSON object on each line of standard error, with events of a closed list. */

export const events = {
  starting: 'the node opens its folder',
  listening: 'requests are answered',
  'no-registry': 'the node knows no registry, so it keeps objects and no slots',
  reloaded: 'new connections are served under the certificate that was read',
  'not-reloaded': 'the files of the certificate are no good, so the one before stays',
  fault: 'a request met a fault of the program',
  committed: 'the node has said what it keeps: a ByteCommit',
  repaired: 'objects were missing, here or at another node',
  swept: 'objects that nobody claims any more were dropped',
  registry: 'a version of the registry is open, and the node votes under it',
  'may-leave':
    'the groups that follow hold the slots of this node; its objects are the affair of repair',
  stopping: 'no new requests are taken, those under way end',
  stopped: 'everything is durable and closed',
} as const;
export type Event = keyof typeof events;

const levels: Record<Event, 'info' | 'warn' | 'error'> = {
  starting: 'info',
  listening: 'info',
  'no-registry': 'warn',
  reloaded: 'info',
  'not-reloaded': 'error',
  fault: 'error',
  committed: 'info',
  repaired: 'info',
  swept: 'info',
  registry: 'info',
  'may-leave': 'info',
  stopping: 'info',
  stopped: 'info',
};

export type Log = (event: Event, fields?: Readonly<Record<string, string | number>>) => void;

/** `print` takes whole lines. Nothing secret is ever a field. */
export function log(print: (text: string) => void, now: () => number): Log {
  return (event, fields = {}) => {
    const time = new Date(now()).toISOString();
    print(`${JSON.stringify({ time, level: levels[event], event, ...fields })}\n`);
  };
}
