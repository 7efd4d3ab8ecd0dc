/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VB_XML_PARSER_H
#define VB_XML_PARSER_H

/*
 * What this program uses of libxml2, of which two are about: libxml2.so.2 (to 2.13) and libxml2.so.16 (since 2.14). One
 * program is to run with either, so it is not compiled with the headers of one of them. All that is declared here is the
 * same in both (seen in the headers of 2.9.0 and of 2.15); XMLLibraryTests compares it with the headers of the build.
 */

/* struct _xmlError, as far as it is read. */
struct vb_xml_error {
  int domain, code;
  char *message;
  int level; /* 3 is XML_ERR_FATAL */
  char *file;
  int line;
};

typedef void (*vb_xml_text)(void *context, const unsigned char *text, int length);

/* struct _xmlSAXHandler, whole: it is written into the parser's own. Unused ones have no type here. */
struct vb_xml_handlers {
  void (*internal_subset)(void *context, const unsigned char *name, const unsigned char *external,
                          const unsigned char *system);
  void *unused_declarations[16];
  vb_xml_text characters, ignorable_whitespace;
  void *unused_others[6];
  vb_xml_text cdata_block;
  void *external_subset;
  unsigned int initialized; /* XML_SAX2_MAGIC */
  void *private_data;
  void (*start_element_ns)(void *context, const unsigned char *name, const unsigned char *prefix,
                           const unsigned char *uri, int namespace_count, const unsigned char **namespaces,
                           int attribute_count, int defaulted_count, const unsigned char **attributes);
  void (*end_element_ns)(void *context, const unsigned char *name, const unsigned char *prefix,
                         const unsigned char *uri);
  void (*error)(void *context, const struct vb_xml_error *error);
};

/* struct _xmlParserCtxt, as far as it is used; libxml2 makes it, and it goes on. */
struct vb_xml_context {
  struct vb_xml_handlers *handlers;
  void *user_data;
  void *document;
  int well_formed;
};

enum {
  VB_XML_FATAL = 3,
  VB_XML_NO_NETWORK = 1 << 11,      /* XML_PARSE_NONET */
  VB_XML_IGNORE_ENCODING = 1 << 21, /* XML_PARSE_IGNORE_ENC */
};
#define VB_XML_SAX2 0xDEEDBEAFu

typedef void (*vb_xmlInitParser)(void);
typedef struct vb_xml_context *(*vb_xmlCreateMemoryParserCtxt)(const char *bytes, int size);
typedef int (*vb_xmlCtxtUseOptions)(struct vb_xml_context *context, int options);
typedef int (*vb_xmlParseDocument)(struct vb_xml_context *context);
typedef void (*vb_xmlStopParser)(struct vb_xml_context *context);
typedef int (*vb_xmlSAX2GetLineNumber)(void *context);
typedef void (*vb_xmlFreeParserCtxt)(struct vb_xml_context *context);
typedef void (*vb_xmlFreeDoc)(void *document);

#endif
