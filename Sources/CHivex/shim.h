/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <hivex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Glibc's module has no memfd_create, and syscall is variadic. The descriptor is closed on exec. */
static inline int vb_hive_memory(const char *name) { return (int)syscall(SYS_memfd_create, name, 1U); }

/*
 * Nothing of libhivex is linked: its functions are found by name when they are first needed. Swift cannot ask a C
 * declaration for its type without referring to the symbol, so each pointer type is taken from the header here.
 */
#define VB_FUNCTION(name) typedef __typeof__(name) *vb_##name##_f

VB_FUNCTION(hivex_open);
VB_FUNCTION(hivex_close);
VB_FUNCTION(hivex_root);
VB_FUNCTION(hivex_node_name);
VB_FUNCTION(hivex_node_nr_children);
VB_FUNCTION(hivex_node_children);
VB_FUNCTION(hivex_node_nr_values);
VB_FUNCTION(hivex_node_values);
VB_FUNCTION(hivex_value_key);
VB_FUNCTION(hivex_value_type);
VB_FUNCTION(hivex_value_value);
