/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What there is to know of each system call that is told, from ST_CALL_LIST. */
#ifndef ST_CALL_SHAPE_H
#define ST_CALL_SHAPE_H

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
  __u64 begin_ns;   /* 0: its begin was not seen */
  __u64 timeout_ns; /* 0: not known */
  long returned;
};

#endif
