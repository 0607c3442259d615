#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CArrival.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

// A thread that waits a while for more to do before it ends. One caller at a time.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t thread;
static pid_t process;
// Whether there is a thread to be joined, and whether it still takes what comes.
static bool exists, serves;
static uint64_t life;
static uint32_t idle_limit;

static void (*body)(void *, bool);
static void *argument;

static struct timespec idle_end(void) {
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += idle_limit;
  return end;
}

static void *serve(void *unused) {
  arrival_thread_set_name("arrival-symbols");
  bool is_first = true;
  pthread_mutex_lock(&mutex);
  while (true) {
    struct timespec end = idle_end();
    int code = 0;
    while (body == NULL && serves && code == 0)
      code = pthread_cond_timedwait(&changed, &mutex, &end);
    if (body == NULL) break;
    pthread_mutex_unlock(&mutex);
    body(argument, is_first);
    is_first = false;
    pthread_mutex_lock(&mutex);
    body = NULL;
    pthread_cond_broadcast(&changed);
  }
  serves = false;
  pthread_mutex_unlock(&mutex);
  return unused;
}

static bool start(void) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  // Address space, not memory.
  pthread_attr_setstacksize(&attributes, 8u << 20);
  // Handlers of the program run on its own threads; a new one inherits what is blocked.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int code = pthread_create(&thread, &attributes, serve, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return code == 0;
}

bool arrival_on_kept_thread(void (*new_body)(void *, bool), void *new_argument,
                            uint64_t new_life, uint32_t idle_seconds) {
  // A fork takes no thread along, and may have come while the thread held the mutex.
  if (process != getpid()) {
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    exists = serves = false;
    process = getpid();
  }
  pthread_mutex_lock(&mutex);
  if (new_life != life) serves = false;
  pthread_cond_broadcast(&changed);
  if (exists && !serves) {
    // Joined, so that what it kept is gone before there is another.
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    pthread_mutex_lock(&mutex);
    exists = false;
  }
  life = new_life;
  idle_limit = idle_seconds;
  if (!exists) exists = serves = start();
  bool runs = exists;
  if (runs) {
    argument = new_argument;
    body = new_body;
    pthread_cond_broadcast(&changed);
    while (body != NULL) pthread_cond_wait(&changed, &mutex);
  }
  pthread_mutex_unlock(&mutex);
  return runs;
}
