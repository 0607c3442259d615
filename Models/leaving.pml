/* SPDX-License-Identifier: Apache-2.0 */
/* The waits of a tasklet's own task, one after the other. They have no cancellation handler: what
 * cancels the tasklet looks for the wait.
 *
 * Completion and cancellation may come before a registration, during it, or never. Proved: each
 * continuation is resumed exactly once, no wait goes on after the tasklet was cancelled, and nobody
 * stays on a list.
 */

#define WAITS 2
#define NONE WAITS

/* FutureCore, one for each wait: its lock is held for one step here. */
bool isDone[WAITS];
bool linked[WAITS];        /* TaskWaiter on the list */
bool isCancelled[WAITS];
byte resumed[WAITS];       /* ghost: the continuation was resumed */

bool isMarked;             /* Task.isCancelled */
byte listed = NONE;        /* WaitOwner.waits */
bool willCancel, willComplete[WAITS];   /* ghost: what comes in this run */

inline fire(w) { atomic { resumed[w]++; assert(resumed[w] == 1) } }

/* TaskWaiter.leave() */
inline leave(w) {
  d_step { isCancelled[w] = true; removed = linked[w]; linked[w] = false };
  if :: removed -> fire(w) :: else fi
}

/* FutureCore.suspendUnlessCancelled(), for each wait */
proctype Tasklet() {
  byte w;
  bool added, removed, seen;
  for (w : 0 .. WAITS - 1) {
    seen = false;
#ifdef BUG_LOOKS_FIRST
    seen = isMarked;
#endif
    listed = w;                                     /* begin() */
    d_step { added = !(isDone[w] || isCancelled[w]); linked[w] = added };
    if :: added :: else -> fire(w) fi;
#if !defined(BUG_LOOKS_FIRST) && !defined(BUG_LOOKS_NOT)
    seen = isMarked;
#endif
    if :: seen -> leave(w) :: else fi;
    /* Suspended. If nothing ever comes, waiting for ever is right. */
    if
    :: resumed[w] > 0 -> assert(!linked[w])
    :: !(willComplete[w] || willCancel) -> goto stuck
    fi;
    listed = NONE                                   /* end() */
  }
stuck: skip
}

/* Tasklet.cancel(_:) and WaitOwner.leaveWait() */
proctype Canceller() {
  byte found;
  bool removed;
#ifdef BUG_MARKS_LATER
  found = listed;
  isMarked = true;
#else
  isMarked = true;
  found = listed;
#endif
  if :: found != NONE -> leave(found) :: else fi
}

/* FutureCore.complete */
proctype Completer(byte w) {
  bool taken;
  d_step { isDone[w] = true; taken = linked[w]; linked[w] = false };
  if :: taken -> fire(w) :: else fi
}

init {
  byte w;
  atomic {
    if :: willCancel = true; run Canceller() :: skip fi;
    for (w : 0 .. WAITS - 1) {
      if :: willComplete[w] = true; run Completer(w) :: skip fi
    }
    run Tasklet()
  };
  _nr_pr == 1;
  assert(!willCancel || (resumed[0] == 1 && resumed[1] == 1))
}
