/* The reservation protocol: buyers reserve the last units; each reserved order is then paid for,
 * expires and is cancelled at the same time, and one of the three wins.
 *
 * A transaction is `lock … unlock` of the counter's row (FOR UPDATE) and of the order's status. With
 * -DWITHOUT_LOCKS the locks are gone and what was read is written back later: the properties must
 * then be found violated, or the model proves nothing.
 */
#define STOCK 1
#define BUYERS 2

#ifdef WITHOUT_LOCKS
#define LOCK(x) skip
#define UNLOCK(x) skip
#else
#define LOCK(x) atomic { x == 0 -> x = 1 }
#define UNLOCK(x) x = 0
#endif

mtype = { asking, held, paid, expired, cancelled, refused };

byte counter;                 /* the row's lock */
byte row[BUYERS];             /* the lock of each order's status */
short reserved = 0;           /* the counter */
mtype status[BUYERS] = asking;
byte wins[BUYERS];            /* how many of pay, expire and cancel moved the order */
byte sold = 0;                /* reservations that exist, counted by the rows */
byte ended = 0;

inline release() {
    LOCK(counter);
    seen = reserved;
    reserved = seen - 1;
    atomic { sold--; assert(reserved >= 0) }
    UNLOCK(counter)
}

/* One transaction moves the status, if it may, and gives the unit back with it. */
inline move_on(me, to) {
    LOCK(row[me]);
    was = status[me];
    if
    :: was == held ->
        status[me] = to;
        wins[me]++;
        assert(wins[me] == 1);               /* exactly one wins */
        if
        :: to == paid -> skip                /* the unit stays taken until it ships */
        :: else -> release()
        fi
    :: else -> skip
    fi;
    UNLOCK(row[me])
}

proctype Pay(byte me) {
    mtype was; short seen;
    (status[me] != asking);
    move_on(me, paid);
    atomic { ended++ }
}

proctype Expire(byte me) {
    mtype was; short seen;
    (status[me] != asking);
    move_on(me, expired);
    atomic { ended++ }
}

proctype Cancel(byte me) {
    mtype was; short seen;
    (status[me] != asking);
    move_on(me, cancelled);
    atomic { ended++ }
}

proctype Buy(byte me) {
    short seen;
    LOCK(counter);
    seen = reserved;
    if
    :: seen < STOCK ->
        reserved = seen + 1;
        atomic { sold++; assert(sold <= STOCK) }   /* never oversold */
        /* Receipt is one transaction: the order appears with its reservation. */
        status[me] = held
    :: else -> status[me] = refused
    fi;
    UNLOCK(counter);
    atomic { ended++ }
}

init {
    byte i;
    atomic {
        for (i : 0 .. BUYERS - 1) {
            run Buy(i);
            run Pay(i);
            run Expire(i);
            run Cancel(i)
        }
    }
    (ended == 4 * BUYERS);
    /* No release is lost: what is reserved now is what was paid for, and that still lies here. */
    byte taken = 0;
    for (i : 0 .. BUYERS - 1) {
        assert(status[i] != asking && status[i] != held);
        if
        :: status[i] == paid -> taken++
        :: else -> skip
        fi
    }
    assert(reserved == taken && sold == taken)
}
