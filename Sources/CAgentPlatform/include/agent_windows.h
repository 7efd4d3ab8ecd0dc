/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the Windows agent needs of the system, in types of fixed width: the agent is compiled as Embedded Swift for a
 * bare target, whose C types are not those of Windows (`long` has 64 bits there, `wchar_t` 32).
 *
 * The functions call and copy; what the answers mean is judged in Swift. Reasons common to all: Windows' headers cannot
 * be imported for a bare target, and its functions have a calling convention of their own on 32-bit Windows. Further
 * reasons stand with the functions.
 *
 * A function that can fail returns the negative of Windows' error code. Wide text is UTF-16 and, going in, ends with a
 * zero; coming out it is counted, in units or bytes as told. All reads are bounded by the buffers given.
 */
#ifndef AGENT_WINDOWS_H
#define AGENT_WINDOWS_H

#include <stdint.h>

/* Codes of our own, beside Windows': bit 29 says that an application made them (winerror.h). */
enum vb_win_signal {
  VB_WIN_STOPPING = 0x20000001, /* the service is to stop */
  VB_WIN_LEAVING = 0x20000002   /* the port's device is being removed: close it */
};

/* Windows' words for an error, in the system's language: units written. Reason: FormatMessage is variadic. */
int64_t vb_win_error_text(uint32_t error, uint16_t *text, int64_t units);

/* -- The system --------------------------------------------------------------------------------------------------- */

/* RtlGetVersion, which tells the truth to programs without a manifest too. Reason: a structure with a size in it. */
struct vb_win_version {
  uint32_t major, minor, build, platform, service_pack, suites, product_type;
};
int64_t vb_win_version(struct vb_win_version *version);
/* GetNativeSystemInfo: the processor architecture (PROCESSOR_ARCHITECTURE_*) and the bytes in a page. */
void vb_win_processor(uint32_t *architecture, uint32_t *page_size);
/* GetTickCount64: milliseconds since boot. */
uint64_t vb_win_ticks(void);
/* The wall clock in units of 100 ns since 1601. */
uint64_t vb_win_clock(void);
/* A local time by the zone's rules for its day, in milliseconds since 1970 of local and of universal time. */
int64_t vb_win_utc_milliseconds(int64_t local);
/* GlobalMemoryStatusEx, in bytes. */
struct vb_win_memory {
  uint64_t physical_total, physical_available, commit_limit, commit_available;
};
int64_t vb_win_memory(struct vb_win_memory *memory);
/* GetPerformanceInfo, in pages but for the last. */
struct vb_win_performance {
  uint64_t commit_total, commit_limit, physical_total, physical_available, system_cache, kernel_total, kernel_paged,
    kernel_nonpaged, page_size;
};
int64_t vb_win_performance(struct vb_win_performance *performance);
/* GetPhysicallyInstalledSystemMemory, in kilobytes: what the firmware's SMBIOS tables say. */
int64_t vb_win_installed_memory(uint64_t *kilobytes);
/* NtQuerySystemInformation(SystemCodeIntegrityInformation): CODEINTEGRITY_OPTION_* flags. */
int64_t vb_win_code_integrity(uint32_t *options);
/* GetSystemWindowsDirectory: units written. */
int64_t vb_win_directory(uint16_t *path, int64_t units);
/* Fills a buffer from the system's random numbers. */
void vb_win_random(uint8_t *bytes, int64_t count);
/* Whether this process has an administrator's rights now: 1 or 0. */
int32_t vb_win_is_elevated(void);
/* Handles that this process has open. */
int64_t vb_win_handle_count(void);

/* -- The registry: HKEY_LOCAL_MACHINE, reading only, always the 64-bit view --------------------------------------- */

/* A value's bytes and type (REG_*); the count of bytes. A value of more than `capacity` bytes is ERROR_MORE_DATA. */
int64_t vb_win_registry_value(
  const uint16_t *key, const uint16_t *name, uint32_t *type, uint8_t *bytes, int64_t capacity);
/* A key whose subkeys and values are to be listed. */
int64_t vb_win_registry_open(const uint16_t *key, void **open);
/* The name of the subkey, or value, of that index: units written. ERROR_NO_MORE_ITEMS at the end. */
int64_t vb_win_registry_subkey(void *open, uint32_t index, uint16_t *name, int64_t units);
int64_t vb_win_registry_name(void *open, uint32_t index, uint16_t *name, int64_t units);
void vb_win_registry_close(void *open);

/* -- Devices (SetupAPI, configuration manager) -------------------------------------------------------------------- */

/* All devices of an enumerator, phantoms included, when `enumerator` is given; else an empty set for one device. */
int64_t vb_win_devices_open(const uint16_t *enumerator, void **devices);
/* Goes to the device of that index. ERROR_NO_MORE_ITEMS at the end. */
int64_t vb_win_device_at(void *devices, uint32_t index);
/* Goes to the device of that instance id. When SetupAPI does not know it, the next functions but the last fail. */
int64_t vb_win_device_named(void *devices, const uint16_t *instance);
void vb_win_devices_close(void *devices);

/* Of the device gone to: its instance id, in units. */
int64_t vb_win_device_id(void *devices, uint16_t *id, int64_t units);
/* SetupDiGetDeviceRegistryProperty: an SPDRP_* property's type (REG_*) and bytes. */
int64_t vb_win_device_value(void *devices, uint32_t property, uint32_t *type, uint8_t *bytes, int64_t capacity);
/* SetupDiGetDeviceProperty: a DEVPKEY_* property's type (DEVPROP_TYPE_*) and bytes. The two halves of `format` are the
 * key's GUID as it stands in memory. */
int64_t vb_win_device_property(
  void *devices, uint64_t format_low, uint64_t format_high, uint32_t id, uint32_t *type, uint8_t *bytes,
  int64_t capacity);
/* A value of the driver's (software) key: type and bytes. */
int64_t vb_win_device_driver_value(
  void *devices, const uint16_t *name, uint32_t *type, uint8_t *bytes, int64_t capacity);
/* CM_Get_DevNode_Status of the device that was named: 0, or the positive CONFIGRET (CR_*). Only in programs built for
 * tests, with VB_TEST_DEVNODE_STATUS, what a test wrote to the device's key comes first: Wine's own answer is always the
 * same. */
int64_t vb_win_device_status(void *devices, uint32_t *status, uint32_t *problem);

/* -- Services ----------------------------------------------------------------------------------------------------- */

/* Opens a service or kernel driver for questions only. */
int64_t vb_win_service_open(const uint16_t *name, void **service);
struct vb_win_service_status {
  uint32_t type, state, exit_code, service_exit_code, process;
};
int64_t vb_win_service_status(void *service, struct vb_win_service_status *status);
/* QueryServiceConfig: SERVICE_*_START, the binary's path and the dependencies (each ended by a zero), in units. */
struct vb_win_service_config {
  uint32_t start, path_units, dependency_units;
};
int64_t vb_win_service_config(
  void *service, struct vb_win_service_config *config, uint16_t *path, int64_t path_units, uint16_t *dependencies,
  int64_t dependency_units);
void vb_win_service_close(void *service);

/* -- Files: those of the system's own folders, and drivers' ------------------------------------------------------- */

/* Whether there is such a file: 1, 0, or an error. A 32-bit program sees the real System32. */
int64_t vb_win_file_exists(const uint16_t *path);
/* The file version of a program's or driver's VERSIONINFO: two numbers of 32 bits, the higher first. Not through
 * version.dll, which is none of Windows' "known DLLs": a program started beside a planted one would load that. */
int64_t vb_win_file_version(const uint16_t *path, uint32_t *high, uint32_t *low);
/* Opens %SystemRoot%\inf\setupapi.dev.log at most `tail` bytes before its end; no other file can be opened by this.
 * Tells the offset at which reading begins. */
int64_t vb_win_setup_log_open(int64_t tail, int64_t *offset, void **file);
/* Opens %SystemRoot%\inf\<name>; a name with anything of a path in it is ERROR_INVALID_NAME. */
int64_t vb_win_inf_open(const uint16_t *name, void **file);
int64_t vb_win_file_read(void *file, uint8_t *bytes, int64_t capacity);
void vb_win_file_close(void *file);
/* Lists %SystemRoot%\inf\oem*.inf: names, one a call, in units; 0 at the end. */
int64_t vb_win_oem_infs_open(void **list);
int64_t vb_win_oem_infs_next(void *list, uint16_t *name, int64_t units);
void vb_win_oem_infs_close(void *list);
/* SetupGetInfDriverStoreLocation: where the driver store keeps a published INF, in units. */
int64_t vb_win_inf_store_path(const uint16_t *name, uint16_t *path, int64_t units);

/* -- The System event log ----------------------------------------------------------------------------------------- */

int64_t vb_win_events_open(void **log);
/* One record, valid until the next call. */
struct vb_win_event {
  uint32_t number, time, id, type;  /* time: seconds since 1970 */
  const uint16_t *source;
  const uint16_t *strings;          /* each ended by a zero */
  uint32_t source_units, string_units, string_count;
};
/* The next older record: 1, or 0 at the end. Reason: the records are structures of varying length. */
int64_t vb_win_events_next(void *log, struct vb_win_event *event);
void vb_win_events_close(void *log);

/* -- The channel -------------------------------------------------------------------------------------------------- */

/* Opens a device alone and for overlapped reading and writing; a serial line is made raw. */
int64_t vb_win_channel_open(const uint16_t *path, void **channel);
/* Waits for bytes, at most so long (-1: for ever): their count, 0 when none came. A read that brought nothing yet stays
 * under way until the next call. */
int64_t vb_win_channel_read(void *channel, uint8_t *bytes, int64_t capacity, int32_t milliseconds);
/* Writes; bytes that the other end did not take in the time are withdrawn. The count taken, which may be less. */
int64_t vb_win_channel_write(void *channel, const uint8_t *bytes, int64_t count, int32_t milliseconds);
/* Withdraws what is under way and closes. Reason: the buffers of overlapped calls must outlive them. */
void vb_win_channel_close(void *channel);

/* Begins to listen for virtio-serial ports coming (GUID_VIOSERIAL_PORT): 1 when Windows will tell, 0 when it cannot
 * (Windows 7, unless this is the service). */
int32_t vb_win_listen(void);
/* Waits, at most so long: 0 when the time is over, 1 when a port came or its host's state changed. */
int64_t vb_win_pause(int32_t milliseconds);

/* -- This program as a service ------------------------------------------------------------------------------------ */

/* Runs `body` as the service of that name, and returns when the service has ended. Reason: Windows calls back. */
int64_t vb_win_run_service(const uint16_t *name, int32_t (*body)(void));
/* Puts the service into the service manager's list, or changes it there: automatic delayed start, restart on failure,
 * LocalSystem without its privileges but one. `command` is its whole command line. 0, or vb_win_refused bits. */
enum vb_win_refused {
  VB_WIN_DESCRIPTION = 1, VB_WIN_DELAYED_START = 2, VB_WIN_RESTART = 4, VB_WIN_SERVICE_SID = 8, VB_WIN_PRIVILEGES = 16,
  VB_WIN_EVENT_SOURCE = 32
};
int64_t vb_win_install(
  const uint16_t *name, const uint16_t *title, const uint16_t *description, const uint16_t *command);
/* Takes it out again; it must have been stopped. */
int64_t vb_win_uninstall(const uint16_t *name);
/* Start and stop it, and wait at most so long until it has. */
int64_t vb_win_start(const uint16_t *name, int32_t milliseconds);
int64_t vb_win_stop(const uint16_t *name, int32_t milliseconds);
/* The path of this program, in units. */
int64_t vb_win_own_path(uint16_t *path, int64_t units);

/* Writes one entry to the Application log under that source; the texts of its events are this program's own. */
enum vb_win_severity { VB_WIN_INFORMATION = 0, VB_WIN_WARNING = 1, VB_WIN_ERROR = 2 };
void vb_win_report_event(const uint16_t *source, int32_t severity, const uint16_t *text);

/* -- Standard streams --------------------------------------------------------------------------------------------- */

enum vb_win_stream { VB_WIN_INPUT = 0, VB_WIN_OUTPUT = 1, VB_WIN_DIAGNOSTICS = 2 };
/* Bytes read; 0 at the end. */
int64_t vb_win_stream_read(uint8_t *bytes, int64_t capacity);
/* Writes all; a console is given the text itself, whatever its code page. */
int64_t vb_win_stream_write(int32_t stream, const uint8_t *bytes, int64_t count);

/* Lets a crash end the program at once instead of showing a window that nobody sees. */
void vb_win_no_dialogs(void);
_Noreturn void vb_win_exit(int32_t status);

#endif
