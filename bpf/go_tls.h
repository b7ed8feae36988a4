/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* crypto/tls of Go: (*Conn).Write, .Read and .Close. A return probe would break the target, whose
 * stacks move, so each RET instruction has a probe of its own. */
#ifndef ST_GO_TLS_H
#define ST_GO_TLS_H

/* From the site to net.(*TCPConn).Close; 0: not known. */
#define ST_SITE_TCP_CLOSE(cookie) ((__s64)(cookie) >> 32)

/* runtime.g begins with the bounds of its stack (runtime/runtime2.go). */
struct st_go_stack {
  __u64 low;
  __u64 high;
};

#define ST_GO_FIRST_METHOD 24 /* of runtime.itab */

/* internal/poll.FD, with which net.netFD begins (internal/poll/fd_unix.go, fd_mutex.go). */
struct st_go_descriptor {
  __u64 state; /* of fdMutex */
  __u64 semaphores;
  __s64 number; /* Sysfd */
};
#define ST_GO_CLOSED 1 /* state: set before close(2) */

/* The connection of a *net.TCPConn. Anything else, also what wraps one, gives 0. */
static __always_inline struct st_connection *st_go_connection(struct st_go_interface *conn,
                                                              __u64 tcp_close)
{
  struct st_go_descriptor descriptor;
  __u64 method = 0, net_fd = 0, state = 0;
  struct sock *sk;

  if (bpf_probe_read_user(&method, 8, (void *)(conn->table + ST_GO_FIRST_METHOD)) ||
      method != tcp_close)
    return 0;
  if (bpf_probe_read_user(&net_fd, 8, (void *)conn->data)) return 0;
  if (bpf_probe_read_user(&descriptor, sizeof(descriptor), (void *)net_fd)) return 0;
  if ((descriptor.state & ST_GO_CLOSED) || descriptor.number < 0) return 0;
  sk = st_socket_of(descriptor.number);
  if (!sk) return 0;
  /* Closed meanwhile by another goroutine, the number may be another socket's already. */
  if (bpf_probe_read_user(&state, 8, (void *)net_fd) || (state & ST_GO_CLOSED)) return 0;
  return st_use_connection(sk);
}

/* Settles which connection the call used: two candidates that differ make it unknown. */
static __noinline __u8 st_go_find_peer(struct st_call *call, struct st_go_interface *conn,
                                       __u64 tcp_close)
{
  struct st_connection *connection = st_go_connection(conn, tcp_close);

  if (!connection || !connection->conn_id) return st_nested_source();
  connection->has_tls = 1;
  call->excluded |= connection->excluded;
  if (call->conn_id && call->conn_id != connection->conn_id) {
    call->conn_id = ST_CONN_AMBIGUOUS;
    return ST_PEER_NONE;
  }
  call->conn_id = connection->conn_id;
  return ST_PEER_GO_CONN;
}

/* Whether this is no longer the tls.Conn that was seen at this address: the collector frees one
 * that was never closed, and another is made there. */
static __always_inline bool st_go_is_another(struct st_tls_object *tls, struct st_call *call,
                                             __u64 inner)
{
  if (tls->inner && tls->inner != inner) return true;
  return tls->conn_id && call->conn_id && call->conn_id != ST_CONN_AMBIGUOUS &&
         tls->conn_id != call->conn_id;
}

static __noinline struct st_tls_object *st_go_object(struct st_call *call, __u64 inner)
{
  struct st_tls_object *tls = st_find_tls(call->object);

  if (tls && st_go_is_another(tls, call, inner)) st_emit_tls_close(call->object);
  tls = st_find_or_make_tls(call->object);
  if (tls)
    tls->inner = inner;
  else
    st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
  return tls;
}

/* Whether the bytes of a settled call may be copied. Which thread runs the goroutine says nothing
 * about the request that it serves. */
static __always_inline bool st_go_may_copy(struct st_moved *moved, struct st_tls_object *tls,
                                           struct st_thread *routine)
{
  return !st_is_suppressed(moved, tls, routine) && st_is_tls_in_request(moved, tls, routine);
}

/* The object of a call that returns, tied to the connection that it used; 0: not known. A function
 * of its own, as the copy is: kernels before 6.13 allow 512 bytes of stack for both. */
static __noinline struct st_tls_object *st_go_settle_peer(struct st_call *call, __u64 tcp_close)
{
  struct st_go_interface conn;
  struct st_tls_object *tls;
  __u8 source;

  if (bpf_probe_read_user(&conn, sizeof(conn), (void *)call->object)) {
    st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
    return 0;
  }
  source = st_go_find_peer(call, &conn, tcp_close);
  tls = st_go_object(call, conn.data);
  if (!tls) return 0;
  tls->excluded |= call->excluded;
  st_bind(tls, call->conn_id, source, bpf_ktime_get_boot_ns());
  return tls;
}

/* Records a call of a known object. Returns the bytes it tried to copy. */
static __noinline int st_go_record(struct st_call *call, struct st_tls_object *tls,
                                   struct st_thread *routine, __u64 bytes)
{
  struct st_moved moved = {.buffer = call->buffer, .bytes = bytes};

  /* What was asked while there were no probes is not known. */
  if (tls->request.caused_by != call->generation + 1) tls->request.caused_by = 0;
  moved.now_ns = bpf_ktime_get_boot_ns();
  st_settle(&moved, tls, call->direction);
  return st_go_may_copy(&moved, tls, routine) ? st_emit_call(&moved) : 0;
}

/* Records a call that returns. Returns the bytes it tried to copy. */
static __always_inline __u64 st_go_finish(struct st_call *call, struct st_thread *routine,
                                          __u64 bytes, __u64 tcp_close)
{
  struct st_tls_object *tls = st_go_settle_peer(call, tcp_close);

  return tls ? (__u32)st_go_record(call, tls, routine, bytes) : 0;
}

/* The goroutine at hand, if what it does says anything about the request that it serves; else 0.
 * Where its end is not seen, the next one gets its runtime.g, and with it what was known. */
static __always_inline struct st_thread *st_go_telling(__u64 routine, __u64 cookie)
{
  if (!(ST_SITE_FLAGS(cookie) & ST_SITE_GO_ENDS)) return 0;
  return st_find_routine(routine);
}

static __always_inline bool st_go_read_stack(struct pt_regs *ctx, struct st_go_stack *stack)
{
  if (!bpf_probe_read_user(stack, sizeof(*stack), (void *)ctx->r14)) return true;
  st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
  return false;
}

static __always_inline void st_go_note_writer(__u64 object, __u64 routine)
{
  struct st_tls_object *tls = st_find_or_make_tls(object);

  if (!tls) return;
  tls->writer = routine;
  __sync_fetch_and_add(&tls->writers, 1);
}

static __always_inline void st_go_forget_writer(__u64 object)
{
  struct st_tls_object *tls = st_find_tls(object);

  if (tls && tls->writers) __sync_fetch_and_add(&tls->writers, -1);
}

/* Entry, of Close too: RAX tls.Conn, RBX and RCX the slice. Positions are kept as distances from
 * the stack's end: a stack that grows is copied to the end of another. A function that grows it
 * begins again. */
static __noinline int st_go_enter(struct pt_regs *ctx, __u64 cookie)
{
  struct st_call call = {.object = ctx->ax, .buffer = ctx->bx};
  struct st_thread *routine;
  struct st_go_stack stack;

  if (ST_SITE_KIND(cookie) == ST_SITE_GO_CLOSE) {
    st_emit_tls_close(ctx->ax);
    return 0;
  }
  if (!st_go_read_stack(ctx, &stack)) return 0;
  call.generation = ST_SITE_GENERATION(cookie);
  call.stack = ctx->sp - stack.high;
  if (call.buffer >= stack.low && call.buffer < stack.high) call.stack_end = stack.high;
  call.direction = ST_SITE_KIND(cookie) == ST_SITE_GO_READ ? ST_INGRESS : ST_EGRESS;
  call.length = ctx->cx > 0x7fffffff ? 0x7fffffff : ctx->cx;
  call.claimed = 1; /* while it is copied: another CPU must not see half of it */
  routine = st_find_routine(ctx->r14);
  if (!routine) routine = st_make_routine(ctx->r14);
  if (!routine || !st_push_call(routine, &call)) return 0;
  st_go_renew(routine, call.generation);
  if (call.direction == ST_EGRESS) st_go_note_writer(call.object, ctx->r14);
  st_call_at(routine, routine->depth - 1)->claimed = 0;
  return 0;
}

/* The tls.Conn of a read that returns; 0: not known. */
static __always_inline __u64 st_go_read_object(struct pt_regs *ctx, __u64 cookie)
{
  struct st_thread *reader;
  __u64 object = 0;

  if (ST_SITE_KIND(cookie) == ST_SITE_GO_HOMED_READ_RETURN)
    return bpf_probe_read_user(&object, 8, (void *)(ctx->sp + 8)) ? 0 : object;
  reader = st_find_routine(ctx->r14);
  return reader && reader->depth ? st_call_at(reader, reader->depth - 1)->object : 0;
}

/* Whether `call` is a write to this tls.Conn that comes next in its stream: it has sent something,
 * or no other is in progress. */
static __always_inline bool st_go_is_next_write(struct st_call *call, struct st_tls_object *tls,
                                                __u64 object)
{
  return call->object == object && call->direction == ST_EGRESS &&
         (call->conn_id || (tls->conn_id && tls->writers == 1));
}

/* Whether the bytes of a write in progress are where they were at its entry: the probes that saw it
 * begin are still there, and its buffer is on no stack. Else its own return records it. */
static __always_inline bool st_go_is_in_place(struct st_call *call, __u64 cookie)
{
  return call->generation == ST_SITE_GENERATION(cookie) && !call->stack_end;
}

/* A read returns. The answer to a write may be read before the goroutine that writes has returned:
 * record the write first. One that then fails part of the way is recorded whole; its tls.Conn is of
 * no further use. */
static __noinline int st_go_flush_writer(struct pt_regs *ctx, __u64 cookie)
{
  __u64 object = (__s64)ctx->ax > 0 ? st_go_read_object(ctx, cookie) : 0;
  struct st_tls_object *tls = object ? st_find_tls(object) : 0;
  struct st_thread *writer = tls && tls->writer ? st_find_routine(tls->writer) : 0;
  struct st_call *call;

  if (!writer || !writer->depth) return 0;
  call = st_call_at(writer, writer->depth - 1);
  if (!st_go_is_next_write(call, tls, object) || !st_go_is_in_place(call, cookie)) return 0;
  if (__sync_val_compare_and_swap(&call->claimed, 0, 1)) return 0;
  tls->excluded |= call->excluded;
  st_bind(tls, call->conn_id, st_nested_source(), bpf_ktime_get_boot_ns());
  st_charge_cpu(((__u32)st_go_record(call, tls, st_go_telling(tls->writer, cookie), call->length) *
                 st_kib_ns) >>
                10);
  return 0;
}

/* Takes the call that returns now off its goroutine. call->claimed tells whether another goroutine
 * has recorded it. */
static __always_inline bool st_go_end_call(struct pt_regs *ctx, __u64 cookie, __u64 stack_end,
                                           struct st_call *call)
{
  struct st_thread *routine = st_find_routine(ctx->r14);
  struct st_call *frame;
  __u64 i, claimed;

  if (!routine) return false;
  for (i = 0; i < ST_CALL_DEPTH; i++) {
    frame = st_call_at(routine, i);
    if (i >= routine->depth || frame->stack != ctx->sp - stack_end) continue;
    claimed = __sync_val_compare_and_swap(&frame->claimed, 0, 1);
    *call = *frame;
    call->claimed = claimed;
    routine->depth = i;
    return call->generation == ST_SITE_GENERATION(cookie);
  }
  return false;
}

/* A call that was in progress when the probes came: the stack still holds where its first two
 * arguments were spilled, which the resolver has proved of this function. */
static __always_inline bool st_go_recover_call(struct pt_regs *ctx, __u64 cookie,
                                               struct st_call *call)
{
  __u64 homes[2];

  if (ST_SITE_KIND(cookie) != ST_SITE_GO_HOMED_READ_RETURN) return false;
  if (bpf_probe_read_user(homes, sizeof(homes), (void *)(ctx->sp + 8))) return false;
  __builtin_memset(call, 0, sizeof(*call));
  call->object = homes[0];
  call->buffer = homes[1];
  call->direction = ST_INGRESS;
  return true;
}

/* A RET instruction: RAX holds the count. */
static __noinline int st_go_leave(struct pt_regs *ctx, __u64 cookie)
{
  __u32 direction = ST_SITE_KIND(cookie) == ST_SITE_GO_WRITE_RETURN ? ST_EGRESS : ST_INGRESS;
  __s64 bytes = ctx->ax, distance = ST_SITE_TCP_CLOSE(cookie);
  __u64 stack_end; /* all of runtime.g that is needed: stack is scarce */
  struct st_call call;
  bool is_known;

  st_charge_cpu(st_go_hit_ns);
  if (bpf_probe_read_user(&stack_end, 8, (void *)(ctx->r14 + 8))) {
    st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
    return 0;
  }
  is_known = st_go_end_call(ctx, cookie, stack_end, &call);
  if (is_known && call.direction == ST_EGRESS) st_go_forget_writer(call.object);
  if (bytes <= 0) return 0;
  if ((!is_known && !st_go_recover_call(ctx, cookie, &call)) || call.direction != direction) {
    st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
    return 0;
  }
  if (call.claimed) return 0;
  if (bytes > 0x7fffffff) bytes = 0x7fffffff;
  if (call.stack_end) call.buffer += stack_end - call.stack_end;
  st_charge_cpu((st_go_finish(&call, st_go_telling(ctx->r14, cookie), bytes,
                              distance ? ctx->ip + distance : 0) *
                 st_kib_ns) >>
                10);
  return 0;
}

static __always_inline bool st_go_is_entry(__u64 cookie)
{
  return ST_SITE_KIND(cookie) == ST_SITE_GO_READ || ST_SITE_KIND(cookie) == ST_SITE_GO_WRITE ||
         ST_SITE_KIND(cookie) == ST_SITE_GO_CLOSE;
}

SEC("?uprobe")
int st_handle_go(struct pt_regs *ctx)
{
  __u64 cookie = bpf_get_attach_cookie(ctx);

  if (!st_current_in_scope()) return 0;
  st_preempt_off();
  if (ST_SITE_KIND(cookie) == ST_SITE_GO_ROUND_TRIP) {
    st_go_round_trip(ctx, cookie);
  } else if (ST_SITE_KIND(cookie) == ST_SITE_GO_EXIT) {
    st_go_exit(ctx);
  } else if (st_go_is_entry(cookie)) {
    st_go_enter(ctx, cookie);
  } else {
    if (ST_SITE_KIND(cookie) != ST_SITE_GO_WRITE_RETURN) st_go_flush_writer(ctx, cookie);
    st_go_leave(ctx, cookie);
  }
  st_preempt_on();
  return 0;
}

#endif
