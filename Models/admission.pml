/* SPDX-License-Identifier: Apache-2.0 */
/* The start of tasklets against the shutdown of their executor.
 *
 * Every method of RunLoop runs under one lock and is one step here. The threads that run tasklets
 * are one process that takes work in any order; how they sleep and wake is in runloop.pml.
 *
 * Proved: when every call has returned, each tasklet that was started has ended, was failed or was
 * refused, so none is pending for ever; the same holds of timers; a shutdown returns only when
 * nothing is left to run and no other shutdown still fails what it took; and a tasklet that runs
 * may start a child until the executor is closed.
 */

#ifndef STARTERS
#define STARTERS 2         /* threads outside that start a tasklet each */
#endif
#ifndef SHUTDOWNS
#define SHUTDOWNS 2
#endif
#ifndef PARENTS
#define PARENTS 1          /* tasklets ready at the beginning that start a child each */
#endif
#define TASKLETS (STARTERS + 2 * PARENTS)

mtype = { unborn, admitted, queued, runs, waits, ended, failed, refused };
mtype = { open, closing, closed };

/* TaskletAdmission */
mtype phase = open;
byte arriving, failing;
/* RunLoop */
mtype tasklet[TASKLETS];
byte running;
bool timerIsSet, timerIsOver;

/* Ghosts */
byte returned;
bool childWasRefused, timerWasTaken;

#if TASKLETS == 2
#define READY (tasklet[0] == queued || tasklet[1] == queued)
#elif TASKLETS == 3
#define READY (tasklet[0] == queued || tasklet[1] == queued || tasklet[2] == queued)
#else
#define READY (tasklet[0] == queued || tasklet[1] == queued || \
               tasklet[2] == queued || tasklet[3] == queued)
#endif

/* RunLoop.admit */
inline admit(id, isChild) {
  atomic {
    if
#ifdef BUG_CHILDREN_COUNT_AS_STRANGERS
    :: phase == open ->
#else
    :: phase == open || (phase == closing && isChild) ->
#endif
      tasklet[id] = admitted;
#ifndef BUG_NOT_COUNTED
      arriving++
#endif
    :: else -> tasklet[id] = refused
    fi
  }
}

/* TaskletExecutor.start: admit, make the task, enqueue its first job */
inline start(id, isChild) {
  admit(id, isChild);
  if
  :: tasklet[id] == admitted ->
    atomic {
      tasklet[id] = queued;
#ifndef BUG_NOT_COUNTED
      arriving--
#endif
    }
  :: else
  fi
}

proctype Starter(byte id) { start(id, false) }

/* A worker: runs a tasklet, which may start a child. It then ends, or waits for ever. */
proctype Worker() {
  byte id, child;
endWorker:
  do
  :: atomic {
      /* A tasklet that was failed in the queue is run, too, but can no longer be completed. */
      if
      :: tasklet[0] == queued -> id = 0
#if TASKLETS > 1
      :: tasklet[1] == queued -> id = 1
#endif
#if TASKLETS > 2
      :: tasklet[2] == queued -> id = 2
#endif
#if TASKLETS > 3
      :: tasklet[3] == queued -> id = 3
#endif
      fi;
      tasklet[id] = runs;
      running++
    };
    if
    :: id < PARENTS ->
      child = TASKLETS - 1 - id;
      start(child, true);
      if :: tasklet[child] == refused && phase != closed -> childWasRefused = true :: else fi
    :: else
    fi;
    atomic {
      if
      :: tasklet[id] == runs -> tasklet[id] = ended
      :: tasklet[id] == runs -> tasklet[id] = waits
      :: else
      fi;
      running--
    }
  od
}

/* Future.sleep(on:), one that is never due */
proctype TimerSetter() {
  atomic {
    if
#ifndef BUG_TIMERS_AFTER_THE_END
    :: phase == closed -> timerIsOver = true
#endif
    :: else -> timerIsSet = true
    fi
  }
}

/* IdleCallback.Moment.atRest */
#define AT_REST (!READY && running == 0 && arriving == 0)

/* TaskletExecutor.shutdown */
proctype Shutdown() {
  byte i;
  bool mine[TASKLETS], myTimer;
  atomic { if :: phase == open -> phase = closing :: else fi };
  (AT_REST && failing == 0);
#ifdef BUG_CLOSE_IN_TWO_STEPS
  /* What is pending is taken before the executor is closed. */
#else
  atomic {
    phase = closed;
    failing++;
#endif
#ifdef BUG_CLOSE_IN_TWO_STEPS
  atomic {
#endif
    i = 0;
    do
    :: i < TASKLETS ->
      if
      :: tasklet[i] == queued || tasklet[i] == runs || tasklet[i] == waits -> mine[i] = true
      :: else
      fi;
      i++
    :: else -> break
    od;
    myTimer = timerIsSet;
    if :: timerIsSet -> timerWasTaken = true :: else fi;
    timerIsSet = false
  };
#ifdef BUG_CLOSE_IN_TWO_STEPS
  atomic { phase = closed; failing++ };
#endif
  i = 0;
  do
  :: i < TASKLETS ->
    if
    :: mine[i] ->
      atomic { if :: tasklet[i] != ended -> tasklet[i] = failed :: else fi }
    :: else
    fi;
    i++
  :: else -> break
  od;
  if :: myTimer -> timerIsOver = true :: else fi;
  atomic { failing-- };
#ifdef BUG_SECOND_DOES_NOT_WAIT
  AT_REST;
#else
  (AT_REST && failing == 0);
#endif
  atomic {
    i = 0;
    do
    :: i < TASKLETS ->
      assert(tasklet[i] != runs && tasklet[i] != waits && tasklet[i] != queued);
      i++
    :: else -> break
    od;
    assert(!timerWasTaken || timerIsOver);
    i = 0
  };
  returned++
}

init {
  byte i;
  atomic {
    i = 0;
    do
    :: i < TASKLETS -> tasklet[i] = unborn; i++
    :: else -> break
    od;
    i = 0;
    do :: i < PARENTS -> tasklet[i] = queued; i++ :: else -> break od;
    do :: i < PARENTS + STARTERS -> run Starter(i); i++ :: else -> break od;
    run Worker();
    run TimerSetter();
    i = 0;
    do :: i < SHUTDOWNS -> run Shutdown(); i++ :: else -> break od;
    i = 0
  };
  timeout;
  assert(returned == SHUTDOWNS);
  i = 0;
  do
  :: i < TASKLETS ->
    assert(tasklet[i] == ended || tasklet[i] == failed ||
           tasklet[i] == refused || tasklet[i] == unborn);
    i++
  :: else -> break
  od;
  assert(timerIsOver && !timerIsSet);
  assert(!childWasRefused)
}
