/* SPDX-License-Identifier: BSD-3-Clause */
#ifdef _WIN32
#include "windows_shim.h"

int64_t vb_win_open_service(const wchar_t *name, DWORD access, SC_HANDLE *service) {
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  if (!manager) return last_failure();
  *service = OpenServiceW(manager, name, access);
  int64_t result = *service ? 0 : last_failure();
  CloseServiceHandle(manager);
  return result;
}

int64_t vb_win_service_open(const uint16_t *name, void **service) {
  SC_HANDLE opened = NULL;
  int64_t result = vb_win_open_service(wide(name), SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG, &opened);
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
  SetServiceStatus(vb_win_signals.service, &status);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context) {
  (void)data, (void)context;
  switch (control) {
  case SERVICE_CONTROL_STOP: case SERVICE_CONTROL_SHUTDOWN:
    tell_service_state(SERVICE_STOP_PENDING, 0);
    SetEvent(vb_win_signals.stopping);
    return NO_ERROR;
  case SERVICE_CONTROL_DEVICEEVENT:
    if (type == DBT_DEVICEARRIVAL || type == DBT_CUSTOMEVENT) SetEvent(vb_win_signals.news);
    if (type == DBT_DEVICEQUERYREMOVE) vb_win_device_is_leaving(1);
    if (type == DBT_DEVICEREMOVEPENDING || type == DBT_DEVICEREMOVECOMPLETE) vb_win_device_is_leaving(0);
    return NO_ERROR;
  case SERVICE_CONTROL_INTERROGATE: return NO_ERROR;
  default: return ERROR_CALL_NOT_IMPLEMENTED;
  }
}

static void WINAPI service_main(DWORD count, wchar_t **arguments) {
  (void)count, (void)arguments;
  vb_win_signals.service = RegisterServiceCtrlHandlerExW(own_service.name, on_control, NULL);
  if (!vb_win_signals.service) return;
  tell_service_state(SERVICE_RUNNING, 0);
  tell_service_state(SERVICE_STOPPED, (DWORD)own_service.body());
}

int64_t vb_win_run_service(const uint16_t *name, int32_t (*body)(void)) {
  if (!vb_win_has_signals()) return last_failure();
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
  if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, folder, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL) != ERROR_SUCCESS)
    return 0;
  int done = RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, (const BYTE *)path,
      (length + 1) * sizeof *path) == ERROR_SUCCESS
    && RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&types, sizeof types) == ERROR_SUCCESS;
  RegCloseKey(key);
  return done;
}

static int64_t configure(SC_HANDLE service, const wchar_t *name, const wchar_t *description) {
  SERVICE_DESCRIPTIONW text = { (wchar_t *)description };
  SERVICE_DELAYED_AUTO_START_INFO delayed = { TRUE };
  SC_ACTION restarts[] = { { SC_ACTION_RESTART, 5000 }, { SC_ACTION_RESTART, 30000 }, { SC_ACTION_RESTART, 60000 } };
  SERVICE_FAILURE_ACTIONSW failures = { .dwResetPeriod = 86400, .cActions = COUNT(restarts), .lpsaActions = restarts };
  SERVICE_FAILURE_ACTIONS_FLAG without_crash = { TRUE };
  /* Not SERVICE_SID_TYPE_RESTRICTED: the port's access list names SYSTEM and Administrators only, which a restricted
   * token may not use for writing. */
  SERVICE_SID_INFO sid = { SERVICE_SID_TYPE_UNRESTRICTED };
  /* LocalSystem has two dozen privileges; the process gets this one, which walking through folders needs. */
  SERVICE_REQUIRED_PRIVILEGES_INFOW privileges = { (wchar_t *)L"SeChangeNotifyPrivilege\0" };
  const struct { DWORD level; void *setting; int64_t refused; } settings[] = {
    { SERVICE_CONFIG_DESCRIPTION, &text, VB_WIN_DESCRIPTION },
    { SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed, VB_WIN_DELAYED_START },
    { SERVICE_CONFIG_FAILURE_ACTIONS, &failures, VB_WIN_RESTART },
    { SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &without_crash, VB_WIN_RESTART },
    { SERVICE_CONFIG_SERVICE_SID_INFO, &sid, VB_WIN_SERVICE_SID },
    { SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &privileges, VB_WIN_PRIVILEGES },
  };
  int64_t refused = add_event_source(name) ? 0 : VB_WIN_EVENT_SOURCE;
  for (size_t i = 0; i < COUNT(settings); i++)
    if (!ChangeServiceConfig2W(service, settings[i].level, settings[i].setting)) refused |= settings[i].refused;
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
  int64_t result = vb_win_open_service(wide(name), DELETE, &service);
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
  int64_t result = vb_win_open_service(wide(name), SERVICE_START | SERVICE_QUERY_STATUS, &service);
  if (result < 0) return result;
  result = StartServiceW(service, 0, NULL) || GetLastError() == ERROR_SERVICE_ALREADY_RUNNING
    ? wait_for_state(service, SERVICE_RUNNING, milliseconds) : last_failure();
  CloseServiceHandle(service);
  return result;
}

int64_t vb_win_stop(const uint16_t *name, int32_t milliseconds) {
  SC_HANDLE service;
  int64_t result = vb_win_open_service(wide(name), SERVICE_STOP | SERVICE_QUERY_STATUS, &service);
  if (result < 0) return result;
  SERVICE_STATUS status;
  result = ControlService(service, SERVICE_CONTROL_STOP, &status) || GetLastError() == ERROR_SERVICE_NOT_ACTIVE
    ? wait_for_state(service, SERVICE_STOPPED, milliseconds) : last_failure();
  CloseServiceHandle(service);
  return result;
}
#endif
