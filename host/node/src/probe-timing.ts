/**
 * The timing source of the probe: the low byte of how many nanoseconds a little work took.
 *
 * The function uses nothing but what stands in it, so that its text runs on other versions of Node, too.
 */

/** `count` bytes. The work walks through 64 KiB in a scattered order, and takes about a microsecond. */
export function timingBytes(count: number): Uint8Array {
  const room = new Uint32Array(16_384);
  const bytes = new Uint8Array(count);
  let at = 1;
  for (let i = 0; i < count; i++) {
    const before = process.hrtime.bigint();
    for (let step = 0; step < 64; step++) {
      at = (at * 1_103_515_245 + 12_345) >>> 0;
      room[at >>> 18]! += at;
    }
    bytes[i] = Number((process.hrtime.bigint() - before) & 0xffn);
  }
  return bytes;
}
