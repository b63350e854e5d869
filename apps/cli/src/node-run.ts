/** A storage node as a process: open, serve, drain. */

import { rememberingSignatures } from '@dsm/portable';
import { equal, installSignatures, signatures } from '@dsm/primitive';
import type { StorageNode } from '@dsm/storage-node';
import { gauges, httpLimits, serveNode, type ServedNode } from '@dsm/storage-node/http';
import { DsmError } from '@dsm/wallet';
import type { Context } from './context.ts';
import { log, type Log } from './log.ts';
import { careFor, reachByHttp } from './node-care.ts';
import { readNetwork, writeNetwork, type NetworkFile } from './network-file.ts';
import type { EngineChoice } from './node-engine.ts';
import { cardText, keepCard, nodeNetwork, nodeNetworkPath, openNode } from './node-home.ts';
import { readCertificate, type TlsFiles } from './tls-files.ts';

export interface NodeRun {
  readonly data: string;
  readonly listen: string;
  readonly capacityBytes: number;
  readonly registry?: string;
  readonly address?: string;
  readonly withParent: boolean;
  readonly engine?: Partial<EngineChoice>;
  /** Speak TLS, under what stands in these files. */
  readonly tls?: TlsFiles;
  /** Requests a second that one address may send. */
  readonly rate?: number;
  /** Compare with other nodes, and copy what is missing. */
  /** Keep only what is paid for. */
  readonly isPaid: boolean;
  readonly repairs: boolean;
  /** From one ByteCommit to the next. */
  readonly commitMinutes: number;
  /** Give up all seats and places at the next change of the registry. */
  readonly leaves: boolean;
  /** Ids of the nodes that may join, or everybody. */
  readonly admits: readonly Uint8Array[] | 'all';
}

/** How long what is under way may take when the node is to end. */
const graceMs = 10_000;

/** Runs until it is asked to end, and answers 0: for a node that is the good end. */
export async function runNode(context: Context, options: NodeRun): Promise<number> {
  const tell = log(context.cli.stderr, () => Date.now());
  // A step's signature stands under every slot that it writes.
  installSignatures(rememberingSignatures(signatures()));
  const { data, capacityBytes } = options;
  const place = placeOf(options.listen);
  const certificate = options.tls && (await readCertificate(options.tls));
  tell('starting', { data });
  const network = await networkOf(context, options);
  const reach = reachByHttp();
  const { leaves, admits } = options;
  let reachedAt = urlOf(options);
  const node = await openNode({
    data,
    capacityBytes,
    address: reachedAt,
    reachedAt: () => reachedAt,
    isLeaving: () => leaves,
    admits: (id) => admits === 'all' || admits.some((one) => equal(one, id)),
    onError: faultTeller(tell),
    network,
    isPaid: options.isPaid,
    ...(options.engine && { engine: options.engine }),
    dial: reach.at,
  });
  const shown = gauges();
  try {
    const served = await serveNode(node, {
      ...place,
      limits: limitsOf(options),
      gauges: shown.all,
      onError: faultTeller(tell),
      ...(certificate && { certificate }),
    });
    if (network !== undefined) await writeNetwork(nodeNetworkPath(data), network);
    reachedAt = options.address ?? served.address;
    const card = await keepCard(data, { ...node.card, address: reachedAt });
    context.event({ ...card }, cardText(card));
    if (node.standing() === undefined) tell('no-registry');
    tell('listening', { address: served.address });
    const stay = renewing(served, options, tell);
    const rest = following(node, leaves, tell);
    const { repairs, commitMinutes } = options;
    const care = careFor({
      node,
      reach,
      repairs,
      commitMs: commitMinutes * 60_000,
      tell,
      gauges: shown,
    });
    await asked(context.cli.signal, options.withParent);
    stay();
    rest();
    tell('stopping');
    await Promise.all([served.close(graceMs), care.stop()]);
  } finally {
    await node.close();
    reach.close();
  }
  tell('stopped');
  return 0;
}

/** How often a node looks whether the registry has changed without it. */
const followMs = 60_000;

/** Learns what follows and goes on with a change, now and again, until the answer is called. */
function following(node: StorageNode, leaves: boolean, tell: Log): () => void {
  let told = 0;
  const look = async (): Promise<void> => {
    await node.follow();
    const version = node.standing()?.version ?? 0;
    if (version > told) tell('registry', { version });
    told = Math.max(told, version);
    if (leaves && (await node.mayLeave())) tell('may-leave');
  };
  const start = (): void => void look().catch(faultTeller(tell));
  start();
  const timer = setInterval(start, followMs);
  return () => clearInterval(timer);
}

/** Where the node is reached, as far as that is known before it is served. */
function urlOf({ address, listen, tls }: NodeRun): string {
  return address ?? `${tls === undefined ? 'http' : 'https'}://${listen}`;
}

function limitsOf({ rate }: NodeRun): { requestsPerSecond?: number; burstMax?: number } {
  if (rate === undefined) return {};
  const { burstMax, requestsPerSecond } = httpLimits;
  return { requestsPerSecond: rate, burstMax: (rate * burstMax) / requestsPerSecond };
}

/** Reads the certificate again at every SIGHUP, until the answer is called. */
function renewing(served: ServedNode, { tls }: NodeRun, tell: Log): () => void {
  const renew = (): void => {
    if (tls === undefined) return;
    readCertificate(tls).then(
      (certificate) => {
        served.renew(certificate);
        tell('reloaded');
      },
      (error: unknown) => tell('not-reloaded', { message: messageOf(error) }),
    );
  };
  process.on('SIGHUP', renew);
  return () => void process.off('SIGHUP', renew);
}

/** A size as people write it. Powers of ten, as disks are sold; `GiB` means powers of two. */
export function capacityOf(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?) ?([kMGT]i?B|B)?$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new DsmError('usage', `"${text}" is no size: write one like 500MB or 10GB`);
  }
  const base = unit.includes('i') ? 1_024 : 1_000;
  const power = unit === '' || unit === 'B' ? 0 : 'kMGT'.indexOf(unit[0]!) + 1;
  return Math.floor(Number(digits) * base ** power);
}

/** A whole number of minutes, up to a week. */
export function minutesOf(text: string): number {
  const minutes = Number(text);
  if (!/^\d{1,5}$/.test(text) || minutes < 1 || minutes > 10_080) {
    throw new DsmError('usage', `"${text}" is no number of minutes from 1 to 10080`);
  }
  return minutes;
}

async function networkOf(
  { cli }: Context,
  { registry, data }: NodeRun,
): Promise<NetworkFile | undefined> {
  return registry === undefined ? nodeNetwork(data) : readNetwork(registry, cli.cwd);
}

function placeOf(listen: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(listen) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) {
    throw new DsmError('usage', `"${listen}" is no address: write one like 127.0.0.1:4610`);
  }
  return { host, port: Number(port) };
}

function faultTeller(tell: Log): (error: unknown) => void {
  return (error) => tell('fault', { message: messageOf(error) });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}

/** Resolves on a signal, or when whoever started this process is gone. */
function asked(signal: AbortSignal, withParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
    if (!withParent) return;
    process.stdin.on('end', resolve).on('error', resolve).resume();
  });
}
