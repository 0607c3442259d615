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

// All that a handler may do: one byte for the thread that reads. A full pipe says enough.
static void handle(int signal) {
  int saved = errno;
  unsigned char byte = (unsigned char)signal;
  ssize_t count = write(pipe_ends[1], &byte, 1);
  (void)count;
  errno = saved;
}

bool arrival_signal_open(void) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  for (int end = 0; end < 2; end++) fcntl(ends[end], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  pipe_ends[0] = ends[0];
  pipe_ends[1] = ends[1];
  return true;
}

bool arrival_signal_watch(int signal) {
  struct sigaction action = {0};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  return sigaction(signal == 0 ? SIGUSR1 : signal, &action, NULL) == 0;
}

bool arrival_signal_wait(void) {
  unsigned char byte;
  while (true) {
    ssize_t count = read(pipe_ends[0], &byte, 1);
    if (count == 1) return true;
    if (count == 0 || errno != EINTR) return false;
  }
}

void arrival_signal_block_all(void) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
}
