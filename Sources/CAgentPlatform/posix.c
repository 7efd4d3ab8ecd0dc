/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "agent_platform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int64_t copy_text(const char *text, uint8_t *buffer, int64_t capacity) {
  size_t length = strlen(text);
  if (capacity < 0 || length > (size_t)capacity) length = capacity < 0 ? 0 : (size_t)capacity;
  memcpy(buffer, text, length);
  return (int64_t)length;
}

int32_t vb_error_kind(int64_t negative_errno) {
  switch (-negative_errno) {
  case ENOENT: case ENOTDIR: return VB_NOT_FOUND;
  case EACCES: case EPERM: return VB_DENIED;
  case EAGAIN: return VB_AGAIN;
  case EINTR: return VB_INTERRUPTED;
  case EPIPE: return VB_OVERWRITTEN;
  case EBUSY: return VB_BUSY;
  default: return VB_OTHER;
  }
}

int64_t vb_error_text(int64_t negative_errno, uint8_t *buffer, int64_t capacity) {
  return copy_text(strerror((int)-negative_errno), buffer, capacity);
}

int64_t vb_open_read(const char *path) {
  /* O_NONBLOCK so that a pipe in place of a file cannot hold the agent, and so that the kernel log ends. */
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return -errno;
  struct stat status;
  if (fstat(fd, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) {
    int error = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    close(fd);
    return -error;
  }
  return fd;
}

int64_t vb_open_port(const char *path) {
  int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return -errno;
  struct stat status;
  if (fstat(fd, &status) == 0 && !S_ISCHR(status.st_mode)) {
    close(fd);
    return -ENOTTY;
  }
  /* A serial line would echo, edit and translate. */
  struct termios line;
  if (tcgetattr(fd, &line) == 0) {
    cfmakeraw(&line);
    tcsetattr(fd, TCSANOW, &line);
  }
  return fd;
}

void vb_close(int32_t fd) { close(fd); }

int64_t vb_read(int32_t fd, uint8_t *buffer, int64_t capacity) {
  ssize_t count;
  do count = read(fd, buffer, (size_t)capacity); while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

int64_t vb_write(int32_t fd, const uint8_t *bytes, int64_t count) {
  ssize_t written;
  do written = write(fd, bytes, (size_t)count); while (written < 0 && errno == EINTR);
  return written < 0 ? -errno : written;
}

int64_t vb_read_link(const char *path, uint8_t *buffer, int64_t capacity) {
  ssize_t length = readlink(path, (char *)buffer, (size_t)capacity);
  return length < 0 ? -errno : length;
}

int64_t vb_directory_open(const char *path, void **directory) {
  *directory = opendir(path);
  return *directory ? 0 : -errno;
}

int64_t vb_directory_next(void *directory, uint8_t *buffer, int64_t capacity) {
  for (;;) {
    errno = 0;
    struct dirent *entry = readdir(directory);
    if (!entry) return -errno;
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      return copy_text(entry->d_name, buffer, capacity);
  }
}

void vb_directory_close(void *directory) { closedir(directory); }

int64_t vb_clock_seconds(void) {
  struct timespec now;
  return clock_gettime(CLOCK_REALTIME, &now) == 0 ? (int64_t)now.tv_sec : -errno;
}

int64_t vb_monotonic_milliseconds(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return 0;
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t vb_machine(uint8_t *buffer, int64_t capacity) {
  struct utsname name;
  return uname(&name) < 0 ? -errno : copy_text(name.machine, buffer, capacity);
}

int64_t vb_page_size(void) { return sysconf(_SC_PAGESIZE); }

#ifndef GRND_INSECURE
#define GRND_INSECURE 0x0004 /* Linux 5.6 */
#endif

void vb_random(uint8_t *buffer, int64_t count) {
  if (getrandom(buffer, (size_t)count, GRND_INSECURE) == count) return;
  if (getrandom(buffer, (size_t)count, GRND_NONBLOCK) == count) return;
  /* An older kernel without entropy yet: the clocks and the process id, spread by splitmix64. */
  struct timespec now = { 0, 0 }, since_boot = { 0, 0 };
  clock_gettime(CLOCK_REALTIME, &now);
  clock_gettime(CLOCK_MONOTONIC, &since_boot);
  uint64_t state = (uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec ^ (uint64_t)since_boot.tv_nsec << 20
    ^ (uint64_t)getpid() << 44;
  for (int64_t i = 0; i < count; i++) {
    uint64_t mixed = state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    buffer[i] = (uint8_t)(mixed ^ mixed >> 31);
  }
}

static int64_t ready_bits(uint32_t readable, uint32_t writable, uint32_t hung_up, uint32_t failed) {
  return (readable ? VB_READABLE : 0) | (writable ? VB_WRITABLE : 0) | (hung_up ? VB_HUNG_UP : 0)
    | (failed ? VB_FAILED : 0);
}

int64_t vb_poll(int32_t fd, int32_t writable, int32_t milliseconds) {
  struct pollfd wait = { fd, writable ? POLLOUT : POLLIN, 0 };
  int count;
  do count = poll(&wait, 1, milliseconds); while (count < 0 && errno == EINTR);
  if (count < 0) return -errno;
  return ready_bits(wait.revents & POLLIN, wait.revents & POLLOUT, wait.revents & POLLHUP,
    wait.revents & (POLLERR | POLLNVAL));
}

int64_t vb_edge_open(int32_t fd, int32_t writable) {
  int edge = epoll_create1(EPOLL_CLOEXEC);
  if (edge < 0) return -errno;
  struct epoll_event interest = { .events = (writable ? EPOLLOUT : EPOLLIN) | EPOLLET };
  if (epoll_ctl(edge, EPOLL_CTL_ADD, fd, &interest) < 0) {
    int error = errno;
    close(edge);
    return -error;
  }
  return edge;
}

int64_t vb_edge_wait(int32_t edge, int32_t milliseconds) {
  struct epoll_event event = { 0 };
  int count;
  do count = epoll_wait(edge, &event, 1, milliseconds); while (count < 0 && errno == EINTR);
  if (count < 0) return -errno;
  return ready_bits(event.events & EPOLLIN, event.events & EPOLLOUT, event.events & EPOLLHUP,
    event.events & EPOLLERR);
}

int64_t vb_uevents_open(void) {
  int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  if (fd < 0) return -errno;
  /* Group 1 is the kernel's own; udev's is another. */
  struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

int64_t vb_uevents_drain(int32_t fd) {
  static const char subsystem[] = "SUBSYSTEM=virtio-ports";
  int64_t found = 0;
  for (;;) {
    char message[4096];
    struct sockaddr_nl sender = { 0 };
    socklen_t size = sizeof sender;
    ssize_t length = recvfrom(fd, message, sizeof message, 0, (struct sockaddr *)&sender, &size);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == ENOBUFS) { found = 1; continue; }
    if (length < 0) return errno == EAGAIN ? found : -errno;
    /* Any process may send to the group; only port 0 is the kernel. */
    if (sender.nl_pid == 0 && memmem(message, (size_t)length, subsystem, sizeof subsystem)) found = 1;
  }
}

void vb_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

void vb_exit(int32_t status) { exit(status); }
