/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* TLS objects of any library and the calls into them. Reads and writes are both recorded when they
 * return, with the returned count: that settles partial writes and retries. */
#ifndef ST_TLS_H
#define ST_TLS_H

#define ST_CALL_DEPTH 4           /* TLS over TLS nests; deeper calls are counted as lost */
#define ST_WRAPPER_STACK 2048     /* bytes of stack between an export and its callee */
#define ST_CONN_AMBIGUOUS (~0ULL) /* two sockets were used inside one call */

struct st_tls_key {
  __u64 object; /* SSL*, gnutls_session_t, PRFileDesc*, … */
  __u32 tgid;
  __u32 program; /* counts execs: a new program may have an object at the same address */
};

#define ST_STREAM_UNKNOWN (~0U) /* of HTTP/2: its end is not known either */

/* Where the requests of a TLS object are; the window of the one under way (bpf/request.h). */
struct st_request {
  __u32 window;       /* enum st_window_kind */
  __u32 requests;     /* 1 + the direction that carries requests, 0: not known */
  __u32 last;         /* 1 + the direction of the last call */
  __u32 is_head_open; /* a header block has begun that is not whole: in st_heads */
  __u32 is_http2;
  __u32 stream;    /* HTTP/2: the window's stream */
  __u32 has_ended; /* HTTP/2: its answer is over */
  __u32 told;      /* the window that userspace knows of: enum st_window_kind */
  /* Go: 1 + the generation of the probes that saw a goroutine which serves an approved request make
   * the next one; 0: none did. */
  __u32 caused_by;
  __u32 reader; /* thread that read the request and owes its answer, 0: none */
  __u32 unseen; /* st_shared.unseen at the last call */
  __u32 reserved;
  __u64 frame_rest[2]; /* HTTP/2: bytes before the next frame, by direction */
};

struct st_tls_object {
  __u64 tls_id;
  __u64 conn_id;     /* 0: unknown */
  __u64 position[2]; /* by enum st_direction, bytes since first sight */
  __u64 excluded;    /* its connection's family or direction is not approved */
  __u64 writer;      /* Go: runtime.g of the goroutine that began to write last; else 0 */
  __u64 writers;     /* Go: calls of Write in progress */
  __u64 inner;       /* Go: what it wraps, which stays the same for its life; else 0 */
  struct st_request request;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __uint(map_flags, BPF_F_RDONLY);
  __type(key, struct st_tls_key);
  __type(value, struct st_tls_object);
} st_tls_objects SEC(".maps");

/* One call that has not returned. */
struct st_call {
  __u64 object;
  __u64 buffer;
  __u64 size_pointer; /* where the count will be, 0: it is the return value */
  __u64 stack;        /* stack pointer at entry: finds the frame again at return. Go: its distance
                         from the end of the goroutine's stack, which may move */
  __u64 conn_id;      /* the socket used inside the call */
  __u64 stack_end;    /* Go: of the stack that holds the buffer; 0: the buffer is elsewhere */
  __u64 generation;   /* Go: of the probes that saw it begin */
  __u64 length;       /* Go: of a write */
  __u64 claimed;      /* Go: 1 when it is or may no longer be recorded by another goroutine */
  __u16 direction;
  __u16 excluded; /* that socket's family or direction is not approved */
  __u16 flags;    /* of the site */
  __u16 proof;    /* enum st_proof */
};

/* What the socket calls inside a call say about an object that may be no TLS. */
enum st_proof { ST_PROOF_NONE = 0, ST_PROOF_TLS = 1, ST_PROOF_PLAIN = 2 };

struct st_thread {
  __u64 depth;
  struct st_call calls[ST_CALL_DEPTH];
  __u64 pending_object; /* memory BIO: written, its socket write not seen yet */
  __u64 pending_bytes;
  __u64 ambiguous_until_ns;
  __u64 serving_tls_id; /* whose request this thread read last */
  __u32 serves_approved;
  __u32 has_answered;
  __u32 is_shared;  /* it owed two answers when it read the last request: what it sends is no one's
                       for sure */
  __u32 generation; /* of a goroutine: of the probes that saw it last */
  __u32 due;        /* answers that it owes */
  __u32 reserved;
  __u64 moved_socket;   /* struct sock* that the system call at hand moved bytes of, else 0 */
  __u64 moved_end;      /* position behind them */
  __u64 moved_datagram; /* struct sock* of UDP that it used, else 0 */
  /* The system call at hand, while it is copied: kernels before 6.13 allow 512 bytes of stack. */
  struct st_moved moved;
  struct st_walk walk;
  struct st_datagram datagram;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __uint(map_flags, BPF_F_RDONLY);
  __type(key, __u32);
  __type(value, struct st_thread);
} st_threads SEC(".maps");

/* What the loader says about a site, in its attach cookie. */
#define ST_SITE_KIND(cookie) ((cookie)&0xff)
#define ST_SITE_SIZE_ARGUMENT(cookie) (((cookie) >> 8) & 0xff)
#define ST_SITE_IS_CHEAP(cookie) (((cookie) >> 16) & 1)
#define ST_SITE_FLAGS(cookie) (((cookie) >> 24) & 0xff)
enum { ST_SITE_WRITE = 1, ST_SITE_READ = 2, ST_SITE_FREE = 3, ST_SITE_LOADER = 4 };
enum {
  ST_SITE_GO_WRITE = 16,
  ST_SITE_GO_READ = 17,
  ST_SITE_GO_WRITE_RETURN = 18,
  ST_SITE_GO_READ_RETURN = 19,
  ST_SITE_GO_HOMED_READ_RETURN = 20, /* its arguments are still in its caller's frame */
  ST_SITE_GO_CLOSE = 21,
  ST_SITE_GO_ROUND_TRIP = 22, /* net/http.(*persistConn).roundTrip */
  ST_SITE_GO_EXIT = 23        /* runtime.goexit1 */
};
/* The kSite… flags of userspace/resolve/site.h. */
enum {
  ST_SITE_WIDE_RETURN = 1, /* ssize_t, not int */
  ST_SITE_NEEDS_PROOF = 2, /* the object may be no TLS */
  ST_SITE_NO_PAYLOAD = 4,  /* sendfile: the bytes never pass the target's memory */
  ST_SITE_PEEK_FLAG = 8,   /* argument 4 may hold MSG_PEEK */
  ST_SITE_GO_ENDS = 16     /* of Go: runtime.goexit1 is probed, too; set by the loader itself */
};

static __always_inline struct st_thread *st_current_thread(void)
{
  __u32 tid = (__u32)st_current_id();

  return bpf_map_lookup_elem(&st_threads, &tid);
}

/* What a thread or goroutine begins as. Not on the stack, of which all functions together have 512
 * bytes where programs have none of their own. */
static const struct st_thread st_new_thread = {};

static __noinline struct st_thread *st_make_thread(void)
{
  __u32 tid = (__u32)st_current_id();

  bpf_map_update_elem(&st_threads, &tid, &st_new_thread, BPF_NOEXIST);
  return bpf_map_lookup_elem(&st_threads, &tid);
}

static __always_inline struct st_tls_key st_tls_key_of(__u64 object)
{
  struct task_struct *task = bpf_get_current_task_btf();
  struct st_tls_key key = {.object = object, .tgid = task->tgid, .program = task->self_exec_id};

  return key;
}

static __always_inline struct st_tls_object *st_find_tls(__u64 object)
{
  struct st_tls_key key = st_tls_key_of(object);

  return bpf_map_lookup_elem(&st_tls_objects, &key);
}

static __always_inline struct st_tls_object *st_find_or_make_tls(__u64 object)
{
  struct st_tls_key key = st_tls_key_of(object);
  struct st_tls_object *found = bpf_map_lookup_elem(&st_tls_objects, &key);
  struct st_tls_object made = {};

  if (found) return found;
  made.tls_id = st_next_id(ST_ID_TLS); /* before the insert: nobody may ever see it 0 */
  bpf_map_update_elem(&st_tls_objects, &key, &made, BPF_NOEXIST);
  return bpf_map_lookup_elem(&st_tls_objects, &key);
}

/* One frame; the mask is for the verifier, which loses the bound of a checked index. */
static __always_inline struct st_call *st_call_at(struct st_thread *thread, __u64 index)
{
  barrier_var(index);
  return &thread->calls[index & (ST_CALL_DEPTH - 1)];
}

/* Whether an export already on the stack reached this callee with the same object. Frames that the
 * stack pointer has left (longjmp) are dropped first. */
static __always_inline bool st_is_nested(struct st_thread *thread, struct st_call *call)
{
  struct st_call *last;
  int i;

  for (i = 0; i < ST_CALL_DEPTH; i++) {
    if (!thread->depth || st_call_at(thread, thread->depth - 1)->stack > call->stack) break;
    thread->depth--;
  }
  if (!thread->depth) return false;
  last = st_call_at(thread, thread->depth - 1);
  return last->object == call->object && last->direction == call->direction &&
         last->stack - call->stack < ST_WRAPPER_STACK;
}

/* Remembers a call until it returns. False: nothing to do at its return. */
static __always_inline bool st_push_call(struct st_thread *thread, struct st_call *call)
{
  __u64 depth;

  if (st_is_nested(thread, call)) return false;
  depth = thread->depth;
  if (depth >= ST_CALL_DEPTH) {
    st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
    return false;
  }
  *st_call_at(thread, depth) = *call;
  thread->depth = depth + 1;
  return true;
}

/* At the entry of a function of C. */
static __always_inline bool st_begin_call(struct pt_regs *ctx, __u64 cookie)
{
  struct st_thread *thread = st_current_thread();
  struct st_call call = {};
  __u64 fourth = PT_REGS_PARM4(ctx), fifth = PT_REGS_PARM5(ctx);

  call.object = PT_REGS_PARM1(ctx);
  call.buffer = PT_REGS_PARM2(ctx);
  call.stack = PT_REGS_SP(ctx);
  call.direction = ST_SITE_KIND(cookie) == ST_SITE_READ ? ST_INGRESS : ST_EGRESS;
  barrier_var(fourth); /* else clang picks the register by a pointer into ctx: refused */
  barrier_var(fifth);
  call.flags = ST_SITE_FLAGS(cookie);
  if ((call.flags & ST_SITE_PEEK_FLAG) && (fourth & ST_MSG_PEEK)) return false;
  if (ST_SITE_SIZE_ARGUMENT(cookie) == 4)
    call.size_pointer = fourth;
  else if (ST_SITE_SIZE_ARGUMENT(cookie) == 5)
    call.size_pointer = fifth;
  if (!thread) thread = st_make_thread();
  return thread && st_push_call(thread, &call);
}

/* Takes the call that returns now off the thread's stack. */
static __always_inline bool st_end_call(struct st_thread *thread, __u64 entry_stack,
                                        struct st_call *call)
{
  __u64 i;

  for (i = 0; i < ST_CALL_DEPTH; i++) {
    if (i < thread->depth && st_call_at(thread, i)->stack == entry_stack) {
      *call = *st_call_at(thread, i);
      thread->depth = i;
      return true;
    }
  }
  return false;
}

/* Bytes the call moved: 0 on failure. Of an int the upper half of the register is undefined. */
static __always_inline __u64 st_returned_bytes(struct pt_regs *ctx, struct st_call *call)
{
  __s64 returned = (__s64)PT_REGS_RC(ctx);
  __u64 bytes;

  if (!(call->flags & ST_SITE_WIDE_RETURN)) returned = (__s32)returned;
  if (returned <= 0) return 0;
  bytes = returned;
  if (call->size_pointer &&
      bpf_probe_read_user(&bytes, sizeof(bytes), (void *)call->size_pointer)) {
    st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
    return 0;
  }
  return bytes > 0x7fffffff ? 0x7fffffff : bytes;
}

#endif
