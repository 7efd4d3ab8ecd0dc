/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "CPCIShim.h"

#include <errno.h>
#include <pci/pci.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The oldest libpci that counts segments beyond 16 bits, 3.5 (2016). Every newer one has this version of the function
 * too, and in all of them it is the newest under another name (pciutils, lib/access.c); but libpci before 3.7 says of
 * flags that it does not know that it did what they ask for. So it is asked only for what 3.5 knows, and only that part
 * of struct pci_dev is read which 3.5 has, up to `domain`. */
__asm__(".symver pci_fill_info, pci_fill_info@LIBPCI_3.5");

/* libpci's handlers get no context: it is the thread's. */
static _Thread_local jmp_buf *vb_jump;
static _Thread_local char *vb_message;

static void vb_fail(char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void vb_fail(char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(vb_message, 256, format, arguments);
  va_end(arguments);
  longjmp(*vb_jump, 1);
}

/* Warnings would go to stderr, which is not libpci's here. */
static void vb_ignore(char *format, ...) __attribute__((format(printf, 1, 2)));
static void vb_ignore(char *format, ...) { (void)format; }

/* Leaves `name` empty when it is not known, or pci.ids cannot be read: a name is never worth a failure. */
static void vb_name(struct pci_access *access, char *name, int flags, int vendor, int device) {
  char buffer[256], unused[256];
  jmp_buf jump, *outer_jump = vb_jump;
  char *outer_message = vb_message;
  name[0] = 0;
  vb_jump = &jump;
  vb_message = unused;
  if (!setjmp(jump)) {
    const char *found = pci_lookup_name(access, buffer, sizeof buffer, flags | PCI_LOOKUP_NO_NUMBERS, vendor, device);
    if (found) snprintf(name, 256, "%s", found);
  }
  vb_jump = outer_jump;
  vb_message = outer_message;
}

static void vb_visit(struct pci_access *access, vb_pci_visitor visitor, void *context) {
  struct vb_pci_function function;
  for (struct pci_dev *device = access->devices; device; device = device->next) {
    memset(&function, 0, sizeof function);
    /* libpci answers a register that it cannot read with ones; only what was really read counts. */
    while (function.config_length + 16 <= sizeof function.config &&
           pci_read_block(device, (int)function.config_length, function.config + function.config_length, 16))
      function.config_length += 16;
    int known = pci_fill_info(device, PCI_FILL_IDENT);
    function.known = known & PCI_FILL_IDENT ? VB_PCI_IDENTITY : 0;
    function.segment = (uint32_t)device->domain;
    function.bus = device->bus;
    function.device = device->dev;
    function.function = device->func;
    function.vendor_id = device->vendor_id;
    function.device_id = device->device_id;
    if (known & PCI_FILL_IDENT) {
      vb_name(access, function.vendor_name, PCI_LOOKUP_VENDOR, device->vendor_id, 0);
      vb_name(access, function.device_name, PCI_LOOKUP_DEVICE, device->vendor_id, device->device_id);
    }
    visitor(context, &function);
  }
}

static int vb_run(unsigned int method, char *parameter, const char *value, vb_pci_visitor visitor, void *context,
                  char message[256]) {
  jmp_buf jump, *outer_jump = vb_jump;
  char *outer_message = vb_message;
  /* Read after a longjmp, so not to be kept in registers. */
  volatile int result = -1;
  struct pci_access *volatile access = NULL;
  message[0] = 0;
  vb_jump = &jump;
  vb_message = message;
  if (!setjmp(jump)) {
    struct pci_access *fresh = pci_alloc();
    access = fresh;
    fresh->error = vb_fail;
    fresh->warning = vb_ignore;
    fresh->debug = vb_ignore;
    fresh->method = method;
    fresh->id_lookup_mode = 0; /* the local list alone: no cache file, no DNS */
    if (pci_set_param(fresh, parameter, (char *)value))
      snprintf(message, 256, "this libpci has no %s", parameter);
    else {
      pci_init(fresh);
      pci_scan_bus(fresh);
      vb_visit(fresh, visitor, context);
      result = 0;
    }
  }
  if (access && !setjmp(jump)) pci_cleanup(access);
  vb_jump = outer_jump;
  vb_message = outer_message;
  return result;
}

int vb_pci_scan_sysfs(const char *folder, vb_pci_visitor visitor, void *context, char message[256]) {
  return vb_run(PCI_ACCESS_SYS_BUS_PCI, "sysfs.path", folder, visitor, context, message);
}

int vb_pci_read_dump(const char *text, size_t length, vb_pci_visitor visitor, void *context, char message[256]) {
  char path[64];
  int file = memfd_create("lspci", MFD_CLOEXEC);
  int result = -1;
  if (file < 0) {
    snprintf(message, 256, "memfd_create: %s", strerror(errno));
    return -1;
  }
  for (size_t written = 0; written < length;) {
    ssize_t count = write(file, text + written, length - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      snprintf(message, 256, "memfd: %s", strerror(errno));
      close(file);
      return -1;
    }
    written += (size_t)count;
  }
  /* libpci opens it by name: a second description, which begins at 0. */
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  result = vb_run(PCI_ACCESS_DUMP, "dump.name", path, visitor, context, message);
  close(file);
  return result;
}
