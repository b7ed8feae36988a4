/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The header block of a request: where it is kept while it is looked at, and whether it has an
 * approved field. */
#ifndef ST_REQUEST_HEAD_H
#define ST_REQUEST_HEAD_H

#define ST_NEEDLES 32         /* fields to look for, in all forms */
#define ST_NEEDLE_WORDS 8     /* of 8 bytes: 64 bytes of a field are compared */
#define ST_REQUEST_BYTES 4096 /* of a header block that are looked at */
#define ST_HEAD_SLOTS 64      /* calls that may be judged at the same time */
#define ST_METHOD_BYTES 16    /* of a method and its blank, at most */
#define ST_PREFACE_BYTES 24   /* "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" */

/* A needle matches the bytes b where ((b | fold) ^ value) & mask is 0: ASCII case is ignored by a
 * fold of 0x20 on letters. First those of HTTP/1, which begin with the line feed before the field,
 * then those of HTTP/2: length and string as HPACK writes them. */
const volatile __u64 st_needle_value[ST_NEEDLES][ST_NEEDLE_WORDS] = {};
const volatile __u64 st_needle_mask[ST_NEEDLES][ST_NEEDLE_WORDS] = {};
const volatile __u64 st_needle_fold[ST_NEEDLES][ST_NEEDLE_WORDS] = {};
const volatile __u32 st_http1_needles = 0;
const volatile __u32 st_all_needles = 0; /* 0: every request is in scope */

/* The beginning of a request. Twice the room: for the verifier, which adds the largest offset to
 * the largest length. */
struct st_request_head {
  __u64 owner;    /* of a slot: 1 + thread id while it is used */
  __u64 bytes;    /* in text; zeros follow */
  __u64 position; /* of text in its stream */
  __u64 hit;      /* where a needle was found */
  __u8 text[2 * ST_REQUEST_BYTES + 64];
};

/* Working memory. A slot belongs to one program at a time, whatever preempts it. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, ST_HEAD_SLOTS);
  __uint(map_flags, BPF_F_RDONLY);
  __type(key, __u32);
  __type(value, struct st_request_head);
} st_slots SEC(".maps");

/* Header blocks that came in several calls, until they are whole: approved or forgotten. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 512);
  __uint(map_flags, BPF_F_RDONLY);
  __type(key, __u64); /* tls_id of the stream */
  __type(value, struct st_request_head);
} st_heads SEC(".maps");

enum st_head_verdict { ST_HEAD_OPEN = 0, ST_HEAD_MATCHED = 1, ST_HEAD_ENDED = 2 };

static __always_inline struct st_request_head *st_take_slot(void)
{
  __u64 me = 1 + (__u32)st_current_id();
  __u32 i;

  for (i = 0; i < 4; i++) {
    __u32 index = (me + i * 17) & (ST_HEAD_SLOTS - 1);
    struct st_request_head *slot = bpf_map_lookup_elem(&st_slots, &index);

    if (slot && !__sync_val_compare_and_swap(&slot->owner, 0, me)) return slot;
  }
  st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
  return 0;
}

static __always_inline void st_give_slot(struct st_request_head *slot)
{
  __sync_lock_test_and_set(&slot->owner, 0);
}

/* Adds the call's first bytes, as far as there is room. False: they cannot be read. */
static __always_inline bool st_fill_head(struct st_request_head *head, struct st_moved *moved)
{
  __u64 at = head->bytes, bytes = moved->in_row, room;
  static const __u8 zeros[64] = {};

  barrier_var(at);
  if (at > ST_REQUEST_BYTES) at = ST_REQUEST_BYTES;
  room = ST_REQUEST_BYTES - at;
  if (bytes > room) bytes = room;
  barrier_var(bytes);
  if (bytes > ST_REQUEST_BYTES) bytes = ST_REQUEST_BYTES;
  if (bpf_probe_read_user(head->text + at, bytes, (void *)moved->buffer)) return false;
  at += bytes;
  head->bytes = at;
  barrier_var(at);
  if (at > 2 * ST_REQUEST_BYTES) at = 2 * ST_REQUEST_BYTES;
  bpf_probe_read_kernel(head->text + at, sizeof(zeros), zeros);
  return true;
}

/* Whether needle `n` stands at `at`. */
__noinline int st_needle_is_at(struct st_request_head *head, __u32 at, __u32 n)
{
  __u32 i;

  if (!head) return 0;
  at &= ST_REQUEST_BYTES - 1;
  n &= ST_NEEDLES - 1;
  for (i = 0; i < ST_NEEDLE_WORDS; i++) {
    __u64 word = *(__u64 *)(head->text + at + 8 * i);

    if (((word | st_needle_fold[n][i]) ^ st_needle_value[n][i]) & st_needle_mask[n][i]) return 0;
  }
  return 1;
}

/* What the line feed at `at` begins: a field that is looked for, the end of the block, or neither.
 */
__noinline int st_judge_line(struct st_request_head *head, __u32 at)
{
  __u32 n;

  if (!head) return ST_HEAD_OPEN;
  at &= ST_REQUEST_BYTES - 1;
  if (head->text[at + 1] == '\n' || (head->text[at + 1] == '\r' && head->text[at + 2] == '\n'))
    return ST_HEAD_ENDED;
  for (n = 0; n < ST_NEEDLES && n < st_http1_needles; n++)
    if (st_needle_is_at(head, at, n)) return ST_HEAD_MATCHED;
  return ST_HEAD_OPEN;
}

/* Whether a byte of `word` is 0: all eight at once. */
static __always_inline bool st_has_zero(__u64 word)
{
  return (word - 0x0101010101010101ULL) & ~word & 0x8080808080808080ULL;
}

/* Looks at each line that begins in the 64 bytes at `at`. A function of its own, as all that loop
 * here: a global one is verified once, not once a round. */
__noinline int st_scan_lines(struct st_request_head *head, __u32 at)
{
  __u32 i, byte;

  if (!head) return ST_HEAD_OPEN;
  at &= ST_REQUEST_BYTES - 64;
  for (i = 0; i < 64; i += 8) {
    __u64 word = *(__u64 *)(head->text + at + i) ^ 0x0a0a0a0a0a0a0a0aULL;

    if (!st_has_zero(word)) continue;
    for (byte = 0; byte < 8; byte++, word >>= 8) {
      int verdict = word & 0xff ? ST_HEAD_OPEN : st_judge_line(head, at + i + byte);

      if (verdict != ST_HEAD_OPEN) return verdict;
    }
  }
  return ST_HEAD_OPEN;
}

/* Looks at each line of the block up to its end. Inlined: kernels before 6.13 allow 512 bytes of
 * stack for all functions in progress. */
static __always_inline int st_scan_http1(struct st_request_head *head)
{
  __u32 at;

  for (at = 0; at < ST_REQUEST_BYTES && at < head->bytes; at += 64) {
    int verdict = st_scan_lines(head, at);

    if (verdict != ST_HEAD_OPEN) return verdict;
  }
  return ST_HEAD_OPEN;
}

/* Looks for needle `n` in the 64 bytes at `at`, by its first byte; says where in head->hit. */
__noinline int st_scan_bytes(struct st_request_head *head, __u32 at, __u32 n)
{
  __u64 first;
  __u32 i, byte;

  if (!head) return 0;
  at &= ST_REQUEST_BYTES - 64;
  n &= ST_NEEDLES - 1;
  first = (st_needle_value[n][0] & 0xff) * 0x0101010101010101ULL;
  for (i = 0; i < 64; i += 8) {
    __u64 word = *(__u64 *)(head->text + at + i) ^ first;

    if (!st_has_zero(word)) continue;
    for (byte = 0; byte < 8; byte++, word >>= 8) {
      if ((word & 0xff) || !st_needle_is_at(head, at + i + byte, n)) continue;
      head->hit = at + i + byte;
      return 1;
    }
  }
  return 0;
}

/* Looks for needle `n` anywhere. */
static __always_inline int st_scan_http2(struct st_request_head *head, __u32 n)
{
  __u32 at;

  for (at = 0; at < ST_REQUEST_BYTES && at < head->bytes; at += 64)
    if (st_scan_bytes(head, at, n)) return 1;
  return 0;
}

/* A method and its blank: GET, PROPFIND; not HTTP/1.1 of an answer. The call may end inside it
 * where a request is expected. */
static __always_inline bool st_begins_request(struct st_request_head *head, bool is_expected)
{
  __u32 i;

  for (i = 0; i < ST_METHOD_BYTES; i++) {
    __u8 c = head->text[i];

    if (c == ' ') return i > 2;
    if (i == head->bytes) return i && is_expected;
    if ((c < 'A' || c > 'Z') && c != '-') return false;
  }
  return false;
}

static __always_inline bool st_begins_preface(struct st_request_head *head)
{
  return *(__u64 *)head->text == 0x5448202a20495250ULL &&     /* "PRI * HT" */
         *(__u64 *)(head->text + 8) == 0x0a0d302e322f5054ULL; /* "TP/2.0\r\n" */
}

#endif
