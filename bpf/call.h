/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* System calls of the target as events: number, arguments, result, and the texts that arguments
 * point to. What there is to know of each call stands in ST_CALL_LIST, nowhere else. */
#ifndef ST_CALL_H
#define ST_CALL_H

#define ST_ERESTARTSYS 512 /* from here on: interrupted, the kernel starts the call again */

enum { ST_EAGAIN = 11 };

/* Socket options that are told: include/uapi/asm-generic/socket.h, include/uapi/linux/tcp.h. */
#define ST_OPTION_BYTES_MAX 16 /* struct timeval */
enum {
  ST_SOL_SOCKET = 1,
  ST_SO_KEEPALIVE = 9,
  ST_SO_LINGER = 13,
  ST_SO_RCVTIMEO = 20,
  ST_SO_SNDTIMEO = 21,
  ST_TCP_NODELAY = 1,
  ST_TCP_USER_TIMEOUT = 18
};

/* Whether nobody learns anything by it: close is told where it ends a connection, a wait that ended
 * well where it took long. */
static __always_inline bool st_is_noise(const struct st_call_shape *shape,
                                        struct st_told_call *call, __u64 number)
{
  if (number == ST_SYS_CLOSE) return !call->conn_id;
  if (call->returned == -ST_EAGAIN || call->returned <= -ST_ERESTARTSYS)
    return call->returned >= -ST_ERESTARTSYS - 16;
  if (!shape->is_wait || call->returned <= 0) return false;
  return !call->begin_ns || call->now_ns - call->begin_ns < ST_LONG_WAIT_NS;
}

static __always_inline __u64 st_call_argument(const __u64 *args, __u8 index)
{
  barrier_var(index);
  return index && index <= 6 ? args[(index - 1) & 7] : 0;
}

/* Whether the value of a socket option is told (userspace/redact/call/call_redactor.cc). Others may
 * be keys: of kTLS, TCP-MD5, TCP-AO, Fast Open. */
static __always_inline bool st_is_told_option(const __u64 *args)
{
  __u32 level = args[1], option = args[2];

  if (level == ST_SOL_SOCKET)
    return option == ST_SO_KEEPALIVE || option == ST_SO_LINGER || option == ST_SO_RCVTIMEO ||
           option == ST_SO_SNDTIMEO;
  return level == IPPROTO_TCP && (option == ST_TCP_NODELAY || option == ST_TCP_USER_TIMEOUT);
}

/* Bytes that the text at argument `index` has; a path's end is found by reading. */
static __always_inline __u64 st_text_bytes(struct st_call_event *event, __u8 index)
{
  __u64 bytes = st_call_argument(event->args, index + 1);

  return bytes > ST_CALL_TEXT_MAX ? ST_CALL_TEXT_MAX : bytes;
}

/* Copies one text; returns its bytes, without a NUL. */
static __always_inline __u64 st_copy_text(struct st_call_event *event, char *to, __u8 index,
                                          __u8 kind)
{
  void *from = (void *)st_call_argument(event->args, index);
  __u64 bytes;
  long copied;

  if (!from) return 0;
  if (kind == ST_TEXT_PATH) {
    copied = bpf_probe_read_user_str(to, ST_CALL_TEXT_MAX, from);
    return copied > 0 ? copied - 1 : 0;
  }
  bytes = st_text_bytes(event, index);
  if (kind == ST_TEXT_OPTION) {
    if (!st_is_told_option(event->args)) return 0;
    if (bytes > ST_OPTION_BYTES_MAX) bytes = ST_OPTION_BYTES_MAX;
  }
  barrier_var(bytes);
  if (bytes > ST_CALL_TEXT_MAX) return 0;
  return bpf_probe_read_user(to, bytes, from) ? 0 : bytes;
}

/* The connection that the call is about, else 0. */
static __always_inline struct st_connection *st_connection_of(const struct st_call_shape *shape,
                                                              __u64 fd)
{
  __u64 sk;

  if (shape->family != ST_CALLS_SOCKETS || shape->is_wait) return 0;
  sk = (__u64)st_socket_of((__u32)fd);
  return sk ? bpf_map_lookup_elem(&st_connections, &sk) : 0;
}

static __always_inline void st_fill_call(struct st_call_event *event, struct pt_regs *regs,
                                         struct st_told_call *call, __u64 size)
{
  st_fill_header(&event->header, ST_EVENT_CALL, size, call->now_ns);
  event->conn_id = call->conn_id;
  event->result = call->returned;
  event->args[0] = regs->di;
  event->args[1] = regs->si;
  event->args[2] = regs->dx;
  event->args[3] = regs->r10;
  event->args[4] = regs->r8;
  event->args[5] = regs->r9;
  event->number = regs->orig_ax;
  event->text_bytes[0] = 0;
  event->text_bytes[1] = 0;
  event->reserved = 0;
  event->duration_ns = call->begin_ns ? call->now_ns - call->begin_ns : 0;
  event->timeout_ns = call->timeout_ns;
}

/* Emits a call with room for `texts` texts, which was taken from the budget; returns their bytes.
 */
static __always_inline __u64 st_emit_call_sized(struct pt_regs *regs, struct st_told_call *call,
                                                const struct st_call_shape *shape,
                                                const __u64 texts)
{
  const __u64 size = sizeof(struct st_call_event) + texts * ST_CALL_TEXT_MAX;
  struct st_call_event *event = st_or_lost(bpf_ringbuf_reserve(&st_events, size, 0));
  char *text = (char *)(event + 1);
  __u64 bytes = 0;

  if (!event) {
    st_give_room(texts * ST_CALL_TEXT_MAX);
    return 0;
  }
  st_fill_call(event, regs, call, size);
  if (texts > 0)
    bytes = event->text_bytes[0] = st_copy_text(event, text, shape->first, shape->text_kind);
  if (texts > 1)
    bytes += event->text_bytes[1] =
        st_copy_text(event, text + ST_CALL_TEXT_MAX, shape->second, shape->text_kind);
  st_give_room(texts * ST_CALL_TEXT_MAX - bytes);
  st_count(ST_COUNT_BYTES, bytes);
  st_submit(event);
  return bytes;
}

/* Whether nothing of this call may be told: its thread, its connection. */
static __always_inline bool st_is_call_outside(struct st_connection *connection)
{
  if (!st_is_running(true) || !st_is_thread_in_request(st_current_thread())) return true;
  return connection && connection->excluded;
}

/* The end of a system call: tells it when its family is approved. Returns the bytes of its texts. A
 * function of its own, so that its stack is given back. */
static __noinline int st_capture_call(struct pt_regs *regs, long returned)
{
  struct st_told_call call = {.returned = returned};
  struct st_connection *connection;
  const struct st_call_shape *shape;
  __u64 number = regs->orig_ax, texts;

  barrier_var(number);
  if (number >= ST_CALL_NUMBERS) return 0;
  shape = &st_call_shapes[number];
  if (!(shape->family & st_call_families)) return 0;
  if (st_timing) st_take_start(&call, number);
  if (st_is_noise(shape, &call, number)) return 0;
  connection = st_connection_of(shape, regs->di);
  if (connection) call.conn_id = connection->conn_id;
  if (st_is_call_outside(connection) || st_is_muted(call.conn_id)) {
    st_count(ST_COUNT_SUPPRESSED_SCOPE, 1);
    return 0;
  }
  if (!st_timing) call.now_ns = bpf_ktime_get_boot_ns();
  texts = shape->second ? 2 : shape->first ? 1 : 0;
  if (st_is_past_deadline(call.now_ns) || !st_take_budget(call.now_ns, 1, 0) ||
      !st_take_room(texts * ST_CALL_TEXT_MAX))
    return 0;
  if (shape->second) return st_emit_call_sized(regs, &call, shape, 2);
  if (shape->first) return st_emit_call_sized(regs, &call, shape, 1);
  return st_emit_call_sized(regs, &call, shape, 0);
}

#endif
