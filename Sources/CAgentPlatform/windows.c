/* SPDX-License-Identifier: BSD-3-Clause */
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#define UNICODE
#define PSAPI_VERSION 2      /* GetPerformanceInfo from kernel32 */
#define _WIN32_WINNT 0x0602  /* Windows 8's declarations; its functions are looked for at run time, Windows 7 has none */
#include "agent_windows.h"

#include <windows.h>
/* In this order: they need what windows.h declares. */
#include <cfgmgr32.h>
#include <dbt.h>
#include <psapi.h>
#include <setupapi.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof (array) / sizeof *(array))

static const wchar_t *wide(const uint16_t *text) { return (const wchar_t *)text; }

static int64_t failure(uint32_t error) { return -(int64_t)(error ? error : ERROR_GEN_FAILURE); }
static int64_t last_failure(void) { return failure(GetLastError()); }

static DWORD bounded(int64_t count, DWORD limit) {
  return count <= 0 ? 0 : count > (int64_t)limit ? limit : (DWORD)count;
}

/* Text of `length` units out; one that does not fit is an error, for its end would read as missing. */
static int64_t give(const wchar_t *text, size_t length, uint16_t *out, int64_t units) {
  if (units < 0 || length > (size_t)units) return failure(ERROR_MORE_DATA);
  memcpy(out, text, length * sizeof *out);
  return (int64_t)length;
}

/* A function that not every Windows has. */
static void *function_of(const wchar_t *library, const char *name) {
  HMODULE module = GetModuleHandleW(library);
  return module ? (void *)GetProcAddress(module, name) : NULL;
}

int64_t vb_win_error_text(uint32_t error, uint16_t *text, int64_t units) {
  DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK,
    NULL, error, 0, (wchar_t *)text, bounded(units, 4096), NULL);
  return (int64_t)length;
}

/* -- The system ---------------------------------------------------------------------------------------------------- */

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
    info.PhysicalAvailable, info.SystemCache, info.PageSize };
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

/* -- The registry -------------------------------------------------------------------------------------------------- */

static int64_t value_of(HKEY key, const wchar_t *name, uint32_t *type, uint8_t *bytes, int64_t capacity) {
  DWORD kind = REG_NONE, count = bounded(capacity, 1 << 20);
  LSTATUS error = RegQueryValueExW(key, name, NULL, &kind, bytes, &count);
  if (error != ERROR_SUCCESS) return failure((uint32_t)error);
  *type = kind;
  return (int64_t)count;
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

/* -- Devices ------------------------------------------------------------------------------------------------------- */

struct devices {
  HDEVINFO set;
  int has_device;
  SP_DEVINFO_DATA device;
  wchar_t named[MAX_DEVICE_ID_LEN + 1]; /* the instance id that was asked for */
};

int64_t vb_win_devices_open(const uint16_t *enumerator, void **out) {
  /* Without DIGCF_PRESENT: phantoms tell what was there before a move or an upgrade. */
  HDEVINFO set = enumerator ? SetupDiGetClassDevsW(NULL, wide(enumerator), NULL, DIGCF_ALLCLASSES)
                            : SetupDiCreateDeviceInfoList(NULL, NULL);
  if (set == INVALID_HANDLE_VALUE) return last_failure();
  struct devices *devices = calloc(1, sizeof *devices);
  if (!devices) {
    SetupDiDestroyDeviceInfoList(set);
    return failure(ERROR_NOT_ENOUGH_MEMORY);
  }
  devices->set = set;
  devices->device.cbSize = sizeof devices->device;
  *out = devices;
  return 0;
}

int64_t vb_win_device_at(void *opaque, uint32_t index) {
  struct devices *devices = opaque;
  devices->has_device = SetupDiEnumDeviceInfo(devices->set, index, &devices->device);
  return devices->has_device ? 0 : last_failure();
}

int64_t vb_win_device_named(void *opaque, const uint16_t *instance) {
  struct devices *devices = opaque;
  size_t length = wcsnlen(wide(instance), COUNT(devices->named));
  if (length >= COUNT(devices->named)) return failure(ERROR_INVALID_NAME);
  memcpy(devices->named, instance, (length + 1) * sizeof *devices->named);
  devices->has_device = SetupDiOpenDeviceInfoW(devices->set, devices->named, NULL, 0, &devices->device);
  return devices->has_device ? 0 : last_failure();
}

void vb_win_devices_close(void *opaque) {
  struct devices *devices = opaque;
  SetupDiDestroyDeviceInfoList(devices->set);
  free(devices);
}

int64_t vb_win_device_id(void *opaque, uint16_t *id, int64_t units) {
  struct devices *devices = opaque;
  DWORD size = 0;
  if (!SetupDiGetDeviceInstanceIdW(devices->set, &devices->device, (wchar_t *)id, bounded(units, 1024), &size))
    return last_failure();
  return (int64_t)wcsnlen((const wchar_t *)id, bounded(units, 1024));
}

int64_t vb_win_device_value(void *opaque, uint32_t property, uint32_t *type, uint8_t *bytes, int64_t capacity) {
  struct devices *devices = opaque;
  if (!devices->has_device) return failure(ERROR_NO_SUCH_DEVINST);
  DWORD kind = REG_NONE, size = 0;
  if (!SetupDiGetDeviceRegistryPropertyW(devices->set, &devices->device, property, &kind, bytes,
        bounded(capacity, 1 << 20), &size))
    return last_failure();
  *type = kind;
  return (int64_t)size;
}

int64_t vb_win_device_property(
  void *opaque, uint64_t format_low, uint64_t format_high, uint32_t id, uint32_t *type, uint8_t *bytes,
  int64_t capacity) {
  struct devices *devices = opaque;
  if (!devices->has_device) return failure(ERROR_NO_SUCH_DEVINST);
  DEVPROPKEY key = { .pid = id };
  memcpy(&key.fmtid, (uint64_t[]){ format_low, format_high }, sizeof key.fmtid);
  DEVPROPTYPE kind = 0;
  DWORD size = 0;
  if (!SetupDiGetDevicePropertyW(devices->set, &devices->device, &key, &kind, bytes, bounded(capacity, 1 << 20), &size, 0))
    return last_failure();
  *type = kind;
  return (int64_t)size;
}

int64_t vb_win_device_driver_value(
  void *opaque, const uint16_t *name, uint32_t *type, uint8_t *bytes, int64_t capacity) {
  struct devices *devices = opaque;
  if (!devices->has_device) return failure(ERROR_NO_SUCH_DEVINST);
  HKEY key = SetupDiOpenDevRegKey(devices->set, &devices->device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, KEY_QUERY_VALUE);
  if (key == INVALID_HANDLE_VALUE) return last_failure();
  int64_t result = value_of(key, wide(name), type, bytes, capacity);
  RegCloseKey(key);
  return result;
}

#ifdef VB_TEST_DEVNODE_STATUS
static int test_number(struct devices *devices, const wchar_t *name, uint32_t *number) {
  wchar_t key[64 + COUNT(devices->named)] = L"SYSTEM\\CurrentControlSet\\Enum\\";
  wcscat(key, devices->named);
  DWORD size = sizeof *number;
  return RegGetValueW(HKEY_LOCAL_MACHINE, key, name, RRF_RT_REG_DWORD, NULL, number, &size) == ERROR_SUCCESS;
}
#endif

int64_t vb_win_device_status(void *opaque, uint32_t *status, uint32_t *problem) {
  struct devices *devices = opaque;
  ULONG flags = 0, number = 0;
  DEVINST node = devices->device.DevInst;
  CONFIGRET result = CR_SUCCESS;
  if (!devices->has_device) result = CM_Locate_DevNodeW(&node, devices->named, CM_LOCATE_DEVNODE_PHANTOM);
  if (result == CR_SUCCESS) result = CM_Get_DevNode_Status(&flags, &number, node, 0);
  *status = flags;
  *problem = number;
#ifdef VB_TEST_DEVNODE_STATUS
  uint32_t is_present = 1;
  int is_told = test_number(devices, L"VbTestPresent", &is_present);
  if (test_number(devices, L"VbTestProblem", problem)) {
    if (*problem) *status |= DN_HAS_PROBLEM;
    is_told = 1;
  }
  is_told |= test_number(devices, L"VbTestStatus", status);
  if (is_told) result = is_present ? CR_SUCCESS : CR_NO_SUCH_DEVNODE;
#endif
  return (int64_t)result;
}

/* -- Services ------------------------------------------------------------------------------------------------------ */

static int64_t open_service(const wchar_t *name, DWORD access, SC_HANDLE *service) {
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  if (!manager) return last_failure();
  *service = OpenServiceW(manager, name, access);
  int64_t result = *service ? 0 : last_failure();
  CloseServiceHandle(manager);
  return result;
}

int64_t vb_win_service_open(const uint16_t *name, void **service) {
  SC_HANDLE opened = NULL;
  int64_t result = open_service(wide(name), SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG, &opened);
  *service = opened;
  return result;
}

int64_t vb_win_service_status(void *service, struct vb_win_service_status *status) {
  SERVICE_STATUS_PROCESS now;
  DWORD size = 0;
  if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&now, sizeof now, &size)) return last_failure();
  *status = (struct vb_win_service_status){ now.dwServiceType, now.dwCurrentState, now.dwWin32ExitCode,
    now.dwServiceSpecificExitCode, now.dwProcessId };
  return 0;
}

int64_t vb_win_service_config(
  void *service, struct vb_win_service_config *config, uint16_t *path, int64_t path_units, uint16_t *dependencies,
  int64_t dependency_units) {
  union { QUERY_SERVICE_CONFIGW config; uint8_t bytes[8192]; /* the most that there can be */ } answer;
  DWORD size = 0;
  if (!QueryServiceConfigW(service, &answer.config, sizeof answer, &size)) return last_failure();
  int64_t path_length = 0, dependency_length = 0;
  if (answer.config.lpBinaryPathName) {
    path_length = give(answer.config.lpBinaryPathName, wcslen(answer.config.lpBinaryPathName), path, path_units);
    if (path_length < 0) return path_length;
  }
  const wchar_t *list = answer.config.lpDependencies;
  if (list) {
    size_t length = 0;
    while (list[length]) length += wcslen(list + length) + 1;
    dependency_length = give(list, length, dependencies, dependency_units);
    if (dependency_length < 0) return dependency_length;
  }
  *config = (struct vb_win_service_config){ answer.config.dwStartType, (uint32_t)path_length,
    (uint32_t)dependency_length };
  return 0;
}

void vb_win_service_close(void *service) { CloseServiceHandle(service); }

/* -- Files --------------------------------------------------------------------------------------------------------- */

/* A 32-bit program on 64-bit Windows is shown SysWOW64 for System32, unless it asks for the truth. */
static void *see_system32(void) {
  void *previous = NULL;
#ifndef _WIN64
  Wow64DisableWow64FsRedirection(&previous);
#endif
  return previous;
}

static void see_as_before(void *previous) {
  DWORD error = GetLastError();
#ifndef _WIN64
  Wow64RevertWow64FsRedirection(previous);
#else
  (void)previous;
#endif
  SetLastError(error);
}

int64_t vb_win_file_exists(const uint16_t *path) {
  void *previous = see_system32();
  DWORD attributes = GetFileAttributesW(wide(path));
  see_as_before(previous);
  if (attributes != INVALID_FILE_ATTRIBUTES) return !(attributes & FILE_ATTRIBUTE_DIRECTORY);
  DWORD error = GetLastError();
  return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? 0 : failure(error);
}

/* The resource itself: VERSIONINFO begins with lengths and the text "VS_VERSION_INFO", then has the fixed part. */
static int64_t version_in(HMODULE module, uint32_t *high, uint32_t *low) {
  HRSRC found = FindResourceW(module, MAKEINTRESOURCEW(1), MAKEINTRESOURCEW(16) /* RT_VERSION */);
  HGLOBAL loaded = found ? LoadResource(module, found) : NULL;
  const uint8_t *bytes = loaded ? LockResource(loaded) : NULL;
  if (!bytes) return last_failure();
  size_t size = SizeofResource(module, found);
  VS_FIXEDFILEINFO fixed;
  for (size_t at = 0; at + sizeof fixed <= size && at < 256; at += 4) {
    memcpy(&fixed, bytes + at, sizeof fixed);
    if (fixed.dwSignature != VS_FFI_SIGNATURE) continue;
    *high = fixed.dwFileVersionMS;
    *low = fixed.dwFileVersionLS;
    return 0;
  }
  return failure(ERROR_INVALID_DATA);
}

int64_t vb_win_file_version(const uint16_t *path, uint32_t *high, uint32_t *low) {
  void *previous = see_system32();
  HMODULE module = LoadLibraryExW(wide(path), NULL, LOAD_LIBRARY_AS_DATAFILE);
  see_as_before(previous);
  if (!module) return last_failure();
  int64_t result = version_in(module, high, low);
  FreeLibrary(module);
  return result;
}

static int inf_folder_path(const wchar_t *name, wchar_t path[MAX_PATH]) {
  UINT length = GetSystemWindowsDirectoryW(path, MAX_PATH);
  static const wchar_t folder[] = L"\\inf\\";
  if (length == 0 || length + COUNT(folder) + wcslen(name) > MAX_PATH) return 0;
  wcscpy(path + length, folder);
  wcscat(path, name);
  return 1;
}

static int64_t open_in_inf_folder(const wchar_t *name, void **file) {
  wchar_t path[MAX_PATH];
  if (!inf_folder_path(name, path)) return failure(ERROR_INVALID_NAME);
  HANDLE opened = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
    OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, NULL);
  if (opened == INVALID_HANDLE_VALUE) return last_failure();
  *file = opened;
  return 0;
}

int64_t vb_win_setup_log_open(int64_t tail, int64_t *offset, void **file) {
  int64_t result = open_in_inf_folder(L"setupapi.dev.log", file);
  if (result < 0) return result;
  LARGE_INTEGER size = { 0 }, start = { 0 };
  if (GetFileSizeEx(*file, &size)) start.QuadPart = size.QuadPart > tail ? size.QuadPart - tail : 0;
  if (!SetFilePointerEx(*file, start, NULL, FILE_BEGIN)) {
    result = last_failure();
    CloseHandle(*file);
    return result;
  }
  *offset = start.QuadPart;
  return 0;
}

int64_t vb_win_inf_open(const uint16_t *name, void **file) {
  if (wcspbrk(wide(name), L"\\/:*?\"<>|")) return failure(ERROR_INVALID_NAME);
  return open_in_inf_folder(wide(name), file);
}

int64_t vb_win_file_read(void *file, uint8_t *bytes, int64_t capacity) {
  DWORD count = 0;
  return ReadFile(file, bytes, bounded(capacity, 1 << 20), &count, NULL) ? (int64_t)count : last_failure();
}

void vb_win_file_close(void *file) { CloseHandle(file); }

struct file_list {
  HANDLE search;
  int has_entry;
  WIN32_FIND_DATAW entry;
};

int64_t vb_win_oem_infs_open(void **out) {
  wchar_t pattern[MAX_PATH];
  if (!inf_folder_path(L"oem*.inf", pattern)) return failure(ERROR_INVALID_NAME);
  struct file_list *list = calloc(1, sizeof *list);
  if (!list) return failure(ERROR_NOT_ENOUGH_MEMORY);
  list->search = FindFirstFileW(pattern, &list->entry);
  list->has_entry = list->search != INVALID_HANDLE_VALUE;
  if (!list->has_entry && GetLastError() != ERROR_FILE_NOT_FOUND) {
    int64_t result = last_failure();
    free(list);
    return result;
  }
  *out = list;
  return 0;
}

int64_t vb_win_oem_infs_next(void *opaque, uint16_t *name, int64_t units) {
  struct file_list *list = opaque;
  if (!list->has_entry) return 0;
  int64_t result = give(list->entry.cFileName, wcsnlen(list->entry.cFileName, MAX_PATH), name, units);
  list->has_entry = FindNextFileW(list->search, &list->entry) != 0;
  return result;
}

void vb_win_oem_infs_close(void *opaque) {
  struct file_list *list = opaque;
  if (list->search != INVALID_HANDLE_VALUE) FindClose(list->search);
  free(list);
}

int64_t vb_win_inf_store_path(const uint16_t *name, uint16_t *path, int64_t units) {
  typedef BOOL (WINAPI *get_location)(const wchar_t *, void *, const wchar_t *, wchar_t *, DWORD, DWORD *);
  /* Windows Vista and later have it, Wine has not. */
  get_location get = (get_location)function_of(L"setupapi", "SetupGetInfDriverStoreLocationW");
  if (!get) return failure(ERROR_CALL_NOT_IMPLEMENTED);
  wchar_t found[MAX_PATH];
  DWORD size = 0;
  if (!get(wide(name), NULL, NULL, found, COUNT(found), &size)) return last_failure();
  return give(found, wcsnlen(found, COUNT(found)), path, units);
}

/* -- The System event log ------------------------------------------------------------------------------------------ */

struct event_log {
  HANDLE log;
  DWORD count, offset;
  union { EVENTLOGRECORD alignment; uint8_t bytes[64 << 10]; } records;
};

int64_t vb_win_events_open(void **out) {
  struct event_log *log = malloc(sizeof *log);
  if (!log) return failure(ERROR_NOT_ENOUGH_MEMORY);
  log->log = OpenEventLogW(NULL, L"System");
  if (!log->log) {
    int64_t result = last_failure();
    free(log);
    return result;
  }
  log->count = log->offset = 0;
  *out = log;
  return 0;
}

/* The units of the text at `offset`, without its zero; -1 when it does not end within the record. */
static int64_t text_at(const uint8_t *record, size_t size, size_t offset) {
  for (size_t at = offset; at + sizeof(wchar_t) <= size; at += sizeof(wchar_t)) {
    wchar_t unit;
    memcpy(&unit, record + at, sizeof unit);
    if (!unit) return (int64_t)((at - offset) / sizeof unit);
  }
  return -1;
}

int64_t vb_win_events_next(void *opaque, struct vb_win_event *event) {
  struct event_log *log = opaque;
  if (log->offset >= log->count) {
    DWORD needed = 0;
    log->count = log->offset = 0;
    if (!ReadEventLogW(log->log, EVENTLOG_SEQUENTIAL_READ | EVENTLOG_BACKWARDS_READ, 0, log->records.bytes,
          sizeof log->records.bytes, &log->count, &needed))
      return GetLastError() == ERROR_HANDLE_EOF ? 0 : last_failure();
    if (log->count == 0 || log->count > sizeof log->records.bytes) return 0;
  }
  const uint8_t *bytes = log->records.bytes + log->offset;
  size_t left = log->count - log->offset;
  EVENTLOGRECORD record;
  if (left < sizeof record) return failure(ERROR_EVENTLOG_FILE_CORRUPT);
  memcpy(&record, bytes, sizeof record);
  if (record.Length < sizeof record || record.Length > left) return failure(ERROR_EVENTLOG_FILE_CORRUPT);
  log->offset += record.Length;
  int64_t source = text_at(bytes, record.Length, sizeof record);
  if (source < 0) return failure(ERROR_EVENTLOG_FILE_CORRUPT);
  *event = (struct vb_win_event){ .number = record.RecordNumber, .time = record.TimeGenerated, .id = record.EventID,
    .type = record.EventType, .source = (const uint16_t *)(bytes + sizeof record), .source_units = (uint32_t)source };
  size_t end = record.StringOffset;
  for (uint32_t i = 0; i < record.NumStrings; i++) {
    int64_t length = end <= record.Length ? text_at(bytes, record.Length, end) : -1;
    if (length < 0) break;
    end += ((size_t)length + 1) * sizeof(wchar_t);
    event->string_count = i + 1;
  }
  if (event->string_count) {
    event->strings = (const uint16_t *)(bytes + record.StringOffset);
    event->string_units = (uint32_t)((end - record.StringOffset) / sizeof(wchar_t));
  }
  return 1;
}

void vb_win_events_close(void *opaque) {
  struct event_log *log = opaque;
  CloseEventLog(log->log);
  free(log);
}

/* -- What may happen while the agent waits --------------------------------------------------------------------------- */

/* Set by Windows' threads, waited for by the agent's only one. They live as long as the process. */
static struct {
  HANDLE stopping; /* the service is to stop; stays set */
  HANDLE leaving;  /* the open port's device is being removed; stays set until another is opened */
  HANDLE closed;   /* no port is open */
  HANDLE news;     /* a port came, or its host; one wait */
  SERVICE_STATUS_HANDLE service;
} signals;

static int has_signals(void) {
  if (!signals.stopping) signals.stopping = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (!signals.leaving) signals.leaving = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (!signals.closed) signals.closed = CreateEventW(NULL, TRUE, TRUE, NULL);
  if (!signals.news) signals.news = CreateEventW(NULL, FALSE, FALSE, NULL);
  return signals.stopping && signals.leaving && signals.closed && signals.news;
}

/* 1 when the event is set, 0 when the time is over, or a signal. */
static int64_t wait_for(HANDLE event, int32_t milliseconds) {
  HANDLE handles[] = { signals.stopping, signals.leaving, event };
  switch (WaitForMultipleObjects(COUNT(handles), handles, FALSE, milliseconds < 0 ? INFINITE : (DWORD)milliseconds)) {
  case WAIT_OBJECT_0: return failure(VB_WIN_STOPPING);
  case WAIT_OBJECT_0 + 1: return failure(VB_WIN_LEAVING);
  case WAIT_OBJECT_0 + 2: return 1;
  case WAIT_TIMEOUT: return 0;
  default: return last_failure();
  }
}

int64_t vb_win_pause(int32_t milliseconds) {
  if (has_signals()) return wait_for(signals.news, milliseconds);
  Sleep(milliseconds < 0 ? 1000 : (DWORD)milliseconds);
  return 0;
}

/* The device may only go when nobody has it open: whoever asks waits a moment for that. */
static void device_is_leaving(int is_asked) {
  SetEvent(signals.leaving);
  if (is_asked) WaitForSingleObject(signals.closed, 2000);
}

/* GUID_VIOSERIAL_PORT (virtio-win, vioserial/sys/public.h). */
static const GUID port_interface = { 0x6fde7521, 0x1b65, 0x48ae, { 0xb6, 0x28, 0x80, 0xbe, 0x62, 0x01, 0x60, 0x26 } };

/* Windows 8 and later tell any process. */
typedef DWORD (WINAPI *on_notify)(HCMNOTIFICATION, void *, CM_NOTIFY_ACTION, void *, DWORD);
typedef CONFIGRET (WINAPI *register_notification)(CM_NOTIFY_FILTER *, void *, on_notify, HCMNOTIFICATION *);
typedef CONFIGRET (WINAPI *unregister_notification)(HCMNOTIFICATION);

static DWORD WINAPI on_notification(HCMNOTIFICATION handle, void *context, CM_NOTIFY_ACTION action, void *data,
  DWORD size) {
  (void)handle, (void)context, (void)data, (void)size;
  switch (action) {
  case CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL: case CM_NOTIFY_ACTION_DEVICECUSTOMEVENT: SetEvent(signals.news); break;
  case CM_NOTIFY_ACTION_DEVICEQUERYREMOVE: device_is_leaving(1); break;
  case CM_NOTIFY_ACTION_DEVICEREMOVEPENDING: case CM_NOTIFY_ACTION_DEVICEREMOVECOMPLETE: device_is_leaving(0); break;
  default: break;
  }
  return ERROR_SUCCESS;
}

static HCMNOTIFICATION notify_of(CM_NOTIFY_FILTER *filter) {
  register_notification begin = (register_notification)function_of(L"cfgmgr32", "CM_Register_Notification");
  HCMNOTIFICATION handle = NULL;
  filter->cbSize = sizeof *filter;
  return begin && begin(filter, NULL, on_notification, &handle) == CR_SUCCESS ? handle : NULL;
}

/* Windows 7 tells windows and services only, by functions of user32, which SetupAPI has loaded. */
typedef HDEVNOTIFY (WINAPI *register_device)(HANDLE, void *, DWORD);
typedef BOOL (WINAPI *unregister_device)(HDEVNOTIFY);

static HDEVNOTIFY notify_service_of(void *filter) {
  if (!signals.service) return NULL;
  register_device begin = (register_device)function_of(L"user32", "RegisterDeviceNotificationW");
  return begin ? begin((HANDLE)signals.service, filter, DEVICE_NOTIFY_SERVICE_HANDLE) : NULL;
}

int32_t vb_win_listen(void) {
  static int32_t listens = -1;
  if (listens >= 0 || !has_signals()) return listens > 0;
  CM_NOTIFY_FILTER filter = { .FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE };
  filter.u.DeviceInterface.ClassGuid = port_interface;
  DEV_BROADCAST_DEVICEINTERFACE_W broadcast = { .dbcc_size = sizeof broadcast,
    .dbcc_devicetype = DBT_DEVTYP_DEVICEINTERFACE, .dbcc_classguid = port_interface };
  /* For as long as the process lives. */
  listens = notify_of(&filter) || notify_service_of(&broadcast);
  return listens;
}

/* -- The channel --------------------------------------------------------------------------------------------------- */

struct channel {
  HANDLE file;
  HCMNOTIFICATION notification;
  HDEVNOTIFY service_notification;
  int is_reading, is_stuck;
  OVERLAPPED reading, writing;
  uint8_t input[4096], output[16 << 10];
};

static void listen_to(struct channel *channel) {
  CM_NOTIFY_FILTER filter = { .FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE };
  filter.u.DeviceHandle.hTarget = channel->file;
  channel->notification = notify_of(&filter);
  if (channel->notification) return;
  DEV_BROADCAST_HANDLE broadcast = { .dbch_size = sizeof broadcast, .dbch_devicetype = DBT_DEVTYP_HANDLE,
    .dbch_handle = channel->file };
  channel->service_notification = notify_service_of(&broadcast);
}

static void listen_no_more_to(struct channel *channel) {
  if (channel->notification) {
    unregister_notification end = (unregister_notification)function_of(L"cfgmgr32", "CM_Unregister_Notification");
    if (end) end(channel->notification);
  }
  if (channel->service_notification) {
    unregister_device end = (unregister_device)function_of(L"user32", "UnregisterDeviceNotification");
    if (end) end(channel->service_notification);
  }
}

/* A COM port, or a terminal under Wine; on every other device the first call fails. */
static void make_raw(HANDLE file) {
  DCB line = { .DCBlength = sizeof line };
  if (!GetCommState(file, &line)) return;
  line.BaudRate = CBR_115200;
  line.ByteSize = 8;
  line.Parity = NOPARITY;
  line.StopBits = ONESTOPBIT;
  line.fBinary = TRUE;
  line.fParity = line.fOutxCtsFlow = line.fOutxDsrFlow = line.fDsrSensitivity = line.fOutX = line.fInX = FALSE;
  line.fErrorChar = line.fNull = line.fAbortOnError = FALSE;
  SetCommState(file, &line);
  /* A read waits for its first byte without limit, and ends 1 ms after its last. */
  COMMTIMEOUTS times = { .ReadIntervalTimeout = 1 };
  SetCommTimeouts(file, &times);
}

static void free_channel(struct channel *channel) {
  if (channel->reading.hEvent) CloseHandle(channel->reading.hEvent);
  if (channel->writing.hEvent) CloseHandle(channel->writing.hEvent);
  free(channel);
}

int64_t vb_win_channel_open(const uint16_t *path, void **out) {
  struct channel *channel = has_signals() ? calloc(1, sizeof *channel) : NULL;
  if (!channel) return failure(ERROR_NOT_ENOUGH_MEMORY);
  channel->reading.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
  channel->writing.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (!channel->reading.hEvent || !channel->writing.hEvent) {
    int64_t result = last_failure();
    free_channel(channel);
    return result;
  }
  /* Whoever asks from now on whether the device may go waits for this port to be closed. */
  ResetEvent(signals.leaving);
  ResetEvent(signals.closed);
  channel->file = CreateFileW(wide(path), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED,
    NULL);
  if (channel->file == INVALID_HANDLE_VALUE) {
    int64_t result = last_failure();
    SetEvent(signals.closed);
    free_channel(channel);
    return result;
  }
  make_raw(channel->file);
  listen_to(channel);
  *out = channel;
  return 0;
}

int64_t vb_win_channel_read(void *opaque, uint8_t *bytes, int64_t capacity, int32_t milliseconds) {
  struct channel *channel = opaque;
  if (capacity < (int64_t)sizeof channel->input) return failure(ERROR_INSUFFICIENT_BUFFER);
  if (!channel->is_reading) {
    ResetEvent(channel->reading.hEvent);
    if (!ReadFile(channel->file, channel->input, sizeof channel->input, NULL, &channel->reading)
        && GetLastError() != ERROR_IO_PENDING)
      return last_failure();
    channel->is_reading = 1;
  }
  int64_t waited = wait_for(channel->reading.hEvent, milliseconds);
  if (waited <= 0) return waited;
  channel->is_reading = 0;
  DWORD count = 0;
  BOOL succeeded = GetOverlappedResult(channel->file, &channel->reading, &count, FALSE);
  /* A read that was withdrawn may have bytes all the same. */
  if (!succeeded && count == 0) return last_failure();
  if (count > sizeof channel->input) return failure(ERROR_INVALID_DATA);
  /* A read that is done and has nothing is how a file ends. */
  if (count == 0) return failure(ERROR_HANDLE_EOF);
  memcpy(bytes, channel->input, count);
  return (int64_t)count;
}

int64_t vb_win_channel_write(void *opaque, const uint8_t *bytes, int64_t count, int32_t milliseconds) {
  struct channel *channel = opaque;
  /* An earlier write could not be withdrawn, and has the buffer. */
  if (channel->is_stuck) return failure(ERROR_BUSY);
  DWORD wanted = bounded(count, sizeof channel->output);
  memcpy(channel->output, bytes, wanted);
  ResetEvent(channel->writing.hEvent);
  if (!WriteFile(channel->file, channel->output, wanted, NULL, &channel->writing) && GetLastError() != ERROR_IO_PENDING)
    return last_failure();
  int64_t waited = wait_for(channel->writing.hEvent, milliseconds);
  if (waited <= 0) {
    CancelIoEx(channel->file, &channel->writing);
    if (WaitForSingleObject(channel->writing.hEvent, 2000) != WAIT_OBJECT_0) {
      channel->is_stuck = 1;
      return failure(ERROR_BUSY);
    }
  }
  DWORD written = 0;
  BOOL succeeded = GetOverlappedResult(channel->file, &channel->writing, &written, FALSE);
  if (waited < 0) return waited;
  if (succeeded || written > 0) return (int64_t)(written < wanted ? written : wanted);
  return GetLastError() == ERROR_OPERATION_ABORTED ? 0 : last_failure();
}

void vb_win_channel_close(void *opaque) {
  struct channel *channel = opaque;
  CancelIoEx(channel->file, NULL);
  if (channel->is_reading && WaitForSingleObject(channel->reading.hEvent, 2000) == WAIT_OBJECT_0)
    channel->is_reading = 0;
  CloseHandle(channel->file);
  SetEvent(signals.closed);
  /* After the port was closed: this waits for whoever asked for that. */
  listen_no_more_to(channel);
  /* What the driver does not give back must not be freed under it. */
  if (!channel->is_reading && !channel->is_stuck) free_channel(channel);
}

/* -- This program as a service --------------------------------------------------------------------------------------- */

static struct {
  const wchar_t *name;
  int32_t (*body)(void);
} own_service;

static void tell_service_state(DWORD state, DWORD exit_code) {
  SERVICE_STATUS status = { .dwServiceType = SERVICE_WIN32_OWN_PROCESS, .dwCurrentState = state };
  if (state == SERVICE_RUNNING) status.dwControlsAccepted = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN;
  if (state == SERVICE_STOP_PENDING) status.dwWaitHint = 10000;
  if (exit_code) {
    status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
    status.dwServiceSpecificExitCode = exit_code;
  }
  SetServiceStatus(signals.service, &status);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context) {
  (void)data, (void)context;
  switch (control) {
  case SERVICE_CONTROL_STOP: case SERVICE_CONTROL_SHUTDOWN:
    tell_service_state(SERVICE_STOP_PENDING, 0);
    SetEvent(signals.stopping);
    return NO_ERROR;
  case SERVICE_CONTROL_DEVICEEVENT:
    if (type == DBT_DEVICEARRIVAL || type == DBT_CUSTOMEVENT) SetEvent(signals.news);
    if (type == DBT_DEVICEQUERYREMOVE) device_is_leaving(1);
    if (type == DBT_DEVICEREMOVEPENDING || type == DBT_DEVICEREMOVECOMPLETE) device_is_leaving(0);
    return NO_ERROR;
  case SERVICE_CONTROL_INTERROGATE: return NO_ERROR;
  default: return ERROR_CALL_NOT_IMPLEMENTED;
  }
}

static void WINAPI service_main(DWORD count, wchar_t **arguments) {
  (void)count, (void)arguments;
  signals.service = RegisterServiceCtrlHandlerExW(own_service.name, on_control, NULL);
  if (!signals.service) return;
  tell_service_state(SERVICE_RUNNING, 0);
  tell_service_state(SERVICE_STOPPED, (DWORD)own_service.body());
}

int64_t vb_win_run_service(const uint16_t *name, int32_t (*body)(void)) {
  if (!has_signals()) return last_failure();
  own_service.name = wide(name);
  own_service.body = body;
  SERVICE_TABLE_ENTRYW table[] = { { (wchar_t *)own_service.name, service_main }, { NULL, NULL } };
  return StartServiceCtrlDispatcherW(table) ? 0 : last_failure();
}

int64_t vb_win_own_path(uint16_t *path, int64_t units) {
  DWORD length = GetModuleFileNameW(NULL, (wchar_t *)path, bounded(units, 32767));
  if (length == 0) return last_failure();
  return length >= bounded(units, 32767) ? failure(ERROR_MORE_DATA) : (int64_t)length;
}

static int event_source_key(const wchar_t *name, wchar_t key[256]) {
  static const wchar_t folder[] = L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\";
  if (COUNT(folder) + wcslen(name) > 256) return 0;
  wcscpy(key, folder);
  wcscat(key, name);
  return 1;
}

/* Names this program as the holder of the texts of its events. */
static int add_event_source(const wchar_t *name) {
  wchar_t path[1024], folder[256];
  DWORD length = GetModuleFileNameW(NULL, path, COUNT(path)), types = 7;
  if (length == 0 || length >= COUNT(path) || !event_source_key(name, folder)) return 0;
  HKEY key;
  if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, folder, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL) != ERROR_SUCCESS) return 0;
  int done = RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, (const BYTE *)path,
      (length + 1) * sizeof *path) == ERROR_SUCCESS
    && RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&types, sizeof types) == ERROR_SUCCESS;
  RegCloseKey(key);
  return done;
}

static int64_t configure(SC_HANDLE service, const wchar_t *name, const wchar_t *description) {
  int64_t refused = 0;
  SERVICE_DESCRIPTIONW text = { (wchar_t *)description };
  if (!ChangeServiceConfig2W(service, SERVICE_CONFIG_DESCRIPTION, &text)) refused |= VB_WIN_DESCRIPTION;
  SERVICE_DELAYED_AUTO_START_INFO delayed = { TRUE };
  if (!ChangeServiceConfig2W(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed)) refused |= VB_WIN_DELAYED_START;
  SC_ACTION actions[] = { { SC_ACTION_RESTART, 5000 }, { SC_ACTION_RESTART, 30000 }, { SC_ACTION_RESTART, 60000 } };
  SERVICE_FAILURE_ACTIONSW failures = { .dwResetPeriod = 86400, .cActions = COUNT(actions), .lpsaActions = actions };
  if (!ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS, &failures)) refused |= VB_WIN_RESTART;
  SERVICE_FAILURE_ACTIONS_FLAG without_crash = { TRUE };
  if (!ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &without_crash)) refused |= VB_WIN_RESTART;
  /* Not SERVICE_SID_TYPE_RESTRICTED: the port's access list names SYSTEM and Administrators only, which a restricted
   * token may not use for writing. */
  SERVICE_SID_INFO sid = { SERVICE_SID_TYPE_UNRESTRICTED };
  if (!ChangeServiceConfig2W(service, SERVICE_CONFIG_SERVICE_SID_INFO, &sid)) refused |= VB_WIN_SERVICE_SID;
  /* LocalSystem has two dozen privileges; the process gets this one, which walking through folders needs. */
  SERVICE_REQUIRED_PRIVILEGES_INFOW privileges = { (wchar_t *)L"SeChangeNotifyPrivilege\0" };
  if (!ChangeServiceConfig2W(service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &privileges)) refused |= VB_WIN_PRIVILEGES;
  if (!add_event_source(name)) refused |= VB_WIN_EVENT_SOURCE;
  return refused;
}

int64_t vb_win_install(
  const uint16_t *name, const uint16_t *title, const uint16_t *description, const uint16_t *command) {
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
  if (!manager) return last_failure();
  /* Starting is what restarting on failure asks for. */
  DWORD access = SERVICE_CHANGE_CONFIG | SERVICE_START;
  SC_HANDLE service = CreateServiceW(manager, wide(name), wide(title), access, SERVICE_WIN32_OWN_PROCESS,
    SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, wide(command), NULL, NULL, NULL, NULL, NULL);
  if (!service && GetLastError() == ERROR_SERVICE_EXISTS) {
    service = OpenServiceW(manager, wide(name), access);
    if (service && !ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
          wide(command), NULL, NULL, NULL, L"LocalSystem", L"", wide(title))) {
      DWORD error = GetLastError();
      CloseServiceHandle(service);
      service = NULL;
      SetLastError(error);
    }
  }
  int64_t result = service ? configure(service, wide(name), wide(description)) : last_failure();
  if (service) CloseServiceHandle(service);
  CloseServiceHandle(manager);
  return result;
}

int64_t vb_win_uninstall(const uint16_t *name) {
  SC_HANDLE service;
  int64_t result = open_service(wide(name), DELETE, &service);
  if (result < 0) return result;
  if (!DeleteService(service)) result = last_failure();
  CloseServiceHandle(service);
  wchar_t key[256];
  if (result == 0 && event_source_key(wide(name), key)) RegDeleteKeyW(HKEY_LOCAL_MACHINE, key);
  return result;
}

/* Waits until the service is in that state: 0, or its exit code when it stopped instead of starting. */
static int64_t wait_for_state(SC_HANDLE service, DWORD state, int32_t milliseconds) {
  ULONGLONG end = GetTickCount64() + (ULONGLONG)(milliseconds < 0 ? 0 : milliseconds);
  for (;;) {
    SERVICE_STATUS_PROCESS now;
    DWORD size = 0;
    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&now, sizeof now, &size)) return last_failure();
    if (now.dwCurrentState == state) return 0;
    if (now.dwCurrentState == SERVICE_STOPPED)
      return failure(now.dwWin32ExitCode ? now.dwWin32ExitCode : ERROR_SERVICE_NOT_ACTIVE);
    if (GetTickCount64() >= end) return failure(ERROR_SERVICE_REQUEST_TIMEOUT);
    Sleep(100);
  }
}

int64_t vb_win_start(const uint16_t *name, int32_t milliseconds) {
  SC_HANDLE service;
  int64_t result = open_service(wide(name), SERVICE_START | SERVICE_QUERY_STATUS, &service);
  if (result < 0) return result;
  result = StartServiceW(service, 0, NULL) || GetLastError() == ERROR_SERVICE_ALREADY_RUNNING
    ? wait_for_state(service, SERVICE_RUNNING, milliseconds) : last_failure();
  CloseServiceHandle(service);
  return result;
}

int64_t vb_win_stop(const uint16_t *name, int32_t milliseconds) {
  SC_HANDLE service;
  int64_t result = open_service(wide(name), SERVICE_STOP | SERVICE_QUERY_STATUS, &service);
  if (result < 0) return result;
  SERVICE_STATUS status;
  result = ControlService(service, SERVICE_CONTROL_STOP, &status) || GetLastError() == ERROR_SERVICE_NOT_ACTIVE
    ? wait_for_state(service, SERVICE_STOPPED, milliseconds) : last_failure();
  CloseServiceHandle(service);
  return result;
}

void vb_win_report_event(const uint16_t *source, int32_t severity, const uint16_t *text) {
  HANDLE log = RegisterEventSourceW(NULL, wide(source));
  if (!log) return;
  /* The numbers are those of messages.mc, with their severity in the two highest bits. */
  static const struct { WORD type; DWORD id; } kinds[] = {
    { EVENTLOG_INFORMATION_TYPE, 0x40000001 }, { EVENTLOG_WARNING_TYPE, 0x80000002 }, { EVENTLOG_ERROR_TYPE, 0xc0000003 },
  };
  size_t kind = severity < 0 || severity >= (int32_t)COUNT(kinds) ? 0 : (size_t)severity;
  const wchar_t *strings[] = { wide(text) };
  ReportEventW(log, kinds[kind].type, 0, kinds[kind].id, NULL, COUNT(strings), 0, strings, NULL);
  DeregisterEventSource(log);
}

/* -- Standard streams ------------------------------------------------------------------------------------------------ */

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
