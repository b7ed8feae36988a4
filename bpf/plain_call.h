/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* One system call that moved bytes of a connection without TLS: finds it, decides, emits. */
#ifndef ST_PLAIN_CALL_H
#define ST_PLAIN_CALL_H

/* The call at hand. */
struct st_data_call {
  struct sock *sk;
  struct st_connection *connection;
  __u64 position;
  __u64 bytes;
  __u64 now_ns;
  __u8 form; /* enum st_data_form */
  __u8 direction;
  __u8 reserved[6];
};

/* A connection goes on with TLS: what it was before ends here. */
static __always_inline void st_end_plain(struct st_connection *connection, __u64 sent_bytes,
                                         __u64 received_bytes, __u64 now_ns)
{
  connection->content = ST_CONTENT_TLS;
  st_forget_request(&connection->request, &connection->plain_id);
  if (connection->plain_id)
    st_emit_close(connection->plain_id, connection->conn_id, sent_bytes, received_bytes, now_ns);
}

/* One end of a connection for plaintext: its id, taken once whichever CPU comes first. */
static __always_inline __u64 st_plain_id(struct st_connection *connection)
{
  if (!connection->plain_id)
    __sync_val_compare_and_swap(&connection->plain_id, 0, st_next_id(ST_ID_TLS));
  return connection->plain_id;
}

/* Bytes of all messages that sendmmsg or recvmmsg moved; 0 when they cannot be told. */
__noinline __u64 st_messages_bytes(__u64 messages, __u64 count)
{
  __u64 total = 0, i;
  __u32 bytes;

  if (count > ST_MESSAGES_MAX) return 0;
  for (i = 0; i < ST_MESSAGES_MAX; i++) {
    if (i >= count) break;
    if (bpf_probe_read_user(&bytes, 4, (void *)(messages + i * ST_MMSGHDR_BYTES + 56))) return 0;
    total += bytes;
  }
  return total;
}

/* Emits a call of one buffer or iovec. */
__noinline int st_emit_place(struct st_moved *moved, struct st_place *place)
{
  __u64 parts;

  if (!moved || !place) return 0;
  parts = place->parts > ST_PARTS_MAX ? ST_PARTS_MAX : place->parts;
  if (!place->vector) {
    moved->buffer = place->buffer;
    st_emit_call(moved);
  } else if (st_begin_emit(moved, parts ? parts : 1)) {
    st_emit_vector(moved, place->vector, place->parts);
  }
  return 0;
}

/* Emits each message as a call of its own. */
__noinline int st_emit_messages(struct st_moved *moved, __u64 messages, __u64 count)
{
  __u64 i;
  __u32 bytes;

  if (!moved) return 0;
  for (i = 0; i < ST_MESSAGES_MAX; i++) {
    struct st_place place = {};
    __u64 message = messages + i * ST_MMSGHDR_BYTES;

    if (i >= count || bpf_probe_read_user(&bytes, 4, (void *)(message + 56))) break;
    moved->bytes = bytes;
    moved->offset = 0;
    moved->record.call_bytes = bytes;
    if (bytes && st_place_message(&place, message)) st_emit_place(moved, &place);
    moved->record.position += bytes;
  }
  return 0;
}

/* A call whose bytes are in no memory: sendfile, and splice either way. Kernels before 6.5 moved
 * them without sock_send_length, and none has a tracepoint for a splice from a socket. */
static __always_inline bool st_find_elsewhere(struct st_data_call *call, struct pt_regs *regs,
                                              __u64 moved_socket, __u64 moved_end)
{
  bool is_splice = regs->orig_ax == ST_SYS_SPLICE;
  struct sock *sk = st_socket_of((__u32)(is_splice ? regs->dx : regs->di));

  if (!sk && is_splice) {
    call->direction = ST_INGRESS;
    sk = st_socket_of((__u32)regs->di);
  }
  if (!sk) return false;
  call->connection = st_use_connection(sk);
  if (!call->connection) return false;
  if ((__u64)sk == moved_socket)
    call->position = moved_end - call->bytes;
  else if (call->direction == ST_INGRESS)
    call->position = __sync_fetch_and_add(&call->connection->received_bytes, call->bytes);
  else
    call->position = __sync_fetch_and_add(&call->connection->sent_bytes, call->bytes);
  return true;
}

/* The call at hand is not looked at. What comes by a connection that the target has opened is no
 * request to it. */
static __always_inline void st_lose_call(struct st_data_call *call, struct st_thread *thread)
{
  if (call->direction == ST_INGRESS && call->connection->role == ST_ROLE_CONNECTED) thread = 0;
  st_forget_content(call->connection);
  st_lose_request(thread, &call->connection->request, &call->connection->plain_id, call->direction);
}

/* A call that moved bytes of a connection, but nobody knows where they are: its descriptor is
 * another socket now, or there are too many messages. */
static __always_inline void st_miss_call(struct st_data_call *call, struct st_thread *thread)
{
  st_lose_call(call, thread);
  st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
}

/* A call that is out of scope. */
static __always_inline void st_suppress_call(struct st_data_call *call, struct st_thread *thread)
{
  st_lose_call(call, thread);
  st_count(ST_COUNT_SUPPRESSED_SCOPE, 1);
}

/* Which connection the call moved bytes of, and where in its stream they are. The descriptor has to
 * name the socket that was used: io_uring may have used another one just before. */
static __always_inline bool st_find_call(struct st_data_call *call, struct pt_regs *regs,
                                         struct st_thread *thread)
{
  __u64 sk = thread ? thread->moved_socket : 0, end = thread ? thread->moved_end : 0;

  if (thread) thread->moved_socket = 0;
  if (!call->bytes || call->form == ST_DATA_NONE) return false;
  if (call->form == ST_DATA_ELSEWHERE) return st_find_elsewhere(call, regs, sk, end);
  if (!sk) return false;
  call->sk = st_socket_of((__u32)regs->di);
  call->connection = bpf_map_lookup_elem(&st_connections, &sk);
  if (!call->connection) return false; /* it has closed meanwhile, and its totals are told */
  if (call->form == ST_DATA_MESSAGES) call->bytes = st_messages_bytes(regs->si, call->bytes);
  call->position = end - call->bytes;
  if ((__u64)call->sk == sk && call->bytes) return true;
  st_miss_handshake(&call->connection->handshake);
  if (call->connection->content != ST_CONTENT_TLS) st_miss_call(call, thread);
  return false;
}

static __always_inline void st_turn_to_tls(struct st_data_call *call)
{
  struct st_connection *connection = call->connection;
  bool sends = call->direction == ST_EGRESS;

  st_end_plain(connection, sends ? call->position : connection->sent_bytes,
               sends ? connection->received_bytes : call->position, call->now_ns);
}

/* Whether the bytes that the call moved cannot be read at its end. */
static __always_inline bool st_is_unreadable(struct st_data_call *call, struct pt_regs *regs)
{
  __u64 flag = call->direction == ST_EGRESS ? ST_MSG_ZEROCOPY : ST_MSG_TRUNC;

  return call->form == ST_DATA_ELSEWHERE || (st_message_flags(regs) & flag);
}

/* Whether each of several messages may belong to another request: of one call, the first bytes are
 * judged. */
static __always_inline bool st_is_batch(struct st_data_call *call, struct pt_regs *regs)
{
  return st_all_needles && call->form == ST_DATA_MESSAGES && (__u32)regs->ax > 1;
}

/* Whether nothing of this call may be copied, or even looked at. */
static __always_inline bool st_is_outside(struct st_data_call *call, struct st_thread *thread)
{
  struct st_connection *connection = call->connection;

  if (connection->excluded || !st_is_running(true) || st_is_muted(connection->conn_id)) {
    st_suppress_call(call, thread);
    return true;
  }
  return st_is_past_deadline(call->now_ns);
}

/* Copies what the call carries of a handshake. What cannot be followed ends it. */
static __always_inline void st_follow_handshake(struct st_data_call *call, struct pt_regs *regs,
                                                struct st_place *place, struct st_walk *walk)
{
  __builtin_memset(walk, 0, sizeof(*walk));
  walk->now_ns = call->now_ns;
  walk->direction = call->direction;
  walk->position = call->position;
  walk->is_begin = call->connection->is_fresh && !call->position;
  if (!st_is_unreadable(call, regs) && call->form != ST_DATA_MESSAGES) walk->bytes = call->bytes;
  st_walk_handshake(call->connection, place, walk);
}

/* Whether the connection carries plaintext, by all that is known with this call. */
static __always_inline bool st_carries_plain(struct st_data_call *call, struct pt_regs *regs,
                                             struct st_place *place, struct st_walk *walk)
{
  struct st_connection *connection = call->connection;
  bool sends = call->direction == ST_EGRESS;
  int look = st_look_at(place, call->bytes);

  if (connection->content == ST_CONTENT_UNKNOWN)
    connection->content = st_decide_content(connection, call->sk, look, call->position, sends);
  else if (look & ST_LOOK_HELLO)
    st_turn_to_tls(call);
  if (connection->content == ST_CONTENT_TLS && !connection->handshake.phase)
    st_follow_handshake(call, regs, place, walk); /* behind STARTTLS */
  if (sends) connection->sent_whole = place->asked == call->bytes;
  if (connection->content == ST_CONTENT_UNKNOWN) st_count(ST_COUNT_UNDECIDED_BYTES, call->bytes);
  return connection->content == ST_CONTENT_PLAIN;
}

/* Whether the call belongs to an approved request, by the first of its parts that is not empty. A
 * global function is verified once, and gives its stack back before the copy. */
__noinline int st_is_plain_in_request(struct st_moved *moved, struct st_connection *connection,
                                      struct st_place *place)
{
  struct st_stream stream = {};
  __u64 part[2];

  if (!moved || !connection || !place) return 0;
  stream.tls_id = connection->plain_id;
  stream.conn_id = connection->conn_id;
  stream.position[ST_EGRESS] = connection->sent_bytes;
  stream.position[ST_INGRESS] = connection->received_bytes;
  stream.request = &connection->request;
  st_first_part(part, place, moved->bytes);
  moved->buffer = part[0];
  moved->in_row = part[1];
  return st_is_in_request(moved, &stream, st_telling_thread(st_current_thread()));
}

static __always_inline void st_emit_plain(struct st_data_call *call, struct pt_regs *regs,
                                          struct st_place *place, struct st_moved *moved)
{
  if (!st_plain_id(call->connection)) return;
  __builtin_memset(moved, 0, sizeof(*moved));
  moved->now_ns = call->now_ns;
  moved->bytes = call->bytes;
  st_fill_plain(moved, call->connection, call->position, call->direction);
  if (st_all_needles && !st_is_plain_in_request(moved, call->connection, place)) return;
  st_charge_cpu((call->bytes > ST_CALL_BYTES_MAX ? ST_CALL_BYTES_MAX : call->bytes) * st_kib_ns >>
                10);
  if (call->form == ST_DATA_MESSAGES)
    st_emit_messages(moved, regs->si, (__u32)regs->ax);
  else
    st_emit_place(moved, place);
}

/* A gap in a stream that is known; of one that is not, a count. */
static __always_inline void st_emit_unreadable(struct st_data_call *call, struct st_thread *thread)
{
  struct st_moved moved = {.now_ns = call->now_ns, .bytes = call->bytes};

  st_pass_unreadable(thread, &call->connection->request, &call->connection->plain_id,
                     call->direction);
  if (st_all_needles && !call->connection->request.window)
    return st_count(ST_COUNT_SUPPRESSED_SCOPE, 1);
  st_count(ST_COUNT_UNREADABLE_BYTES, call->bytes);
  if (!call->connection->plain_id || !st_take_budget(call->now_ns, 1, 0)) return;
  st_fill_plain(&moved, call->connection, call->position, call->direction);
  st_emit_tail(&moved, ST_TLS_UNREADABLE);
}

/* Of plaintext, a hello is looked for where the call is: st_carries_plain. */
static __always_inline bool st_may_carry_handshake(struct st_connection *connection)
{
  if (!connection->handshake.phase) return connection->content != ST_CONTENT_PLAIN;
  return connection->handshake.phase != ST_PHASE_OVER;
}

/* The end of a system call: copies what it moved when that is plaintext of an approved connection.
 */
static __always_inline void st_capture_plain(struct pt_regs *regs, enum st_data_form form,
                                             long returned)
{
  struct st_data_call call = {.bytes = returned > 0 ? returned : 0, .form = form};
  struct st_thread *thread = st_current_thread();
  struct st_place place = {};
  bool carries_handshake, is_placed;

  call.direction = st_is_receive(regs->orig_ax) ? ST_INGRESS : ST_EGRESS;
  if (!st_find_call(&call, regs, thread)) return;
  carries_handshake = st_may_carry_handshake(call.connection);
  if (call.connection->content == ST_CONTENT_TLS && !carries_handshake) return;
  call.now_ns = bpf_ktime_get_boot_ns();
  is_placed = thread && st_place_call(&place, regs, form);
  if (is_placed && carries_handshake) st_follow_handshake(&call, regs, &place, &thread->walk);
  if (call.connection->content == ST_CONTENT_TLS) return;
  if (call.connection->has_tls || (thread && thread->depth))
    st_turn_to_tls(&call);
  else if (st_is_outside(&call, thread))
    return;
  else if (!thread || !is_placed || st_is_unreadable(&call, regs))
    st_emit_unreadable(&call, thread);
  else if (st_is_batch(&call, regs))
    st_suppress_call(&call, thread);
  else if (st_carries_plain(&call, regs, &place, &thread->walk))
    st_emit_plain(&call, regs, &place, &thread->moved);
}

#endif
