// SPDX-License-Identifier: Apache-2.0
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CArrival.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static int pipe_ends[2] = {-1, -1};
static void (*on_signal)(void);

// A handler may do little more than write one byte for the reading thread. If the pipe is full,
// enough signals are waiting already.
static void handle(int signal) {
  int saved = errno;
  unsigned char byte = (unsigned char)signal;
  ssize_t count = write(pipe_ends[1], &byte, 1);
  (void)count;
  errno = saved;
}

// Signals that arrived together are answered once.
static void *read_signals(void *unused) {
  unsigned char bytes[64];
  arrival_thread_set_name("arrival-dump");
  while (true) {
    ssize_t count = read(pipe_ends[0], bytes, sizeof(bytes));
    if (count > 0) on_signal();
    if (count == 0 || (count < 0 && errno != EINTR)) return unused;
  }
}

static int open_pipe(void) {
  int ends[2];
  if (pipe(ends) != 0) return errno;
  for (int end = 0; end < 2; end++) fcntl(ends[end], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  pipe_ends[0] = ends[0];
  pipe_ends[1] = ends[1];
  return 0;
}

int arrival_signal_start(void (*body)(void)) {
  int code = pipe_ends[0] < 0 ? open_pipe() : 0;
  if (code != 0) return code;
  on_signal = body;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // The thread inherits the mask, so it receives no signals even at its start.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  code = pthread_create(&thread, &attributes, read_signals, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return code;
}

int arrival_signal_watch(int signal) {
  struct sigaction action = {0};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  return sigaction(signal == 0 ? SIGUSR1 : signal, &action, NULL) == 0 ? 0 : errno;
}
