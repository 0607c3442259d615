/* SPDX-License-Identifier: Apache-2.0 */
// A load whose last waiter is cancelled, while its batch leaves and its operation ends:
// BatcherCore.abandon, replaceFuture; AbandonedLoad; SentBatch.replace, takeBackFutures;
// FutureCore.exchangeSource, holdWeakly, cancelUnlessObserved.
//
// The batch has one load. Its future is `own`; `shared` takes its place in the batch if `own` is
// abandoned. Other code may hold `own`: it cancels it, registers a callback, or lets go.
//
// Proved: `own` is done once, and the batch is told of one early end at most. A callback is called.
// Nobody replaces the future while code without the lock reads it. If nothing can see the outcome
// any more, the key is not sent, or the operation is cancelled or has ended.

#ifndef HOLDERS
#define HOLDERS 1
#endif

// The batcher's machine: under its lock.
#define QUEUED 0
#define LENT 1
#define RUNNING 2
#define ENDING 3
#define DROPPED 4
byte phase = QUEUED;
bool hasShared;                // the batch has `shared` in the place of `own`
bool isDeferred;               // SentBatch.abandoned
byte endedEarly;
bool isReading;                // ghost: code without the lock reads the futures
bool wasSent, isOperationCancelled;

#define ATTACHED 0
#define FOLLOWING 1
#define ENDED 2
byte load = ATTACHED;          // AbandonedLoad.state

// The futures: under the lock of each.
bool isDone, sharedIsDone, isFollowed;
bool linksToLoad;              // the source of `own` is the load, not the batch
bool hasCallback, wasCalled;
bool isWeak;                   // isHeldWeakly, and the load's hold
byte completions;

// Who has `own`: the request that is cancelled, the other code, the batch, and the load.
byte refs = HOLDERS + 2;
bool batchHas = true, loadHas;
bool isGone;                   // freed while it was pending

#define touch assert(!isGone)

// The machine is told of an early end: BatcherMachine.futureEnded.
inline tellBatch() {
  atomic {
    if
    :: phase != ENDING && phase != DROPPED ->
      endedEarly++;
      if :: phase == RUNNING -> isOperationCancelled = true :: else fi
    :: else
    fi
  }
}

// The follower leaves: DerivedSource.end, waiterLeft, cancelUnlessObserved.
inline leaveShared() {
  atomic {
    first = !sharedIsDone && isFollowed; isFollowed = false;
    if :: first -> sharedIsDone = true :: else fi
  }
  if :: first -> tellBatch() :: else fi
}

inline release() {
  atomic {
    assert(refs > 0); refs--; mine = refs == 0 && !isDone;
    if :: mine -> isGone = true :: else fi
  }
  // DropSentinel; AbandonedLoad.futureWasDropped
  if :: mine -> leaveShared() :: else fi
}

// complete(_:) of `own`, and its source's futureDidComplete.
inline completeOwn() {
  atomic {
    touch;
    mine = !isDone;
    if
    :: mine -> isDone = true; completions++; wasCalled = hasCallback; toLoad = linksToLoad
    :: else
    fi
  }
  if
  :: mine && toLoad ->
    atomic { old = load; load = ENDED }                     // batcher.locked
    if :: old == FOLLOWING -> leaveShared() :: else fi
#ifdef BUG_TELLS_TWICE
    tellBatch()
#else
    if :: old == ATTACHED -> tellBatch() :: else fi
#endif
    atomic { mine = loadHas; loadHas = false }               // releaseFuture
    if :: mine -> release() :: else fi
  :: mine && !toLoad -> tellBatch()
  :: else
  fi
}

// BatcherCore.replaceFuture
inline replaceFuture() {
  atomic {
    mine = false;
    if
#ifdef BUG_REPLACES_ENDED
    :: load != FOLLOWING ->
#else
    :: load == ATTACHED ->
#endif
      if
#ifdef BUG_REPLACES_LENT
      :: phase == QUEUED || phase == RUNNING || phase == LENT ->
#else
      :: phase == QUEUED || phase == RUNNING ->
#endif
        assert(!isReading);
        hasShared = true; isFollowed = load == ATTACHED; load = FOLLOWING;
        mine = batchHas; batchHas = false
#ifndef BUG_FORGETS_LENT
      :: phase == LENT -> isDeferred = true
#endif
      :: else
      fi
    :: else
    fi
  }
  if
  :: mine ->
    // holdWeakly
    atomic {
      touch; mine = false;
      if
      :: !isDone && !hasCallback -> isWeak = true; mine = loadHas; loadHas = false
      :: else
      fi
    }
    if :: mine -> release() :: else fi;
    release()                                                // that of the batch
  :: else
  fi
}

// A request whose task was cancelled: waiterLeft, BatcherCore.abandon.
proctype Request() {
  bool mine, toLoad, first; byte old;
#ifdef BUG_REPLACES_FIRST
  atomic { touch; refs++; loadHas = true };
  replaceFuture();
  atomic { if :: !isDone -> linksToLoad = true :: else fi }
#else
  atomic {
    touch;
    mine = !isDone && !hasCallback;
    if :: mine -> linksToLoad = true; refs++; loadHas = true :: else fi
  }
  if :: mine -> replaceFuture() :: else fi;
#endif
  release()
}

// Other code that holds the future.
proctype Holder() {
  bool mine, toLoad, first; byte old;
  if
  :: true
  :: completeOwn()                                           // cancel()
  :: atomic {                                                // addCallback, applyHold
      touch;
      if
      :: isDone -> wasCalled = true
      :: else -> if :: isWeak && !loadHas -> isWeak = false; refs++; loadHas = true :: else fi
      fi;
      hasCallback = true
    }
  fi;
  release()
}

// The batch leaves, its operation runs and ends: BatcherCore.start, end.
proctype Operation() {
  bool mine, toLoad, first, takesBack, toShared, hasEnded; byte old;
  atomic { phase = LENT; hasEnded = endedEarly > 0 }         // send, prepare
  // removeEnded, which is called if any load of the batch has ended
  if
  :: true ->
    isReading = true;
    mine = (hasShared -> sharedIsDone : isDone);
    isReading = false;
    assert(mine || !hasEnded)                                // the key is not sent
  :: !hasEnded -> mine = false
  fi;
  // The key was dropped, or willStart finds that nobody waits.
  atomic {
    if
    :: mine || endedEarly > 0 -> phase = DROPPED
    :: else -> phase = RUNNING; wasSent = true; takesBack = isDeferred; isDeferred = false
    fi
  }
  if
  :: takesBack -> replaceFuture()
  :: else
  fi;
  if
  :: phase == RUNNING -> if :: true -> atomic { phase = ENDING } :: true -> goto end fi
  :: else
  fi;
  // The end completes what the batch has.
  isReading = true;
  toShared = hasShared;
  if
  :: toShared ->
    isReading = false;
    atomic {
      first = !sharedIsDone; sharedIsDone = true;
      mine = first && isFollowed && !isGone; isFollowed = false;
      if :: mine -> refs++ :: else fi }                      // the load's future, read weakly
    if :: mine -> completeOwn(); release() :: else fi
  :: else ->
    isReading = false;
    completeOwn();
    atomic { mine = batchHas; batchHas = false }
    if :: mine -> release() :: else fi
  fi;
end: skip
}

init {
  byte id;
  atomic {
    run Request();
    for (id : 1 .. HOLDERS) { run Holder() }
    run Operation()
  }
  _nr_pr == 1;
  assert(completions <= 1 && endedEarly <= 1);
  // Code that can see the future gets its outcome when the operation has ended.
  assert(!hasCallback || !(phase == ENDING || phase == DROPPED) || wasCalled);
  assert(!hasCallback || !isGone);
  // Nobody can see it: then nothing is done for it.
  if
  :: phase == RUNNING && !isDone && !hasCallback -> assert(isOperationCancelled)
  :: else
  fi;
  // What was cancelled or freed is not worked for either.
  assert(phase != RUNNING || !(isDone || isGone) || isOperationCancelled);
  assert(refs == 0 || phase == RUNNING)
}
