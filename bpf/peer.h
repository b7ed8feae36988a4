/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Which connection a TLS object talks over. Unknown rather than guessed. */
#ifndef ST_PEER_H
#define ST_PEER_H

static __always_inline void st_emit_peer(__u64 tls_id, __u64 conn_id, __u8 source, __u64 now_ns)
{
  struct st_tls_peer_event *event;

  if (!st_is_running(false) || st_is_past_deadline(now_ns)) return;
  event = ST_RESERVE(now_ns, *event);
  if (!event) return;
  st_fill_header(&event->header, ST_EVENT_TLS_PEER, sizeof(*event), now_ns);
  event->tls_id = tls_id;
  event->conn_id = conn_id;
  event->source = source;
  __builtin_memset(event->reserved, 0, sizeof(event->reserved));
  st_submit(event);
}

/* The end of a TLS object, or of a plain connection that goes on with TLS. */
static __always_inline void st_emit_close(__u64 tls_id, __u64 conn_id, __u64 egress_bytes,
                                          __u64 ingress_bytes, __u64 now_ns)
{
  struct st_tls_close_event *event;

  if (!st_is_running(false) || st_is_past_deadline(now_ns)) return;
  event = ST_RESERVE(now_ns, *event);
  if (!event) return;
  st_fill_header(&event->header, ST_EVENT_TLS_CLOSE, sizeof(*event), now_ns);
  event->tls_id = tls_id;
  event->conn_id = conn_id;
  event->egress_bytes = egress_bytes;
  event->ingress_bytes = ingress_bytes;
  st_submit(event);
}

/* How a socket that was used inside a call was seen. */
static __always_inline __u8 st_nested_source(void)
{
  return st_socket_calls ? ST_PEER_NESTED_SYSCALL : ST_PEER_NESTED_SOCKET;
}

static __always_inline void st_bind(struct st_tls_object *tls, __u64 conn_id, __u8 source,
                                    __u64 now_ns)
{
  if (!conn_id || conn_id == ST_CONN_AMBIGUOUS || tls->conn_id == conn_id) return;
  tls->conn_id = conn_id;
  st_emit_peer(tls->tls_id, conn_id, source, now_ns);
}

/* NSPR's functions serve plain descriptors too. What passes the socket from or to another buffer
 * and begins like a TLS record was encrypted or will be decrypted. */
static __always_inline void st_note_proof(struct st_call *call)
{
  __u64 buffer = st_syscall_buffer();
  __u8 head[2];

  if (!buffer || call->proof) return;
  if (buffer == call->buffer)
    call->proof = ST_PROOF_PLAIN;
  else if (!bpf_probe_read_user(head, sizeof(head), (void *)buffer) &&
           st_begins_record(head[0], head[1]))
    call->proof = ST_PROOF_TLS;
}

/* A socket was used by this thread: the innermost TLS call in progress talks over it. */
static __always_inline void st_note_nested(struct st_thread *thread,
                                           struct st_connection *connection)
{
  struct st_call *call;
  __u64 conn_id = connection->conn_id;

  if (!thread->depth || !conn_id) return;
  call = st_call_at(thread, thread->depth - 1);
  if (call->conn_id && call->conn_id != conn_id) conn_id = ST_CONN_AMBIGUOUS;
  call->conn_id = conn_id;
  call->excluded |= connection->excluded;
  if (call->flags & ST_SITE_NEEDS_PROOF) {
    st_note_proof(call);
    if (call->proof != ST_PROOF_TLS) return;
  }
  connection->has_tls = 1;
}

/* A TLS object without a socket of its own (memory BIO) was written: this thread's next socket
 * write may carry it. A second candidate makes both unknown, and for a second nothing is tied. */
static __always_inline void st_note_pending(struct st_thread *thread, __u64 object, __u64 bytes,
                                            __u64 now_ns)
{
  if (thread->pending_object && thread->pending_object != object) {
    thread->pending_object = 0;
    thread->ambiguous_until_ns = now_ns + 1000000000ULL;
    return;
  }
  if (now_ns < thread->ambiguous_until_ns) return;
  thread->pending_object = object;
  thread->pending_bytes = bytes > 16384 ? 16384 : bytes;
}

/* Whether TLS records start at `buffer` and one of the first four is application data of the size
 * that `bytes` of plaintext become: 16 bytes of tag at least, 64 of nonce, type and padding. */
static __always_inline bool st_carries_records(__u64 buffer, __u64 bytes)
{
  __u8 head[5];
  __u64 i, record_bytes;

  for (i = 0; i < 4; i++) {
    if (bpf_probe_read_user(head, sizeof(head), (void *)buffer)) return false;
    if (!st_begins_record(head[0], head[1])) return false;
    record_bytes = ((__u64)head[3] << 8) | head[4];
    if (head[0] == 0x17 && record_bytes >= bytes + 16 && record_bytes <= bytes + 64) return true;
    buffer += sizeof(head) + record_bytes;
  }
  return false;
}

/* A socket write by a thread with a pending TLS object: ties them when the bytes agree. */
static __always_inline void st_settle_pending(struct st_thread *thread,
                                              struct st_connection *connection)
{
  struct st_tls_object *tls;
  __u64 buffer;

  if (!thread->pending_object || thread->depth || connection->has_tls) return;
  buffer = st_syscall_buffer();
  if (!buffer || !st_carries_records(buffer, thread->pending_bytes)) return;
  tls = st_find_tls(thread->pending_object);
  thread->pending_object = 0;
  if (!tls || tls->conn_id) return;
  connection->has_tls = 1;
  tls->excluded = connection->excluded;
  st_bind(tls, connection->conn_id, ST_PEER_RECORD_HEADER, bpf_ktime_get_boot_ns());
}

#endif
