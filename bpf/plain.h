/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The payload of sockets that carry no TLS, copied at the end of the system call that moved it.
 * What may be TLS is never copied: the first bytes of calls are looked at here, in the kernel. */
#ifndef ST_PLAIN_H
#define ST_PLAIN_H

#define ST_HEAD_BYTES 16
#define ST_HEAD_PARTS 4     /* of an iovec that may be empty before its first bytes */
#define ST_MESSAGES_MAX 64  /* of one sendmmsg: when there are more, all of them are a gap */
#define ST_IOVEC_BYTES 16   /* sizeof(struct iovec) */
#define ST_MMSGHDR_BYTES 64 /* sizeof(struct mmsghdr): 56 of msghdr, then msg_len */
#define ST_RECORD_BYTES_MAX (16384 + 2048) /* RFC 5246 section 6.2.3 */

/* The first bytes of a call. */
struct st_head {
  __u8 bytes[ST_HEAD_BYTES];
  __u64 size;
};

/* What the first bytes of a call may be, several at once. */
enum st_look {
  ST_LOOK_RECORD = 1, /* all there is of them is as a TLS record begins */
  ST_LOOK_HELLO = 2,  /* and it is the first of a handshake, as behind STARTTLS */
  ST_LOOK_TEXT = 4,   /* 16 bytes, all text: of ciphertext, two heads in ten million are */
  ST_LOOK_BYTES = 8   /* there is something */
};

/* The first of the parts that is not empty: address and bytes, of `bytes` in all. */
static __always_inline void st_first_part(__u64 part[2], struct st_place *place, __u64 bytes)
{
  __u64 i;

  part[0] = place->buffer;
  part[1] = place->vector ? 0 : bytes;
  for (i = 0; i < ST_HEAD_PARTS && place->vector; i++) {
    if (i >= place->parts) return;
    if (bpf_probe_read_user(part, 2 * sizeof(*part), (void *)(place->vector + i * ST_IOVEC_BYTES)))
      part[1] = 0;
    if (part[1]) break;
  }
  if (part[1] > bytes) part[1] = bytes;
}

static __always_inline void st_read_head(struct st_head *head, struct st_place *place, __u64 bytes)
{
  __u64 part[2];

  st_first_part(part, place, bytes);
  bytes = part[1];
  barrier_var(bytes);
  if (bytes > ST_HEAD_BYTES) bytes = ST_HEAD_BYTES;
  if (!bpf_probe_read_user(head->bytes, bytes, (void *)part[0])) head->size = bytes;
}

/* Whether all there is of the head is as a TLS record begins. */
static __always_inline bool st_is_record_head(struct st_head *head)
{
  const __u8 *bytes = head->bytes;
  __u64 length = (__u64)bytes[3] << 8 | bytes[4];

  if (!head->size || !st_begins_record(bytes[0], head->size > 1 ? bytes[1] : 3)) return false;
  if (head->size > 2 && bytes[2] > 4) return false;
  return head->size < 5 || (length && length <= ST_RECORD_BYTES_MAX);
}

/* ClientHello or ServerHello. Stricter than a record: any bytes may stand here. */
static __always_inline bool st_begins_hello(struct st_head *head)
{
  if (head->size < 5 || head->bytes[0] != 0x16) return false;
  return head->size == 5 || head->bytes[5] == 1 || head->bytes[5] == 2;
}

static __always_inline bool st_is_text(__u8 byte)
{
  return byte >= 0x20 ? byte < 0x7f : byte == '\t' || byte == '\r' || byte == '\n';
}

/* Looks at the first bytes of a call: a set of enum st_look. A global function is verified once. */
__noinline int st_look_at(struct st_place *place, __u64 bytes)
{
  struct st_head head = {};
  int look = ST_LOOK_TEXT | ST_LOOK_BYTES;
  __u64 i;

  if (!place) return 0;
  st_read_head(&head, place, bytes);
  if (!head.size) return 0;
  for (i = 0; i < ST_HEAD_BYTES; i++) {
    if (!st_is_text(head.bytes[i])) look = ST_LOOK_BYTES; /* also where there is no byte */
  }
  if (!st_is_record_head(&head)) return look;
  return look | ST_LOOK_RECORD | (st_begins_hello(&head) ? ST_LOOK_HELLO : 0);
}

static __always_inline bool st_has_layer(struct sock *sk)
{
  return BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_ulp_ops);
}

/* Decides what a connection carries whose content is not known. One that was open before, or that
 * was paused at its begin, is in the middle of something: text is no TLS, and a send behind a
 * complete one would begin a record. */
static __always_inline __u8 st_decide_content(struct st_connection *connection, struct sock *sk,
                                              int look, __u64 position, bool sends)
{
  if ((look & ST_LOOK_RECORD) || st_has_layer(sk)) return ST_CONTENT_TLS;
  if (!look) return ST_CONTENT_UNKNOWN;
  if (connection->is_fresh && !position) return ST_CONTENT_PLAIN;
  if ((look & ST_LOOK_TEXT) || (sends && connection->sent_whole)) return ST_CONTENT_PLAIN;
  return ST_CONTENT_UNKNOWN;
}

/* Bytes went by that nobody looked at: the connection may go on with TLS by now. */
static __always_inline void st_forget_content(struct st_connection *connection)
{
  if (connection->content == ST_CONTENT_PLAIN) connection->content = ST_CONTENT_UNKNOWN;
  connection->sent_whole = 0;
}

/* Fills the fields that every chunk of a call shares. */
static __always_inline void st_fill_plain(struct st_moved *moved, struct st_connection *connection,
                                          __u64 position, __u8 direction)
{
  struct st_tls_event *record = &moved->record;

  st_fill_header(&record->header, ST_EVENT_TLS, 0, moved->now_ns);
  record->tls_id = connection->plain_id;
  record->conn_id = connection->conn_id;
  record->position = position;
  record->call_bytes = moved->bytes;
  record->direction = direction;
  record->flags = ST_TLS_PLAIN;
}

#endif
