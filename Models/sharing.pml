/* SPDX-License-Identifier: Apache-2.0 */
// Callers that share a load through a cache: OwnLoad, KeyRequest.admit and makeFuture,
// FutureCore.addCallbackIfPending, removeCallback, waiterLeft and cancelUnlessObserved.
//
// Each of CALLERS loads the key once. It may cancel its own future, or wait for the outcome. The
// operation may end at any time. A load that was cancelled is loaded anew by the next caller.
//
// Proved: only callers that cancelled see a cancellation. A shared future that nobody follows any
// more is cancelled. Each caller that waits gets an outcome if all operations end.

#ifndef CALLERS
#define CALLERS 3
#endif

#define PENDING 0
#define VALUE 1
#define CANCELLED 2

// The shared futures, in the order of making: at most one for each caller.
byte outcome[CALLERS];
byte followers[CALLERS];       // a bit for each caller: FutureCore.State.callbacks
byte made;                     // how many there are; the cache has the last one
byte own[CALLERS];             // the outcome of a caller's own future
bool hasCancelled[CALLERS];
byte over;                     // ghost: callers that do nothing more

// addCallbackIfPending, under the lock of the shared future
inline follow(f) {
  if
#ifdef BUG_FOLLOWS_DONE
  :: true -> followers[f] = followers[f] | (1 << id); follows = true
#else
  :: outcome[f] == PENDING -> followers[f] = followers[f] | (1 << id); follows = true
  :: else -> follows = false
#endif
  fi
}

proctype Caller(byte id) {
  byte f; bool follows, isLast;
  // The batcher's lock is held from the look to the registration.
  atomic {
    if
    :: made > 0 && outcome[made - 1] != CANCELLED -> f = made - 1
    :: else -> f = made; made++
    fi;
#ifdef BUG_REGISTERS_LATER
  }
  atomic { follow(f) }
#else
    follow(f)
  }
#endif
  if
  :: !follows -> own[id] = outcome[f]
  :: follows ->
    if
    :: true                                         // waits
    :: true ->                                      // cancel()
      hasCancelled[id] = true;
      atomic { if :: own[id] == PENDING -> own[id] = CANCELLED :: else -> goto end fi }
      atomic { followers[f] = followers[f] & ~(1 << id) }    // removeCallback
      // waiterLeft
      atomic { isLast = outcome[f] == PENDING && followers[f] == 0 }
      if
      :: isLast ->
        // cancelUnlessObserved
        atomic {
          if
#ifdef BUG_TRUSTS_FIRST_LOOK
          :: outcome[f] == PENDING -> outcome[f] = CANCELLED;
#else
          :: outcome[f] == PENDING && followers[f] == 0 -> outcome[f] = CANCELLED;
#endif
            byte i;
            for (i : 0 .. CALLERS - 1) {
              if :: (followers[f] & (1 << i)) && own[i] == PENDING -> own[i] = CANCELLED :: else fi
            }
          :: else
          fi
        }
      :: else
      fi
    fi
  fi;
end: over++
}

// The operation of one shared future.
proctype Operation(byte f) {
  byte i, taken;
  if
  :: made > f ->
    atomic {
      if :: outcome[f] == PENDING -> outcome[f] = VALUE; taken = followers[f]; followers[f] = 0
      :: else fi
    }
    for (i : 0 .. CALLERS - 1) {
      atomic { if :: (taken & (1 << i)) && own[i] == PENDING -> own[i] = VALUE :: else fi }
    }
  :: made <= f && over == CALLERS -> skip
  fi
}

init {
  byte id;
  bool ends;
  atomic {
    if :: ends = true :: ends = false fi;
    for (id : 0 .. CALLERS - 1) {
      run Caller(id);
      if :: ends -> run Operation(id) :: else fi
    }
  }
  _nr_pr == 1;
  for (id : 0 .. CALLERS - 1) {
    assert(own[id] != CANCELLED || hasCancelled[id]);
    assert(!ends || own[id] != PENDING);
    assert(id >= made || outcome[id] != PENDING || followers[id] != 0)
  }
}
