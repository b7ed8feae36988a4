/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copies the plaintext of one call into the ring, chunk by chunk. A call may have several parts
 * (iovec): each is copied as if the parts before it lay directly in front of it. */
#ifndef ST_CHUNK_H
#define ST_CHUNK_H

#define ST_PAGE_BYTES 4096
/* Each chunk once and, when a page is missing, again for the five pages it may touch. */
#define ST_CHUNK_ROUNDS (ST_CALL_BYTES_MAX / ST_CHUNK_BYTES * 6)
#define ST_PARTS_MAX 64 /* of one call: what is behind them is a gap */

static __always_inline __u64 st_page_rest(struct st_moved *moved)
{
  return ST_PAGE_BYTES - ((moved->buffer + moved->offset) & (ST_PAGE_BYTES - 1));
}

/* Emits one chunk into a record of a fixed size: the verifier wants a constant. False: one of its
 * pages is missing, and it has to be tried again page by page. */
static __always_inline bool st_emit_sized(struct st_moved *moved, const __u64 room)
{
  const __u64 size = sizeof(struct st_tls_event) + room;
  struct st_tls_event *event = st_or_lost(bpf_ringbuf_reserve(&st_events, size, 0));
  __u64 bytes = moved->record.chunk_bytes;

  if (!event) {
    st_count(ST_COUNT_LOST_RING_BYTES, bytes);
    return true;
  }
  barrier_var(bytes);
  if (bytes > room) bytes = room;
  *event = moved->record;
  event->header.size = size;
  if (!bpf_probe_read_user(event + 1, bytes, (void *)(moved->buffer + moved->offset))) {
    st_count(ST_COUNT_BYTES, bytes);
  } else if (bytes > st_page_rest(moved)) {
    bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
    moved->by_page = moved->offset + bytes;
    return false;
  } else {
    event->flags |= ST_TLS_FAULT;
    st_count(ST_COUNT_LOST_FAULT_BYTES, bytes);
  }
  st_submit(event);
  return true;
}

static __always_inline __u64 st_next_chunk_bytes(struct st_moved *moved)
{
  __u64 left = moved->part_end - moved->offset;
  __u64 most = moved->offset < moved->by_page ? st_page_rest(moved) : ST_CHUNK_BYTES;

  return left > most ? most : left;
}

/* Emits or counts the next chunk. A global function is verified once, not once a round. */
__noinline int st_emit_chunk(struct st_moved *moved)
{
  __u64 bytes;
  bool is_done;

  if (!moved) return 0;
  bytes = st_next_chunk_bytes(moved);
  moved->record.offset_bytes = moved->offset;
  moved->record.chunk_bytes = bytes;
  moved->record.flags &= ST_TLS_PLAIN;
  if (moved->kept < moved->bytes) moved->record.flags |= ST_TLS_TRUNCATED;
  if (bytes == moved->kept - moved->offset) moved->record.flags |= ST_TLS_LAST;
  if (bytes <= 256)
    is_done = st_emit_sized(moved, 256);
  else if (bytes <= 1024)
    is_done = st_emit_sized(moved, 1024);
  else if (bytes <= 4096)
    is_done = st_emit_sized(moved, 4096);
  else
    is_done = st_emit_sized(moved, ST_CHUNK_BYTES);
  if (is_done) moved->offset += bytes;
  return 0;
}

/* Takes the budget for a call of `parts` parts, all of it or nothing. */
static __always_inline bool st_begin_emit(struct st_moved *moved, __u64 parts)
{
  moved->kept = moved->bytes > ST_CALL_BYTES_MAX ? ST_CALL_BYTES_MAX : moved->bytes;
  if (!st_take_budget(moved->now_ns,
                      (moved->kept + ST_CHUNK_BYTES - 1) / ST_CHUNK_BYTES + parts - 1, moved->kept))
    return false;
  st_count(ST_COUNT_TRUNCATED_BYTES, moved->bytes - moved->kept);
  return true;
}

/* Emits what is left of the part at hand. */
__noinline int st_emit_part(struct st_moved *moved)
{
  __u64 i;

  if (!moved) return 0;
  for (i = 0; i < ST_CHUNK_ROUNDS; i++) {
    if (moved->offset >= moved->part_end) break;
    st_emit_chunk(moved);
  }
  return 0;
}

/* Emits a call that is in scope and not suppressed: all of it or, over budget, nothing. Returns
 * the bytes it tried to copy. */
static __always_inline __u64 st_emit_call(struct st_moved *moved)
{
  if (!st_begin_emit(moved, 1)) return 0;
  moved->part_end = moved->kept;
  st_emit_part(moved);
  return moved->kept;
}

/* Says that nothing of the call from `offset` on was copied, and why. */
static __always_inline void st_emit_tail(struct st_moved *moved, __u8 flag)
{
  struct st_tls_event *event = st_or_lost(bpf_ringbuf_reserve(&st_events, sizeof(*event), 0));

  if (!event) return;
  moved->record.header.size = sizeof(*event);
  moved->record.offset_bytes = moved->offset;
  moved->record.chunk_bytes = 0;
  moved->record.flags = (moved->record.flags & ST_TLS_PLAIN) | ST_TLS_LAST | flag;
  *event = moved->record;
  st_submit(event);
}

/* Emits the parts that an iovec of `parts` entries at `vector` names, in its order. */
__noinline int st_emit_vector(struct st_moved *moved, __u64 vector, __u64 parts)
{
  __u64 part[2]; /* struct iovec: address, bytes */
  __u64 i;

  if (!moved) return 0;
  for (i = 0; i < ST_PARTS_MAX; i++) {
    if (i >= parts || moved->offset >= moved->kept) break;
    if (bpf_probe_read_user(part, sizeof(part), (void *)(vector + i * sizeof(part)))) break;
    moved->buffer = part[0] - moved->offset;
    moved->by_page = 0;
    moved->part_end = moved->kept;
    if (part[1] < moved->kept - moved->offset) moved->part_end = moved->offset + part[1];
    st_emit_part(moved);
  }
  if (moved->offset >= moved->kept) return 0;
  st_count(ST_COUNT_TRUNCATED_BYTES, moved->kept - moved->offset);
  st_emit_tail(moved, ST_TLS_TRUNCATED);
  return 0;
}

#endif
