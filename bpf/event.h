/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Records that cross the kernel boundary. The only header of bpf/ that userspace may include.
 *
 * Two rings: st_events carries target bytes and everything that ends up in the bundle (read by
 * scopetrace-redact); st_control carries process and library records without target bytes (read by
 * scopetrace-capture). Host byte order, no implicit padding, every reserved byte is 0. */
#ifndef SCOPETRACE_BPF_EVENT_H
#define SCOPETRACE_BPF_EVENT_H

#ifndef __VMLINUX_H__
#include <assert.h>
#include <linux/types.h>
#else
#define static_assert _Static_assert
#endif

#define ST_COMM_LEN 16           /* TASK_COMM_LEN of the kernel, NUL included */
#define ST_CHUNK_BYTES 16384     /* payload bytes in one record at most: one TLS record's worth */
#define ST_CALL_BYTES_MAX 262144 /* payload bytes kept of one call: 16 chunks */

/* Numbers are never reused: a bundle's reader may meet an old one. */
enum st_event_type {
  ST_EVENT_TLS = 1,        /* plaintext of one SSL_read or SSL_write, one chunk */
  ST_EVENT_TLS_PEER = 2,   /* a TLS object was tied to a connection */
  ST_EVENT_TLS_CLOSE = 3,  /* SSL_free of a TLS object */
  ST_EVENT_CONNECTION = 4, /* TCP connection opened, first seen or closed */
  ST_EVENT_FORK = 5,       /* also in st_control */
  ST_EVENT_EXEC = 6,       /* also in st_control */
  ST_EVENT_EXIT = 7,       /* last thread of the process has gone; also in st_control */
  ST_EVENT_LIBRARY = 8     /* the loader changed the link map; st_control only */
};

enum st_direction { ST_EGRESS = 0, ST_INGRESS = 1 }; /* written, read by the target */

/* st_tls_event.flags */
enum st_tls_flag {
  ST_TLS_LAST = 1,      /* last chunk kept of this call */
  ST_TLS_TRUNCATED = 2, /* the call moved more than ST_CALL_BYTES_MAX or the budget allowed */
  ST_TLS_FAULT = 4      /* this chunk's page could not be read: chunk_bytes are lost, no payload */
};

/* How a TLS object was tied to its connection, best first (docs/coverage: peers). */
enum st_peer_source {
  ST_PEER_NONE = 0,
  ST_PEER_NESTED_SOCKET = 1,  /* sock_send_length/sock_recv_length inside the TLS call */
  ST_PEER_NESTED_SYSCALL = 2, /* read or write of a socket inside the TLS call */
  ST_PEER_RECORD_HEADER = 3,  /* memory BIO: the next socket write began with a TLS record */
  ST_PEER_GO_CONN = 4         /* Go: the descriptor of the *net.TCPConn inside the tls.Conn */
};

enum st_connection_state {
  ST_CONNECTION_OPENED = 1, /* connect(2) or accept(2) seen */
  ST_CONNECTION_SEEN = 2,   /* was open before the session, or its opening was not seen */
  ST_CONNECTION_CLOSED = 3
};

enum st_connection_role { ST_ROLE_UNKNOWN = 0, ST_ROLE_CONNECTED = 1, ST_ROLE_ACCEPTED = 2 };

/* First bytes of every record. */
struct st_event_header {
  __u64 time_ns; /* CLOCK_BOOTTIME at the probe, nanoseconds */
  __u32 tgid;    /* process id in the initial pid namespace */
  __u32 tid;     /* thread id in the initial pid namespace */
  __u16 type;    /* enum st_event_type */
  __u16 cpu;     /* CPU that ran the probe, 0-based */
  __u32 size;    /* whole record, header and payload included, bytes */
};
static_assert(sizeof(struct st_event_header) == 24, "wire layout of st_event_header changed");

/* One chunk of plaintext. chunk_bytes of payload follow, unless ST_TLS_FAULT is set. Records of
 * size classes may be longer: bytes after the payload up to the record's end are undefined padding
 * within `size` and never read. */
struct st_tls_event {
  struct st_event_header header;
  __u64 tls_id;       /* this TLS object from first sight to SSL_free; never reused in a session */
  __u64 conn_id;      /* its connection, 0 while unknown */
  __u64 position;     /* stream offset of the first byte of this CALL in this direction, bytes since
                         the first call seen; calls that were dropped advance it too */
  __u32 call_bytes;   /* bytes that the call moved, as it returned them */
  __u32 offset_bytes; /* of this chunk within the call */
  __u32 chunk_bytes;  /* payload bytes of this chunk */
  __u8 direction;     /* enum st_direction */
  __u8 flags;         /* enum st_tls_flag */
  __u16 reserved;
};
static_assert(sizeof(struct st_tls_event) == 64, "wire layout of st_tls_event changed");

/* tls_id now belongs to conn_id. Sent once per pair; a second, different one means that the object
 * moved to another connection. */
struct st_tls_peer_event {
  struct st_event_header header;
  __u64 tls_id;
  __u64 conn_id;
  __u8 source; /* enum st_peer_source */
  __u8 reserved[7];
};
static_assert(sizeof(struct st_tls_peer_event) == 48, "wire layout of st_tls_peer_event changed");

/* The TLS object is gone; positions say how many bytes each direction carried in all. */
struct st_tls_close_event {
  struct st_event_header header;
  __u64 tls_id;
  __u64 conn_id;
  __u64 egress_bytes;
  __u64 ingress_bytes;
};
static_assert(sizeof(struct st_tls_close_event) == 56, "wire layout of st_tls_close_event changed");

/* One TCP connection of the target. Addresses in network order; IPv4 in the first 4 bytes. */
struct st_connection_event {
  struct st_event_header header;
  __u64 conn_id;    /* never 0, never reused in a session */
  __u64 sent_bytes; /* on the wire side of TLS, since first sight */
  __u64 received_bytes;
  __u8 local_address[16];
  __u8 peer_address[16];
  __u16 local_port; /* host byte order */
  __u16 peer_port;  /* host byte order */
  __u16 family;     /* AF_INET or AF_INET6 */
  __u8 state;       /* enum st_connection_state */
  __u8 role;        /* enum st_connection_role */
};
static_assert(sizeof(struct st_connection_event) == 88,
              "wire layout of st_connection_event changed");

/* Fork, exec and exit of a scoped process. header.tgid is the process it happened to. */
struct st_process_event {
  struct st_event_header header;
  __u32 other_tgid; /* fork: the child; else 0 */
  __s32 exit_code;  /* exit: wait(2) status word; else 0 */
  char comm[ST_COMM_LEN];
};
static_assert(sizeof(struct st_process_event) == 48, "wire layout of st_process_event changed");

/* Why the kernel side did not deliver something. Index into the st_counters map (array of __u64);
 * the maps are BPF_F_RDONLY: programs write, userspace reads. */
enum st_counter {
  ST_COUNT_EVENTS = 0,           /* records submitted */
  ST_COUNT_BYTES = 1,            /* payload bytes submitted */
  ST_COUNT_LOST_RING_EVENTS = 2, /* ring full */
  ST_COUNT_LOST_RING_BYTES = 3,
  ST_COUNT_LOST_BUDGET_EVENTS = 4, /* events/s, bytes or CPU budget spent */
  ST_COUNT_LOST_BUDGET_BYTES = 5,
  ST_COUNT_LOST_FAULT_BYTES = 6,    /* page not present */
  ST_COUNT_LOST_STATE_EVENTS = 7,   /* a state map was full */
  ST_COUNT_TRUNCATED_BYTES = 8,     /* past ST_CALL_BYTES_MAX of one call */
  ST_COUNT_SUPPRESSED_DEADLINE = 9, /* calls after the deadline */
  ST_COUNT_SUPPRESSED_SCOPE = 10,   /* calls outside the scope of the approval (muted, paused) */
  ST_COUNT_CPU_NS = 11,             /* charged run time of the programs */
  ST_COUNT_MAX = 16
};

#endif
