/* SPDX-License-Identifier: Apache-2.0 */
// A future that its operation holds strongly or weakly: FutureCore.waiterLeft, holdWeakly,
// addCallback, applyHold and complete; OwningSource.hold and releaseFuture; DropSentinel.
//
// Proved: a registered callback is called once, and until then the future exists. The future is
// completed once. No thread touches it after it was freed. It is freed when nobody needs it any
// more, and if that was before its end, the operation is told once.
//
// CANCELLERS wait and are cancelled. REGISTRARS register callbacks and may withdraw them again. The
// operation may end at any time or never. FAILS: something else, such as an executor that shuts
// down, fails the future too.

#ifndef CANCELLERS
#define CANCELLERS 1
#endif
#ifndef REGISTRARS
#define REGISTRARS 1
#endif
#ifdef FAILS
#define FAILERS 1
#else
#define FAILERS 0
#endif

#define NOTHING 0
#define FIRM 1
#define LOOSE 2

// FutureCore.State, and isDone: under the future's lock.
bool isDone, isDelivering, isHeldWeakly;
bool hasSource = true;
byte waiters = CANCELLERS;
byte callbacks;                 // a bit for each registrar

// OwningSource.hold: under the source's lock.
byte hold = FIRM;

// The future's references: those of the processes, and that of a firm hold.
byte refs = CANCELLERS + REGISTRARS + FAILERS + 1;
bool isFreed;
bool isArmed;                    // DropSentinel.isArmed
byte dropped, completions;
bool hasEnded;
byte called[REGISTRARS];
bool isExpected[REGISTRARS];

#define isUnobserved (waiters == 0 && callbacks == 0 && !isDelivering)
#define touch assert(!isFreed)

// A reference is given back. The last one frees the future, and with it the sentinel.
inline release() {
  atomic {
    assert(refs > 0);
    refs--;
    if
    :: refs == 0 -> isFreed = true; if :: isArmed -> dropped++ :: else fi
    :: else
    fi
  }
}

// applyHold, with OwningSource.hold in it.
inline settle() {
  do
  ::
    atomic { touch; loosely = isHeldWeakly }
    if
    :: loosely -> new = LOOSE
    :: else -> atomic { refs++; new = FIRM }
    fi;
    atomic {
      if
#ifndef BUG_HOLDS_AGAIN
      :: hold == NOTHING -> old = new     // once let go of, it is not held again
#endif
      :: else -> old = hold; hold = new
      fi
    }
    if :: old == FIRM -> release() :: else fi;
#ifdef BUG_NO_SECOND_LOOK
    break
#else
    atomic { touch; if :: loosely == isHeldWeakly -> break :: else fi }
#endif
  od
}

// waiterLeft(byCancellation: true), and holdWeakly.
inline leave() {
  atomic { touch; mine = !isDone && isUnobserved && hasSource }
  if
  :: mine ->
#ifdef BUG_TRUSTS_FIRST_LOOK
    atomic { touch; if :: isDone || !hasSource -> mine = false :: else fi }
#else
    atomic { touch; if :: isDone || !hasSource || !isUnobserved -> mine = false :: else fi;
#endif
#ifdef BUG_TRUSTS_FIRST_LOOK
    atomic {
#endif
      if
      :: mine ->
#ifndef BUG_NEVER_ARMED
        isArmed = true;
#endif
        isHeldWeakly = true
      :: else
      fi
    }
    if :: mine -> settle() :: else fi
  :: else
  fi
}

// DeliveryQueue: calls what was taken, until nothing is left.
inline deliver() {
  do
  :: taken == 0 -> atomic {
      touch;
      taken = callbacks; callbacks = 0;
      if :: taken == 0 -> isDelivering = false; break :: else fi
    }
  :: taken != 0 ->
    atomic {
      i = 0;
      do
      :: i < REGISTRARS -> if :: taken & (1 << i) -> called[i]++ :: else fi; i++
      :: else -> break
      od;
      taken = 0
    }
  od
}

inline complete() {
  atomic {
    touch;
    mine = !isDone;
    if
    :: mine ->
      isDone = true; completions++;
      taken = callbacks; callbacks = 0; waiters = 0; hasSource = false;
      isDelivering = taken != 0
    :: else
    fi
  }
  if
  :: mine ->
#ifndef BUG_STAYS_TIED
    isArmed = false;                       // DropSentinel.detach
#endif
    if :: taken != 0 -> deliver() :: else fi
  :: else
  fi
}

proctype Canceller() {
  bool mine, loosely; byte old, new;
  atomic { touch; if :: waiters > 0 -> waiters-- :: else fi }   // cancel(_:)
  leave();
  release()
}

proctype Registrar(byte id) {
  bool mine, loosely, now; byte old, new, taken, i;
  // addCallback
  atomic {
    touch;
    isExpected[id] = true;
    if
    :: isDone && !isDelivering -> isDelivering = true; now = true
    :: else ->
      callbacks = callbacks | (1 << id);
#ifndef BUG_STAYS_LOOSE
      if :: isHeldWeakly -> isHeldWeakly = false; mine = hasSource :: else fi
#endif
    fi
  }
  if :: mine -> settle() :: else fi;
  if
  :: now -> taken = 1 << id; deliver()
  :: !now ->
    if
    :: true
    :: true ->
      // removeCallback, and whoever had it leaves.
      atomic {
        touch;
        if
        :: callbacks & (1 << id) ->
          callbacks = callbacks & ~(1 << id); isExpected[id] = false
        :: else
        fi
      }
      if :: !isExpected[id] -> leave() :: else fi
    fi
  fi;
  release()
}

proctype Operation() {
  bool mine; byte old, taken, i;
  if
  :: true
  :: true ->
    // releaseFuture: what it gives is a reference, if the future is there.
#ifdef BUG_LOADS_AFTERWARDS
    atomic { old = hold; hold = NOTHING }
    atomic { if :: old == LOOSE && refs > 0 -> refs++; old = FIRM :: else fi }
#else
    atomic {
      old = hold; hold = NOTHING;
      if :: old == LOOSE && refs > 0 -> refs++; old = FIRM :: else fi
    }
#endif
    if :: old == FIRM -> complete(); release() :: else fi;
    hasEnded = true
  fi
}

proctype Failer() {
  bool mine; byte taken, i;
  complete();
  release()
}

init {
  byte id;
  atomic {
    for (id : 1 .. CANCELLERS) { run Canceller() }
    for (id : 1 .. REGISTRARS) { run Registrar(id - 1) }
    run Operation();
#ifdef FAILS
    run Failer()
#endif
  }
  _nr_pr == 1;
  bool isNeeded = false;
  for (id : 0 .. REGISTRARS - 1) {
    // Called if the future is done, and never twice.
    assert(called[id] <= 1);
    if
    :: isExpected[id] && (hasEnded || completions > 0) -> assert(called[id] == 1)
    :: isExpected[id] && !hasEnded && completions == 0 -> isNeeded = true; assert(!isFreed)
    :: !isExpected[id] -> assert(called[id] == 0)
    fi
  }
  assert(completions <= 1);
  assert(dropped <= 1 && !(dropped > 0 && completions > 0));
  // Told of exactly if it is gone before its end.
  assert((isFreed && completions == 0) == (dropped == 1));
  // Nothing is left behind: neither after the end, nor of what was abandoned.
  if
  :: hasEnded || (isHeldWeakly && completions == 0 && !isNeeded) -> assert(isFreed && refs == 0)
  :: else
  fi;
  // How it is held is what was settled last.
  if
  :: hold != NOTHING && completions == 0 -> assert((hold == LOOSE) == isHeldWeakly)
  :: else
  fi
}
