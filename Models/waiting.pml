/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that blocks for a future: completion, registration and parking.
 *
 * Two futures, two threads that complete the first, one that completes the second, and a thread
 * that waits for both in turn on its one parker: for the first with or without a time limit, for
 * the second without. Each line is one atomic operation or one system call of the Swift function
 * named above it. Time is a flag that may be raised at any moment.
 *
 * Proved: everybody ends (a lost wake-up leaves the sleeper in no valid end state), exactly one
 * completer wins, the value is there whenever isDone is seen, a wait without a limit ends with the
 * future done, and whoever has ended its wait is on no list.
 */

#define FUTURES 2

/* FutureCore */
bool lock[FUTURES];
bool isDone[FUTURES];
byte value[FUTURES];       /* 0: not written; otherwise who wrote it */
bool linked[FUTURES];      /* the thread's waiter is on the list */
byte winners[FUTURES];     /* ghost */

/* ThreadWaiter: a new one for each wait, so one for each future. */
bool hasFired[FUTURES];

/* Parker of the waiting thread */
mtype = { vacant, parked, notified };
mtype state = vacant;
bool mutex;                /* pthread_mutex_t */
bool onCondition;          /* the owner waits in pthread_cond_wait */
bool spurious = true;      /* the system may wake it once for no reason */

bool expired;              /* monotonicNow() >= deadline */

#define acquire(l) atomic { !l -> l = true }
#define release(l) l = false

/* Parker.takeNotification: load, then compareExchange. Only the owner takes. */
inline takeNotification(taken) {
  taken = (state == notified);
  if
  :: taken -> atomic { taken = (state == notified); if :: taken -> state = vacant :: else fi }
  :: else
  fi
}

/* Parker.park(until:) */
inline park(isTimed) {
  takeNotification(taken);
  if
  :: taken
  :: else ->
    acquire(mutex);
    assert(state != parked);
    atomic { isParked = (state == vacant); if :: isParked -> state = parked :: else fi }
    if
    :: !isParked -> takeNotification(taken)
    :: else ->
      do
      :: takeNotification(taken);
        if
        :: taken -> break
        :: !taken && isTimed && expired ->
#ifndef BUG_TIMEOUT_KEEPS_PARKED
          state = vacant;
#endif
          break
        :: !taken && !(isTimed && expired) ->
          /* pthread_cond_wait or _timedwait: gives the mutex up and sleeps, in one. */
          atomic { release(mutex); onCondition = true }
          if
          :: !onCondition
          :: atomic { spurious -> spurious = false }
          :: isTimed && expired
          fi;
          atomic { !mutex -> mutex = true; onCondition = false }
        fi
      od
    fi;
    release(mutex)
  fi
}

/* Parker.unpark */
inline unpark() {
  atomic { wasParked = (state == parked); state = notified }
  if
  :: wasParked ->
#ifndef BUG_UNPARK_WITHOUT_MUTEX
    acquire(mutex);
    release(mutex);
#endif
    onCondition = false                            /* pthread_cond_signal */
  :: else
  fi
}

/* FutureCore.complete, then fire */
proctype Completer(byte f; byte me) {
  bool isFirst, wasParked, fires;
#ifdef BUG_CHECK_OUTSIDE_LOCK
  isFirst = !isDone[f];
#endif
  acquire(lock[f]);
#ifndef BUG_CHECK_OUTSIDE_LOCK
  isFirst = !isDone[f];
#endif
  if
  :: isFirst ->
#ifdef BUG_DONE_BEFORE_VALUE
    isDone[f] = true;
    value[f] = me;
#else
    value[f] = me;
    isDone[f] = true;                              /* release */
#endif
    d_step { fires = linked[f]; linked[f] = false; winners[f]++ }
  :: else
  fi;
  release(lock[f]);
  if
  :: fires ->
    /* ThreadWaiter.fire */
#ifdef BUG_NOTIFY_BEFORE_STORE
    unpark();
    hasFired[f] = true
#else
    hasFired[f] = true;                            /* release */
    unpark()
#endif
  :: else
  fi
}

/* FutureCore.block(until:) */
inline block(f, isTimed) {
  if
  :: isDone[f]                                     /* done() */
  :: else ->
    acquire(lock[f]);                              /* add(_:) */
#ifdef BUG_ADD_WITHOUT_CHECK
    refused = false;
#else
    refused = isDone[f];
#endif
    if :: !refused -> linked[f] = true :: else fi;
    release(lock[f]);
    if
    :: refused
    :: else ->
      do                                           /* ThreadWaiter.sleep(until:) */
      :: hasFired[f] -> break                      /* acquire */
      :: else ->
        if
        :: isTimed && expired -> break
        :: else -> park(isTimed)
        fi
#ifdef BUG_TRUST_ONE_WAKE
        ; break
#endif
      od;
#ifndef BUG_NO_REMOVE
      atomic { !lock[f] -> linked[f] = false }     /* remove(_:) */
#endif
    fi
  fi;
  /* The value is read without the lock by whoever has seen isDone. */
  if
  :: isDone[f] -> assert(value[f] != 0)
  :: else -> assert(isTimed)
  fi;
  assert(!linked[f])
}

proctype Waiter() {
  bool taken, isParked, refused, firstIsTimed;
  if :: firstIsTimed = true :: firstIsTimed = false fi;
  block(0, firstIsTimed);
  block(1, false)
}

proctype Clock() { expired = true }

init {
  atomic {
    run Completer(0, 1);
    run Completer(0, 2);
    run Completer(1, 3);
    run Waiter();
    run Clock()
  };
  _nr_pr == 1;
  assert(winners[0] == 1 && winners[1] == 1);
  assert(isDone[0] && isDone[1] && !linked[0] && !linked[1])
}
