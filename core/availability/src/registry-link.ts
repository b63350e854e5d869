/**
 * A link of the registry chain: a version and the succession that made it, as nodes hand it out.
 *
 *     link     registry ‖ succession option           of version 1 there is no succession
 *     piece    version u32 ‖ bytes of the link u32 ‖ some of them
 *
 * A registry of 8,192 nodes has 16 MB, so a link comes in pieces. It is checked by those who know
 * the version before (`checkSuccession`); nothing about who handed it out matters.
 */

import {
  decodeWith,
  encodeWith,
  limits,
  option,
  registry,
  struct,
  u32,
  variable,
  type Coder,
  type Registry,
} from '@dsm/primitive';
import { checkSuccession, succession, type Succession } from './succession.ts';

export interface RegistryLink {
  readonly registry: Registry;
  readonly succession: Succession | undefined;
}

const linkCoder: Coder<RegistryLink> = struct({ registry, succession: option(succession) });

/** The most that a link may have. */
export const linkBytesMax: number =
  limits.registryBytesMax + limits.registrySignersMax * (limits.signatureBytesMax + 6) + 256;

/** True if the link is the certified successor of this version. */
export function linkFollows(
  before: Registry,
  { registry: after, succession: by }: RegistryLink,
): boolean {
  return by !== undefined && checkSuccession(before, after, by) === undefined;
}

export function encodeLink(link: RegistryLink): Uint8Array {
  return encodeWith(linkCoder, link);
}

/** Undefined if the bytes are no link. */
export function decodeLink(bytes: Uint8Array): RegistryLink | undefined {
  return bytes.length > linkBytesMax ? undefined : decodeWith(linkCoder, bytes);
}

export interface RegistryPiece {
  readonly version: number;
  /** Bytes of the whole link. */
  readonly total: number;
  readonly bytes: Uint8Array;
}

export const registryPiece: Coder<RegistryPiece> = struct({
  version: u32,
  total: u32,
  bytes: variable(limits.objectBytesMax),
});
