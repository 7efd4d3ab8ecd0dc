/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <libvirt/libvirt.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <link.h>

/*
 * Nothing of libvirt is linked: its functions are found by name when they are first needed. Swift cannot ask a C
 * declaration for its type without referring to the symbol, so each pointer type is taken from the header here.
 */
#define VB_FUNCTION(name) typedef __typeof__(name) *vb_##name##_f

VB_FUNCTION(virInitialize);
VB_FUNCTION(virSetErrorFunc);
VB_FUNCTION(virGetLastError);
VB_FUNCTION(virGetVersion);
VB_FUNCTION(virEventRegisterDefaultImpl);
VB_FUNCTION(virEventRunDefaultImpl);
VB_FUNCTION(virEventAddTimeout);
VB_FUNCTION(virEventRemoveTimeout);

VB_FUNCTION(virConnectOpen);
VB_FUNCTION(virConnectOpenReadOnly);
VB_FUNCTION(virConnectClose);
VB_FUNCTION(virConnectIsAlive);
VB_FUNCTION(virConnectGetURI);
VB_FUNCTION(virConnectGetType);
VB_FUNCTION(virConnectGetVersion);
VB_FUNCTION(virConnectGetLibVersion);
VB_FUNCTION(virConnectListAllDomains);
VB_FUNCTION(virConnectGetAllDomainStats);
VB_FUNCTION(virDomainStatsRecordListFree);
VB_FUNCTION(virConnectDomainEventRegisterAny);
VB_FUNCTION(virConnectDomainEventDeregisterAny);

VB_FUNCTION(virDomainLookupByID);
VB_FUNCTION(virDomainLookupByName);
VB_FUNCTION(virDomainLookupByUUIDString);
VB_FUNCTION(virDomainFree);
VB_FUNCTION(virDomainGetName);
VB_FUNCTION(virDomainGetUUIDString);
VB_FUNCTION(virDomainGetID);
VB_FUNCTION(virDomainGetState);
VB_FUNCTION(virDomainIsPersistent);
VB_FUNCTION(virDomainGetXMLDesc);
VB_FUNCTION(virDomainGetMaxMemory);
VB_FUNCTION(virDomainMemoryStats);
VB_FUNCTION(virDomainGetControlInfo);
VB_FUNCTION(virDomainOpenChannel);
VB_FUNCTION(virDomainSetMemoryFlags);

VB_FUNCTION(virStreamNew);
VB_FUNCTION(virStreamSend);
VB_FUNCTION(virStreamRecv);
VB_FUNCTION(virStreamEventAddCallback);
VB_FUNCTION(virStreamEventUpdateCallback);
VB_FUNCTION(virStreamEventRemoveCallback);
VB_FUNCTION(virStreamAbort);
VB_FUNCTION(virStreamFree);

/* In libvirt-qemu.so.0. */
VB_FUNCTION(virDomainQemuMonitorCommand);
VB_FUNCTION(virDomainQemuAgentCommand);

#undef VB_FUNCTION

/*
 * dl_iterate_phdr, which <link.h> hides from Swift, as Swift compiles C without _GNU_SOURCE. The structure's first
 * members, in their order of <link.h>.
 */
struct vb_loaded_object {
  ElfW(Addr) address;
  const char *name;
  const ElfW(Phdr) *headers;
  ElfW(Half) header_count;
};
int vb_iterate_loaded_objects(int (*callback)(struct vb_loaded_object *object, size_t size, void *data), void *data)
    __asm__("dl_iterate_phdr");
