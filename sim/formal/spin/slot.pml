/*
 * One slot in a group of four, one of them a liar, a writer that signs two values, and two readers
 * that gather votes. Each node keeps what it is shown, in the order in which it came, and votes for
 * the first; a reader has a certificate when three nodes have voted for one value.
 *
 * Written from docs/spec/slot.md and certificate.md for the bound `common-slot` of the explorer,
 * which walks the core's register.
 */

#define FREE 0
#define FIRST_ONE 1
#define FIRST_TWO 2
#define ONE_THEN_TWO 3
#define TWO_THEN_ONE 4

byte kept[3];
/* By reader: a bit for each node and value that it has a vote of. Node 3 is the liar. */
byte votes[2];

#define VOTE(node, value)  (1 << (2 * node + value - 1))
#define VOTED(node, value) (kept[node] == value || kept[node] == value + 2)
#define HAS(r, node, value) ((votes[r] & VOTE(node, value)) != 0)
#define COUNT(r, value) (HAS(r, 0, value) + HAS(r, 1, value) + HAS(r, 2, value) + HAS(r, 3, value))

#define NODE(n) \
  :: d_step { kept[n] == FREE -> kept[n] = FIRST_ONE } \
  :: d_step { kept[n] == FREE -> kept[n] = FIRST_TWO } \
  :: d_step { kept[n] == FIRST_ONE -> kept[n] = ONE_THEN_TWO } \
  :: d_step { kept[n] == FIRST_TWO -> kept[n] = TWO_THEN_ONE }

#define HEARS(r, n, value) \
  :: d_step { VOTED(n, value) && !HAS(r, n, value) -> votes[r] = votes[r] | VOTE(n, value) }

#define LIES(r, value) \
  :: d_step { !HAS(r, 3, value) -> votes[r] = votes[r] | VOTE(3, value) }

#define READER(r) \
  HEARS(r, 0, 1) HEARS(r, 0, 2) HEARS(r, 1, 1) HEARS(r, 1, 2) HEARS(r, 2, 1) HEARS(r, 2, 2) \
  LIES(r, 1) LIES(r, 2)

#define CERTIFIED(value) (COUNT(0, value) >= 3 || COUNT(1, value) >= 3)

active proctype walk() {
end:
  do
  NODE(0) NODE(1) NODE(2)
  READER(0) READER(1)
  :: CERTIFIED(1) && CERTIFIED(2) -> assert(false)
  od
}
