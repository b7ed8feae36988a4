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

/* Where the bytes of one call, or of one message of it, are. */
struct st_place {
  __u64 buffer; /* when there is no iovec */
  __u64 vector; /* struct iovec[], 0: none */
  __u64 parts;
  __u64 asked; /* bytes that were asked for, 0: not known */
};

/* The datagram at hand (bpf/dns.h). */
struct st_datagram {
  __u64 socket; /* struct sock* */
  __u64 now_ns;
  __u64 address;
  __u64 bytes; /* at `address` */
  __u64 all;   /* that the call moved */
  struct st_place place;
  __u8 direction;
  __u8 reserved[7];
};

/* A part of a call, while the records of a handshake in it are walked (bpf/handshake.h). */
struct st_walk {
  __u64 address;
  __u64 bytes;    /* that are left at `address` */
  __u64 position; /* of the call in its stream */
  __u64 now_ns;
  __u64 conn_id;
  __u8 direction;
  __u8 flags;    /* enum st_handshake_flag */
  __u8 is_begin; /* the call begins the connection's stream */
  __u8 reserved[5];
};

#endif
