/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* System calls of the target as events: number, arguments, result, and the texts that arguments
 * point to. What there is to know of each call stands in ST_CALL_LIST, nowhere else. */
#ifndef ST_CALL_H
#define ST_CALL_H

#define ST_ERESTARTSYS 512 /* from here on: interrupted, the kernel starts the call again */

enum { ST_EAGAIN = 11 };

/* What the kernel side needs of a row of the table. */
struct st_call_shape {
  __u8 family;    /* enum st_call_family, 0: the call is not captured */
  __u8 text_kind; /* enum st_call_text */
  __u8 first;     /* argument that points to a text, 1 to 6; 0: none */
  __u8 second;
  __u8 is_wait; /* told only when it timed out or failed: event loops never do anything else */
};

#define ST_CALL_SHAPE(number, name, family, kind, first, second, is_wait, arguments) \
  [number] = {ST_CALLS_##family, ST_TEXT_##kind, first, second, is_wait},
static const struct st_call_shape st_call_shapes[ST_CALL_NUMBERS] = {ST_CALL_LIST(ST_CALL_SHAPE)};

/* One call that is told. */
struct st_told_call {
  __u64 conn_id; /* of the connection it is about; 0: none */
  __u64 now_ns;
  long returned;
};

/* Whether nobody learns anything by it. */
static __always_inline bool st_is_noise(const struct st_call_shape *shape, long returned)
{
  if (returned == -ST_EAGAIN || returned <= -ST_ERESTARTSYS)
    return returned >= -ST_ERESTARTSYS - 16;
  return shape->is_wait && returned > 0;
}

static __always_inline __u64 st_call_argument(const __u64 *args, __u8 index)
{
  barrier_var(index);
  return index && index <= 6 ? args[(index - 1) & 7] : 0;
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
}

/* Emits a call with room for `texts` texts; returns their bytes. */
static __always_inline __u64 st_emit_call_sized(struct pt_regs *regs, struct st_told_call *call,
                                                const struct st_call_shape *shape,
                                                const __u64 texts)
{
  const __u64 size = sizeof(struct st_call_event) + texts * ST_CALL_TEXT_MAX;
  struct st_call_event *event = st_or_lost(bpf_ringbuf_reserve(&st_events, size, 0));
  char *text = (char *)(event + 1);
  __u64 bytes = 0;

  if (!event) return 0;
  st_fill_call(event, regs, call, size);
  if (texts > 0)
    bytes = event->text_bytes[0] = st_copy_text(event, text, shape->first, shape->text_kind);
  if (texts > 1)
    bytes += event->text_bytes[1] =
        st_copy_text(event, text + ST_CALL_TEXT_MAX, shape->second, shape->text_kind);
  st_submit(event);
  return bytes;
}

/* Whether nothing of this call may be told: its thread, its connection. */
static __always_inline bool st_is_call_outside(struct st_connection *connection)
{
  if (!st_is_running(true) || !st_is_thread_in_request(st_current_thread())) return true;
  return connection && (connection->excluded || st_is_muted(connection->conn_id));
}

/* The end of a system call: tells it when its family is approved. Returns the bytes of its texts. A
 * function of its own, so that its stack is given back. */
static __noinline int st_capture_call(struct pt_regs *regs, long returned)
{
  struct st_told_call call = {.returned = returned};
  struct st_connection *connection;
  const struct st_call_shape *shape;
  __u64 number = regs->orig_ax;

  barrier_var(number);
  if (number >= ST_CALL_NUMBERS) return 0;
  shape = &st_call_shapes[number];
  if (!(shape->family & st_call_families) || st_is_noise(shape, returned)) return 0;
  connection = st_connection_of(shape, regs->di);
  if (st_is_call_outside(connection)) {
    st_count(ST_COUNT_SUPPRESSED_SCOPE, 1);
    return 0;
  }
  call.now_ns = bpf_ktime_get_boot_ns();
  call.conn_id = connection ? connection->conn_id : 0;
  if (st_is_past_deadline(call.now_ns) || !st_take_budget(call.now_ns, 1, 0)) return 0;
  if (shape->second) return st_emit_call_sized(regs, &call, shape, 2);
  if (shape->first) return st_emit_call_sized(regs, &call, shape, 1);
  return st_emit_call_sized(regs, &call, shape, 0);
}

#endif
