/* SPDX-License-Identifier: BSD-3-Clause */
/* The start of the static agent, and the one function that Embedded Swift wants of a C library and musl lacks. */
#include "agent_platform.h"

#include <stddef.h>

int32_t vb_agent_main(int32_t count, const char *const *arguments);

int main(int count, char **arguments) { return vb_agent_main(count, (const char *const *)arguments); }

/* Seeds the hashing of dictionaries and sets. */
void arc4random_buf(void *buffer, size_t count) { vb_random(buffer, (int64_t)count); }
