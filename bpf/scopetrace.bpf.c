/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The kernel side of scopetrace. Order in every program: scope, deadline, budget, then copy. It
 * only reads: no write to user memory, no signal. */
#include "bpf/vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "bpf/event.h"
#include "bpf/limits.h"
#include "bpf/state.h"
#include "bpf/program.h"
#include "bpf/group.h"
#include "bpf/scope.h"
#include "bpf/budget.h"
#include "bpf/ring.h"
#include "bpf/moved.h"
#include "bpf/call_table.h"
#include "bpf/place.h"
#include "bpf/tls.h"
#include "bpf/chunk.h"
#include "bpf/request_head.h"
#include "bpf/request.h"
#include "bpf/connection.h"
#include "bpf/peer.h"
#include "bpf/go_routine.h"
#include "bpf/pid_numbers.h"
#include "bpf/member.h"
#include "bpf/group_watch.h"
#include "bpf/process.h"
#include "bpf/plain.h"
#include "bpf/io_uring.h"
#include "bpf/socket.h"
#include "bpf/descriptor.h"
#include "bpf/handshake.h"
#include "bpf/plain_call.h"
#include "bpf/dns.h"
#include "bpf/log.h"
#include "bpf/call_shape.h"
#include "bpf/timing.h"
#include "bpf/call.h"
#include "bpf/syscall.h"

/* Uprobe programs are preemptible and may have per-CPU private stacks: a second thread on this CPU
 * would overwrite them (bytes mixed, or worse). Only there: 6.12 has these functions, but allows no
 * call of a global function between them. Weak: older kernels lack them. */
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

static __always_inline void st_preempt_off(void)
{
  if (st_private_stacks && bpf_preempt_disable) bpf_preempt_disable();
}

static __always_inline void st_preempt_on(void)
{
  if (st_private_stacks && bpf_preempt_enable) bpf_preempt_enable();
}

static __always_inline void st_emit_tls_close(__u64 object)
{
  struct st_tls_key key = st_tls_key_of(object);
  struct st_tls_object *tls = bpf_map_lookup_elem(&st_tls_objects, &key);
  __u64 now_ns = bpf_ktime_get_boot_ns();

  if (!tls) return;
  st_emit_close(tls->tls_id, tls->conn_id, tls->position[ST_EGRESS], tls->position[ST_INGRESS],
                now_ns);
  st_forget_request(&tls->request, &tls->tls_id);
  bpf_map_delete_elem(&st_tls_objects, &key);
}

/* Entry of any site. True: its return matters. */
static __noinline int st_enter_site(struct pt_regs *ctx, __u64 cookie)
{
  if (!st_current_in_scope()) return 0;
  if (ST_SITE_KIND(cookie) == ST_SITE_FREE) {
    st_emit_tls_close(PT_REGS_PARM1(ctx));
    return 0;
  }
  if (ST_SITE_KIND(cookie) == ST_SITE_LOADER) {
    st_emit_control(ST_EVENT_LIBRARY, 0, 0, bpf_ktime_get_boot_ns());
    return 0;
  }
  return st_begin_call(ctx, cookie);
}

/* Whether nothing of this call may be copied, or even looked at. Its position has advanced all the
 * same. */
static __always_inline bool st_is_suppressed(struct st_moved *moved, struct st_tls_object *tls,
                                             struct st_thread *thread)
{
  if (!st_is_running(true) || tls->excluded || st_is_muted(tls->conn_id)) {
    st_count(ST_COUNT_SUPPRESSED_SCOPE, 1);
    st_lose_request(thread, &tls->request, &tls->tls_id, moved->record.direction);
    return true;
  }
  return st_is_past_deadline(moved->now_ns);
}

/* A call whose bytes never pass the target's memory: a hole, where its request is in scope. */
static __always_inline void st_skip_payload(struct st_moved *moved, struct st_tls_object *tls,
                                            struct st_thread *thread)
{
  st_pass_unreadable(thread, &tls->request, &tls->tls_id, moved->record.direction);
  if (st_all_needles && !tls->request.window)
    st_count(ST_COUNT_SUPPRESSED_SCOPE, 1);
  else
    st_count(ST_COUNT_LOST_FAULT_BYTES, moved->bytes);
}

/* Fills the fields that every chunk of the call shares and advances the position. */
static __always_inline void st_settle(struct st_moved *moved, struct st_tls_object *tls,
                                      __u64 direction)
{
  struct st_tls_event *record = &moved->record;

  st_fill_header(&record->header, ST_EVENT_TLS, 0, moved->now_ns);
  record->tls_id = tls->tls_id;
  record->conn_id = tls->conn_id;
  record->position = __sync_fetch_and_add(&tls->position[direction & 1], moved->bytes);
  record->call_bytes = moved->bytes;
  record->direction = direction;
}

static __always_inline bool st_is_tls_in_request(struct st_moved *moved, struct st_tls_object *tls,
                                                 struct st_thread *thread)
{
  struct st_stream stream = {.tls_id = tls->tls_id,
                             .conn_id = tls->conn_id,
                             .position = {tls->position[0], tls->position[1]},
                             .request = &tls->request};

  if (!st_all_needles) return true;
  moved->in_row = moved->bytes;
  return st_is_in_request(moved, &stream, thread);
}

/* Whether nothing says that the object of this call is TLS. */
static __always_inline bool st_is_unproved(struct st_call *call)
{
  if (!(call->flags & ST_SITE_NEEDS_PROOF) || call->proof == ST_PROOF_TLS) return false;
  if (call->proof == ST_PROOF_PLAIN) st_emit_tls_close(call->object); /* its address was reused */
  return call->proof == ST_PROOF_PLAIN || !st_find_tls(call->object);
}

/* The object of a call. One that is used with another connection than before is another one now:
 * its end was not seen, or the program uses it again. */
static __always_inline struct st_tls_object *st_tls_of(struct st_call *call)
{
  struct st_tls_object *tls = st_find_tls(call->object);
  bool is_known = call->conn_id && call->conn_id != ST_CONN_AMBIGUOUS;

  if (!tls) return st_find_or_make_tls(call->object);
  if (!is_known || !tls->conn_id || tls->conn_id == call->conn_id) return tls;
  st_emit_tls_close(call->object);
  return st_find_or_make_tls(call->object);
}

/* Records a call that has returned. Returns the bytes it tried to copy. */
static __always_inline __u64 st_finish_call(struct pt_regs *ctx, struct st_thread *thread,
                                            struct st_call *call)
{
  struct st_moved moved = {.buffer = call->buffer, .bytes = st_returned_bytes(ctx, call)};
  struct st_tls_object *tls;

  if ((!moved.bytes && !call->conn_id) || st_is_unproved(call)) return 0;
  moved.now_ns = bpf_ktime_get_boot_ns();
  tls = st_tls_of(call);
  if (!tls) {
    st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
    return 0;
  }
  tls->excluded |= call->excluded;
  st_bind(tls, call->conn_id, st_nested_source(), moved.now_ns);
  if (!moved.bytes) return 0;
  st_settle(&moved, tls, call->direction);
  if (call->flags & ST_SITE_NO_PAYLOAD) {
    st_skip_payload(&moved, tls, thread);
    return 0;
  }
  if (call->direction == ST_EGRESS && !tls->conn_id && !call->conn_id)
    st_note_pending(thread, call->object, moved.bytes, moved.now_ns);
  if (st_is_suppressed(&moved, tls, thread)) return 0;
  return st_is_tls_in_request(&moved, tls, st_telling_thread(thread)) ? st_emit_call(&moved) : 0;
}

static __noinline int st_leave_site(struct pt_regs *ctx, __u64 cookie)
{
  struct st_thread *thread = st_current_thread();
  __u64 hit_ns = ST_SITE_IS_CHEAP(cookie) ? st_cheap_hit_ns : st_stepped_hit_ns;
  __u64 entry_stack = PT_REGS_SP(ctx) - 8; /* the return address has been popped */
  struct st_call call;

  if (!thread || !st_end_call(thread, entry_stack, &call) || !st_current_in_scope()) return 0;
  st_charge_cpu(hit_ns + ((st_finish_call(ctx, thread, &call) * st_kib_ns) >> 10));
  return 0;
}

/* Entry or return: bpf_session_is_return would say so too, but has other arguments since 7.x. */
static __always_inline bool st_is_return(struct pt_regs *ctx)
{
  return bpf_get_func_ip(ctx) != PT_REGS_IP(ctx);
}

SEC("?uprobe")
int st_handle_session(struct pt_regs *ctx)
{
  __u64 cookie = bpf_get_attach_cookie(ctx);
  int wants_return = 0;

  st_preempt_off();
  if (st_is_return(ctx))
    st_leave_site(ctx, cookie);
  else
    wants_return = st_enter_site(ctx, cookie);
  st_preempt_on();
  return !wants_return; /* at entry 1 means: no return probe for this call */
}

SEC("?uprobe")
int st_handle_entry(struct pt_regs *ctx)
{
  st_preempt_off();
  st_enter_site(ctx, bpf_get_attach_cookie(ctx));
  st_preempt_on();
  return 0;
}

SEC("?uretprobe")
int st_handle_return(struct pt_regs *ctx)
{
  st_preempt_off();
  st_leave_site(ctx, bpf_get_attach_cookie(ctx));
  st_preempt_on();
  return 0;
}

#include "bpf/go_request.h"
#include "bpf/go_tls.h"

char st_license[] SEC("license") = "Dual MIT/GPL";
