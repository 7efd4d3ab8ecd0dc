/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <malloc.h>
#include <microhttpd.h>
#include <stddef.h>
#include <sys/socket.h>

/*
 * Nothing of libmicrohttpd is linked: its functions are found by name when they are first needed. Several of them are
 * variadic, and its enumerations were integers in older headers, so Swift sees neither: it fills the table and calls
 * what is below.
 */
struct vb_mhd {
  __typeof__(MHD_start_daemon) *start_daemon;
  __typeof__(MHD_get_connection_info) *get_connection_info;
  __typeof__(MHD_lookup_connection_value) *lookup_connection_value;
  __typeof__(MHD_suspend_connection) *suspend_connection;
  __typeof__(MHD_resume_connection) *resume_connection;
  __typeof__(MHD_create_response_from_buffer) *create_response_from_buffer;
  __typeof__(MHD_add_response_header) *add_response_header;
  __typeof__(MHD_queue_response) *queue_response;
  __typeof__(MHD_destroy_response) *destroy_response;
};

/* The two that are variadic have no type in Swift; dlsym's address is put in place here. */
static inline void vb_mhd_set_variadic(struct vb_mhd *table, void *start_daemon, void *get_connection_info) {
  *(void **)&table->start_daemon = start_daemon;
  *(void **)&table->get_connection_info = get_connection_info;
}

/* What Swift does with a connection. */
struct vb_mhd_calls {
  /* Called when the headers of a request are there (`*seen` is NULL), and again until there is a reply; 0 closes. */
  int (*handle)(void *context, struct MHD_Connection *connection, void *own, const char *url, const char *method,
                void **seen);
  /* A connection begins: gives what is its `own` from now on. */
  void *(*begin)(void *context, int socket);
  /* It is about to be closed. */
  void (*end)(void *context, void *own);
  void *context;
  const struct vb_mhd *table;
};

static inline const union MHD_ConnectionInfo *vb_mhd_info(const struct vb_mhd *table, struct MHD_Connection *connection,
                                                          enum MHD_ConnectionInfoType what) {
  return table->get_connection_info(connection, what);
}

static inline enum MHD_Result vb_mhd_handle(void *context, struct MHD_Connection *connection, const char *url,
                                            const char *method, const char *version, const char *data, size_t *size,
                                            void **seen) {
  const struct vb_mhd_calls *calls = context;
  const union MHD_ConnectionInfo *own =
      vb_mhd_info(calls->table, connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  (void)version;
  (void)data;
  /* No body is asked for: what comes of one is dropped. */
  if (*size != 0) {
    *size = 0;
    return MHD_YES;
  }
  if (!own || !own->socket_context) return MHD_NO;
  return calls->handle(calls->context, connection, own->socket_context, url, method, seen) ? MHD_YES : MHD_NO;
}

static inline void vb_mhd_notify(void *context, struct MHD_Connection *connection, void **own,
                                 enum MHD_ConnectionNotificationCode code) {
  const struct vb_mhd_calls *calls = context;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    const union MHD_ConnectionInfo *socket = vb_mhd_info(calls->table, connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *own = calls->begin(calls->context, socket ? socket->connect_fd : -1);
  } else if (*own) {
    calls->end(calls->context, *own);
    *own = NULL;
  }
}

/* One thread for all connections. `calls` and its table have to live as long as the daemon. */
static inline struct MHD_Daemon *vb_mhd_start(const struct vb_mhd_calls *calls, int listening, unsigned int connections,
                                              unsigned int idle, size_t memory) {
  return calls->table->start_daemon(
      MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, vb_mhd_handle,
      (void *)calls, MHD_OPTION_LISTEN_SOCKET, (MHD_socket)listening, MHD_OPTION_CONNECTION_LIMIT, connections,
      MHD_OPTION_CONNECTION_TIMEOUT, idle, MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_NOTIFY_CONNECTION,
      vb_mhd_notify, (void *)calls, MHD_OPTION_END);
}

static inline const char *vb_mhd_header(const struct vb_mhd *table, struct MHD_Connection *connection,
                                        const char *name) {
  return table->lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* Queues a reply, after which the connection is closed; 0 when there is no memory for it. */
static inline int vb_mhd_reply(const struct vb_mhd *table, struct MHD_Connection *connection, unsigned int status,
                               const void *bytes, size_t size, const char *type) {
  struct MHD_Response *response =
      table->create_response_from_buffer(size, (void *)bytes, MHD_RESPMEM_MUST_COPY);
  int queued;
  if (!response) return 0;
  table->add_response_header(response, "Content-Type", type);
  table->add_response_header(response, "Connection", "close");
  if (status == 405) table->add_response_header(response, "Allow", "GET, HEAD");
  queued = table->queue_response(connection, status, response) == MHD_YES;
  table->destroy_response(response);
  return queued;
}

/* Swift's module of glibc leaves malloc.h out. */
static inline void vb_malloc_trim(void) { malloc_trim(0); }
