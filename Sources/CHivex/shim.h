/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <hivex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Glibc's module has no memfd_create, and syscall is variadic. The descriptor is closed on exec. */
static inline int vb_hive_memory(const char *name) { return (int)syscall(SYS_memfd_create, name, 1U); }
