/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* TCP connections of the target. Entries are made in the target's own context only; whatever runs
 * in softirq finds its scope in this map and never asks for the current task. */
#ifndef ST_CONNECTION_H
#define ST_CONNECTION_H

struct st_connection {
  __u64 conn_id;
  __u64 sent_bytes;
  __u64 received_bytes;
  __u32 tgid;
  __u32 tid;
  __u8 role;
  __u8 announced; /* OPENED or SEEN was sent */
  __u8 excluded;  /* family or direction is not approved */
  __u8 has_tls;   /* a TLS object was tied to it */
  __u8 reserved[4];
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

static __always_inline bool st_is_tcp(struct sock *sk)
{
  __u16 family = sk->__sk_common.skc_family;

  return sk->sk_protocol == IPPROTO_TCP && (family == AF_INET || family == AF_INET6);
}

static __always_inline void st_fill_addresses(struct st_connection_event *event, struct sock *sk)
{
  struct sock_common *common = &sk->__sk_common;

  __builtin_memset(event->local_address, 0, 32);
  event->local_port = common->skc_num;
  event->peer_port = __builtin_bswap16(common->skc_dport);
  event->family = common->skc_family;
  if (event->family == AF_INET) {
    *(__u32 *)event->local_address = common->skc_rcv_saddr;
    *(__u32 *)event->peer_address = common->skc_daddr;
    return;
  }
  bpf_probe_read_kernel(event->local_address, 16, &common->skc_v6_rcv_saddr);
  bpf_probe_read_kernel(event->peer_address, 16, &common->skc_v6_daddr);
}

static __always_inline void st_emit_connection(struct sock *sk, struct st_connection *connection,
                                               __u8 state, __u64 now_ns)
{
  struct st_connection_event *event;

  if (connection->excluded || !st_is_running(false) || st_is_past_deadline(now_ns)) return;
  event = ST_RESERVE(now_ns, *event);
  if (!event) return;
  st_fill_header(&event->header, ST_EVENT_CONNECTION, sizeof(*event), now_ns);
  event->header.tgid = connection->tgid; /* softirq runs on top of anybody */
  event->header.tid = connection->tid;
  event->conn_id = connection->conn_id;
  event->sent_bytes = connection->sent_bytes;
  event->received_bytes = connection->received_bytes;
  st_fill_addresses(event, sk);
  event->state = state;
  event->role = connection->role;
  st_submit(event);
  connection->announced = 1;
}

/* A port that connect(2) picked has fastreuse -1; an accepted socket shares its listener's. */
static __always_inline bool st_has_picked_port(struct sock *sk)
{
  return BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_bind_hash, fastreuse) < 0;
}

static __always_inline bool st_is_excluded(struct sock *sk, __u8 role)
{
  __u16 family = sk->__sk_common.skc_family;

  if ((family == AF_INET && !st_ipv4) || (family == AF_INET6 && !st_ipv6)) return true;
  return !st_inbound && role != ST_ROLE_CONNECTED;
}

static __always_inline struct st_connection *st_make_connection(struct sock *sk, __u8 role)
{
  __u64 key = (__u64)sk, id = bpf_get_current_pid_tgid();
  struct st_connection made = {};

  made.conn_id = st_next_id();
  made.tgid = id >> 32;
  made.tid = (__u32)id;
  made.role = role;
  made.excluded = st_is_excluded(sk, role);
  bpf_map_update_elem(&st_connections, &key, &made, BPF_NOEXIST);
  return bpf_map_lookup_elem(&st_connections, &key);
}

/* The connection of a socket that the target uses now; announced the first time. */
static __always_inline struct st_connection *st_use_connection(struct sock *sk, __u64 now_ns)
{
  __u64 key = (__u64)sk;
  struct st_connection *connection = bpf_map_lookup_elem(&st_connections, &key);
  bool accepted;

  if (!connection) {
    accepted = bpf_map_lookup_elem(&st_accepting, &key);
    bpf_map_delete_elem(&st_accepting, &key);
    connection = st_make_connection(sk, accepted                 ? ST_ROLE_ACCEPTED
                                        : st_has_picked_port(sk) ? ST_ROLE_CONNECTED
                                                                 : ST_ROLE_UNKNOWN);
    if (connection)
      st_emit_connection(sk, connection, accepted ? ST_CONNECTION_OPENED : ST_CONNECTION_SEEN,
                         now_ns);
    return connection;
  }
  if (!connection->announced) st_emit_connection(sk, connection, ST_CONNECTION_SEEN, now_ns);
  return connection;
}

#endif
