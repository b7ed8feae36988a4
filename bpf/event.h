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
#define ST_LOG_BYTES_MAX 4096    /* bytes kept of one write to a log */
#define ST_HANDSHAKE_CHUNK_BYTES 8192 /* of a TLS handshake in one record at most */
#define ST_HANDSHAKE_BYTES_MAX 16384  /* bytes kept of one flight of a TLS handshake */
#define ST_DNS_BYTES_MAX 1232 /* bytes kept of one datagram: what resolvers let servers send */
#define ST_CALL_TEXT_MAX 256  /* bytes kept of a text that an argument points to */
#define ST_CALL_NUMBERS 512   /* x86-64 has none beyond */
#define ST_LOG_NAME_LEN 64    /* of a log file's name, NUL included */
#define ST_GROUP_PATH_MAX 256 /* of a control group below its mount: longer ones are cut here */

/* Numbers are never reused: a bundle's reader may meet an old one. */
enum st_event_type {
  ST_EVENT_TLS = 1,        /* plaintext of one read or write by TLS or on a socket, one chunk */
  ST_EVENT_TLS_PEER = 2,   /* a TLS object was tied to a connection */
  ST_EVENT_TLS_CLOSE = 3,  /* a TLS object was freed, or is used for another connection */
  ST_EVENT_CONNECTION = 4, /* TCP connection opened, first seen or closed */
  ST_EVENT_FORK = 5,       /* also in st_control */
  ST_EVENT_EXEC = 6,       /* also in st_control */
  ST_EVENT_EXIT = 7,       /* last thread of the process has gone; also in st_control */
  ST_EVENT_LIBRARY = 8,    /* the loader changed the link map; st_control only */
  ST_EVENT_LOG = 9,        /* the target wrote to a log */
  ST_EVENT_CALL = 10,      /* a system call of the target has ended */
  ST_EVENT_WINDOW = 11,    /* a stream's window opened or closed: request scope */
  ST_EVENT_HANDSHAKE = 12, /* a piece of the unencrypted handshake of TLS, or its end */
  ST_EVENT_DNS = 13,       /* a datagram in the form of DNS */
  ST_EVENT_JOINED = 14,    /* a process is in scope from now on; so are the next, st_control only */
  ST_EVENT_STRANGER = 15,  /* a process of the group runs a program that is not known as approved */
  ST_EVENT_LEFT = 16,      /* a process that had joined has left the group, or its program */
  ST_EVENT_GROUP_MADE = 17 /* the group's folder was made again, as when a unit restarts */
};

enum st_direction { ST_EGRESS = 0, ST_INGRESS = 1 }; /* written, read by the target */

/* st_tls_event.flags */
enum st_tls_flag {
  ST_TLS_LAST = 1, /* last chunk kept of this call */
  ST_TLS_TRUNCATED =
      2,            /* the call moved more than ST_CALL_BYTES_MAX, or in more parts than are read */
  ST_TLS_FAULT = 4, /* this chunk's page could not be read: chunk_bytes are lost, no payload */
  ST_TLS_PLAIN = 8, /* the stream of a socket that carries no TLS */
  ST_TLS_UNREADABLE = 16, /* the call's bytes never were in the target's memory, or are not any
                             more (sendfile, splice, MSG_ZEROCOPY, MSG_TRUNC): no payload */
  ST_TLS_IO_URING = 32    /* the bytes were moved by io_uring: no payload */
};

/* Why the calls of a TLS object are copied under request scope. */
enum st_window_kind {
  ST_WINDOW_NONE = 0,    /* they are not */
  ST_WINDOW_MATCHED = 1, /* the request has an approved header field */
  ST_WINDOW_CAUSED = 2,  /* sent by a thread that serves such a request, and only it */
  ST_WINDOW_ROUTINE = 3  /* the same of a goroutine */
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

/* One chunk of plaintext. chunk_bytes of payload follow, unless ST_TLS_FAULT is set. A last chunk
 * of 0 bytes says that the rest of its call was not copied. Records of size classes may be longer:
 * bytes after the payload up to the record's end are undefined padding within `size` and never
 * read. */
struct st_tls_event {
  struct st_event_header header;
  __u64 tls_id;       /* this TLS object from first sight to SSL_free, or with ST_TLS_PLAIN this
                         connection; never reused in a session */
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

/* tls_id belongs to conn_id. Sent once: an object that is used with another connection later gets
 * another tls_id. */
struct st_tls_peer_event {
  struct st_event_header header;
  __u64 tls_id;
  __u64 conn_id;
  __u8 source; /* enum st_peer_source */
  __u8 reserved[7];
};
static_assert(sizeof(struct st_tls_peer_event) == 48, "wire layout of st_tls_peer_event changed");

/* The TLS object is gone, or a plain connection goes on with TLS; positions say how many bytes each
 * direction carried in all. */
struct st_tls_close_event {
  struct st_event_header header;
  __u64 tls_id;
  __u64 conn_id;
  __u64 egress_bytes;
  __u64 ingress_bytes;
};
static_assert(sizeof(struct st_tls_close_event) == 56, "wire layout of st_tls_close_event changed");

/* Request scope: from these positions on the streams are in a window of `kind`, or in none. What is
 * missing before them, or while there is no window, was out of scope: no loss. */
struct st_window_event {
  struct st_event_header header;
  __u64 tls_id;
  __u64 conn_id;
  __u64 position[2]; /* by enum st_direction */
  __u8 kind;         /* enum st_window_kind */
  __u8 reserved[7];
};
static_assert(sizeof(struct st_window_event) == 64, "wire layout of st_window_event changed");

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

/* st_handshake_event.flags */
enum st_handshake_flag {
  ST_HANDSHAKE_SERVER = 1, /* of the server's flight, else of the client's */
  ST_HANDSHAKE_LAST = 2,   /* nothing more of this handshake comes: it is over or encrypted now */
  ST_HANDSHAKE_CUT = 4     /* there was more of it, in this record or before */
};

/* The next bytes of a flight of a TLS handshake: messages without the records around them.
 * kept_bytes of them follow; what is behind them is padding, as in a chunk. */
struct st_handshake_event {
  struct st_event_header header;
  __u64 conn_id;
  __u32 kept_bytes; /* at most ST_HANDSHAKE_CHUNK_BYTES */
  __u8 direction;   /* enum st_direction */
  __u8 flags;       /* enum st_handshake_flag */
  __u16 reserved;
};
static_assert(sizeof(struct st_handshake_event) == 40, "wire layout of st_handshake_event changed");

/* A question of the target, or an answer to it: a datagram whose first bytes are as those of a
 * DNS message. kept_bytes of it follow; what is behind them is padding, as in a chunk. */
struct st_dns_event {
  struct st_event_header header;
  __u8 server_address[16]; /* as in st_connection_event; zeros where the socket has no peer */
  __u16 server_port;       /* host byte order; 0: as above */
  __u16 local_port;        /* host byte order */
  __u16 family;            /* AF_INET or AF_INET6 */
  __u16 call_bytes;        /* that the call moved */
  __u16 kept_bytes;        /* of them, the first; at most ST_DNS_BYTES_MAX */
  __u8 direction;          /* enum st_direction: question or answer */
  __u8 reserved[5];
};
static_assert(sizeof(struct st_dns_event) == 56, "wire layout of st_dns_event changed");

/* Fork, exec and exit of a scoped process. header.tgid is the process it happened to. */
struct st_process_event {
  struct st_event_header header;
  __u32 other_tgid; /* fork: the child; else 0 */
  __s32 exit_code;  /* exit: wait(2) status word; else 0 */
  char comm[ST_COMM_LEN];
};
static_assert(sizeof(struct st_process_event) == 48, "wire layout of st_process_event changed");

/* The file that a process executes, as the kernel knows it: not as stat(2) tells it, which differs
 * on overlay and btrfs. One that was written to has another time of change. */
struct st_program {
  __u64 inode;
  __s64 changed_s;
  __u32 changed_ns;
  __u32 device;
};
static_assert(sizeof(struct st_program) == 24, "wire layout of st_program changed");

/* How a process came into scope. */
enum st_join {
  ST_JOIN_PRESENT = 1,  /* it was there when somebody looked */
  ST_JOIN_FORKED = 2,   /* a process in scope forked it, or it was made inside the group */
  ST_JOIN_EXECUTED = 3, /* it executes another program from now on */
  ST_JOIN_MOVED = 4     /* it was moved into the group */
};

/* A process joined, left or was met. header.tgid is that process, whoever caused it. */
struct st_member_event {
  struct st_event_header header;
  __u64 start_ns; /* of the process, CLOCK_BOOTTIME */
  struct st_program program;
  __u32 own_tgid;   /* its number in the pid namespace of scopetrace-capture; 0: it has none */
  __u32 inner_tgid; /* in its own pid namespace */
  __u32 execs;      /* how often it has called execve, low bits */
  __u8 how;         /* enum st_join; 0 when it left */
  __u8 reserved[3];
  char comm[ST_COMM_LEN];
};
static_assert(sizeof(struct st_member_event) == 88, "wire layout of st_member_event changed");

/* Where a log goes. */
enum st_log_sink {
  ST_LOG_STDOUT = 1,
  ST_LOG_STDERR = 2,
  ST_LOG_SYSLOG = 3,  /* /dev/log, or what journald put in its place */
  ST_LOG_JOURNAL = 4, /* /run/systemd/journal/socket */
  ST_LOG_FILE = 5     /* a file named *.log */
};

/* st_log_event.flags */
enum st_log_flag {
  ST_LOG_FAULT = 1,    /* a page could not be read: kept_bytes end before it */
  ST_LOG_ENDS_LINE = 2 /* the last byte of the write, kept or not, is a line end */
};

/* One write to a log. kept_bytes of it follow; what is behind them is padding, as in a chunk. */
struct st_log_event {
  struct st_event_header header;
  __u64 sequence;   /* counts all writes to logs in the session, from 1: a jump is a loss */
  __u32 call_bytes; /* that the call wrote */
  __u32 kept_bytes; /* of them, the first; at most ST_LOG_BYTES_MAX */
  __u32 fd;         /* that was written to */
  __u8 sink;        /* enum st_log_sink */
  __u8 flags;       /* enum st_log_flag */
  __u16 reserved;
  char name[ST_LOG_NAME_LEN]; /* of the file, without folders; empty of other sinks */
};
static_assert(sizeof(struct st_log_event) == 112, "wire layout of st_log_event changed");

/* Families of system calls; one bit each. */
enum st_call_family { ST_CALLS_FILES = 1, ST_CALLS_PROCESS = 2, ST_CALLS_SOCKETS = 4 };

/* What the texts of a call are; the argument behind all but a path says how many bytes there are.
 */
enum st_call_text { ST_TEXT_NONE = 0, ST_TEXT_PATH = 1, ST_TEXT_ADDRESS = 2, ST_TEXT_OPTION = 3 };

/* One system call that has ended. text_bytes[0] bytes follow, and ST_CALL_TEXT_MAX behind the
 * structure text_bytes[1] bytes; the rest is padding. */
struct st_call_event {
  struct st_event_header header;
  __u64 conn_id; /* of the connection of the first argument; 0: none */
  __s64 result;  /* as returned: -errno on failure */
  __u64 args[6]; /* as in the registers at the call's end */
  __u16 number;  /* arch/x86/entry/syscalls/syscall_64.tbl */
  __u16 text_bytes[2];
  __u16 reserved;
  __u64 duration_ns; /* 0: its begin was not seen */
  __u64 timeout_ns;  /* of ppoll, select and pselect6 when timed; 0: none, or not known */
};
static_assert(sizeof(struct st_call_event) == 112, "wire layout of st_call_event changed");

/* All calls that are captured (close only when timed): number, name, family, kind of its texts, the
 * arguments that point to them (0: none), whether it is a wait, and for each argument its name and
 * type: d descriptor, i signed, u unsigned, x flags, o mode, t text, - nothing that is told. */
#define ST_CALL_LIST(ROW)                                                               \
  ROW(2, open, FILES, PATH, 1, 0, 0, "path:t flags:x mode:o")                           \
  ROW(3, close, SOCKETS, NONE, 0, 0, 0, "fd:d")                                         \
  ROW(4, stat, FILES, PATH, 1, 0, 0, "path:t")                                          \
  ROW(6, lstat, FILES, PATH, 1, 0, 0, "path:t")                                         \
  ROW(7, poll, SOCKETS, NONE, 0, 0, 1, "fds:- count:u timeout_ms:i")                    \
  ROW(21, access, FILES, PATH, 1, 0, 0, "path:t mode:o")                                \
  ROW(23, select, SOCKETS, NONE, 0, 0, 1, "count:u")                                    \
  ROW(42, connect, SOCKETS, ADDRESS, 2, 0, 0, "fd:d address:t")                         \
  ROW(43, accept, SOCKETS, NONE, 0, 0, 0, "fd:d")                                       \
  ROW(48, shutdown, SOCKETS, NONE, 0, 0, 0, "fd:d how:u")                               \
  ROW(49, bind, SOCKETS, ADDRESS, 2, 0, 0, "fd:d address:t")                            \
  ROW(50, listen, SOCKETS, NONE, 0, 0, 0, "fd:d backlog:i")                             \
  ROW(54, setsockopt, SOCKETS, OPTION, 4, 0, 0, "fd:d level:u option:u value:t")        \
  ROW(59, execve, PROCESS, PATH, 1, 0, 0, "path:t")                                     \
  ROW(62, kill, PROCESS, NONE, 0, 0, 0, "tgid:i signal:u")                              \
  ROW(82, rename, FILES, PATH, 1, 2, 0, "path:t to:t")                                  \
  ROW(83, mkdir, FILES, PATH, 1, 0, 0, "path:t mode:o")                                 \
  ROW(84, rmdir, FILES, PATH, 1, 0, 0, "path:t")                                        \
  ROW(85, creat, FILES, PATH, 1, 0, 0, "path:t mode:o")                                 \
  ROW(87, unlink, FILES, PATH, 1, 0, 0, "path:t")                                       \
  ROW(232, epoll_wait, SOCKETS, NONE, 0, 0, 1, "fd:d events:- count:u timeout_ms:i")    \
  ROW(257, openat, FILES, PATH, 2, 0, 0, "folder:d path:t flags:x mode:o")              \
  ROW(258, mkdirat, FILES, PATH, 2, 0, 0, "folder:d path:t mode:o")                     \
  ROW(262, newfstatat, FILES, PATH, 2, 0, 0, "folder:d path:t")                         \
  ROW(263, unlinkat, FILES, PATH, 2, 0, 0, "folder:d path:t flags:x")                   \
  ROW(264, renameat, FILES, PATH, 2, 4, 0, "folder:d path:t to_folder:d to:t")          \
  ROW(270, pselect6, SOCKETS, NONE, 0, 0, 1, "count:u")                                 \
  ROW(271, ppoll, SOCKETS, NONE, 0, 0, 1, "fds:- count:u")                              \
  ROW(281, epoll_pwait, SOCKETS, NONE, 0, 0, 1, "fd:d events:- count:u timeout_ms:i")   \
  ROW(288, accept4, SOCKETS, NONE, 0, 0, 0, "fd:d")                                     \
  ROW(316, renameat2, FILES, PATH, 2, 4, 0, "folder:d path:t to_folder:d to:t flags:x") \
  ROW(332, statx, FILES, PATH, 2, 0, 0, "folder:d path:t")

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
  ST_COUNT_UNREADABLE_BYTES = 12, /* of plain sockets: sendfile, splice, MSG_ZEROCOPY, MSG_TRUNC */
  ST_COUNT_UNDECIDED_BYTES = 13,  /* of sockets that may carry TLS or not: not copied */
  ST_COUNT_IO_URING_BYTES = 14,   /* that sockets moved by io_uring: never copied */
  ST_COUNT_IO_URING_CALLS = 15,   /* io_uring_enter: what it moves is not seen */
  ST_COUNT_LOG_BYTES = 16,        /* of writes to logs, kept or not */
  ST_COUNT_HANDSHAKE_BYTES = 17,  /* of unencrypted handshakes of TLS, copied */
  ST_COUNT_DNS_BYTES = 18,        /* of datagrams of DNS, copied */
  ST_COUNT_MAX = 32
};

#endif
