/* SPDX-License-Identifier: Apache-2.0 */
/* The threads of an executor: RunLoop's calls, sleeps, timers, blocking waits and quiescence.
 *
 * Every method of RunLoop runs under one lock and is one step here. What it answers, a thread to
 * wake or to start, is done in a step of its own. A sleep is a token, for the parker keeps a wake
 * that comes first: see waiting.pml. Work is taken in any order, any sleeper may be chosen, a sleep
 * may outlast the keep-alive or not: all that the code does is among it.
 *
 * Proved, when everything has come to rest: no work is left, no timer, no thread blocked or on its
 * way, and the quiescence that followed the last work was noticed. And at any moment: threads are
 * given work only within the parallelism, and the callbacks of quiescence are called when nothing
 * that may run is ready and nobody runs, once for each time that there was work.
 *
 * Blocking and opening jobs are new tasklets: they are held back while as many threads are blocked
 * as there are workers and spare threads, until a pause is over. A pause may last any time.
 */

/* One scenario; -D changes it. */
#ifndef PARALLELISM
#define PARALLELISM 1
#endif
#ifndef SPARE
#define SPARE 1
#endif
#ifndef PLAIN
#define PLAIN 1            /* jobs that only run */
#endif
#ifndef BLOCKING
#define BLOCKING 1         /* jobs that block until another job opens the gate */
#endif
#ifndef MEETING
#define MEETING 0          /* jobs that need each other at once, without the executor knowing */
#endif
#ifndef TIMERS
#define TIMERS 1           /* timers due at 2, 1 in this order of being set */
#endif
#ifndef VISITORS
#define VISITORS 0         /* threads that run a tasklet in place */
#endif
#ifndef NAPS
#define NAPS 1             /* how many sleeps outlast the keep-alive */
#endif

#define WORKERS (PARALLELISM + SPARE)
#define SLOTS 3           /* at least WORKERS, and one more than BLOCKING */
#define LIMIT (blocked >= WORKERS -> blocked + 1 : WORKERS)
#define NONE 15
#define KEEP_ALIVE 14

/* RunLoop */
byte readyPlain, readyBlocking, readyOpening, readyMeeting;
bool timer[3];             /* by deadline: 1 and 2 */
bool idleIsDue;
byte running, threads, blocked, called, sleepers;
byte keeper = NONE, keeperDeadline = NONE;
/* Holdback */
byte extra;
bool pauseIsOver;
bool mindsPause[SLOTS];
/* Worker */
bool isBeingWoken[SLOTS], isRunning[SLOTS], isAsleep[SLOTS], isStarted[SLOTS];
bool isTired[SLOTS];     /* it has slept for the keep-alive */
bool token[SLOTS];         /* Worker.parker */
bool begin[SLOTS];         /* its thread was started */
byte sleepUntil[SLOTS];

byte now;
bool gate;
byte met;

/* Ghosts */
byte executing, returned, visiting;
bool hasReturned[SLOTS], workSince;

#define ready (readyPlain + readyBlocking + readyOpening + readyMeeting)
#define busy (threads - sleepers - blocked)
#define nextDeadline (timer[1] -> 1 : (timer[2] -> 2 : NONE))
#define needsKeeper (nextDeadline < keeperDeadline)
#define new (readyBlocking + readyOpening)
#define begun (readyPlain + readyMeeting)
#define holds (blocked >= WORKERS + extra)
#define isQuiescent (running == 0 && begun == 0 && (new == 0 || holds))

mtype = { nobody, wake, start };
mtype = { plain, blocking, opening, meeting, idle, sleeping, exiting };

inline removeFromSleeping(w) {
  isAsleep[w] = false;
  sleepers--;
  if
  :: keeper == w ->
#ifndef BUG_KEEPER_STAYS
    keeper = NONE;
    keeperDeadline = NONE
#endif
  :: else
  fi
}

inline wakeUp(w) {
  removeFromSleeping(w);
  isBeingWoken[w] = true;
  called++;
  call = wake
}

/* Gives `call` and `who`. */
inline callWorker() {
  call = nobody;
  if
  :: called > 0 || busy >= PARALLELISM
  :: else ->
    if
    :: sleepers > 0 ->
      /* The keeper is left asleep as long as there is another. */
      if
      :: isAsleep[0] && (sleepers == 1 || keeper != 0) -> who = 0
      :: isAsleep[1] && (sleepers == 1 || keeper != 1) -> who = 1
      :: isAsleep[2] && (sleepers == 1 || keeper != 2) -> who = 2
      fi;
      wakeUp(who)
#ifdef BUG_LAST_THREAD_BLOCKS
    :: sleepers == 0 && threads < WORKERS ->
#else
    :: sleepers == 0 && threads < LIMIT ->
#endif
      who = 0;
      do :: isStarted[who] -> who++ :: else -> break od;
      threads++;
      called++;
      isBeingWoken[who] = true;
      isStarted[who] = true;
      call = start
    :: else
    fi
  fi
}

inline callIfNeeded() {
  call = nobody;
#ifndef BUG_CALLS_NO_NEXT
  if :: ready > 0 || needsKeeper -> callWorker() :: else fi
#endif
}

inline callIfIdle() {
  call = nobody;
  if :: isQuiescent && idleIsDue -> callWorker() :: else fi
}

/* TaskletExecutor.answer, outside of the lock */
inline answer() {
  if
  :: call == wake -> token[who] = true
  :: call == start -> begin[who] = true
  :: else
  fi
}

/* What is popped is in `next`. */
inline pop() {
  if
  :: readyPlain > 0 -> readyPlain--; next = plain
  :: !holds && readyBlocking > 0 -> readyBlocking--; next = blocking
  :: !holds && readyOpening > 0 -> readyOpening--; next = opening
  :: readyMeeting > 0 -> readyMeeting--; next = meeting
  fi
}

inline beginPass() {
  if :: timer[1] && now >= 1 -> timer[1] = false; readyPlain++ :: else fi;
  if :: timer[2] && now >= 2 -> timer[2] = false; readyPlain++ :: else fi
}

inline giveWork(w) {
  running++;
  isRunning[w] = true;
  isTired[w] = false;
  executing++;
  assert(executing <= PARALLELISM + returned)
}

inline goToSleep(w, mindsTimers) {
  isNeeded = mindsTimers && needsKeeper;
  mindsPause[w] = mindsTimers && new > 0;
  if
#ifdef BUG_NEEDED_EXITS
  :: isTired[w] ->
#else
  :: !isNeeded && !mindsPause[w] && isTired[w] ->
#endif
    threads--;
    isTired[w] = false;
    isStarted[w] = false;
    next = exiting
  :: else ->
    isAsleep[w] = true;
    sleepers++;
    sleepUntil[w] = KEEP_ALIVE;
    if
    :: isNeeded -> keeper = w; keeperDeadline = nextDeadline; sleepUntil[w] = keeperDeadline
    :: else
    fi;
    next = sleeping
  fi
}

/* RunLoop.workerAsks, with next(now:) */
inline ask(w) {
  call = nobody;
  if
  :: isBeingWoken[w] ->
    isBeingWoken[w] = false;
#ifndef BUG_STAYS_CALLED
    called--
#endif
  :: else
  fi;
  if
  :: isRunning[w] ->
    isRunning[w] = false;
    running--;
    executing--;
    if :: hasReturned[w] -> hasReturned[w] = false; returned-- :: else fi
  :: else
  fi;
  if :: isAsleep[w] -> removeFromSleeping(w) :: else fi;
#ifdef BUG_NOBODY_MAKES_ROOM
  if
  :: false -> skip
#else
  if
  :: busy > PARALLELISM -> goToSleep(w, false)
#endif
  :: else ->
    /* A pass may be over or not when there is work; timers are looked at when there is none. */
    if :: beginPass() :: ready > 0 fi;
    /* Holdback.pause */
    if
    :: pauseIsOver && holds && begun == 0 && new > 0 ->
      pauseIsOver = false;
      extra = blocked - WORKERS + 1
    :: else
    fi;
    if
    :: begun > 0 || (new > 0 && !holds) ->
      pop();
      idleIsDue = true;
      workSince = true;
      giveWork(w);
      callIfNeeded()
    :: begun == 0 && (new == 0 || holds) && isQuiescent && idleIsDue ->
      assert(executing == 0 && visiting == 0);
      assert(workSince);
      workSince = false;
#ifndef BUG_IDLE_STAYS_DUE
      idleIsDue = false;
#endif
      next = idle;
      giveWork(w);
      callIfNeeded()
    :: else -> goToSleep(w, true)
    fi
  fi
}

inline willBlock() {
  call = nobody;
  running--;
  blocked++;
  executing--;
#ifndef BUG_BLOCK_CALLS_NOBODY
  if :: ready > 0 || needsKeeper -> callWorker() :: else -> callIfIdle() fi
#endif
}

proctype Worker(byte w) {
  byte who;
  mtype call, next;
  bool isNeeded;
end:
  begin[w] -> begin[w] = false;
  do
  :: atomic { ask(w) };
    answer();
    if
    :: next == plain || next == idle
    :: next == opening -> gate = true
    :: next == meeting -> met++; met >= 2
    :: next == blocking ->
      if
      :: gate
      :: else ->
        atomic { willBlock() };                    /* threadWillBlock */
        answer();
        gate;
        atomic {                                   /* threadDidUnblock */
          running++;
          blocked--;
          executing++;
          idleIsDue = true;
          workSince = true;
          if :: blocked < WORKERS -> extra = 0; pauseIsOver = false :: else fi;
          call = nobody;
          if :: new > 0 -> callWorker() :: else fi;
          if :: !hasReturned[w] -> hasReturned[w] = true; returned++ :: else fi
        };
        answer()
      fi
    :: next == sleeping ->
endAsleep:
      if
      :: token[w] -> token[w] = false
      :: sleepUntil[w] == KEEP_ALIVE && isTired[w]
      :: sleepUntil[w] <= now
#ifndef BUG_PAUSE_NEVER_ENDS
      :: mindsPause[w] -> pauseIsOver = true
#endif
      fi
    :: next == exiting -> break
    fi
  od;
  goto end
}

inline enqueue(queue) {
  atomic { queue++; callWorker() };
  answer()
}

proctype Submitter() {
  byte who, i;
  mtype call;
  do :: i < BLOCKING -> enqueue(readyBlocking); i++ :: else -> break od;
  if :: BLOCKING > 0 -> enqueue(readyOpening) :: else fi;
  i = 0;
  do :: i < PLAIN -> enqueue(readyPlain); i++ :: else -> break od;
  i = 0;
  do :: i < MEETING -> enqueue(readyMeeting); i++ :: else -> break od
}

proctype TimerSetter() {
  byte who, deadline = 2;
  mtype call;
  do
  :: deadline > 0 && deadline > 2 - TIMERS ->
    atomic {                                       /* RunLoop.add(_: Timer) */
      timer[deadline] = true;
      call = nobody;
      if
      :: deadline >= keeperDeadline
      :: deadline < keeperDeadline && keeper != NONE && called == 0 -> who = keeper; wakeUp(who)
      :: else -> callWorker()
      fi;
    };
    answer();
    deadline--
  :: else -> break
  od
}

/* TaskletExecutor.runInPlace on a thread from outside */
proctype Visitor() {
  byte who;
  mtype call;
  atomic { running++; visiting++; idleIsDue = true; workSince = true };
  atomic {
    running--;
    visiting--;
#ifdef BUG_VISITOR_CALLS_NOBODY
    call = nobody
#else
    callIfIdle()
#endif
  };
  answer()
}

/* Time passes, and as many sleeps as NAPS outlast the keep-alive. */
proctype Clock() {
  byte naps;
  do
  :: now < 2 -> now++
  :: naps < NAPS ->
    atomic {
      naps++;
      if
      :: isAsleep[0] -> isTired[0] = true
      :: isAsleep[1] -> isTired[1] = true
      :: isAsleep[2] -> isTired[2] = true
      :: else
      fi
    }
  :: now == 2 -> break
  od
}

init {
  byte i;
  atomic {
    /* A callback of quiescence is registered from the start. */
    do :: i < WORKERS || i <= BLOCKING -> run Worker(i); i++ :: else -> break od;
    i = 0;
    run Submitter();
    run TimerSetter();
    do :: i < VISITORS -> run Visitor(); i++ :: else -> break od;
    run Clock();
    i = 0
  };
  /* Everything has come to rest: whoever sleeps now sleeps on. */
  timeout;
  assert(ready == 0 && !timer[1] && !timer[2]);
  assert(running == 0 && blocked == 0 && called == 0 && executing == 0);
  assert(!workSince);
  assert(met == MEETING)
}
