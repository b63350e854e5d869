/** Capsules for the tests: sealed with the real cipher under nonces that are counted. */

import { installPortable, portableAead } from '@dsm/portable';
import { address, ascii, zero32 } from '@dsm/primitive';
import {
  bodyBytesMax,
  changedRow,
  cutRows,
  firstState,
  readCapsule,
  sealCapsule,
  startReading,
  type CapsuleReading,
  type CapsuleRefusal,
  type CapsuleState,
  type OpenBox,
  type Row,
  type SealBox,
} from '../src/index.ts';

installPortable();

export const secret: Uint8Array = new Uint8Array(32).fill(7);
export const device: Uint8Array = address(ascii('device'));
export const identity: { readonly genesis: Uint8Array; readonly device: Uint8Array } = {
  genesis: zero32,
  device,
};

let drawn = 0;

export const seal: SealBox = (plaintext, associated) => {
  const nonce = new Uint8Array(24);
  new DataView(nonce.buffer).setUint32(0, (drawn += 1));
  return { nonce, box: portableAead.seal(secret, nonce, plaintext, associated) };
};

export const open: OpenBox = (nonce, box, associated) =>
  portableAead.open(secret, nonce, box, associated);

export const openOther: OpenBox = (nonce, box, associated) =>
  portableAead.open(new Uint8Array(32), nonce, box, associated);

/** A capsule for each list of rows, from the state on; the last of each list is whole. */
export function sealed(
  from: CapsuleState,
  ...all: readonly (readonly Row[])[]
): { readonly capsules: readonly Uint8Array[]; readonly state: CapsuleState } {
  let state = from;
  const capsules = all.flatMap((rows) => {
    const bodies = cutRows(rows);
    return bodies.map((changes, i) => {
      const next = sealCapsule(state, identity, changes, i === bodies.length - 1 ? 1 : 0, seal);
      state = next.state;
      return next.bytes;
    });
  });
  return { capsules, state };
}

/** The state of an incarnation whose rows are all in its capsules from the first on. */
export const begun: CapsuleState = { ...firstState(0), round: undefined, base: 0 };

export interface Read {
  readonly reading: CapsuleReading;
  readonly rows: ReadonlyMap<string, Uint8Array>;
}

/** Reads all capsules, or answers the first refusal. */
export function readAll(
  capsules: readonly Uint8Array[],
  start: CapsuleReading = startReading(device, 0),
  by: OpenBox = open,
): Read | CapsuleRefusal {
  let reading = start;
  const rows = new Map<string, Uint8Array>();
  for (const bytes of capsules) {
    const step = readCapsule(reading, bytes, by);
    if (step.type === 'refused') return step.refusal;
    reading = step.reading;
    for (const change of step.changes) {
      const key = change.key.join();
      const changed = changedRow(rows.get(key), change);
      if (changed === 'body') return 'body';
      if (changed.value === undefined) rows.delete(key);
      else rows.set(key, changed.value);
    }
  }
  return { reading, rows };
}

export function row(key: number, value: number | undefined, length = 3): Row {
  const bytes = value === undefined ? undefined : new Uint8Array(length).fill(value);
  return { key: Uint8Array.of(key), value: bytes };
}

/** A row that no body holds alone. */
export function largeRow(key: number, value: number): Row {
  return row(key, value, 2 * bodyBytesMax + 5);
}
