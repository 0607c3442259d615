/* SPDX-License-Identifier: Apache-2.0 */
/* A probe on Swift's global pool: two threads take jobs in order, a batch that completes its
 * futures resumes tasks one after the other, each task loads a key, and a probe finds out when no
 * more come.
 *
 * Proved: when the probe sends a batch, no task that was resumed is still in the queue and none is
 * about to be resumed; and every key leaves in the end, so the probe is never lost.
 *
 * A task that a thread has taken from the queue but that has not loaded yet is not waited for. The
 * probe cannot see it.
 */

#ifndef TASKS
#define TASKS 3
#endif
#ifndef DELIVERIES
#define DELIVERIES 1
#endif

#define TASK 1
#define PROBE 2

chan ready = [TASKS + 2] of { byte };              /* the queue of the pool */

/* Deliveries.State, under its lock */
byte underWay;
byte waiting;

/* BatcherMachine and ProbeMachine, under the batcher's lock */
bool watched;                                      /* OriginTable has the origin */
bool hasNewKeys;
byte quiet;
byte keys;                                         /* of the open batch */

byte loads, resumed, probes;                       /* ghosts */

/* BatcherCore.finish: Deliveries.during(complete) */
proctype Deliverer(byte count) {
  atomic { underWay++ };
  do
  :: count > 0 -> atomic { resumed++; ready ! TASK }; count--
  :: else -> break
  od;
  byte woken;
  d_step { underWay--; woken = waiting; waiting = 0 };
#ifndef BUG_WAKES_NOBODY
  do
  :: woken > 0 -> ready ! PROBE; woken--
  :: else -> break
  od
#endif
}

/* Batcher.load from a task: BatcherCore.enter, watch */
inline load() {
  d_step {
    keys++;
    loads++;
    hasNewKeys = true;
    isNew = !watched;
    if
    :: isNew -> watched = true; hasNewKeys = false; quiet = 0
    :: else
    fi
  };
#ifdef BUG_EACH_KEY_PROBES
  isNew = true;
#endif
  if
  :: isNew -> atomic { probes++; assert(probes == 1); ready ! PROBE }
  :: else
  fi
}

/* BatcherCore.pass, ProbeMachine.passed */
inline pass() {
  isDelivering = underWay > 0;
#ifdef BUG_IGNORES_DELIVERIES
  isDelivering = false;
#endif
  atomic {
    if
    :: isDelivering -> quiet = 0; next = 1         /* without the limit of deliveries */
    :: else ->
      if :: hasNewKeys -> quiet = 0 :: else -> quiet++ fi;
      hasNewKeys = false;
      next = 0;
#ifdef BUG_ONE_PASS
      if :: quiet >= 1 -> next = 2 :: else fi;
#else
      if :: quiet >= 2 -> next = 2 :: else fi;
#endif
      if
      :: next == 2 ->
        assert(underWay == 0 || DELIVERIES > 1);
        assert(!(ready ?? [TASK]) || DELIVERIES > 1);
        keys = 0;                                  /* the batch leaves */
        watched = false;
        probes--
      :: else
      fi
    fi
  };
  if
  :: next == 0 -> ready ! PROBE
  :: next == 1 ->
    /* Deliveries.whenOver */
#ifdef BUG_WAITS_WITHOUT_LOOKING
    d_step { waiting++; isOver = false };
#else
    d_step {
      isOver = underWay == 0;
      if :: !isOver -> waiting++ :: else fi
    };
#endif
    if :: isOver -> ready ! PROBE :: else fi
  :: else
  fi
}

active [2] proctype Thread() {
  byte job, next;
  bool isNew, isDelivering, isOver;
end:
  do
  :: ready ? job ->
    if
    :: job == TASK -> load()
    :: else -> pass()
    fi
  od
}

init {
  run Deliverer(TASKS);
#if DELIVERIES > 1
  run Deliverer(1);
#endif
  /* Nothing can go on: everything has left. */
  timeout;
  assert(keys == 0 && waiting == 0 && !watched && loads == resumed)
}
