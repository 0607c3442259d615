/* SPDX-License-Identifier: Apache-2.0 */
/* A task that awaits a future with a time limit and may be cancelled: completion, the time limit
 * and the cancellation race for its continuation.
 *
 * Any of the three may come before the registration, during it, or never; two tasks wait. Proved:
 * each continuation is resumed exactly once, a task that was cancelled or timed out does not wait
 * on, and nobody stays on the list.
 */

#define TASKS 2

/* FutureCore: its lock is held for one step here, for nobody looks at the inside without it. */
bool isDone;
bool linked[TASKS];        /* TaskWaiter on the list */
bool isCancelled[TASKS];
byte resumed[TASKS];       /* ghost: TaskWaiter.fire resumes the continuation */
bool willComplete, willCancel[TASKS], willExpire[TASKS];   /* ghost: what comes in this run */

inline fire(t) { atomic { resumed[t]++; assert(resumed[t] == 1) } }

/* FutureCore.suspendUnlessCancelled(_:) */
proctype Awaiter(byte t) {
  bool added;
#ifdef BUG_CHECK_THEN_ADD
  added = !(isDone || isCancelled[t]);             /* outside of the lock */
  if :: added -> linked[t] = true :: else fi;
#else
  d_step {                                         /* add(_:) */
#ifdef BUG_ADD_IGNORES_CANCEL
    added = !isDone;
#else
    added = !(isDone || isCancelled[t]);
#endif
    if :: added -> linked[t] = true :: else fi
  }
#endif
  if :: added :: else -> fire(t) fi;
  /* Suspended. If nothing ever comes, waiting for ever is right. */
  if
  :: resumed[t] > 0 -> assert(!linked[t])
  :: !(willComplete || willCancel[t] || willExpire[t]) -> skip
  fi
}

/* FutureCore.cancel(_:), of the cancellation handler and of the timer alike */
proctype Canceller(byte t) {
  bool removed;
  d_step {
#ifndef BUG_CANCEL_LEAVES_NO_MARK
    isCancelled[t] = true;
#endif
    removed = linked[t];
    linked[t] = false
  }
#ifdef BUG_CANCEL_ALWAYS_FIRES
  removed = true;
#endif
  if :: removed -> fire(t) :: else fi
}

/* FutureCore.complete */
proctype Completer() {
  bool chain[TASKS];
  byte t;
  d_step {
    isDone = true;
    for (t : 0 .. TASKS - 1) {
      chain[t] = linked[t];
#ifndef BUG_TAKE_LEAVES_LINKED
      linked[t] = false
#endif
    }
    t = 0
  }
  for (t : 0 .. TASKS - 1) { if :: chain[t] -> fire(t) :: else fi }
}

init {
  byte t;
  atomic {
    if :: willComplete = true; run Completer() :: skip fi;
    for (t : 0 .. TASKS - 1) {
      if :: willCancel[t] = true; run Canceller(t) :: skip fi;
      if :: willExpire[t] = true; run Canceller(t) :: skip fi;
      run Awaiter(t)
    }
  };
  _nr_pr == 1;
  for (t : 0 .. TASKS - 1) {
    assert(resumed[t] == (willComplete || willCancel[t] || willExpire[t]));
    assert(!linked[t] || resumed[t] == 0)
  }
}
