/* SPDX-License-Identifier: BSD-3-Clause */
#ifdef _WIN32
#include "windows_shim.h"

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
#endif
