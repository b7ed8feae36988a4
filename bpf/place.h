/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Where in the target's memory the bytes of a system call are. */
#ifndef ST_PLACE_H
#define ST_PLACE_H

/* Reads msg_iov and msg_iovlen of a struct msghdr. */
static __always_inline bool st_place_message(struct st_place *place, __u64 message)
{
  __u64 vector[2];

  if (bpf_probe_read_user(vector, sizeof(vector), (void *)(message + 16))) return false;
  place->vector = vector[0];
  place->parts = vector[1];
  return true;
}

/* Where the bytes of the call at hand are; of several messages, those of the first. */
static __always_inline bool st_place_call(struct st_place *place, struct pt_regs *regs,
                                          enum st_data_form form)
{
  __u64 second = regs->si, third = regs->dx;

  barrier_var(second); /* else clang picks what to load from by a pointer: refused */
  barrier_var(third);
  if (form == ST_DATA_MESSAGE || form == ST_DATA_MESSAGES) return st_place_message(place, second);
  if (form == ST_DATA_BUFFER) {
    place->buffer = second;
    place->asked = third;
  } else {
    place->vector = second;
    place->parts = third;
  }
  return true;
}

/* Whether bytes may be a TLS record that begins with these two: its type, and its version's first
 * byte (RFC 8446 section 5.1). */
static __always_inline bool st_begins_record(__u8 type, __u8 version)
{
  return type >= 0x14 && type <= 0x17 && version == 3;
}

/* The buffer of the system call in progress, of its first part; 0 when it is another call. */
static __always_inline __u64 st_syscall_buffer(void)
{
  struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
  enum st_data_form form = st_data_form(regs->orig_ax);
  struct st_place place = {};
  __u64 buffer = 0;

  if (regs->cs != ST_USER_CS_64 || form == ST_DATA_NONE || form == ST_DATA_ELSEWHERE) return 0;
  if (!st_place_call(&place, regs, form)) return 0;
  if (!place.vector) return place.buffer;
  return bpf_probe_read_user(&buffer, sizeof(buffer), (void *)place.vector) ? 0 : buffer;
}

#endif
