/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The system calls that move bytes, and how their arguments name them. x86-64 numbers:
 * arch/x86/entry/syscalls/syscall_64.tbl. */
#ifndef ST_CALL_TABLE_H
#define ST_CALL_TABLE_H

#define ST_USER_CS_64 0x33 /* 32-bit programs number their calls differently */

/* include/linux/socket.h */
#define ST_MSG_PEEK 2
#define ST_MSG_TRUNC 0x20
#define ST_MSG_OUTSIDE                                                       \
  (1 | ST_MSG_PEEK | 0x2000) /* MSG_OOB, MSG_ERRQUEUE: not the stream's next \
                              */
#define ST_MSG_ZEROCOPY 0x4000000

enum {
  ST_SYS_READ = 0,
  ST_SYS_WRITE = 1,
  ST_SYS_PWRITE64 = 18,
  ST_SYS_READV = 19,
  ST_SYS_WRITEV = 20,
  ST_SYS_SENDFILE = 40,
  ST_SYS_SENDTO = 44,
  ST_SYS_RECVFROM = 45,
  ST_SYS_SENDMSG = 46,
  ST_SYS_RECVMSG = 47,
  ST_SYS_SPLICE = 275,
  ST_SYS_RECVMMSG = 299,
  ST_SYS_SENDMMSG = 307,
  ST_SYS_PREADV2 = 327,
  ST_SYS_PWRITEV2 = 328,
  ST_SYS_IO_URING_ENTER = 426
};

/* What the second argument of a call points to. */
enum st_data_form {
  ST_DATA_NONE = 0,     /* the call moves no bytes of a socket */
  ST_DATA_BUFFER = 1,   /* the bytes; their number is the third argument */
  ST_DATA_VECTOR = 2,   /* struct iovec, as many as the third argument says */
  ST_DATA_MESSAGE = 3,  /* struct msghdr */
  ST_DATA_MESSAGES = 4, /* struct mmsghdr, of which the call returns how many it moved */
  ST_DATA_ELSEWHERE = 5 /* the bytes are in no memory of the target */
};

static __always_inline enum st_data_form st_data_form(__u64 number)
{
  switch (number) {
    case ST_SYS_READ:
    case ST_SYS_WRITE:
    case ST_SYS_SENDTO:
    case ST_SYS_RECVFROM:
      return ST_DATA_BUFFER;
    case ST_SYS_READV:
    case ST_SYS_WRITEV:
    case ST_SYS_PREADV2:
    case ST_SYS_PWRITEV2:
      return ST_DATA_VECTOR;
    case ST_SYS_SENDMSG:
    case ST_SYS_RECVMSG:
      return ST_DATA_MESSAGE;
    case ST_SYS_SENDMMSG:
    case ST_SYS_RECVMMSG:
      return ST_DATA_MESSAGES;
    case ST_SYS_SENDFILE:
    case ST_SYS_SPLICE:
      return ST_DATA_ELSEWHERE;
    default:
      return ST_DATA_NONE;
  }
}

/* Of a call that moves bytes. A splice may do either. */
static __always_inline bool st_is_receive(__u64 number)
{
  return number == ST_SYS_READ || number == ST_SYS_READV || number == ST_SYS_PREADV2 ||
         number == ST_SYS_RECVFROM || number == ST_SYS_RECVMSG || number == ST_SYS_RECVMMSG;
}

/* The MSG_ flags of a call, 0 when it has none. */
static __always_inline __u64 st_message_flags(struct pt_regs *regs)
{
  switch (regs->orig_ax) {
    case ST_SYS_SENDTO:
    case ST_SYS_RECVFROM:
    case ST_SYS_SENDMMSG:
    case ST_SYS_RECVMMSG:
      return regs->r10;
    case ST_SYS_SENDMSG:
    case ST_SYS_RECVMSG:
      return regs->dx;
    default:
      return 0;
  }
}

#endif
