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
 * Computing jobs take all workers and end only when all timers have fired, so the timers need the
 * extra thread. It runs timely work alone: a timer that is due, and what that made ready.
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
#ifndef COMPUTING
#define COMPUTING 0        /* jobs that run until every timer has fired */
#endif
#ifndef TIMERS
#define TIMERS 1           /* timers due at 2, 1 in this order of being set */
#endif
#ifndef TIMED
#define TIMED 0            /* jobs that each timer makes ready */
#endif
#ifndef VISITORS
#define VISITORS 0         /* threads that run a tasklet in place */
#endif
#ifndef NAPS
#define NAPS 1             /* how many sleeps outlast the keep-alive */
#endif

#define WORKERS (PARALLELISM + SPARE)
#ifndef SLOTS
#define SLOTS 3           /* at least WORKERS + 1 for the extra, and one more than BLOCKING */
#endif
#define LIMIT (blocked >= WORKERS -> blocked + 1 : WORKERS)
#define NONE 15
#define KEEP_ALIVE 14
#define GRACE 1
#ifndef END
#define END 3              /* the time at which everything is due */
#endif

/* RunLoop */
byte readyPlain, readyBlocking, readyOpening, readyMeeting, readyComputing;
byte timelyTimers, timelyJobs, timelySince;
bool timer[3];             /* by deadline: 1 and 2 */
bool idleIsDue;
byte running, threads, blocked, called, sleepers;
bool extraIsComing;
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
byte met, fired;

/* Ghosts */
byte executing, returned, visiting;
bool hasReturned[SLOTS], isExtra[SLOTS], workSince;

#define ready (readyPlain + readyBlocking + readyOpening + readyMeeting + readyComputing)
#define timely (timelyTimers + timelyJobs)
#define busy (threads - sleepers - blocked - extraIsComing)
#define isFull (busy >= PARALLELISM)
#define nextDeadline (timer[1] -> 1 : (timer[2] -> 2 : NONE))
#define needsKeeper (nextDeadline < keeperDeadline)
#define new (readyBlocking + readyOpening)
#define begun (readyPlain + readyMeeting + readyComputing)
#define hasWork (ready + timely > 0)
#define holds (blocked >= WORKERS + extra)
#define isQuiescent (running == 0 && timely == 0 && begun == 0 && (new == 0 || holds))
/* RunLoop.extraIsDue, without the time of grace */
#define firstTimely (timely > 0 && timelySince < nextDeadline -> timelySince : nextDeadline)
#define extraIsDue (firstTimely == NONE -> NONE : firstTimely + GRACE)

mtype = { nobody, wake, start };
mtype = { plain, blocking, opening, meeting, computing, firing, timed, idle, sleeping, exiting };

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

inline startThread() {
  who = 0;
  do :: isStarted[who] -> who++ :: else -> break od;
  threads++;
  called++;
  isBeingWoken[who] = true;
  isStarted[who] = true;
  call = start
}

/* RunLoop.wakeExtra */
inline callExtra() {
  if
#ifdef BUG_NO_EXTRA
  :: false -> skip
#else
  :: extraIsDue < keeperDeadline ->
    if
    :: sleepers > 0 ->
      if
      :: isAsleep[0] && (keeper == NONE || keeper == 0) -> who = 0
      :: isAsleep[1] && (keeper == NONE || keeper == 1) -> who = 1
      :: isAsleep[2] && (keeper == NONE || keeper == 2) -> who = 2
#if SLOTS > 3
      :: isAsleep[3] && (keeper == NONE || keeper == 3) -> who = 3
#endif
      fi;
      wakeUp(who)
#ifdef BUG_EXTRA_WITHIN_LIMIT
    :: sleepers == 0 && threads < LIMIT -> startThread()
#else
    :: sleepers == 0 && threads < LIMIT + 1 -> startThread()
#endif
    :: else
    fi;
    if :: call != nobody -> extraIsComing = true :: else fi
#endif
  :: else
  fi
}

/* RunLoop.wakeWorker. Gives `call` and `who`. */
inline callWorker() {
  call = nobody;
  if
  :: called > 0
  :: called == 0 && isFull -> callExtra()
  :: else ->
    if
    :: sleepers > 0 ->
      /* The keeper is left asleep as long as there is another. */
      if
      :: isAsleep[0] && (sleepers == 1 || keeper != 0) -> who = 0
      :: isAsleep[1] && (sleepers == 1 || keeper != 1) -> who = 1
      :: isAsleep[2] && (sleepers == 1 || keeper != 2) -> who = 2
#if SLOTS > 3
      :: isAsleep[3] && (sleepers == 1 || keeper != 3) -> who = 3
#endif
      fi;
      wakeUp(who)
#ifdef BUG_LAST_THREAD_BLOCKS
    :: sleepers == 0 && threads < WORKERS -> startThread()
#else
    :: sleepers == 0 && threads < LIMIT -> startThread()
#endif
    :: else
    fi
  fi
}

inline callIfNeeded() {
  call = nobody;
#ifndef BUG_CALLS_NO_NEXT
  if :: hasWork || needsKeeper -> callWorker() :: else fi
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
  :: readyComputing > 0 -> readyComputing--; next = computing
  :: timely > 0 -> popTimely()
  fi
}

inline popTimely() {
  if
  :: timelyTimers > 0 -> timelyTimers--; next = firing
  :: timelyJobs > 0 -> timelyJobs--; next = timed
  fi;
  timelySince = now
}

inline takeDue(deadline) {
  if
  :: timer[deadline] && now >= deadline ->
    timer[deadline] = false;
    if :: timely == 0 -> timelySince = deadline :: else fi;
    timelyTimers++
  :: else
  fi
}

/* RunLoop.takeDueTimers */
inline beginPass() { takeDue(1); takeDue(2) }

/* `extra`: it counts as one more than the parallelism. */
inline giveWork(w, extra) {
  running++;
  isRunning[w] = true;
  isTired[w] = false;
  isExtra[w] = extra;
  if :: !extra -> executing++ :: else fi;
  assert(executing <= PARALLELISM + returned)
}

/* `deadline`: when a keeper has to wake up. */
inline goToSleep(w, deadline, mayPause) {
  isNeeded = deadline < keeperDeadline;
  mindsPause[w] = mayPause && new > 0;
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
    :: isNeeded -> keeper = w; keeperDeadline = deadline; sleepUntil[w] = keeperDeadline
    :: else
    fi;
    next = sleeping
  fi
}

/* RunLoop.extraAsks */
inline extraAsks(w) {
  if
  :: firstTimely != NONE && (wasRunning || extraIsDue <= now || now == END) ->
    beginPass()
  :: else
  fi;
  if
  :: timely > 0 && (wasRunning || timelySince + GRACE <= now || now == END) ->
    popTimely();
    idleIsDue = true;
    workSince = true;
    giveWork(w, true);
    callIfNeeded()
  :: else -> due = extraIsDue; goToSleep(w, due, false)
  fi
}

/* RunLoop.workerAsks, with next(now:) */
inline ask(w) {
  call = nobody;
  if
  :: isBeingWoken[w] ->
    isBeingWoken[w] = false;
#ifndef BUG_STAYS_CALLED
    called--;
#endif
    extraIsComing = false
  :: else
  fi;
  wasRunning = isRunning[w];
  if
  :: isRunning[w] ->
    isRunning[w] = false;
    running--;
    if :: !isExtra[w] -> executing-- :: else fi;
    isExtra[w] = false;
    if :: hasReturned[w] -> hasReturned[w] = false; returned-- :: else fi
  :: else
  fi;
  if :: isAsleep[w] -> removeFromSleeping(w) :: else fi;
#ifdef BUG_NOBODY_MAKES_ROOM
  if
  :: false -> skip
#else
  if
  :: busy > PARALLELISM -> extraAsks(w)
#endif
  :: else ->
    /* A pass may be over or not when there is work; timers are looked at when there is none. */
    if :: beginPass() :: begun > 0 || (new > 0 && !holds) fi;
    /* Holdback.pause */
    if
    :: pauseIsOver && holds && begun == 0 && new > 0 ->
      pauseIsOver = false;
      extra = blocked - WORKERS + 1
    :: else
    fi;
    if
    :: timely > 0 || begun > 0 || (new > 0 && !holds) ->
      pop();
      idleIsDue = true;
      workSince = true;
      giveWork(w, false);
      callIfNeeded()
    :: timely == 0 && begun == 0 && (new == 0 || holds) && isQuiescent && idleIsDue ->
      assert(executing == 0 && visiting == 0);
      assert(workSince);
      workSince = false;
#ifndef BUG_IDLE_STAYS_DUE
      idleIsDue = false;
#endif
      next = idle;
      giveWork(w, false);
      callIfNeeded()
    :: else -> due = nextDeadline; goToSleep(w, due, true)
    fi
  fi
}

inline willBlock() {
  call = nobody;
  running--;
  blocked++;
  executing--;
#ifndef BUG_BLOCK_CALLS_NOBODY
  if :: hasWork || needsKeeper -> callWorker() :: else -> callIfIdle() fi
#endif
}

proctype Worker(byte w) {
  byte who;
  byte due;
  mtype call, next;
  bool isNeeded, wasRunning;
end:
  begin[w] -> begin[w] = false;
  do
  :: atomic { ask(w) };
    answer();
    if
    :: next == plain || next == idle
    :: next == opening -> gate = true
    :: next == meeting -> met++; met >= 2
    :: next == computing -> fired == TIMERS
    :: next == timed -> fired++
    :: next == firing ->
      if
      :: TIMED == 0 -> fired++
      :: else ->
        atomic {                                   /* RunLoop.enqueueTimely */
          if :: timely == 0 -> timelySince = now :: else fi;
          timelyJobs++;
          callWorker()
        };
        answer()
      fi
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
      :: sleepUntil[w] <= now || (sleepUntil[w] < KEEP_ALIVE && now == END)
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
  do :: i < MEETING -> enqueue(readyMeeting); i++ :: else -> break od;
  i = 0;
  do :: i < COMPUTING -> enqueue(readyComputing); i++ :: else -> break od
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
      :: deadline < keeperDeadline && keeper != NONE && called == 0 && !isFull ->
        who = keeper;
        wakeUp(who)
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
  :: now < END -> now++
  :: naps < NAPS ->
    atomic {
      naps++;
      if
      :: isAsleep[0] -> isTired[0] = true
      :: isAsleep[1] -> isTired[1] = true
      :: isAsleep[2] -> isTired[2] = true
#if SLOTS > 3
      :: isAsleep[3] -> isTired[3] = true
#endif
      :: else
      fi
    }
  :: now == END -> break
  od
}

init {
  byte i;
  atomic {
    /* A callback of quiescence is registered from the start. */
    do :: i < SLOTS -> run Worker(i); i++ :: else -> break od;
    i = 0;
    run Submitter();
    run TimerSetter();
    do :: i < VISITORS -> run Visitor(); i++ :: else -> break od;
    run Clock();
    i = 0
  };
  /* Everything has come to rest: whoever sleeps now sleeps on. */
  timeout;
  assert(ready == 0 && timely == 0 && !timer[1] && !timer[2]);
  assert(running == 0 && blocked == 0 && called == 0 && executing == 0);
  assert(!workSince);
  assert(met == MEETING && fired == TIMERS)
}
