/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Socket tracepoints: bytes of each connection, its life, and the peer of the TLS call around. */
#ifndef ST_SOCKET_H
#define ST_SOCKET_H

static __always_inline struct st_connection *st_touch_socket(struct sock *sk,
                                                             struct st_thread *thread)
{
  struct st_connection *connection;

  st_charge_cpu(st_socket_hit_ns);
  connection = st_use_connection(sk);
  if (connection && thread) st_note_nested(thread, connection);
  if (connection) st_note_nested_go(connection);
  return connection;
}

/* Remembers what the system call at hand moved, for its end, when the bytes are to be copied. */
static __always_inline void st_note_moved(struct st_thread *thread, struct sock *sk, __u64 end)
{
  if (!st_plain) return;
  if (!thread) thread = st_make_thread();
  if (!thread) return st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
  thread->moved_socket = (__u64)sk;
  thread->moved_end = end;
}

/* Remembers the UDP socket that the system call at hand used: it may have asked for a name. */
static __always_inline int st_note_datagram(struct sock *sk, int returned)
{
  struct st_thread *thread;

  if (!st_plain || returned <= 0 || sk->sk_protocol != IPPROTO_UDP || st_is_io_uring()) return 0;
  thread = st_current_thread();
  if (!thread) thread = st_make_thread();
  if (!thread) {
    st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
    return 0;
  }
  st_charge_cpu(st_socket_hit_ns);
  thread->moved_datagram = (__u64)sk;
  return 0;
}

/* Bytes that left or entered by the call of this thread, or by io_uring. */
static __always_inline void st_add_moved(struct st_connection *connection, struct sock *sk,
                                         struct st_thread *thread, __u64 bytes, __u8 direction)
{
  __u64 *total = direction == ST_EGRESS ? &connection->sent_bytes : &connection->received_bytes;
  __u64 position = __sync_fetch_and_add(total, bytes);

  if (st_is_io_uring())
    st_skip_io_uring(connection, thread, position, bytes, direction);
  else
    st_note_moved(thread, sk, position + bytes);
}

SEC("?tp_btf/sock_send_length")
int BPF_PROG(st_handle_send, struct sock *sk, int returned)
{
  struct st_connection *connection;
  struct st_thread *thread;

  if (!st_current_in_scope()) return 0;
  if (!st_is_tcp(sk)) return st_note_datagram(sk, returned);
  thread = st_current_thread();
  connection = st_touch_socket(sk, thread);
  if (!connection || returned <= 0) return 0;
  st_add_moved(connection, sk, thread, (__u32)returned, ST_EGRESS);
  if (thread) st_settle_pending(thread, connection);
  return 0;
}

SEC("?tp_btf/sock_recv_length")
int BPF_PROG(st_handle_receive, struct sock *sk, int returned, int flags)
{
  struct st_connection *connection;
  struct st_thread *thread;

  if (!st_current_in_scope()) return 0;
  if (!st_is_tcp(sk)) return st_note_datagram(sk, returned);
  thread = st_current_thread();
  connection = st_touch_socket(sk, thread);
  if (connection && returned > 0 && !(flags & ST_MSG_OUTSIDE))
    st_add_moved(connection, sk, thread, (__u32)returned, ST_INGRESS);
  return 0;
}

static __always_inline void st_open_connection(struct sock *sk)
{
  __u64 key = (__u64)sk;
  struct st_connection *connection = bpf_map_lookup_elem(&st_connections, &key);

  if (!connection) return;
  st_note_addresses(connection, sk);
  st_announce(connection, ST_CONNECTION_OPENED);
}

static __always_inline void st_close_connection(struct sock *sk)
{
  __u64 key = (__u64)sk;
  struct st_connection *connection = bpf_map_lookup_elem(&st_connections, &key);

  bpf_map_delete_elem(&st_accepting, &key);
  if (!connection) return;
  if (!connection->announced) st_note_addresses(connection, sk); /* refused: it never opened */
  st_emit_connection(connection, ST_CONNECTION_CLOSED, bpf_ktime_get_boot_ns());
  st_forget_request(&connection->request, &connection->plain_id);
  bpf_map_delete_elem(&st_connections, &key);
}

/* Softirq or system call: CLOSE and ESTABLISHED concern sockets of the map only. */
SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(st_handle_state, struct sock *sk, int old_state, int new_state)
{
  __u64 key = (__u64)sk;
  __u8 one = 1;

  if (new_state == TCP_SYN_SENT) {
    if (st_current_in_scope() && st_is_tcp(sk)) st_make_connection(sk, ST_ROLE_CONNECTED);
  } else if (new_state == TCP_ESTABLISHED) {
    if (old_state == TCP_SYN_RECV) bpf_map_update_elem(&st_accepting, &key, &one, BPF_ANY);
    st_open_connection(sk);
  } else if (new_state == TCP_CLOSE) {
    st_close_connection(sk);
  }
  return 0;
}

#endif
