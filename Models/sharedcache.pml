/* SPDX-License-Identifier: Apache-2.0 */
// The cache of entities that several processes share: CachingBackend.lookup, keep and locking;
// CacheLocks.mark, lock and unlock; MemcachedCache.replace.
//
// One entity, WRITERS that each commit a greater value, READERS that each look it up twice, and a
// cache that may lose everything RESTARTS times, after which it counts its states from one again.
// A writer may die before and after it has written.
//
// Proved: a lookup that begins after a commit has returned finds the commit's value, or a later
// one. While the cache loses nothing (RESTARTS=0), it also finds no value older than that of any
// earlier lookup, or of a read of the backend below.

#ifndef WRITERS
#define WRITERS 1
#endif
#ifndef READERS
#define READERS 2
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif

#define NOTHING 0
#define ENTITY 1
#define READING 2
#define WRITING 3
#define FREE 4

// The value in the cache. `content` is the entity, the ID of the reader's mark, or a bit for each
// writer.
byte kind;
byte content;
byte state;                    // memcached's "cas unique"; counts changes since the start
byte connection;               // differs for each start of the server

byte stored;                   // the entity in the backend below
byte known;                    // ghost: the greatest value that a lookup must find
byte marks;                    // the last ID of a mark

#ifdef BUG_TOKEN_WITHOUT_CONNECTION
#define unchanged(s, c) (kind != NOTHING && state == s)
#else
#define unchanged(s, c) (kind != NOTHING && state == s && connection == c)
#endif

inline set(k, c) { kind = k; content = c; state++ }

proctype Writer(byte id) {
  byte oldKind, oldContent, oldState, oldConnection; bool done;
  // CacheLocks.lock: get, then add or replace, until it is stored.
#ifndef BUG_NO_LOCK
  do
  :: done -> break
  :: else ->
    atomic { oldKind = kind; oldContent = content; oldState = state; oldConnection = connection }
    atomic {
      if
      :: oldKind == NOTHING && kind == NOTHING -> set(WRITING, 1 << id); done = true
      :: oldKind == WRITING && unchanged(oldState, oldConnection) ->
        set(WRITING, oldContent | (1 << id)); done = true
      :: oldKind != NOTHING && oldKind != WRITING && unchanged(oldState, oldConnection) ->
        set(WRITING, 1 << id); done = true
      :: else
      fi
    }
  od;
#endif
  if :: goto end :: true fi;   // dies
  atomic { stored++; oldContent = 0 }
  byte value = stored;
  if :: goto end :: true fi;   // dies
  // CacheLocks.unlock
  done = false;
#ifdef BUG_NO_UNLOCK
  done = true;
#endif
  do
  :: done -> break
  :: else ->
    atomic { oldKind = kind; oldContent = content; oldState = state; oldConnection = connection }
    atomic {
      if
      :: oldKind == NOTHING || oldKind == FREE -> done = true
#ifdef BUG_UNLOCKS_OWN_LOCK_ONLY
      :: oldKind == ENTITY || oldKind == READING -> done = true
#else
      :: (oldKind == ENTITY || oldKind == READING) && unchanged(oldState, oldConnection) ->
        set(FREE, 0); done = true
#endif
      :: oldKind == WRITING && unchanged(oldState, oldConnection) ->
        if
        :: (oldContent & ~(1 << id)) == 0 -> set(FREE, 0)
        :: else -> set(WRITING, oldContent & ~(1 << id))
        fi;
        done = true
      :: else
      fi
    }
  od;
  atomic { if :: known < value -> known = value :: else fi }
end:
  skip
}

proctype Reader() {
  byte oldKind, oldState, oldConnection, mark, found, least, turn; bool isMarked;
  for (turn : 1 .. 2) {
    isMarked = false;
    atomic {
      least = known;
      oldKind = kind; oldState = state; oldConnection = connection; found = content
    }
    if
    :: oldKind == ENTITY
    :: oldKind != ENTITY ->
      // CacheLocks.mark: add or replace, and then get.
      atomic {
        marks++; mark = marks;
        if
        :: oldKind == NOTHING && kind == NOTHING -> set(READING, mark)
        :: oldKind == FREE && unchanged(oldState, oldConnection) -> set(READING, mark)
        :: else
        fi
      }
      atomic {
        if
        :: kind == READING && content == mark ->
          isMarked = true; oldState = state; oldConnection = connection
        :: else
        fi
      }
      found = stored;
      // CachingBackend.keep
      if
      :: isMarked ->
        atomic {
#ifdef BUG_KEEPS_WITHOUT_MARK
          if :: true -> set(ENTITY, found) fi
#else
          if :: unchanged(oldState, oldConnection) -> set(ENTITY, found) :: else fi
#endif
        }
      :: else
      fi
    fi;
    assert(found >= least);
#if RESTARTS == 0
    atomic { if :: known < found -> known = found :: else fi }
#endif
    isMarked = false; oldKind = 0; oldState = 0; oldConnection = 0; mark = 0; found = 0; least = 0
  }
}

#if RESTARTS == 0
// A read of the backend below, as by a query.
proctype Query() {
  atomic { if :: known < stored -> known = stored :: else fi }
}
#else
proctype Server() {
  byte count;
  for (count : 1 .. RESTARTS) {
    atomic { kind = NOTHING; content = 0; state = 0; connection++ }
  }
}
#endif

init {
  byte i;
  atomic {
    for (i : 0 .. WRITERS - 1) { run Writer(i) }
    for (i : 1 .. READERS) { run Reader() }
#if RESTARTS == 0
    run Query()
#else
    run Server()
#endif
  }
}
