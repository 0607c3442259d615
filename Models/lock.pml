/* SPDX-License-Identifier: Apache-2.0 */
/* The lock of Base/Lock.swift, between threads that each take it some times.
 *
 * Proved: at most one thread holds it, and no thread sleeps for ever. A lost wake-up would end the
 * search in a state where a thread waits to be woken.
 */

#ifndef THREADS
#define THREADS 3
#endif
#ifndef TURNS
#define TURNS 2
#endif

#define FREE 0
#define HELD 1
#define CONTENDED 2

byte word = FREE;                                  /* LockWord */
bool asleep[THREADS];                              /* in the system's queue for the word */
byte holders;                                      /* ghost */

/* arrival_futex_wait(word, CONTENDED): the comparison and the falling asleep are one step */
inline futexWait(me) {
#ifdef BUG_SLEEPS_UNCOMPARED
  asleep[me] = true;
#else
  atomic { if :: word == CONTENDED -> asleep[me] = true :: else fi };
#endif
  if
  :: !asleep[me]
#ifdef SPURIOUS
  :: asleep[me] = false                            /* a signal */
#endif
  fi
}

/* arrival_futex_wake_one: any one of them */
inline futexWake() {
  atomic {
    if
    :: asleep[0] -> asleep[0] = false
    :: asleep[1] -> asleep[1] = false
#if THREADS > 2
    :: asleep[2] -> asleep[2] = false
#endif
    :: else
    fi
  }
}

proctype Thread(byte me) {
  byte turn, old;
  do
  :: turn == TURNS -> break
  :: turn < TURNS ->
    turn++;
    atomic { old = word; if :: old == FREE -> word = HELD :: else fi };   /* take(_:) */
    if
    :: old == FREE
    :: old != FREE ->                     /* takeSlowly(_:); a spin is a take that came later */
      do
      :: true ->
#ifdef BUG_TAKES_AS_HELD
        atomic { old = word; if :: old == FREE -> word = HELD :: else -> word = CONTENDED fi };
#else
        atomic { old = word; word = CONTENDED };
#endif
        if :: old == FREE -> break :: else fi;
        futexWait(me)
      od
    fi;
    holders++;
    assert(holders == 1);
    holders--;
#ifdef BUG_WAKES_BEFORE_FREE
    if :: word == CONTENDED -> futexWake() :: else fi;
    word = FREE
#else
    atomic { old = word; word = FREE };
    if :: old == CONTENDED -> futexWake() :: else fi
#endif
  od
}

init {
  byte i;
  atomic { for (i : 0 .. THREADS - 1) { run Thread(i) } }
}
