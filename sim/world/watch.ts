/**
 * What checkers see of a world: everything that leaves a device or a node, everything that became
 * durable, everything that a wallet reported. A checker says what it found; it changes nothing.
 */

import type { NodeAnswer, NodeRequest } from '@dsm/availability';
import type { EngineWrite } from '@dsm/ports';
import type { Alarm, Payment } from '@dsm/wallet';
import type { World } from './world.ts';

export interface Finding {
  readonly checker: string;
  readonly sentence: string;
}

/** All of it is optional: a checker takes what it needs. Devices and nodes come by their index. */
export interface Watch {
  readonly name: string;
  /** A frame leaves a device, before anything happens to it. */
  readonly sent?: (device: number, frame: Uint8Array) => void;
  /** A commit of a device's store is durable: these keys. */
  readonly kept?: (device: number, keys: readonly Uint8Array[]) => void;
  readonly reported?: (device: number, payment: Payment) => void;
  readonly alarmed?: (device: number, alarm: Alarm) => void;
  /** A wallet was opened, after a crash or for the first time. */
  readonly opened?: (device: number) => void;
  /** What a device asks of a node, as it leaves. */
  readonly asked?: (device: number, request: NodeRequest) => void;
  /** What a node answers, as it leaves. */
  readonly answered?: (node: number, request: NodeRequest, answer: NodeAnswer) => void;
  /** A commit of a node's engine was asked for. */
  readonly engineAsked?: (node: number, writes: readonly EngineWrite[]) => void;
  /** It was acknowledged. */
  readonly engineKept?: (node: number, writes: readonly EngineWrite[]) => void;
  /** A node has opened its engine again. Resolves when it was looked at. */
  readonly engineOpened?: (node: number, get: EngineGet) => Promise<void>;
  /** The node's disk was taken away or damaged beyond what an engine promises. */
  readonly nodeLost?: (node: number) => void;
  /** An object was acknowledged by a quorum. */
  readonly stored?: (address: string, bytes: Uint8Array) => void;
  /** A device has lost its files and begins again from a backup. */
  readonly restored?: (device: number) => void;
  /** All faults have healed and everything had its chance. */
  readonly end?: (world: World) => void;
}

export type EngineGet = (shelf: number, key: Uint8Array) => Promise<Uint8Array | undefined>;

/** Something is wrong. The run ends. */
export type Tell = (checker: string, sentence: string) => void;
