/* SPDX-License-Identifier: BSD-3-Clause */
/* The start of the agent for Windows, and what Embedded Swift wants of a C library otherwise than Windows' has it. */
#include "agent_windows.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

int32_t vb_agent_main(int32_t count, const uint16_t *const *arguments);

static _Noreturn void give_up(const char *words) {
  vb_win_stream_write(VB_WIN_DIAGNOSTICS, (const uint8_t *)words, (int64_t)strlen(words));
  vb_win_exit(71); /* EX_OSERR */
}

/* By these Swift's code finds that a buffer on its stack was overrun. libssp has them too, with half of a C library. */
uintptr_t __stack_chk_guard;
void __stack_chk_fail(void) { give_up("virt-balloon-agent: a buffer was overrun\n"); }

int wmain(int count, wchar_t **arguments) {
  vb_win_random((uint8_t *)&__stack_chk_guard, sizeof __stack_chk_guard);
  return vb_agent_main(count, (const uint16_t *const *)arguments);
}

/* Seeds the hashing of dictionaries and sets. */
void arc4random_buf(void *buffer, size_t count) { vb_win_random(buffer, (int64_t)count); }

/* Swift allocates and frees everything through the next two; the build gives them its calls of posix_memalign and free.
 *
 * Swift's code cannot go on without memory: it would end with an illegal instruction. An exit status tells more, and
 * the service manager starts the service again. */
int vb_allocate(void **result, size_t alignment, size_t size) {
#ifdef _WIN64
  /* What malloc aligns by itself. */
  void *memory = alignment <= 16 ? malloc(size ? size : 1) : NULL;
#else
  void *memory = _aligned_malloc(size ? size : 1, alignment < 16 ? 16 : alignment);
#endif
  if (!memory) give_up("virt-balloon-agent: out of memory\n");
  *result = memory;
  return 0;
}

void vb_release(void *memory) {
#ifdef _WIN64
  free(memory);
#else
  _aligned_free(memory);
#endif
}
