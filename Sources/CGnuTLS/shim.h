/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>

/*
 * Nothing of GnuTLS is linked: its functions are found by name when they are first needed. Swift cannot ask a C
 * declaration for its type without referring to the symbol, so each pointer type is taken from the header here.
 */
#define VB_FUNCTION(name) typedef __typeof__(name) *vb_##name##_f

VB_FUNCTION(gnutls_hash_fast);
VB_FUNCTION(gnutls_strerror);
