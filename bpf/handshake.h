/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What TLS says before it encrypts: the client's first flight (ClientHello) and the server's answer
 * up to the first record of another type. Only records of type handshake are ever copied, and none
 * behind a change of cipher: what is encrypted never is, whatever its type.
 *
 * A connection is followed from a ClientHello on that begins a call. When the client speaks again,
 * or its server sends a record of another type, it is over for good: no renegotiation. The same
 * when a call is not the next one of its stream: where records begin is not known then. */
#ifndef ST_HANDSHAKE_H
#define ST_HANDSHAKE_H

#define ST_RECORD_HEAD_BYTES 5   /* RFC 8446 section 5.1: type, version, length */
#define ST_RECORD_HANDSHAKE 0x16 /* the type of records that may be copied */
#define ST_WALK_ROUNDS 24        /* records and chunks of one part of a call that are walked */
#define ST_WALK_PARTS 8          /* of an iovec that are walked */

/* Whether the first bytes of a call are those of a ClientHello (RFC 8446 section 4.1.2). Of a
 * stream that did not begin here its version has to be there too: ciphertext may be anything. */
static __always_inline bool st_begins_client_hello(struct st_head *head, bool is_begin)
{
  const __u8 *bytes = head->bytes;

  if (!st_begins_hello(head)) return false;
  if (head->size < 11) return is_begin && (head->size == 5 || bytes[5] == 1);
  return bytes[5] == 1 && bytes[6] == 0 && bytes[9] == 3 && bytes[10] <= 3;
}

static __always_inline void st_fill_handshake(struct st_handshake_event *event,
                                              struct st_walk *walk, __u64 size, __u64 kept)
{
  st_fill_header(&event->header, ST_EVENT_HANDSHAKE, size, walk->now_ns);
  event->conn_id = walk->conn_id;
  event->kept_bytes = kept;
  event->direction = walk->direction;
  event->flags = walk->flags;
  event->reserved = 0;
  st_count(ST_COUNT_BYTES, kept);
  st_count(ST_COUNT_HANDSHAKE_BYTES, kept);
  st_submit(event);
}

static __always_inline void st_emit_handshake_sized(struct st_walk *walk, __u64 bytes,
                                                    const __u64 room)
{
  const __u64 size = sizeof(struct st_handshake_event) + room;
  struct st_handshake_event *event = st_or_lost(bpf_ringbuf_reserve(&st_events, size, 0));

  if (!event) {
    walk->flags |= ST_HANDSHAKE_CUT;
    return;
  }
  barrier_var(bytes);
  if (bytes > room) bytes = room;
  if (bpf_probe_read_user(event + 1, bytes, (void *)walk->address)) {
    st_count(ST_COUNT_LOST_FAULT_BYTES, bytes);
    bytes = 0;
    walk->flags |= ST_HANDSHAKE_CUT;
  }
  st_fill_handshake(event, walk, size, bytes);
}

/* Copies `bytes` of a handshake record. A global function is verified once. */
__noinline int st_emit_handshake(struct st_walk *walk, __u64 bytes)
{
  if (!walk) return 0;
  if (!st_take_budget(walk->now_ns, 1, bytes))
    walk->flags |= ST_HANDSHAKE_CUT;
  else if (bytes <= 512)
    st_emit_handshake_sized(walk, bytes, 512);
  else if (bytes <= 2048)
    st_emit_handshake_sized(walk, bytes, 2048);
  else
    st_emit_handshake_sized(walk, bytes, ST_HANDSHAKE_CHUNK_BYTES);
  return 0;
}

/* The flight at hand is over, and with the server's the handshake as far as it can be read. */
static __always_inline void st_end_flight(struct st_handshake *handshake)
{
  handshake->phase = handshake->phase == ST_PHASE_CLIENT ? ST_PHASE_WAIT : ST_PHASE_ENDING;
}

/* The same, and there was more of it. */
static __always_inline void st_cut_flight(struct st_handshake *handshake)
{
  handshake->was_cut = 1;
  st_end_flight(handshake);
}

static __always_inline bool st_is_in_flight(struct st_handshake *handshake)
{
  return handshake->phase == ST_PHASE_CLIENT || handshake->phase == ST_PHASE_SERVER;
}

/* Takes of the call what the header at hand still lacks. False: it is not whole yet, or none of a
 * handshake: then the flight is over. */
static __always_inline bool st_read_record_head(struct st_handshake *handshake,
                                                struct st_walk *walk)
{
  __u64 at = handshake->head_bytes, bytes = ST_RECORD_HEAD_BYTES - at;
  __u8 *head = handshake->head;

  if (bytes > walk->bytes) bytes = walk->bytes;
  barrier_var(at);
  barrier_var(bytes);
  if (at >= ST_RECORD_HEAD_BYTES || bytes > ST_RECORD_HEAD_BYTES ||
      bpf_probe_read_user(head + at, bytes, (void *)walk->address)) {
    st_cut_flight(handshake);
    return false;
  }
  walk->address += bytes;
  walk->bytes -= bytes;
  handshake->head_bytes = at + bytes;
  if (head[0] != ST_RECORD_HANDSHAKE) {
    st_end_flight(handshake);
    return false;
  }
  if (handshake->head_bytes < ST_RECORD_HEAD_BYTES) return false;
  handshake->head_bytes = 0;
  handshake->record_rest = (__u32)head[3] << 8 | head[4];
  if (head[1] == 3 && handshake->record_rest && handshake->record_rest <= ST_RECORD_BYTES_MAX)
    return true;
  st_cut_flight(handshake);
  return false;
}

/* Copies what is there of the record at hand, within the bound of its flight, which ends where
 * something is lost. */
static __always_inline void st_take_record(struct st_handshake *handshake, struct st_walk *walk)
{
  __u64 bytes = handshake->record_rest, room = ST_HANDSHAKE_BYTES_MAX - handshake->copied;

  if (bytes > walk->bytes) bytes = walk->bytes;
  if (bytes > ST_HANDSHAKE_CHUNK_BYTES) bytes = ST_HANDSHAKE_CHUNK_BYTES;
  if (bytes > room) {
    walk->flags |= ST_HANDSHAKE_CUT;
    st_count(ST_COUNT_TRUNCATED_BYTES, bytes);
  } else {
    st_emit_handshake(walk, bytes);
  }
  if (walk->flags & ST_HANDSHAKE_CUT) {
    st_cut_flight(handshake);
    return;
  }
  handshake->copied += bytes;
  handshake->record_rest -= bytes;
  walk->address += bytes;
  walk->bytes -= bytes;
}

/* Takes the next header, or what there is of a record. */
__noinline int st_walk_record(struct st_handshake *handshake, struct st_walk *walk)
{
  if (!handshake || !walk) return 0;
  if (handshake->record_rest || st_read_record_head(handshake, walk))
    st_take_record(handshake, walk);
  return st_is_in_flight(handshake);
}

/* Walks one part of a call. */
__noinline int st_walk_part(struct st_handshake *handshake, struct st_walk *walk)
{
  int i;

  if (!handshake || !walk) return 0;
  for (i = 0; i < ST_WALK_ROUNDS; i++) {
    if (!walk->bytes || !st_walk_record(handshake, walk)) return i;
  }
  if (walk->bytes) st_cut_flight(handshake);
  return i;
}

/* Walks a call of one buffer or iovec that moved `bytes`. */
__noinline int st_walk_call(struct st_handshake *handshake, struct st_place *place,
                            struct st_walk *walk)
{
  __u64 part[2], bytes, i;

  if (!handshake || !place || !walk) return 0;
  walk->address = place->buffer;
  if (!place->vector) return st_walk_part(handshake, walk);
  bytes = walk->bytes;
  for (i = 0; i < ST_WALK_PARTS && i < place->parts && bytes && st_is_in_flight(handshake); i++) {
    if (bpf_probe_read_user(part, sizeof(part), (void *)(place->vector + i * ST_IOVEC_BYTES)))
      break;
    if (part[1] > bytes) part[1] = bytes;
    bytes -= part[1];
    walk->address = part[0];
    walk->bytes = part[1];
    st_walk_part(handshake, walk);
  }
  if (bytes && st_is_in_flight(handshake)) st_cut_flight(handshake);
  return i;
}

/* Nothing more of this handshake will come: told once, with the next call where there is no room
 * now. */
static __always_inline void st_end_handshake(struct st_handshake *handshake, struct st_walk *walk)
{
  struct st_handshake_event *event = ST_RESERVE(walk->now_ns, *event);

  if (!event) return;
  walk->flags = ST_HANDSHAKE_SERVER | ST_HANDSHAKE_LAST;
  if (handshake->was_cut) walk->flags |= ST_HANDSHAKE_CUT;
  walk->direction = handshake->client == ST_EGRESS ? ST_INGRESS : ST_EGRESS;
  st_fill_handshake(event, walk, sizeof(*event), 0);
  handshake->phase = ST_PHASE_OVER;
}

/* Whose turn it is with a call in this direction. */
static __always_inline void st_turn_handshake(struct st_handshake *handshake, __u8 direction)
{
  if (direction == handshake->client) {
    if (handshake->phase == ST_PHASE_SERVER) handshake->phase = ST_PHASE_ENDING;
  } else if (handshake->phase && handshake->phase < ST_PHASE_SERVER) {
    handshake->phase = ST_PHASE_SERVER;
    handshake->head_bytes = handshake->record_rest = handshake->copied = 0;
  }
}

/* Whether a handshake begins with this call. */
static __always_inline bool st_begins_handshake(struct st_place *place, struct st_walk *walk)
{
  struct st_head head = {};

  st_read_head(&head, place, walk->bytes);
  return st_begins_client_hello(&head, walk->is_begin);
}

/* From the call at hand on. Of a connection that begins with it, nothing else has come: what
 * another thread has read meanwhile is seen to be missing. */
static __always_inline void st_begin_handshake(struct st_connection *connection,
                                               struct st_walk *walk)
{
  struct st_handshake *handshake = &connection->handshake;
  struct st_shared *shared = st_shared_state();

  handshake->phase = ST_PHASE_CLIENT;
  handshake->client = walk->direction;
  handshake->unseen = shared ? shared->unseen : 0;
  handshake->next[ST_EGRESS] = walk->is_begin ? 0 : connection->sent_bytes;
  handshake->next[ST_INGRESS] = walk->is_begin ? 0 : connection->received_bytes;
  handshake->next[walk->direction & 1] = walk->position;
}

/* Whether the call at hand continues its stream, as far as anybody can know. One of two threads
 * that read at once does. */
static __always_inline bool st_is_next_call(struct st_handshake *handshake, struct st_walk *walk)
{
  struct st_shared *shared = st_shared_state();
  __u64 *next = &handshake->next[walk->direction & 1], here = walk->position;

  if (st_socket_calls && (!shared || (__u32)shared->unseen != handshake->unseen)) return false;
  return walk->bytes && __sync_val_compare_and_swap(next, here, here + walk->bytes) == here;
}

/* Whether not even what is told of connections may be told of this one. */
static __always_inline bool st_is_untold(struct st_connection *connection, __u64 now_ns)
{
  return connection->excluded || !st_is_running(false) || st_is_muted(connection->conn_id) ||
         st_is_past_deadline(now_ns);
}

/* Copies what a call carries of a handshake, from a ClientHello on. One that cannot be read, of 0
 * bytes, or may not be told, ends it. A global function is verified once. */
__noinline int st_walk_handshake(struct st_connection *connection, struct st_place *place,
                                 struct st_walk *walk)
{
  struct st_handshake *handshake;

  if (!connection || !place || !walk) return 0;
  handshake = &connection->handshake;
  walk->conn_id = connection->conn_id;
  if (!handshake->phase && st_begins_handshake(place, walk)) st_begin_handshake(connection, walk);
  if (st_is_untold(connection, walk->now_ns) ||
      (!handshake->phase && (!walk->bytes || connection->content == ST_CONTENT_TLS))) {
    handshake->phase = ST_PHASE_OVER;
    return handshake->phase;
  }
  if (handshake->phase && !st_is_next_call(handshake, walk)) st_miss_handshake(handshake);
  st_turn_handshake(handshake, walk->direction);
  if (handshake->phase == ST_PHASE_SERVER) walk->flags = ST_HANDSHAKE_SERVER;
  if (st_is_in_flight(handshake)) st_walk_call(handshake, place, walk);
  if (handshake->phase == ST_PHASE_ENDING) st_end_handshake(handshake, walk);
  return handshake->phase;
}

#endif
