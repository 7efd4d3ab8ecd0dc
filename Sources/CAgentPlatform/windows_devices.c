/* SPDX-License-Identifier: BSD-3-Clause */
#ifdef _WIN32
#include "windows_shim.h"

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
  if (!SetupDiGetDevicePropertyW(devices->set, &devices->device, &key, &kind, bytes, bounded(capacity, 1 << 20), &size,
        0))
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
#endif
