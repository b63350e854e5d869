/*
 * Two honest devices, one relationship, one trade each way. A message that was said may be heard at
 * any later time, any number of times, or never; either device stops at any moment, any number of
 * times; a proposer may cancel, a peer may not like an offer.
 *
 * Written from docs/spec/trade.md for the bound `common-trade` of the explorer, which walks the
 * core. Every field here is one that the core has in one form or another, and no field of the core
 * is left out that is not determined by these: so the numbers of states must be equal.
 *
 * Each device writes at most one entry. It is 1 if it was written before the entry of the other was
 * absorbed, and 2 if after: the entry names what its author has absorbed.
 */

#define NONE 0
#define BEFORE 1
#define AFTER 2

#define IDLE 0
#define OFFERED 1
#define COMMITTING 2

typedef Device {
  byte own;        /* the entry of its lane */
  byte peer;       /* the entry of the peer's lane, as absorbed */
  byte phase;
  byte head;       /* the entry that is offered */
  bit proposed;
  byte consented;  /* the consent that it gave last and still remembers; 0 for none */
  byte consent;    /* the consent under its own commitment, until it is acknowledged */
  bit again;       /* the commit is said after a restart */
  int said         /* what it has ever said, beside what follows from own and peer */
};

Device device[2];

/* What is said, each a bit. A consent names the entry and shows the root of whoever gives it, which is
   another one when its own entry is written. Before it absorbs the peer's entry, its own is 0 or 1. */
#define OFFER(entry)         (1 << (entry - 1))
#define CONSENT(number)      (1 << (1 + number))
#define DISLIKE(entry)       (1 << (5 + entry))
#define CANCEL(entry)        (1 << (7 + entry))
#define KNOWN(entry)         (1 << (9 + entry))
#define FORK(entry)          (1 << (11 + entry))
#define COMMIT_AGAIN(number) (1 << (13 + number))

/* A consent is numbered 1 to 4. */
#define CONSENT_TO(entry, own) (entry + 2 * own)
#define ENTRY_OF(number)       (1 + (number - 1) % 2)

#define SAYS(d, what)  device[d].said = device[d].said | (what)
#define SAID(d, what)  ((device[d].said & (what)) != 0)

/* The lanes are where they were when the offer was made. */
#define IS_STILL(d)    (device[d].head == AFTER || device[d].peer == NONE)

inline offer(d) {
  device[d].phase = OFFERED;
  device[d].head = (device[d].peer == NONE -> BEFORE : AFTER);
  SAYS(d, OFFER(device[d].head))
}

inline rest(d) {
  device[d].phase = IDLE;
  device[d].head = NONE;
  device[d].consent = 0;
  device[d].again = 0
}

inline heard_offer(d, entry, liked) {
  if
  :: device[d].peer == entry -> SAYS(d, KNOWN(entry))
  :: device[d].peer != entry && device[d].peer != NONE -> SAYS(d, FORK(entry))
  :: device[d].peer == NONE && !liked -> SAYS(d, DISLIKE(entry))
  :: device[d].peer == NONE && liked ->
    device[d].consented = CONSENT_TO(entry, device[d].own);
    SAYS(d, CONSENT(device[d].consented))
  fi
}

inline heard_consent(d, number) {
  if
  :: !IS_STILL(d) -> offer(d)
  :: IS_STILL(d) ->
    device[d].own = device[d].head;
    device[d].head = NONE;
    device[d].phase = COMMITTING;
    device[d].consent = number;
    device[d].consented = 0
  fi
}

inline heard_commit(d, entry) {
  device[d].peer = entry;
  device[d].consented = 0
}

inline restart(d) {
  device[d].consented = 0;
  if
  :: device[d].phase == COMMITTING ->
    device[d].again = 1;
    SAYS(d, COMMIT_AGAIN(device[d].consent))
  :: device[d].phase == OFFERED -> rest(d)
  :: device[d].phase == IDLE
  fi
}

#define IS_COMMITTED(o, entry) (device[o].own == entry)

#define MOVES(d, o) \
  :: d_step { !device[d].proposed -> device[d].proposed = 1; offer(d) } \
  :: d_step { device[d].phase == OFFERED -> SAYS(d, CANCEL(device[d].head)); rest(d) } \
  :: d_step { device[d].phase != IDLE || device[d].consented != 0 -> restart(d) } \
  :: d_step { SAID(o, OFFER(1)) -> heard_offer(d, 1, true) } \
  :: d_step { SAID(o, OFFER(2)) -> heard_offer(d, 2, true) } \
  :: d_step { SAID(o, OFFER(1)) -> heard_offer(d, 1, false) } \
  :: d_step { SAID(o, OFFER(2)) -> heard_offer(d, 2, false) } \
  :: d_step { SAID(o, CONSENT(1)) && device[d].phase == OFFERED && device[d].head == 1 -> heard_consent(d, 1) } \
  :: d_step { SAID(o, CONSENT(2)) && device[d].phase == OFFERED && device[d].head == 2 -> heard_consent(d, 2) } \
  :: d_step { SAID(o, CONSENT(3)) && device[d].phase == OFFERED && device[d].head == 1 -> heard_consent(d, 3) } \
  :: d_step { SAID(o, CONSENT(4)) && device[d].phase == OFFERED && device[d].head == 2 -> heard_consent(d, 4) } \
  :: d_step { SAID(o, DISLIKE(1)) && device[d].phase == OFFERED && device[d].head == 1 -> rest(d) } \
  :: d_step { SAID(o, DISLIKE(2)) && device[d].phase == OFFERED && device[d].head == 2 -> rest(d) } \
  :: d_step { SAID(o, KNOWN(1)) && device[d].phase == OFFERED && device[d].head == 1 -> rest(d) } \
  :: d_step { SAID(o, KNOWN(2)) && device[d].phase == OFFERED && device[d].head == 2 -> rest(d) } \
  :: d_step { SAID(o, FORK(1)) && device[d].phase == OFFERED && device[d].head == 1 && IS_STILL(d) -> rest(d) } \
  :: d_step { SAID(o, FORK(1)) && device[d].phase == OFFERED && device[d].head == 1 && !IS_STILL(d) -> offer(d) } \
  :: d_step { SAID(o, FORK(2)) && device[d].phase == OFFERED && device[d].head == 2 && IS_STILL(d) -> rest(d) } \
  :: d_step { SAID(o, FORK(2)) && device[d].phase == OFFERED && device[d].head == 2 && !IS_STILL(d) -> offer(d) } \
  :: d_step { IS_COMMITTED(o, 1) && device[d].peer == NONE -> heard_commit(d, 1) } \
  :: d_step { IS_COMMITTED(o, 2) && device[d].peer == NONE -> heard_commit(d, 2) } \
  :: d_step { device[o].peer == device[d].own && device[d].phase == COMMITTING -> rest(d) }

/* What is absorbed was written, and never two things: beyond that the counts speak. */
#define ABSORBED_IS_WRITTEN \
  ((device[0].peer == NONE || device[0].peer == device[1].own) && \
   (device[1].peer == NONE || device[1].peer == device[0].own))

active proctype walk() {
end:
  do
  MOVES(0, 1)
  MOVES(1, 0)
  :: !(ABSORBED_IS_WRITTEN) -> assert(false)
  od
}
