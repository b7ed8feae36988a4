/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The begin of the target's system calls, for sessions that time them: how long a call took, what a
 * wait was told to wait for, and whose descriptor close had. At a call's end none of these is known
 * any more. */
#ifndef ST_TIMING_H
#define ST_TIMING_H

#define ST_LONG_WAIT_NS 1000000ULL /* 1 ms: shorter waits that succeeded are not told */

enum { ST_SYS_CLOSE = 3, ST_SYS_SELECT = 23, ST_SYS_PSELECT6 = 270, ST_SYS_PPOLL = 271 };

struct st_call_start {
  __u64 start_ns;   /* CLOCK_BOOTTIME; 0: no call is in progress */
  __u64 timeout_ns; /* of a call that names it by a pointer, else 0 */
  __u64 conn_id;    /* close: of its descriptor; 0: none */
  __u64 number;
};

/* By thread id. One whose thread has ended, or that another call replaced, gives way. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __uint(map_flags, BPF_F_RDONLY);
  __type(key, __u32);
  __type(value, struct st_call_start);
} st_call_starts SEC(".maps");

/* What a call that is given a pointer to a time may wait for. */
static __always_inline __u64 st_timeout_of(struct pt_regs *regs, __u64 number)
{
  void *from = 0;
  __s64 time[2]; /* seconds, and nanoseconds or microseconds */

  if (number == ST_SYS_PPOLL) from = (void *)regs->dx;
  if (number == ST_SYS_PSELECT6 || number == ST_SYS_SELECT) from = (void *)regs->r8;
  if (!from || bpf_probe_read_user(time, sizeof(time), from)) return 0;
  return (__u64)time[0] * 1000000000ULL + (__u64)time[1] * (number == ST_SYS_SELECT ? 1000 : 1);
}

/* The connection that a descriptor is of, 0 for none and for one that may not be told. */
static __always_inline __u64 st_closing_of(__u64 fd)
{
  __u64 sk = (__u64)st_socket_of((__u32)fd);
  struct st_connection *connection = sk ? bpf_map_lookup_elem(&st_connections, &sk) : 0;

  return connection && !connection->excluded ? connection->conn_id : 0;
}

static __always_inline bool st_is_told(__u64 number)
{
  barrier_var(number);
  return number < ST_CALL_NUMBERS && (st_call_shapes[number].family & st_call_families);
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(st_handle_syscall_entry, struct pt_regs *regs, long number)
{
  struct st_call_start start = {};
  __u32 tid = (__u32)st_current_id();

  if (!st_current_in_scope() || regs->cs != ST_USER_CS_64) return 0;
  st_charge_cpu(st_system_call_ns);
  if (!st_is_told(number) || !st_is_running(true)) return 0;
  start.number = number;
  start.timeout_ns = st_timeout_of(regs, number);
  start.conn_id = number == ST_SYS_CLOSE ? st_closing_of(regs->di) : 0;
  start.start_ns = bpf_ktime_get_boot_ns();
  bpf_map_update_elem(&st_call_starts, &tid, &start, BPF_ANY);
  return 0;
}

/* At the end of a call: what its begin has left. */
static __always_inline void st_take_start(struct st_told_call *call, __u64 number)
{
  __u32 tid = (__u32)st_current_id();
  struct st_call_start *start = bpf_map_lookup_elem(&st_call_starts, &tid);

  call->now_ns = bpf_ktime_get_boot_ns();
  if (!start || start->number != number || !start->start_ns) return;
  call->begin_ns = start->start_ns;
  call->timeout_ns = start->timeout_ns;
  call->conn_id = start->conn_id;
  start->start_ns = 0;
}

#endif
