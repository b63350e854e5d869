/**
 * A storage node behind its door, without a network: whole connections of HTTP/1.1 and HTTP/2 as
 * bytes, and single requests of which the input says method, route, name and body.
 *
 * The node begins anew with every input, so an input says all.
 */

import { Readable, Writable, duplexPair } from 'node:stream';
import { setImmediate as aTurn } from 'node:timers/promises';
import { nameOf, writeRequests } from '@dsm/availability';
import { memoryEngine } from '@dsm/memory';
import { registryOf } from '@dsm/ports/conformance';
import { address, slotKey, slotWrite, type Registry } from '@dsm/primitive';
import { secretsInMemory, storageNode, type StorageNode } from '@dsm/storage-node';
import { target } from './core-targets.ts';
import { everythingIn } from './load.ts';
import { vectorBytes } from './samples.ts';
import { Broken, textBytes, type Target } from './target.ts';

interface Call {
  readonly method: string;
  readonly target: string;
  readonly from: string;
  readonly header: (name: string) => string | undefined;
  readonly body: Readable;
  readonly isBodyOver: () => boolean;
  readonly begin: (status: number, headers: Readonly<Record<string, string>>) => Writable;
  readonly hasBegun: () => boolean;
  readonly isGone: () => boolean;
  readonly cut: () => void;
  readonly whenOver: (work: () => void) => void;
}

interface Desk {
  readonly serve: (call: Call) => void;
  readonly underWay: () => number;
  readonly idle: () => Promise<void>;
}

interface Door {
  readonly server: { readonly emit: (event: string, socket: unknown) => void };
}

interface Parts {
  readonly deskOf: (node: StorageNode, options: object) => Desk;
  readonly doorOf: (
    bounds: object,
    who: object,
    certificate: undefined,
    serve: Desk['serve'],
  ) => Door;
  readonly visitors: (bounds: object, now: () => number) => object;
  readonly bounds: object;
  readonly statuses: ReadonlySet<number>;
}

export async function httpTargets(): Promise<readonly Target[]> {
  const parts = await partsOf();
  const write = vectorBytes().find((bytes) => slotWrite.decode(bytes).ok) ?? new Uint8Array(0);
  const exchange = writeRequests([
    { type: 'signal' },
    { type: 'get', address: new Uint8Array(32) },
    { type: 'write-slot', write },
  ]);
  const requests = [
    Uint8Array.of(0, 3, 0),
    Uint8Array.of(2, 0, 1, 7, 7, 7),
    Uint8Array.of(2, 1, 1, ...write),
    Uint8Array.of(3, 2, 0, ...exchange),
  ];
  const get = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n';
  const post = `POST /v1/exchange HTTP/1.1\r\nhost: x\r\ncontent-length: ${exchange.length}\r\n\r\n`;
  const chunked = 'POST /v1/exchange HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';
  const size = exchange.length.toString(16);
  const wire = [
    textBytes(get + get),
    Uint8Array.from([...textBytes(post), ...exchange]),
    Uint8Array.from([
      ...textBytes(`${chunked}${size}\r\n`),
      ...exchange,
      ...textBytes('\r\n0\r\n\r\n'),
    ]),
    http2Request(),
  ];
  return [
    target('storage-node/desk.serve', (bytes) => oneRequest(parts, bytes), {
      samples: requests,
      words: headerWords,
      cost: 60,
    }),
    target('storage-node/door.connection', (bytes) => oneConnection(parts, bytes), {
      samples: wire,
      words: headerWords,
      cost: 100,
    }),
  ];
}

const headerWords: readonly Uint8Array[] = [
  '\r\n',
  '\r\n\r\n',
  'content-length: 0\r\n',
  'content-length: 99999999999\r\n',
  'transfer-encoding: chunked\r\n',
  'range: bytes=0-1\r\n',
  'expect: 100-continue\r\n',
  'connection: close\r\n',
  'upgrade: h2c\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '/v1/objects/',
  '/v1/slots/',
  '/v1/registry/1',
  'HEAD ',
  'PUT ',
  'OPTIONS ',
].map(textBytes);

/** The preface, empty settings, and a request for `/healthz` whose headers are all in the static table. */
function http2Request(): Uint8Array {
  const path = textBytes('/healthz');
  const block = Uint8Array.of(0x82, 0x86, 0x04, path.length, ...path, 0x01, 1, 0x78);
  const frame = (type: number, flags: number, stream: number, body: Uint8Array): number[] => [
    0,
    0,
    body.length,
    type,
    flags,
    0,
    0,
    0,
    stream,
    ...body,
  ];
  return Uint8Array.from([
    ...textBytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    ...frame(4, 0, 0, new Uint8Array(0)),
    ...frame(1, 5, 1, block),
  ]);
}

async function partsOf(): Promise<Parts> {
  const folder = 'host/storage-node/src';
  const [desk, door, guests, bounds, replies] = await Promise.all(
    ['desk', 'door', 'visitors', 'http-limits', 'reply'].map((name) =>
      everythingIn(`${folder}/${name}.ts`),
    ),
  );
  const problems = replies!.get('problems') as Readonly<Record<string, { status: number }>>;
  const known = Object.entries(problems).filter(([name]) => name !== 'fault');
  const statuses = new Set(known.map(([, { status }]) => status));
  for (const good of [200, 201, 204, 206, 304]) statuses.add(good);
  return {
    deskOf: desk!.get('deskOf') as Parts['deskOf'],
    doorOf: door!.get('doorOf') as Parts['doorOf'],
    visitors: guests!.get('visitors') as Parts['visitors'],
    bounds: bounds!.get('httpLimits') as object,
    statuses,
  };
}

interface Open {
  readonly desk: Desk;
  readonly node: StorageNode;
  readonly who: object;
  readonly faults: unknown[];
}

async function openNode({ deskOf, visitors, bounds }: Parts): Promise<Open> {
  const network = new Uint8Array(32).fill(42);
  let registry: Registry | undefined;
  const node = await storageNode({
    engine: memoryEngine(),
    registry: () => registry,
    network,
    suite: 1,
    secrets: secretsInMemory(new Uint8Array(32).fill(11)),
    capacityBytes: 1 << 20,
  });
  registry = registryOf(network, [node.card], 0);
  const faults: unknown[] = [];
  const who = visitors(bounds, () => 0);
  const gauges = (): readonly object[] => [];
  const desk = deskOf(node, {
    bounds,
    who,
    gauges,
    onError: (error: unknown) => faults.push(error),
  });
  return { desk, node, who, faults };
}

function checkFaults({ faults }: Open): void {
  if (faults.length === 0) return;
  const [error] = faults;
  throw error instanceof Error ? error : new Broken('throws', String(error));
}

const methods = ['GET', 'HEAD', 'PUT', 'POST', 'OPTIONS', 'DELETE'];
const shelves = ['objects', 'slots'];
const plain = ['/v1/exchange', '/healthz', '/metrics', '/v1/registry', '/v1/byte-commit'];

/** Method, route, whether the name is the body's, body. */
function requestOf(bytes: Uint8Array): { method: string; path: string; body: Uint8Array } {
  const [how = 0, where = 0, isNamed = 0] = bytes;
  const body = bytes.slice(3);
  const method = methods[how % methods.length]!;
  const shelf = shelves[where % 16];
  if (shelf === undefined) {
    const path = plain[(where % 16) - 2];
    return {
      method,
      body,
      path: path ?? `/${Buffer.from(body.subarray(0, 64)).toString('latin1')}`,
    };
  }
  const write = shelf === 'slots' ? slotWrite.decode(body) : undefined;
  const own = write?.ok === true ? slotKey(write.value.place) : address(body);
  const name =
    (isNamed & 1) === 1 ? nameOf(own) : Buffer.from(body.subarray(0, 32)).toString('base64url');
  return { method, path: `/v1/${shelf}/${name}`, body };
}

async function oneRequest(parts: Parts, bytes: Uint8Array): Promise<boolean> {
  const open = await openNode(parts);
  const { method, path, body } = requestOf(bytes);
  const said: Buffer[] = [];
  let status = 0;
  let length: string | undefined;
  let over = (): void => {};
  const out = new Writable({
    write: (part: Buffer, _, done) => {
      said.push(part);
      done();
    },
    final: (done) => {
      done();
      over();
    },
  });
  open.desk.serve({
    method,
    target: path,
    from: 'a',
    header: (name) => (name === 'content-length' ? String(body.length) : undefined),
    body: Readable.from([Buffer.from(body)]),
    isBodyOver: () => true,
    begin: (given, headers) => {
      status = given;
      length = headers['content-length'];
      return out;
    },
    hasBegun: () => status !== 0,
    isGone: () => false,
    cut: () => over(),
    whenOver: (work) => {
      const before = over;
      over = () => {
        before();
        work();
      };
    },
  });
  await open.desk.idle();
  checkFaults(open);
  await open.node.close();
  if (!parts.statuses.has(status)) throw new Broken('rule', `answered with status ${status}`);
  const sent = Buffer.concat(said).length;
  if (method !== 'HEAD' && length !== undefined && Number(length) !== sent) {
    throw new Broken('rule', `${sent} bytes of answer are announced as ${length}`);
  }
  return status < 300;
}

/** Until nothing is under way, and nothing was heard for some turns of the loop. */
async function quiet({ underWay }: Desk, heard: () => number): Promise<void> {
  let [still, before] = [0, -1];
  for (let turn = 0; turn < 200 && still < 6; turn++) {
    await aTurn();
    still = underWay() === 0 && heard() === before ? still + 1 : 0;
    before = heard();
  }
}

/** All of the bytes come at once, then nothing more. */
async function oneConnection(parts: Parts, bytes: Uint8Array): Promise<boolean> {
  const open = await openNode(parts);
  const { server } = parts.doorOf(parts.bounds, open.who, undefined, open.desk.serve);
  const [mine, theirs] = duplexPair();
  const heard: Buffer[] = [];
  mine.on('data', (part: Buffer) => heard.push(part));
  mine.on('error', () => {});
  theirs.on('error', () => {});
  const over = new Promise<void>((resolve) => {
    mine.once('end', resolve).once('close', resolve);
    theirs.once('close', resolve);
  });
  server.emit('connection', theirs);
  mine.write(Buffer.from(bytes));
  await quiet(open.desk, () => heard.length);
  mine.end();
  await over;
  await open.desk.idle();
  mine.destroy();
  theirs.destroy();
  checkFaults(open);
  await open.node.close();
  const text = Buffer.concat(heard).toString('latin1');
  const isHttp1 = text.startsWith('HTTP/1.1 ');
  if (isHttp1 && !/^HTTP\/1\.1 [1-5]\d\d /.test(text)) throw new Broken('rule', text.slice(0, 40));
  if (/^HTTP\/1\.1 500 /m.test(text)) throw new Broken('rule', 'answered with status 500');
  return isHttp1 ? text.startsWith('HTTP/1.1 2') : text.length > 9;
}
