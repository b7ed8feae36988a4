/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What one call moved, while its bytes are copied. */
#ifndef ST_MOVED_H
#define ST_MOVED_H

/* One settled call. */
struct st_moved {
  __u64 now_ns;
  __u64 buffer;   /* where offset 0 of the call would be, seen from the part at hand */
  __u64 bytes;    /* that the call moved */
  __u64 in_row;   /* of them, those that stand at `buffer` before anything was emitted */
  __u64 kept;     /* of them, at most ST_CALL_BYTES_MAX */
  __u64 part_end; /* offset behind the part at hand, at most `kept` */
  __u64 offset;   /* of the chunk at hand */
  __u64 by_page;  /* up to this offset, chunks end with their page: one of the pages is missing */
  struct st_tls_event record;
};

#endif
