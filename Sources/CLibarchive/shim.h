/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <archive.h>
#include <archive_entry.h>

/*
 * Nothing of libarchive is linked: its functions are found by name when they are first needed. Swift cannot ask a C
 * declaration for its type without referring to the symbol, so each pointer type is taken from the header here.
 */
#define VB_FUNCTION(name) typedef __typeof__(name) *vb_##name##_f

VB_FUNCTION(archive_error_string);
VB_FUNCTION(archive_filter_bytes);
VB_FUNCTION(archive_filter_code);
VB_FUNCTION(archive_filter_count);
VB_FUNCTION(archive_format);

VB_FUNCTION(archive_read_new);
VB_FUNCTION(archive_read_support_filter_gzip);
VB_FUNCTION(archive_read_support_format_raw);
VB_FUNCTION(archive_read_support_format_tar);
VB_FUNCTION(archive_read_open);
VB_FUNCTION(archive_read_open_memory);
VB_FUNCTION(archive_read_next_header);
VB_FUNCTION(archive_read_data_block);
VB_FUNCTION(archive_read_free);

VB_FUNCTION(archive_write_new);
VB_FUNCTION(archive_write_add_filter_gzip);
VB_FUNCTION(archive_write_set_filter_option);
VB_FUNCTION(archive_write_set_format_pax_restricted);
VB_FUNCTION(archive_write_set_bytes_in_last_block);
VB_FUNCTION(archive_write_open);
VB_FUNCTION(archive_write_header);
VB_FUNCTION(archive_write_data);
VB_FUNCTION(archive_write_close);
VB_FUNCTION(archive_write_free);

VB_FUNCTION(archive_entry_new);
VB_FUNCTION(archive_entry_clear);
VB_FUNCTION(archive_entry_free);
VB_FUNCTION(archive_entry_pathname);
VB_FUNCTION(archive_entry_filetype);
VB_FUNCTION(archive_entry_hardlink);
VB_FUNCTION(archive_entry_size);
VB_FUNCTION(archive_entry_sparse_count);
VB_FUNCTION(archive_entry_set_pathname);
VB_FUNCTION(archive_entry_set_filetype);
VB_FUNCTION(archive_entry_set_perm);
VB_FUNCTION(archive_entry_set_size);
VB_FUNCTION(archive_entry_set_mtime);
VB_FUNCTION(archive_entry_set_uid);
VB_FUNCTION(archive_entry_set_gid);
VB_FUNCTION(archive_entry_set_uname);
VB_FUNCTION(archive_entry_set_gname);
