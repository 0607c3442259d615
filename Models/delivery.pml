/* SPDX-License-Identifier: Apache-2.0 */
/* The callbacks of one future. Two threads register them while a third completes the future. A
 * thread that finds no other one delivering delivers them, and hands them to an executor when one
 * of them goes to sleep.
 *
 * Callback 0 blocks until any other one has run. Proved: every callback runs exactly once, in the
 * order of registration, one at a time except for sleeping ones; and the callback for which a
 * sleeping one waits runs.
 */

#define CALLBACKS 4

/* FutureCore.State, all of it under the future's lock: one step a critical section. */
bool isDone, isDelivering;
chan callbacks = [CALLBACKS] of { byte };          /* the list */

chan handedOver = [CALLBACKS] of { byte };         /* WorkItems: how many of `rest` they hold */
chan rest = [CALLBACKS] of { byte };               /* Delivery.rest of whoever delivers */

/* Ghosts */
byte registered, order[CALLBACKS], begun, awake, ended;
bool gate;                                         /* what the sleeping callback waits for */

/* The head of DeliveryQueue.drain. `owns` is false when the thread's queue was handed over. */
inline drain() {
  owns = true;
  do
  :: !owns -> break
  :: owns ->
    /* Delivery.next(), which looks at the list when the chain is used up */
    if
    :: rest ? id -> found = true
    :: empty(rest) ->
#ifdef BUG_CLEAR_IN_SECOND_STEP
      d_step { found = nempty(callbacks); take() }
      if :: !found -> isDelivering = false :: else fi;
#else
      d_step {                                     /* takeCallbacks() */
        found = nempty(callbacks);
        take();
#ifndef BUG_NEVER_CLEAR
        if :: !found -> isDelivering = false :: else fi
#endif
      }
#endif
      if :: found -> rest ? id :: else fi
    fi;
    if
    :: !found -> break
    :: else ->
      /* CallbackWaiter.fire */
      d_step {
        assert(order[begun] == id);                /* in the order of registration */
        begun++;
        awake++;
        assert(awake == 1)
      }
      if
      :: id == 0 && !gate && CALLBACKS > 1 ->
        /* ThreadState.sleep hands over what has not begun, then sleeps. */
        awake--;
#ifndef BUG_NO_HAND_OVER
        handedOver ! 1;
        owns = false;
#endif
        gate
      :: else ->
        if :: id != 0 -> gate = true :: else fi;
        awake--
      fi;
      ended++
    fi
  od
}

/* WaiterList.takeAll: the whole list becomes the chain. */
inline take() {
  do :: callbacks ? id -> rest ! id :: empty(callbacks) -> break od;
  id = 0
}

inline register(number) {
  d_step {
    order[registered] = number;
    registered++;
    deliversNow = isDone && !isDelivering;         /* addCallback(_:) */
    if
    :: deliversNow -> isDelivering = true
    :: else -> callbacks ! number
    fi
  }
  if :: deliversNow -> rest ! number; drain() :: else fi
}

proctype Registrar(byte first) {
  bool deliversNow, owns, found;
  byte id;
  register(first);
  register(first + 1)
}

/* FutureCore.complete */
proctype Completer() {
  bool owns, found, hasCallbacks;
  byte id;
  d_step {
    isDone = true;
    hasCallbacks = nempty(callbacks);
    take();
#ifndef BUG_COMPLETE_DOES_NOT_MARK
    isDelivering = hasCallbacks
#endif
  }
  if :: hasCallbacks -> drain() :: else fi
}

/* A worker of the executor, which runs what is handed over. */
proctype Worker() {
  bool owns, found;
  byte id, one;
end:
  do :: handedOver ? one -> drain() od
}

init {
  atomic {
    /* The worker first: a process can only die after those that were started behind it. */
    run Worker();
    run Completer();
    run Registrar(0);
    run Registrar(2)
  };
  /* All but the worker have ended, and it has nothing to do. */
  _nr_pr == 2 && empty(handedOver) && awake == 0 && ended == CALLBACKS;
  assert(begun == CALLBACKS && empty(callbacks))
}
