/* SPDX-License-Identifier: BSD-3-Clause */
#ifdef _WIN32
#include "windows_shim.h"

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

void vb_win_report_event(const uint16_t *source, int32_t severity, const uint16_t *text) {
  HANDLE log = RegisterEventSourceW(NULL, wide(source));
  if (!log) return;
  /* The numbers are those of messages.mc, with their severity in the two highest bits. */
  static const struct { WORD type; DWORD id; } kinds[] = {
    { EVENTLOG_INFORMATION_TYPE, 0x40000001 },
    { EVENTLOG_WARNING_TYPE, 0x80000002 },
    { EVENTLOG_ERROR_TYPE, 0xc0000003 },
  };
  size_t kind = severity < 0 || severity >= (int32_t)COUNT(kinds) ? 0 : (size_t)severity;
  const wchar_t *strings[] = { wide(text) };
  ReportEventW(log, kinds[kind].type, 0, kinds[kind].id, NULL, COUNT(strings), 0, strings, NULL);
  DeregisterEventSource(log);
}
#endif
