/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Request scope: which calls belong to an approved request. Decided on the header block, before
 * anything is copied; a call outside every window never is.
 *
 * A window is a TLS object's: it opens at the request whose header field is approved, or at one
 * that a thread makes while it serves such a request, and closes when the next request begins
 * (HTTP/1) or the stream's answer ends (HTTP/2). Userspace cuts to message boundaries; it can only
 * narrow. */
#ifndef ST_REQUEST_H
#define ST_REQUEST_H

#define ST_FRAME_BYTES 9       /* header of an HTTP/2 frame (RFC 9113 section 4.1) */
#define ST_FRAMES 32           /* of one call that are walked */
#define ST_FRAME_MAX (1 << 20) /* longer ones are none */

/* The two directions of a TLS object, or of a plain connection. */
struct st_stream {
  __u64 tls_id;
  __u64 conn_id;
  __u64 position[2]; /* by enum st_direction, the call at hand included */
  struct st_request *request;
};

/* Tells userspace that what follows is in a window of this kind, or in none; bytes of both streams
 * before these positions that did not come were out of scope. `position` is where the stream of the
 * call at hand stands; the other one has no call under way. False: it was not sent. */
static __always_inline bool st_emit_window(struct st_moved *moved, struct st_stream *stream,
                                           __u32 kind, __u64 position)
{
  struct st_window_event *event = ST_RESERVE(moved->now_ns, *event);
  __u8 direction = moved->record.direction;

  if (!event) return false;
  st_fill_header(&event->header, ST_EVENT_WINDOW, sizeof(*event), moved->now_ns);
  event->tls_id = stream->tls_id;
  event->conn_id = stream->conn_id;
  event->position[0] = direction == 0 ? position : stream->position[0];
  event->position[1] = direction == 1 ? position : stream->position[1];
  event->kind = kind;
  __builtin_memset(event->reserved, 0, sizeof(event->reserved));
  st_submit(event);
  return true;
}

/* A window opens only when userspace was told so: else it would take the bytes for those of the
 * window before. One that closes is closed in any case, and told with the next request. */
static __always_inline void st_set_window(struct st_moved *moved, struct st_stream *stream,
                                          __u32 kind, __u64 position)
{
  struct st_request *request = stream->request;

  if (request->window == kind && request->told == kind) return;
  request->window = ST_WINDOW_NONE;
  if (!st_emit_window(moved, stream, kind, position)) return;
  request->told = kind;
  request->window = kind;
}

/* The part of an approved header block that earlier calls carried. */
static __always_inline void st_emit_head(struct st_moved *moved, struct st_request_head *head,
                                         __u64 bytes)
{
  const __u64 size = sizeof(struct st_tls_event) + ST_REQUEST_BYTES;
  struct st_tls_event *event;

  if (!bytes || !st_take_budget(moved->now_ns, 1, bytes)) return;
  event = st_or_lost(bpf_ringbuf_reserve(&st_events, size, 0));
  if (!event) {
    st_count(ST_COUNT_LOST_RING_BYTES, bytes);
    return;
  }
  *event = moved->record;
  event->header.size = size;
  event->position = head->position;
  event->call_bytes = bytes;
  event->offset_bytes = 0;
  event->chunk_bytes = bytes;
  event->flags = ST_TLS_LAST;
  barrier_var(bytes);
  if (bytes > ST_REQUEST_BYTES) bytes = ST_REQUEST_BYTES;
  bpf_probe_read_kernel(event + 1, bytes, head->text);
  st_count(ST_COUNT_BYTES, bytes);
  st_submit(event);
}

/* The thread that read the request of this stream owes its answer no longer. */
static __always_inline void st_settle_answer(struct st_request *request, __u64 tls_id)
{
  __u32 tid = request->reader;
  struct st_thread *reader = tid ? bpf_map_lookup_elem(&st_threads, &tid) : 0;

  request->reader = 0;
  if (!reader) return;
  if (reader->due) __sync_fetch_and_add(&reader->due, -1);
  if (reader->serving_tls_id == tls_id) reader->has_answered = 1;
}

/* This thread has read a request, or what may be one. Of goroutines, which change threads, nobody
 * counts what they owe. */
static __always_inline void st_owe_answer(struct st_thread *thread, struct st_request *request,
                                          __u64 tls_id)
{
  if (thread->generation || request->reader == (__u32)st_current_id()) return;
  st_settle_answer(request, tls_id);
  request->reader = (__u32)st_current_id();
  __sync_fetch_and_add(&thread->due, 1);
}

/* A request arrived: this thread serves it until it reads another one. While it owes the answer to
 * one and reads a second, nobody knows which of them its calls are for. */
static __always_inline void st_note_inbound(struct st_thread *thread, struct st_stream *stream,
                                            bool is_approved)
{
  if (!thread) return;
  st_owe_answer(thread, stream->request, stream->tls_id);
  if (!thread->generation)
    thread->is_shared = thread->due > 1;
  else if (thread->serving_tls_id && thread->serving_tls_id != stream->tls_id &&
           !thread->has_answered)
    thread->is_shared = 1;
  thread->serving_tls_id = stream->tls_id;
  thread->has_answered = 0;
  thread->serves_approved = is_approved;
}

/* Whichever thread answers. */
static __always_inline void st_note_answer(struct st_thread *thread, struct st_request *request,
                                           __u64 tls_id)
{
  st_settle_answer(request, tls_id);
  if (thread && thread->serving_tls_id == tls_id) thread->has_answered = 1;
}

/* Drops what there is of a header block that is not whole. */
static __always_inline void st_forget_head(struct st_request *request, __u64 *tls_id)
{
  if (!request->is_head_open) return;
  request->is_head_open = 0;
  bpf_map_delete_elem(&st_heads, tls_id);
}

/* The stream is over. */
static __always_inline void st_forget_request(struct st_request *request, __u64 *tls_id)
{
  st_forget_head(request, tls_id);
  st_settle_answer(request, *tls_id);
}

/* A call goes by that is not looked at: whose the next ones are nobody knows, nor whether this
 * thread has read another request. */
static __always_inline void st_lose_request(struct st_thread *thread, struct st_request *request,
                                            __u64 *tls_id, __u64 direction)
{
  if (!st_all_needles) return;
  st_forget_head(request, tls_id);
  if (direction == ST_EGRESS) {
    st_note_answer(thread, request, *tls_id);
  } else if (thread && request->requests != ST_EGRESS + 1) {
    st_owe_answer(thread, request, *tls_id);
    thread->serves_approved = 0;
  }
  request->window = ST_WINDOW_NONE;
  request->last = 0;
  request->stream = 0;
  request->has_ended = 0;
  request->caused_by = 0;
  request->frame_rest[direction & 1] = 0;
}

/* Whether a call in this direction carries the answer to a request of HTTP/1. */
static __always_inline bool st_is_answer(struct st_request *request, __u64 direction)
{
  return request->requests && request->requests != direction + 1 && !request->is_http2;
}

/* The answer goes on, or begins: there is no more of the header block before it. */
static __always_inline void st_turn_to_answer(struct st_thread *thread, struct st_request *request,
                                              __u64 *tls_id, __u64 direction)
{
  request->last = direction + 1;
  st_forget_head(request, tls_id);
  if (direction == ST_EGRESS) st_note_answer(thread, request, *tls_id);
}

/* A call goes by whose bytes cannot be looked at. As a part of an answer it begins no request. */
static __always_inline void st_pass_unreadable(struct st_thread *thread, struct st_request *request,
                                               __u64 *tls_id, __u64 direction)
{
  if (st_all_needles && st_is_answer(request, direction))
    st_turn_to_answer(thread, request, tls_id, direction);
  else
    st_lose_request(thread, request, tls_id, direction);
}

/* Whether what this thread does is for the approved request: until it begins to answer. What it
 * does then, nobody waits for. */
static __always_inline bool st_works_for_request(struct st_thread *thread)
{
  return thread && thread->serves_approved && !thread->has_answered && !thread->is_shared;
}

/* Whether a request that this thread sends is part of the approved one that it serves, and how that
 * is known: enum st_window_kind. */
static __always_inline __u32 st_cause_of(struct st_thread *thread, struct st_stream *stream,
                                         __u64 direction)
{
  bool is_next = stream->request->caused_by;

  stream->request->caused_by = 0;
  if (direction != ST_EGRESS) return ST_WINDOW_NONE;
  if (is_next) return ST_WINDOW_ROUTINE;
  if (!st_works_for_request(thread) || thread->serving_tls_id == stream->tls_id)
    return ST_WINDOW_NONE;
  return thread->generation ? ST_WINDOW_ROUTINE : ST_WINDOW_CAUSED;
}

/* Charges for a search in all that there is of the head. */
static __always_inline void st_charge_search(struct st_request_head *head)
{
  st_charge_cpu((head->bytes * st_judge_kib_ns) >> 10);
}

/* The rest of a header block that came in pieces. False: this call is not its rest. */
static __always_inline bool st_continue_head(struct st_moved *moved, struct st_stream *stream,
                                             struct st_thread *thread)
{
  struct st_request_head *head = bpf_map_lookup_elem(&st_heads, &stream->tls_id);
  __u64 before;
  int verdict;

  if (!head || head->position + head->bytes != moved->record.position) {
    st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
    st_forget_head(stream->request, &stream->tls_id);
    return false;
  }
  before = head->bytes;
  verdict = st_fill_head(head, moved) ? st_scan_http1(head) : ST_HEAD_ENDED;
  st_charge_search(head);
  if (verdict == ST_HEAD_OPEN && head->bytes == before + moved->bytes) return true;
  if (verdict == ST_HEAD_MATCHED) {
    st_set_window(moved, stream, ST_WINDOW_MATCHED, head->position);
    if (stream->request->window) st_emit_head(moved, head, before);
    if (moved->record.direction == ST_INGRESS) st_note_inbound(thread, stream, true);
  }
  st_forget_head(stream->request, &stream->tls_id);
  return true;
}

/* A request begins in this call. */
static __always_inline void st_begin_request(struct st_moved *moved, struct st_stream *stream,
                                             struct st_thread *thread, struct st_request_head *head,
                                             bool has_turned)
{
  __u64 direction = moved->record.direction, position = moved->record.position;
  __u32 cause = st_cause_of(thread, stream, direction);
  int verdict = st_scan_http1(head);

  st_charge_search(head);
  stream->request->requests = direction + 1;
  if (verdict == ST_HEAD_MATCHED)
    st_set_window(moved, stream, ST_WINDOW_MATCHED, position);
  else if (cause)
    st_set_window(moved, stream, cause, position);
  else if (has_turned)
    st_set_window(moved, stream, ST_WINDOW_NONE, position);
  if (direction == ST_INGRESS && (has_turned || verdict == ST_HEAD_MATCHED))
    st_note_inbound(thread, stream, verdict == ST_HEAD_MATCHED); /* else it may be part of a body */
  if (stream->request->window || verdict != ST_HEAD_OPEN) return;
  if (head->bytes < moved->bytes) return; /* there is more of it than is looked at */
  head->position = position;
  stream->request->is_head_open = !bpf_map_update_elem(&st_heads, &stream->tls_id, head, BPF_ANY);
}

struct st_frame {
  __u64 bytes; /* with its header */
  __u32 stream;
  __u8 type;
  __u8 flags;
  __u16 reserved;
};

/* The frame header at `buffer`. False: there is none. */
static __always_inline bool st_read_frame(__u64 buffer, struct st_frame *frame)
{
  __u8 head[ST_FRAME_BYTES];

  if (bpf_probe_read_user(head, sizeof(head), (void *)buffer)) return false;
  frame->bytes = ((__u64)head[0] << 16 | (__u64)head[1] << 8 | head[2]) + ST_FRAME_BYTES;
  frame->type = head[3];
  frame->flags = head[4];
  frame->stream =
      (__u32)head[5] << 24 | (__u32)head[6] << 16 | (__u32)head[7] << 8 | (__u32)head[8];
  return frame->bytes < ST_FRAME_MAX && frame->type < 16 && !(head[5] & 0x80);
}

static __always_inline bool st_ends_stream(struct st_frame *frame)
{
  return frame->type == 3 ||
         (frame->type < 2 && (frame->flags & 1)); /* RST_STREAM; DATA, HEADERS */
}

/* Follows the frames of one call from the boundary that the last one left. Finds the stream that
 * holds `hit` (0: none), and whether the window's stream ends. */
__noinline int st_walk_frames(struct st_moved *moved, struct st_request *request, __u64 hit)
{
  struct st_frame frame = {};
  __u64 at, i, direction;

  if (!moved || !request) return 0;
  direction = moved->record.direction & 1;
  at = request->frame_rest[direction];
  for (i = 0; i < ST_FRAMES; i++) {
    if (at + ST_FRAME_BYTES > moved->in_row || !st_read_frame(moved->buffer + at, &frame)) break;
    if (hit && hit >= at && hit < at + frame.bytes)
      request->stream = request->stream ? ST_STREAM_UNKNOWN : frame.stream;
    if (direction + 1 != request->requests && frame.stream == request->stream &&
        st_ends_stream(&frame))
      request->has_ended = 1;
    at += frame.bytes;
  }
  /* A header that is cut, or none at all: the next call is tried at its beginning. */
  request->frame_rest[direction] = at > moved->bytes ? at - moved->bytes : 0;
  return 0;
}

/* HTTP/2: streams share the connection, so the window is its, until the stream's answer has ended.
 */
static __always_inline void st_judge_http2(struct st_moved *moved, struct st_stream *stream,
                                           struct st_request_head *head)
{
  struct st_request *request = stream->request;
  __u64 hit = 0;
  __u32 n;

  if (request->has_ended) {
    request->has_ended = request->stream = 0;
    st_set_window(moved, stream, ST_WINDOW_NONE, moved->record.position);
  }
  if (!request->requests || request->requests == moved->record.direction + 1U) {
    for (n = st_http1_needles; n < ST_NEEDLES && n < st_all_needles && !hit; n++)
      if (st_scan_http2(head, n)) hit = head->hit;
    st_charge_search(head);
  }
  if (hit) request->requests = moved->record.direction + 1;
  st_walk_frames(moved, request, hit);
  if (hit && !request->stream) request->stream = ST_STREAM_UNKNOWN;
  if (hit) st_set_window(moved, stream, ST_WINDOW_MATCHED, moved->record.position);
}

/* Judges one call of a TLS object, with a slot to work in. */
static __always_inline void st_judge_call(struct st_moved *moved, struct st_stream *stream,
                                          struct st_thread *thread, struct st_request_head *slot)
{
  struct st_request *request = stream->request;
  __u64 direction = moved->record.direction;
  __u32 here = direction + 1;
  bool has_turned = request->last != here, is_expected;

  if (st_is_answer(request, direction))
    st_turn_to_answer(thread, request, &stream->tls_id, direction);
  request->last = here;
  if (request->is_head_open && st_continue_head(moved, stream, thread)) return;
  slot->bytes = 0;
  if (!st_fill_head(slot, moved))
    return st_pass_unreadable(thread, request, &stream->tls_id, direction);
  if (!request->is_http2 && st_begins_preface(slot)) {
    request->is_http2 = 1;
    request->requests = here;
    request->frame_rest[direction & 1] = ST_PREFACE_BYTES;
  }
  is_expected = request->requests == here || (!request->requests && slot->text[0] != 'H');
  if (!request->is_http2 && (is_expected || has_turned) &&
      st_begins_request(slot, has_turned && is_expected))
    st_begin_request(moved, stream, thread, slot, has_turned);
  else if (request->is_http2 || !request->requests)
    st_judge_http2(moved, stream, slot);
}

/* Whether the target runs goroutines: then what a thread does next may be for another request. */
static __always_inline bool st_runs_goroutines(void)
{
  struct st_shared *shared = st_shared_state();

  return shared && shared->has_go;
}

/* The thread at hand, if what it does says anything about the request that it serves; else 0. */
static __always_inline struct st_thread *st_telling_thread(struct st_thread *thread)
{
  return st_runs_goroutines() ? 0 : thread;
}

/* Where nobody sees what io_uring moves: any stream may have gone on by it since the last call. */
static __always_inline void st_note_unseen(struct st_moved *moved, struct st_stream *stream,
                                           struct st_thread *thread)
{
  struct st_shared *shared = st_shared_state();

  if (!st_socket_calls || !shared || stream->request->unseen == (__u32)shared->unseen) return;
  stream->request->unseen = shared->unseen;
  st_lose_request(thread, stream->request, &stream->tls_id, moved->record.direction);
}

/* Whether this call may be copied. `thread` is a thread that tells, or a goroutine. */
static __always_inline bool st_is_in_request(struct st_moved *moved, struct st_stream *stream,
                                             struct st_thread *thread)
{
  struct st_request_head *slot = st_take_slot();

  st_charge_cpu(st_judge_ns);
  st_note_unseen(moved, stream, thread);
  if (slot) {
    st_judge_call(moved, stream, thread, slot);
    st_give_slot(slot);
  } else {
    st_lose_request(thread, stream->request, &stream->tls_id, moved->record.direction);
  }
  if (!stream->request->window) st_count(ST_COUNT_SUPPRESSED_SCOPE, 1);
  return stream->request->window;
}

/* Whether what this thread does besides (logs, other system calls) belongs to the request. */
static __always_inline bool st_is_thread_in_request(struct st_thread *thread)
{
  return !st_all_needles || (st_works_for_request(thread) && !st_runs_goroutines());
}

#endif
