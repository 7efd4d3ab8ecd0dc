/* SPDX-License-Identifier: BSD-3-Clause */
/* The start of the static agent, and what Embedded Swift wants of a C library otherwise than musl has it. */
#include "agent_platform.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

int32_t vb_agent_main(int32_t count, const char *const *arguments);

int main(int count, char **arguments) { return vb_agent_main(count, (const char *const *)arguments); }

/* Seeds the hashing of dictionaries and sets. */
void arc4random_buf(void *buffer, size_t count) { vb_random(buffer, (int64_t)count); }

/* Swift allocates everything through this. musl's own takes a slower way than malloc even for what malloc aligns. */
int posix_memalign(void **result, size_t alignment, size_t size) {
  void *memory = alignment <= _Alignof(max_align_t) ? malloc(size) : aligned_alloc(alignment, size);
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}
