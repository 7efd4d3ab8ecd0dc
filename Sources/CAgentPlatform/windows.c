/* SPDX-License-Identifier: BSD-3-Clause */
#ifdef _WIN32
#include "windows_shim.h"

int64_t vb_win_error_text(uint32_t error, uint16_t *text, int64_t units) {
  DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
  return (int64_t)FormatMessageW(flags, NULL, error, 0, (wchar_t *)text, bounded(units, 4096), NULL);
}

int64_t vb_win_version(struct vb_win_version *version) {
  typedef LONG (WINAPI *rtl_get_version)(OSVERSIONINFOEXW *);
  rtl_get_version get = (rtl_get_version)function_of(L"ntdll", "RtlGetVersion");
  OSVERSIONINFOEXW info = { .dwOSVersionInfoSize = sizeof info };
  if (!get || get(&info) != 0) return failure(ERROR_CALL_NOT_IMPLEMENTED);
  *version = (struct vb_win_version){ info.dwMajorVersion, info.dwMinorVersion, info.dwBuildNumber, info.dwPlatformId,
    info.wServicePackMajor, info.wSuiteMask, info.wProductType };
  return 0;
}

void vb_win_processor(uint32_t *architecture, uint32_t *page_size) {
  SYSTEM_INFO info;
  GetNativeSystemInfo(&info);
  *architecture = info.wProcessorArchitecture;
  *page_size = info.dwPageSize;
}

uint64_t vb_win_ticks(void) { return GetTickCount64(); }

uint64_t vb_win_clock(void) {
  FILETIME now;
  GetSystemTimeAsFileTime(&now);
  return (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
}

int64_t vb_win_utc_milliseconds(int64_t local) {
  static const int64_t from_1601_to_1970 = 11644473600000;
  if (local < 0 || local > (int64_t)1 << 48) return failure(ERROR_INVALID_PARAMETER);
  ULARGE_INTEGER steps = { .QuadPart = (uint64_t)(local + from_1601_to_1970) * 10000 };
  FILETIME time = { steps.LowPart, steps.HighPart };
  SYSTEMTIME local_parts, parts;
  if (!FileTimeToSystemTime(&time, &local_parts) || !TzSpecificLocalTimeToSystemTime(NULL, &local_parts, &parts)
      || !SystemTimeToFileTime(&parts, &time))
    return last_failure();
  steps.LowPart = time.dwLowDateTime;
  steps.HighPart = time.dwHighDateTime;
  return (int64_t)(steps.QuadPart / 10000) - from_1601_to_1970;
}

int64_t vb_win_memory(struct vb_win_memory *memory) {
  MEMORYSTATUSEX status = { .dwLength = sizeof status };
  if (!GlobalMemoryStatusEx(&status)) return last_failure();
  *memory = (struct vb_win_memory){ status.ullTotalPhys, status.ullAvailPhys, status.ullTotalPageFile,
    status.ullAvailPageFile };
  return 0;
}

int64_t vb_win_performance(struct vb_win_performance *performance) {
  PERFORMANCE_INFORMATION info = { .cb = sizeof info };
  if (!GetPerformanceInfo(&info, sizeof info)) return last_failure();
  *performance = (struct vb_win_performance){ info.CommitTotal, info.CommitLimit, info.PhysicalTotal,
    info.PhysicalAvailable, info.SystemCache, info.KernelTotal, info.KernelPaged, info.KernelNonpaged,
    info.PageSize };
  return 0;
}

int64_t vb_win_installed_memory(uint64_t *kilobytes) {
  typedef BOOL (WINAPI *installed_memory)(ULONGLONG *);
  installed_memory get = (installed_memory)function_of(L"kernel32", "GetPhysicallyInstalledSystemMemory");
  ULONGLONG size = 0;
  if (!get) return failure(ERROR_CALL_NOT_IMPLEMENTED);
  if (!get(&size)) return last_failure();
  *kilobytes = size;
  return 0;
}

int64_t vb_win_code_integrity(uint32_t *options) {
  typedef LONG (WINAPI *query_information)(ULONG, void *, ULONG, ULONG *);
  query_information query = (query_information)function_of(L"ntdll", "NtQuerySystemInformation");
  struct { ULONG length, options; } information = { sizeof information, 0 };
  enum { system_code_integrity_information = 103 };
  if (!query || query(system_code_integrity_information, &information, sizeof information, NULL) != 0)
    return failure(ERROR_CALL_NOT_IMPLEMENTED);
  *options = information.options;
  return 0;
}

int64_t vb_win_directory(uint16_t *path, int64_t units) {
  wchar_t folder[MAX_PATH];
  UINT length = GetSystemWindowsDirectoryW(folder, COUNT(folder));
  if (length == 0 || length >= COUNT(folder)) return last_failure();
  return give(folder, length, path, units);
}

BOOLEAN NTAPI SystemFunction036(void *bytes, ULONG count); /* RtlGenRandom, which no header declares */

void vb_win_random(uint8_t *bytes, int64_t count) {
  if (SystemFunction036(bytes, bounded(count, 4096))) return;
  /* It fails nowhere that is known of; the hash seeds and the instance id keep no secret. */
  uint64_t state = vb_win_clock() ^ GetTickCount64() << 32 ^ GetCurrentProcessId();
  for (int64_t i = 0; i < count; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    bytes[i] = (uint8_t)(state >> 56);
  }
}

int32_t vb_win_is_elevated(void) {
  HANDLE token;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return 0;
  TOKEN_ELEVATION elevation = { 0 };
  DWORD size = 0;
  BOOL known = GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &size);
  CloseHandle(token);
  return known && elevation.TokenIsElevated;
}

int64_t vb_win_handle_count(void) {
  DWORD count = 0;
  return GetProcessHandleCount(GetCurrentProcess(), &count) ? (int64_t)count : last_failure();
}

int64_t vb_win_registry_value(
  const uint16_t *key, const uint16_t *name, uint32_t *type, uint8_t *bytes, int64_t capacity) {
  HKEY open;
  LSTATUS error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide(key), 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &open);
  if (error != ERROR_SUCCESS) return failure((uint32_t)error);
  int64_t result = value_of(open, wide(name), type, bytes, capacity);
  RegCloseKey(open);
  return result;
}

int64_t vb_win_registry_open(const uint16_t *key, void **open) {
  HKEY opened = NULL;
  REGSAM access = KEY_QUERY_VALUE | KEY_ENUMERATE_SUB_KEYS | KEY_WOW64_64KEY;
  LSTATUS error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide(key), 0, access, &opened);
  *open = opened;
  return error == ERROR_SUCCESS ? 0 : failure((uint32_t)error);
}

int64_t vb_win_registry_subkey(void *open, uint32_t index, uint16_t *name, int64_t units) {
  DWORD length = bounded(units, 32767);
  LSTATUS error = RegEnumKeyExW(open, index, (wchar_t *)name, &length, NULL, NULL, NULL, NULL);
  return error == ERROR_SUCCESS ? (int64_t)length : failure((uint32_t)error);
}

int64_t vb_win_registry_name(void *open, uint32_t index, uint16_t *name, int64_t units) {
  DWORD length = bounded(units, 32767);
  LSTATUS error = RegEnumValueW(open, index, (wchar_t *)name, &length, NULL, NULL, NULL, NULL);
  return error == ERROR_SUCCESS ? (int64_t)length : failure((uint32_t)error);
}

void vb_win_registry_close(void *open) { RegCloseKey(open); }

int64_t vb_win_stream_read(uint8_t *bytes, int64_t capacity) {
  DWORD count = 0;
  if (ReadFile(GetStdHandle(STD_INPUT_HANDLE), bytes, bounded(capacity, 1 << 20), &count, NULL)) return (int64_t)count;
  DWORD error = GetLastError();
  return error == ERROR_BROKEN_PIPE || error == ERROR_HANDLE_EOF ? 0 : failure(error);
}

static int64_t write_to_console(HANDLE console, const uint8_t *bytes, int64_t count) {
  while (count > 0) {
    int taken = (int)bounded(count, 4096);
    /* Not through the middle of a character. */
    while (taken < count && taken > 1 && (bytes[taken] & 0xc0) == 0x80) taken--;
    wchar_t text[4096];
    int units = MultiByteToWideChar(CP_UTF8, 0, (const char *)bytes, taken, text, COUNT(text));
    DWORD written = 0;
    if (units <= 0 || !WriteConsoleW(console, text, (DWORD)units, &written, NULL)) return last_failure();
    bytes += taken;
    count -= taken;
  }
  return 0;
}

int64_t vb_win_stream_write(int32_t stream, const uint8_t *bytes, int64_t count) {
  HANDLE handle = GetStdHandle(stream == VB_WIN_DIAGNOSTICS ? STD_ERROR_HANDLE : STD_OUTPUT_HANDLE);
  DWORD mode;
  if (GetConsoleMode(handle, &mode)) return write_to_console(handle, bytes, count);
  while (count > 0) {
    DWORD written = 0;
    if (!WriteFile(handle, bytes, bounded(count, 64 << 10), &written, NULL)) return last_failure();
    if (written == 0) return failure(ERROR_WRITE_FAULT);
    bytes += written;
    count -= written;
  }
  return 0;
}

void vb_win_no_dialogs(void) { SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX); }

void vb_win_exit(int32_t status) { ExitProcess((UINT)status); }
#endif
