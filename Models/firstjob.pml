/* SPDX-License-Identifier: Apache-2.0 */
/* The first job of a tasklet: a worker that comes upon it in the queue and two threads that wait
 * for the result race for it. Or the thread that starts the tasklet runs it and queues nothing.
 *
 * Proved: it runs exactly once, whoever waits ends, and nothing is left in the queue.
 */

bool firstJob;                                     /* Tasklet.firstJob: its address, or zero */
chan ready = [2] of { bool };                      /* RunLoop.ready, under the executor's lock */
bool isDone;
bool isMade;                                       /* Future.init has returned */
byte runs;                                         /* ghost */

/* Tasklet.claim: one exchange */
inline claim(mine) {
#ifdef BUG_CLAIM_IN_TWO_STEPS
  mine = firstJob;
  firstJob = false
#else
  atomic { mine = firstJob; firstJob = false }
#endif
}

inline runJob() {
  atomic { runs++; assert(runs == 1) };
  isDone = true                                    /* completion: see waiting.pml */
}

/* TaskletExecutor.start and enqueue */
proctype Spawner() {
  bool beginsHere, mine;
  if :: beginsHere = true :: beginsHere = false fi;
#ifdef BUG_ENQUEUE_BEFORE_SET
  ready ! true;
  firstJob = true;
#else
  firstJob = true;                                 /* setFirstJob(_:), release */
  if :: !beginsHere -> ready ! true :: else fi;
#endif
  isMade = true;
  if
  :: beginsHere ->                                 /* Tasklet.begin(on:) */
#ifdef BUG_BEGIN_WITHOUT_CLAIM
    runJob()
#else
    claim(mine);
    if :: mine -> runJob() :: else fi
#endif
  :: else
  fi
}

/* FutureCore.block: Tasklet.helpWaiter(mayRunHere:), then a sleep */
proctype Waiter() {
  bool mine, mayRun;
  isMade;
  if :: mayRun = true :: mayRun = false fi;        /* too deep, or with a time limit */
  if
  :: isDone -> goto over
  :: !isDone && mayRun -> claim(mine)
  :: !isDone && !mayRun
  fi;
  if
  :: mine ->
    /* visitorEnters takes off what is claimed from the head of the queue. */
    d_step { if :: ready ? [true] && !firstJob -> ready ? _ :: else fi }
    runJob()
  :: else
  fi;
#ifndef BUG_NO_SLEEP_BEHIND_OTHERS
  isDone;
#endif
over:
  assert(isDone)
}

/* TaskletExecutor.run, behind RunLoop.popReady */
proctype Worker() {
  bool mine, found;
end:
  do
  :: ready ? _ ->
    found = firstJob;                              /* isClaimed in popReady */
    if
    :: found ->
      claim(mine);
      if :: mine -> runJob() :: else fi
    :: else
    fi
  od
}

init {
  /* The worker first: a process can only die after those that were started behind it. */
  atomic { run Worker(); run Spawner(); run Waiter(); run Waiter() };
  _nr_pr == 2;
  empty(ready) -> assert(runs == 1 && isDone)
}
