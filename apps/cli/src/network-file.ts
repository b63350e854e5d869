/**
 * A network as a file: everything that a wallet has to be told to join it.
 *
 *     { "name": "…", "registry": "<base64url of the registry's bytes>", "nodes": ["http://…", …] }
 *
 * `nodes` are ways to the nodes, in the registry's order; they may differ from the addresses in the
 * registry, which are for people. The registry is what counts: its address names the network.
 */

import { readFile, rename, writeFile } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { httpNode } from '@dsm/node';
import { equal, limits, registry, registryLineage, type Registry } from '@dsm/primitive';
import { DsmError, networkId, type Network } from '@dsm/wallet';

export interface NetworkFile {
  readonly name: string;
  readonly registry: Registry;
  readonly nodes: readonly string[];
}

/** A registry of the largest size in base64url, and the URLs of its nodes. */
const fileBytesMax = 2 * limits.objectBytesMax;
const urlLengthMax = 256;
const fetchMs = 10_000;

/** The text of a network file. */
export function networkText({ name, registry: value, nodes }: NetworkFile): string {
  const bytes = Buffer.from(registry.encode(value)).toString('base64url');
  return `${JSON.stringify({ name, registry: bytes, nodes }, undefined, 2)}\n`;
}

/** Reads the text strictly; `source` is named in what it throws. */
export function parseNetwork(text: string, source: string): NetworkFile {
  const fields = jsonOf(text);
  const { name, registry: encoded, nodes } = fields ?? {};
  if (typeof name !== 'string' || !/^[^\p{C}]{1,48}$/u.test(name)) {
    throw new DsmError('usage', `${source} is no network file: it needs a "name"`);
  }
  if (typeof encoded !== 'string' || !/^[A-Za-z0-9_-]+$/.test(encoded)) {
    throw new DsmError('usage', `${source} is no network file: it needs a "registry" in base64url`);
  }
  const decoded = registry.decode(Uint8Array.from(Buffer.from(encoded, 'base64url')));
  if (!decoded.ok) {
    throw new DsmError('integrity', `the registry in ${source} is none: ${decoded.refusal}`);
  }
  if (!equal(decoded.value.network, networkId(name))) {
    throw new DsmError('integrity', `the registry in ${source} is not of a network "${name}"`);
  }
  const urls = urlsOf(nodes);
  if (urls === undefined || urls.length !== decoded.value.nodes.length) {
    const count = decoded.value.nodes.length;
    throw new DsmError('usage', `${source} needs "nodes", the URLs of its ${count} nodes`);
  }
  return { name, registry: decoded.value, nodes: urls };
}

/** The network file at a path or an HTTP address. */
export async function readNetwork(source: string, cwd: string): Promise<NetworkFile> {
  const text = isUrl(source) ? await fetched(source) : await fileText(located(source, cwd));
  return parseNetwork(text, source);
}

/** Written beside its place and moved there, so that no reader meets half of it. */
export async function writeNetwork(path: string, network: NetworkFile): Promise<void> {
  await writeFile(`${path}.new`, networkText(network));
  await rename(`${path}.new`, path);
}

export interface OpenNetwork extends Network {
  readonly close: () => void;
}

/** The network with a way to each node. No node is asked yet. */
export function openNetwork(file: NetworkFile): OpenNetwork {
  const nodes = file.nodes.map((url) => httpNode(url));
  return {
    name: file.name,
    registry: file.registry,
    nodes,
    dial: (address) => {
      if (!isUrl(address) || !URL.canParse(address)) return undefined;
      const node = httpNode(address);
      nodes.push(node);
      return node;
    },
    close: () => {
      for (const node of nodes) node.close();
    },
  };
}

/** The lineage of the network's registry, for people to compare: its first 8 bytes in base64url. */
export function fingerprint(value: Registry): string {
  return Buffer.from(registryLineage(value)).toString('base64url').slice(0, 12);
}

export function isUrl(source: string): boolean {
  return /^https?:\/\//.test(source);
}

export function located(path: string, cwd: string): string {
  return isAbsolute(path) ? path : resolve(cwd, path);
}

function jsonOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isRecord ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function urlsOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const urls: string[] = [];
  for (const url of value as readonly unknown[]) {
    if (typeof url !== 'string' || url.length > urlLengthMax || !isUrl(url)) return undefined;
    if (!URL.canParse(url)) return undefined;
    urls.push(url);
  }
  return urls;
}

async function fileText(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > fileBytesMax) throw new DsmError('usage', `${path} is too large`);
    return bytes.toString('utf8');
  } catch (cause) {
    if (cause instanceof DsmError) throw cause;
    throw new DsmError('not-found', `the network file ${path} cannot be read`, { cause });
  }
}

async function fetched(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(fetchMs) });
    if (!response.ok) throw new DsmError('not-found', `${url} answers with ${response.status}`);
    return await bodyOf(response, url);
  } catch (cause) {
    if (cause instanceof DsmError) throw cause;
    throw new DsmError('unreachable', `${url} cannot be fetched`, { cause });
  }
}

async function bodyOf(response: Response, url: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    const bytes = part as Uint8Array;
    length += bytes.length;
    if (length > fileBytesMax) throw new DsmError('usage', `${url} is too large`);
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}
