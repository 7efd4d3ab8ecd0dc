/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the Linux agent needs of the system, in types of fixed width: the agent is also compiled as Embedded Swift,
 * which has no C library to import.
 *
 * A function that can fail returns a negative errno. Text that it writes has no terminating zero; its length is
 * returned. A path is terminated by zero.
 */
#ifndef AGENT_PLATFORM_H
#define AGENT_PLATFORM_H

#include <stdint.h>

/* The errno values that the agent tells apart. Reason: they are macros, and differ between architectures. */
enum vb_error {
  VB_NOT_FOUND,      /* ENOENT, ENOTDIR */
  VB_DENIED,         /* EACCES, EPERM */
  VB_AGAIN,          /* EAGAIN: nothing now */
  VB_INTERRUPTED,    /* EINTR */
  VB_OVERWRITTEN,    /* EPIPE: a kernel log record was overwritten before it was read, or a pipe has no reader */
  VB_BUSY,           /* EBUSY */
  VB_OTHER
};
int32_t vb_error_kind(int64_t negative_errno);
/* The system's words for an error. Reason: strerror returns memory that is not ours. */
int64_t vb_error_text(int64_t negative_errno, uint8_t *buffer, int64_t capacity);

/* Opens a regular file or the kernel log for reading, never waiting for it. Reason: open is variadic. */
int64_t vb_open_read(const char *path);
/* Opens a character device (a virtio port, a terminal made raw) for reading and writing without waiting. Reason: open
 * and ioctl are variadic. */
int64_t vb_open_port(const char *path);
void vb_close(int32_t fd);
int64_t vb_read(int32_t fd, uint8_t *buffer, int64_t capacity);
int64_t vb_write(int32_t fd, const uint8_t *bytes, int64_t count);
/* The target of a symbolic link. Reason: one errno convention for all. */
int64_t vb_read_link(const char *path, uint8_t *buffer, int64_t capacity);

/* A directory's names, one a call, without "." and ".."; 0 at the end. Reason: struct dirent. */
int64_t vb_directory_open(const char *path, void **directory);
int64_t vb_directory_next(void *directory, uint8_t *buffer, int64_t capacity);
void vb_directory_close(void *directory);

/* The wall clock in seconds since 1970. Reason: struct timespec. */
int64_t vb_clock_seconds(void);
/* A clock that never jumps, in milliseconds. Reason: the same. */
int64_t vb_monotonic_milliseconds(void);
/* uname's machine. Reason: struct utsname. */
int64_t vb_machine(uint8_t *buffer, int64_t capacity);
/* Bytes in a page. Reason: sysconf's names are macros. */
int64_t vb_page_size(void);
/* Fills a buffer with bytes that differ from process to process; no secret may rest on them. It never waits: early in
 * the boot of a guest without a source of entropy, getentropy does, for minutes. Reason: GRND_* are macros. */
void vb_random(uint8_t *buffer, int64_t count);

/* What may be told of a descriptor that was waited for. */
enum vb_ready { VB_READABLE = 1, VB_WRITABLE = 2, VB_HUNG_UP = 4, VB_FAILED = 8 };
/* Waits until a descriptor is readable (or, for `writable`, writable), hung up or failed: vb_ready bits, 0 when the
 * time has passed; -1 milliseconds wait for ever. Reason: struct pollfd. */
int64_t vb_poll(int32_t fd, int32_t writable, int32_t milliseconds);
/* A descriptor that tells when `fd` becomes readable (or, for `writable`, writable) or hangs up, once each time
 * (edge-triggered), and first of all how things stand: a level-triggered wait never ends on a virtio port whose host is
 * away. Reason: struct epoll_event. */
int64_t vb_edge_open(int32_t fd, int32_t writable);
/* Waits for the next edge: vb_ready bits, 0 when the time has passed; -1 milliseconds wait for ever. */
int64_t vb_edge_wait(int32_t edge, int32_t milliseconds);

/* A socket that hears the kernel's announcements of devices. Reason: struct sockaddr_nl. */
int64_t vb_uevents_open(void);
/* Reads all waiting announcements: 1 when one was about a virtio port (or some were lost), else 0. */
int64_t vb_uevents_drain(int32_t fd);

/* Lets writes to a closed pipe return an error. Reason: SIG_IGN is a cast macro. */
void vb_ignore_broken_pipes(void);
/* Ends the program. Reason: the agent imports no C library. */
_Noreturn void vb_exit(int32_t status);

#endif
