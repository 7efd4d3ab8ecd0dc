/* SPDX-License-Identifier: BSD-3-Clause */
#ifdef _WIN32
#include "windows_shim.h"

struct signals vb_win_signals;

int vb_win_has_signals(void) {
  if (!vb_win_signals.stopping) vb_win_signals.stopping = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (!vb_win_signals.leaving) vb_win_signals.leaving = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (!vb_win_signals.closed) vb_win_signals.closed = CreateEventW(NULL, TRUE, TRUE, NULL);
  if (!vb_win_signals.news) vb_win_signals.news = CreateEventW(NULL, FALSE, FALSE, NULL);
  return vb_win_signals.stopping && vb_win_signals.leaving && vb_win_signals.closed && vb_win_signals.news;
}

/* Whether a port is open, whose device may be removed. */
static int has_port;

/* 1 when the event is set, 0 when the time is over, or a signal. */
static int64_t wait_for(HANDLE event, int32_t milliseconds) {
  HANDLE handles[] = { vb_win_signals.stopping, event, vb_win_signals.leaving };
  DWORD count = has_port ? 3 : 2;
  switch (WaitForMultipleObjects(count, handles, FALSE, milliseconds < 0 ? INFINITE : (DWORD)milliseconds)) {
  case WAIT_OBJECT_0: return failure(VB_WIN_STOPPING);
  case WAIT_OBJECT_0 + 1: return 1;
  case WAIT_OBJECT_0 + 2: return failure(VB_WIN_LEAVING);
  case WAIT_TIMEOUT: return 0;
  default: return last_failure();
  }
}

int64_t vb_win_pause(int32_t milliseconds) {
  if (vb_win_has_signals()) return wait_for(vb_win_signals.news, milliseconds);
  Sleep(milliseconds < 0 ? 1000 : (DWORD)milliseconds);
  return 0;
}

/* The device may only go when nobody has it open: whoever asks waits a moment for that. */
void vb_win_device_is_leaving(int is_asked) {
  SetEvent(vb_win_signals.leaving);
  if (is_asked) WaitForSingleObject(vb_win_signals.closed, 2000);
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
  case CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL:
  case CM_NOTIFY_ACTION_DEVICECUSTOMEVENT: SetEvent(vb_win_signals.news); break;
  case CM_NOTIFY_ACTION_DEVICEQUERYREMOVE: vb_win_device_is_leaving(1); break;
  case CM_NOTIFY_ACTION_DEVICEREMOVEPENDING:
  case CM_NOTIFY_ACTION_DEVICEREMOVECOMPLETE: vb_win_device_is_leaving(0); break;
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
  if (!vb_win_signals.service) return NULL;
  register_device begin = (register_device)function_of(L"user32", "RegisterDeviceNotificationW");
  return begin ? begin((HANDLE)vb_win_signals.service, filter, DEVICE_NOTIFY_SERVICE_HANDLE) : NULL;
}

int32_t vb_win_listen(void) {
  static int32_t listens = -1;
  if (listens >= 0 || !vb_win_has_signals()) return listens > 0;
  CM_NOTIFY_FILTER filter = { .FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE };
  filter.u.DeviceInterface.ClassGuid = port_interface;
  DEV_BROADCAST_DEVICEINTERFACE_W broadcast = { .dbcc_size = sizeof broadcast,
    .dbcc_devicetype = DBT_DEVTYP_DEVICEINTERFACE, .dbcc_classguid = port_interface };
  /* For as long as the process lives. */
  listens = notify_of(&filter) || notify_service_of(&broadcast);
  return listens;
}

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
  struct channel *channel = vb_win_has_signals() ? calloc(1, sizeof *channel) : NULL;
  if (!channel) return failure(ERROR_NOT_ENOUGH_MEMORY);
  channel->reading.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
  channel->writing.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (!channel->reading.hEvent || !channel->writing.hEvent) {
    int64_t result = last_failure();
    free_channel(channel);
    return result;
  }
  /* Whoever asks from now on whether the device may go waits for this port to be closed. */
  ResetEvent(vb_win_signals.leaving);
  ResetEvent(vb_win_signals.closed);
  /* Should the path be a pipe, its server learns nothing of who this is and cannot act in its name. */
  DWORD flags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS;
  channel->file = CreateFileW(wide(path), GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
  if (channel->file == INVALID_HANDLE_VALUE) {
    int64_t result = last_failure();
    SetEvent(vb_win_signals.closed);
    free_channel(channel);
    return result;
  }
  make_raw(channel->file);
  listen_to(channel);
  has_port = 1;
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
  has_port = 0;
  SetEvent(vb_win_signals.closed);
  /* After the port was closed: this waits for whoever asked for that. */
  listen_no_more_to(channel);
  /* What the driver does not give back must not be freed under it. */
  if (!channel->is_reading && !channel->is_stuck) free_channel(channel);
}
#endif
