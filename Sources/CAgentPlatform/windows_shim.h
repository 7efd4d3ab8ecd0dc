/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the shim share. */
#ifndef WINDOWS_SHIM_H
#define WINDOWS_SHIM_H

#define WIN32_LEAN_AND_MEAN
#define UNICODE
#define PSAPI_VERSION 2 /* GetPerformanceInfo from kernel32 */
/* Windows 8's declarations. Its functions are looked for at run time: Windows 7 has none of them. */
#define _WIN32_WINNT 0x0602
#include "agent_windows.h"

#include <windows.h>
/* Behind windows.h, whose types they need. */
#include <cfgmgr32.h>
#include <dbt.h>
#include <psapi.h>
#include <setupapi.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static inline const wchar_t *wide(const uint16_t *text) { return (const wchar_t *)text; }

static inline int64_t failure(uint32_t error) { return -(int64_t)(error ? error : ERROR_GEN_FAILURE); }
static inline int64_t last_failure(void) { return failure(GetLastError()); }

static inline DWORD bounded(int64_t count, DWORD limit) {
  return count <= 0 ? 0 : count > (int64_t)limit ? limit : (DWORD)count;
}

/* Text of `length` units out; one that does not fit is an error, for its end would read as missing. */
static inline int64_t give(const wchar_t *text, size_t length, uint16_t *out, int64_t units) {
  if (units < 0 || length > (size_t)units) return failure(ERROR_MORE_DATA);
  memcpy(out, text, length * sizeof *out);
  return (int64_t)length;
}

/* A function that not every Windows has. */
static inline void *function_of(const wchar_t *library, const char *name) {
  HMODULE module = GetModuleHandleW(library);
  return module ? (void *)GetProcAddress(module, name) : NULL;
}

/* A value of an open key: type and bytes. */
static inline int64_t value_of(HKEY key, const wchar_t *name, uint32_t *type, uint8_t *bytes, int64_t capacity) {
  DWORD kind = REG_NONE, count = bounded(capacity, 1 << 20);
  LSTATUS error = RegQueryValueExW(key, name, NULL, &kind, bytes, &count);
  if (error != ERROR_SUCCESS) return failure((uint32_t)error);
  *type = kind;
  return (int64_t)count;
}

/* What may happen while the agent waits: set by Windows' threads, waited for by the agent's only one. The events live
 * as long as the process. */
struct signals {
  HANDLE stopping; /* the service is to stop; stays set */
  HANDLE leaving;  /* the open port's device is being removed; stays set until another is opened */
  HANDLE closed;   /* no port is open */
  HANDLE news;     /* a port came, or its host; one wait */
  SERVICE_STATUS_HANDLE service;
};
extern struct signals vb_win_signals;
/* Makes the events; whether they are there. */
int vb_win_has_signals(void);
/* Windows asks (or only tells) that the device of the open port may go. */
void vb_win_device_is_leaving(int is_asked);

/* Opens a service by its name. */
int64_t vb_win_open_service(const wchar_t *name, DWORD access, SC_HANDLE *service);

#endif
