/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* TCP connections of the target. Entries are made in the target's own context only; whatever runs
 * in softirq finds its scope in this map and never asks for the current task. */
#ifndef ST_CONNECTION_H
#define ST_CONNECTION_H

/* What is known of the bytes of a connection. */
enum st_content { ST_CONTENT_UNKNOWN = 0, ST_CONTENT_PLAIN = 1, ST_CONTENT_TLS = 2 };

enum st_handshake_phase {
  ST_PHASE_NONE = 0,   /* no ClientHello was seen */
  ST_PHASE_CLIENT = 1, /* the client's first flight */
  ST_PHASE_WAIT = 2,   /* that flight is over: what else the client says is not looked at */
  ST_PHASE_SERVER = 3, /* the answer to it */
  ST_PHASE_ENDING = 4, /* it is over; userspace was not told yet */
  ST_PHASE_OVER = 5    /* nothing of it is looked at any more */
};

/* Where the unencrypted handshake of a connection is (bpf/handshake.h). */
struct st_handshake {
  __u8 head[16];     /* of the record at hand; twice the room, for the verifier */
  __u64 next[2];     /* position of the next call, by enum st_direction */
  __u32 head_bytes;  /* of it that have come */
  __u32 record_rest; /* bytes of the record at hand that are still to come */
  __u32 copied;      /* of the flight at hand */
  __u32 unseen;      /* st_shared.unseen when it began */
  __u8 phase;        /* enum st_handshake_phase */
  __u8 client;       /* enum st_direction of the client's bytes */
  __u8 was_cut;      /* there was more of it than was told */
  __u8 reserved[5];
};

struct st_connection {
  __u64 conn_id;  /* 0 while the CPU that made the entry has not given it one */
  __u64 plain_id; /* tls_id of its bytes as they are, 0: none were copied */
  __u64 sent_bytes;
  __u64 received_bytes;
  __u32 tgid;
  __u32 tid;
  __u8 local_address[16];
  __u8 peer_address[16];
  __u16 local_port; /* 0 until the kernel has picked one */
  __u16 peer_port;
  __u16 family;
  __u8 role;
  __u8 excluded;   /* family or direction is not approved */
  __u32 announced; /* OPENED or SEEN was sent, or is being sent by another CPU */
  __u32 has_tls;   /* a TLS object was tied to it */
  __u8 content;    /* enum st_content */
  __u8 is_fresh;   /* its opening was seen: position 0 is its begin */
  __u8 sent_whole; /* the last send moved all it was asked to: the next begins a record, if any */
  __u8 reserved[5];
  struct st_request request; /* of its bytes as they are */
  struct st_handshake handshake;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __uint(map_flags, BPF_F_RDONLY);
  __type(key, __u64); /* struct sock* */
  __type(value, struct st_connection);
} st_connections SEC(".maps");

/* Accepted sockets, of any process, until their owner is known: only the pointer. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __uint(map_flags, BPF_F_RDONLY);
  __type(key, __u64);
  __type(value, __u8);
} st_accepting SEC(".maps");

/* Bytes went by that nobody saw: what comes next may be encrypted, whatever it looks like. That
 * ends a handshake in progress. */
static __always_inline void st_miss_handshake(struct st_handshake *handshake)
{
  if (!handshake->phase || handshake->phase >= ST_PHASE_ENDING) return;
  handshake->was_cut = 1;
  handshake->phase = ST_PHASE_ENDING;
}

static __always_inline bool st_is_tcp(struct sock *sk)
{
  __u16 family = sk->__sk_common.skc_family;

  return sk->sk_protocol == IPPROTO_TCP && (family == AF_INET || family == AF_INET6);
}

/* Remembered while the socket has them: a closed one has given its port back. One that was refused
 * at once never shows its port; its peer is known all the same. */
static __always_inline void st_note_addresses(struct st_connection *connection, struct sock *sk)
{
  if (connection->local_port) return;
  connection->peer_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
  connection->family = BPF_CORE_READ(sk, __sk_common.skc_family);
  if (connection->family == AF_INET) {
    *(__u32 *)connection->local_address = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
    *(__u32 *)connection->peer_address = BPF_CORE_READ(sk, __sk_common.skc_daddr);
  } else {
    bpf_core_read(connection->local_address, 16, &sk->__sk_common.skc_v6_rcv_saddr);
    bpf_core_read(connection->peer_address, 16, &sk->__sk_common.skc_v6_daddr);
  }
  connection->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
}

static __always_inline bool st_emit_connection(struct st_connection *connection, __u8 state,
                                               __u64 now_ns)
{
  struct st_connection_event *event;

  if (connection->excluded || !st_is_running(false) || st_is_past_deadline(now_ns)) return false;
  event = ST_RESERVE(now_ns, *event);
  if (!event) return false;
  st_fill_header(&event->header, ST_EVENT_CONNECTION, sizeof(*event), now_ns);
  event->header.tgid = connection->tgid; /* softirq runs on top of anybody */
  event->header.tid = connection->tid;
  event->conn_id = connection->conn_id;
  event->sent_bytes = connection->sent_bytes;
  event->received_bytes = connection->received_bytes;
  __builtin_memcpy(event->local_address, connection->local_address, 32);
  event->local_port = connection->local_port;
  event->peer_port = connection->peer_port;
  event->family = connection->family;
  event->state = state;
  event->role = connection->role;
  st_submit(event);
  return true;
}

/* Announces a connection once, whichever CPU comes first; again after a failure. */
static __always_inline void st_announce(struct st_connection *connection, __u8 state)
{
  if (state == ST_CONNECTION_OPENED) connection->is_fresh = 1;
  if (connection->announced || !connection->conn_id) return;
  if (__sync_val_compare_and_swap(&connection->announced, 0, 1)) return;
  if (!st_emit_connection(connection, state, bpf_ktime_get_boot_ns())) connection->announced = 0;
}

/* A port that connect(2) picked has fastreuse -1; an accepted socket shares its listener's. */
static __always_inline bool st_has_picked_port(struct sock *sk)
{
  return BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_bind_hash, fastreuse) < 0;
}

static __always_inline bool st_is_excluded(struct sock *sk, __u8 role)
{
  __u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

  if ((family == AF_INET && !st_ipv4) || (family == AF_INET6 && !st_ipv6)) return true;
  return !st_inbound && role != ST_ROLE_CONNECTED;
}

/* An entry until its maker has filled it: nothing of it is copied. No stack for that, of which
 * older kernels have 512 bytes. */
static const struct st_connection st_new_connection = {.excluded = 1};

/* Only the CPU that inserts the entry takes an id, so that ids are consecutive. */
static __always_inline struct st_connection *st_make_connection(struct sock *sk, __u8 role)
{
  __u64 key = (__u64)sk, id = st_current_id();
  bool is_maker = !bpf_map_update_elem(&st_connections, &key, &st_new_connection, BPF_NOEXIST);
  struct st_connection *connection = bpf_map_lookup_elem(&st_connections, &key);

  if (!connection || !is_maker) return connection;
  connection->tgid = id >> 32;
  connection->tid = (__u32)id;
  connection->role = role;
  connection->excluded = st_is_excluded(sk, role);
  connection->conn_id = st_next_id(ST_ID_CONNECTION);
  return connection;
}

/* The connection of a socket that the target uses now; announced the first time. 0: closed. What a
 * reset socket still holds may be read after its end was told: that is no new connection. */
static __always_inline struct st_connection *st_use_connection(struct sock *sk)
{
  __u64 key = (__u64)sk;
  struct st_connection *connection = bpf_map_lookup_elem(&st_connections, &key);
  bool accepted = false;

  if (!connection && BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE) return 0;
  if (!connection) {
    accepted = bpf_map_lookup_elem(&st_accepting, &key);
    bpf_map_delete_elem(&st_accepting, &key);
    connection = st_make_connection(sk, accepted                 ? ST_ROLE_ACCEPTED
                                        : st_has_picked_port(sk) ? ST_ROLE_CONNECTED
                                                                 : ST_ROLE_UNKNOWN);
  }
  if (!connection) return 0;
  st_note_addresses(connection, sk);
  st_announce(connection, accepted ? ST_CONNECTION_OPENED : ST_CONNECTION_SEEN);
  return connection;
}

#endif
