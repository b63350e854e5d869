/** Which of two cards of a device is the later one. */

/** Where a card stands among those of its device. */
export interface Generation {
  readonly incarnation: number;
  readonly generation: number;
}

/** True if `one` was followed by the other. */
export function isBefore(one: Generation, other: Generation | undefined): boolean {
  if (other === undefined) return false;
  return (
    one.incarnation < other.incarnation ||
    (one.incarnation === other.incarnation && one.generation < other.generation)
  );
}
