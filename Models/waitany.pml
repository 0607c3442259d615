/* SPDX-License-Identifier: Apache-2.0 */
/* One task, or one thread, that waits for the first of two futures.
 *
 * Each future completes at any moment or never. Proved: the waiter is woken exactly once, by a
 * future that is done, and then stays with no other.
 */

#define FUTURES 2
#define NOBODY FUTURES

bool isDone[FUTURES];                              /* with `linked`, under each future's lock */
bool linked[FUTURES];                              /* FirstArrival.Node on its list */
byte winner = NOBODY;                              /* FirstArrival.winner */
byte wakes;                                        /* ghost: what sleeper.fire does */
bool willComplete[FUTURES];                        /* ghost */

/* FirstArrival.arrived: compareExchange, then fire */
inline arrived(f) {
#ifdef BUG_NO_WINNER
  winner = f;
  isFirst = true;
#else
  atomic { isFirst = (winner == NOBODY); if :: isFirst -> winner = f :: else fi }
#endif
  if :: isFirst -> atomic { wakes++; assert(wakes == 1) } :: else fi
}

proctype Completer(byte f) {
  bool fires, isFirst;
  d_step { isDone[f] = true; fires = linked[f]; linked[f] = false }
  if :: fires -> arrived(f) :: else fi
}

proctype Waiter() {
  bool added, isFirst;
  byte f;
  for (f : 0 .. FUTURES - 1) {                     /* FirstArrival.register */
    d_step { added = !isDone[f]; linked[f] = added }
    if
    :: added
    :: else ->
#ifndef BUG_DONE_WAKES_NOBODY
      arrived(f);
#endif
      break
    fi
  };
  if
  :: wakes == 1 ->
    f = 0;                                         /* FirstArrival.finish */
    do
    :: f < FUTURES ->
#ifndef BUG_NO_REMOVE
      linked[f] = false;
#endif
      f++
    :: else -> break
    od;
    assert(winner != NOBODY);
    assert(isDone[winner]);
    assert(!linked[0] && !linked[1])
  :: !willComplete[0] && !willComplete[1]
  fi
}

init {
  atomic {
    if :: willComplete[0] = true; run Completer(0) :: skip fi;
    if :: willComplete[1] = true; run Completer(1) :: skip fi;
    run Waiter()
  };
  _nr_pr == 1
}
