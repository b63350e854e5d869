/**
 * Hashing with domain separation.
 *
 *     H_d(fields) = BLAKE3-256( "DSM/" ‖ d ‖ 0x00 ‖ fields )        Addr(o) = BLAKE3-256(o)
 *
 * Fields are fixed-width or framed by the codec, so no two lists of fields share an encoding. The
 * table below is the whole list of domains: one that is not here does not compile.
 *
 * The hash itself is installed by the host: a portable implementation and a fast one agree byte
 * for byte (host/portable, host/node).
 */

import { ascii } from './bytes.ts';

/** BLAKE3-256. */
export interface Hash {
  readonly name: string;
  /** 32 fresh bytes. */
  readonly blake3: (input: Uint8Array) => Uint8Array;
  /** Writes 32 bytes at `offset` of `output`; `input` may not overlap them. */
  readonly blake3Into: (input: Uint8Array, output: Uint8Array, offset: number) => void;
}

export const domains = [
  'device',
  'rel',
  'spool',
  'ack-key',
  'fresh-key',
  'agree',
  's0',
  'entry',
  'entropy',
  'view',
  'leaf',
  'node',
  'step-body',
  'step',
  'slot-list',
  'countersign',
  'ack',
  'working-key',
  'card',
  'incarnation',
  'rule',
  'slot',
  'position',
  'delivery',
  'vote',
  'votes',
  'storage-node',
  'voter',
  'succession',
  'rank',
  'close',
  'voted',
  'byte-commit',
  'possess',
  'signal',
  'release',
  'advertisement',
  'topic',
  'offer',
  'acceptance',
  'charge',
  'group',
  'place',
  'issue',
  'committee',
  'allowed',
  'note',
  'note-blind',
  'note-leaf',
  'escrow',
  'total',
  'exit',
  'lock',
  'ticks',
  'network',
  'mark',
  'evidence',
  'seal',
  'secret',
  'app',
  'app-order',
  'sum-leaf',
  'sum-node',
  'symbol',
  'ranges',
  'identity-salt',
  'authority-seed',
  'device-secret',
  'share-set',
  'first-birth',
  'kept',
  'attest',
  'attest-key',
  'attest-mac',
  'binding-key',
  'binding-auth',
  'contribution',
  'transcript',
  'mix',
  'tree-update',
  'tree-device',
  'tree-status',
  'directory',
  'invitation',
  'introduction',
  'introduce',
  'attribute',
  'attribute-salt',
  'attribute-node',
  'schema',
  'credential',
  'issuance',
  'revocation',
  'presentation',
  'login',
] as const;

export type Domain = (typeof domains)[number];

/** Room in which preimages of a domain are laid out behind its prefix, which always stands there. */
interface Room {
  readonly bytes: Uint8Array;
  readonly start: number;
  /** The first bytes of the room, by how many: making a view costs as much as copying fields. */
  readonly views: (Uint8Array | undefined)[];
}

const roomBytes = 256;

const rooms: Record<Domain, Room> = Object.fromEntries(
  domains.map((domain) => [domain, roomOf(ascii(`DSM/${domain}\0`), roomBytes)]),
) as Record<Domain, Room>;

function roomOf(prefix: Uint8Array, length: number): Room {
  const bytes = new Uint8Array(length);
  bytes.set(prefix);
  return { bytes, start: prefix.length, views: [] };
}

let installed: Hash | undefined;

/** Choose the implementation, once, at start. All implementations give the same bytes. */
export function installHash(hash: Hash): void {
  installed = hash;
}

/** BLAKE3-256 of the bytes alone: the address of an object, which any BLAKE3 tool can check. */
export function address(bytes: Uint8Array): Uint8Array {
  return implementation().blake3(bytes);
}

/** H_d over the fields, 32 bytes. */
export function hash(domain: Domain, ...fields: readonly Uint8Array[]): Uint8Array {
  const { bytes, start, views } = rooms[domain];
  let end = start;
  for (let i = 0; i < fields.length; i++) end += fields[i]!.length;
  if (end > roomBytes) return hashLong(domain, fields, end);
  let at = start;
  for (let i = 0; i < fields.length; i++) {
    bytes.set(fields[i]!, at);
    at += fields[i]!.length;
  }
  return implementation().blake3((views[end] ??= bytes.subarray(0, end)));
}

function hashLong(domain: Domain, fields: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const prefix = prefixOf(domain);
  bytes.set(prefix);
  let at = prefix.length;
  for (const field of fields) {
    bytes.set(field, at);
    at += field.length;
  }
  return implementation().blake3(bytes);
}

/** The bytes that stand before the fields of `domain`, for code that lays out its own preimage. */
export function prefixOf(domain: Domain): Uint8Array {
  const { bytes, start } = rooms[domain];
  return bytes.slice(0, start);
}

/** The installed hash. Using the core before a host has installed one is a programmer's fault. */
export function implementation(): Hash {
  if (installed === undefined) throw new Error('no hash installed: call installHash first');
  return installed;
}
