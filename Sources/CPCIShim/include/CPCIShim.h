/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VB_PCI_SHIM_H
#define VB_PCI_SHIM_H

#include <stddef.h>
#include <stdint.h>

/* libpci in one call. Its error handler is variadic and must not return (the default one ends the process), so every
 * call of libpci stands between a setjmp and its longjmp, all of them in pci.c; no Swift frame is ever jumped over. */

/* Which fields of a vb_pci_function libpci could fill. */
enum {
  VB_PCI_IDENTITY = 1, /* vendor_id and device_id */
};

struct vb_pci_function {
  uint32_t known;
  uint32_t segment;
  uint8_t bus, device, function;
  uint16_t vendor_id, device_id;
  /* The first config_length bytes of config are valid. */
  uint32_t config_length;
  uint8_t config[4096];
  /* Empty when pci.ids does not know it. */
  char vendor_name[256], device_name[256];
};

/* Called once a function; the pointer is valid during the call. */
typedef void (*vb_pci_visitor)(void *context, const struct vb_pci_function *function);

/* Visits the functions below a sysfs "bus/pci" folder. 0, or -1 with a message of libpci. */
int vb_pci_scan_sysfs(const char *folder, vb_pci_visitor visitor, void *context, char message[256]);

/* Visits the functions of a text as `lspci -x` writes it. libpci's reader trusts that text: give it only what was
 * checked. 0, or -1 with a message. */
int vb_pci_read_dump(const char *text, size_t length, vb_pci_visitor visitor, void *context, char message[256]);

#endif
