/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Maps shared by several subjects. BPF_F_RDONLY: programs write, userspace only reads. The two
 * writable ones, st_narrow and st_muted, can only reduce what is captured. */
#ifndef ST_STATE_H
#define ST_STATE_H

enum st_id_kind { ST_ID_CONNECTION = 0, ST_ID_TLS = 1, ST_ID_LOG = 2 };

/* Written by programs only. */
struct st_shared {
  __u64 group_id;        /* of the group since its folder was made again; 0: it was not */
  __u64 last_id[3];      /* by enum st_id_kind: never reused */
  __u64 window_start_ns; /* CLOCK_BOOTTIME */
  __u64 window_events;
  __u64 window_cpu_ns;
  __u64 total_bytes;
  __u64 closed; /* 1: the target has exited or, without children, called execve */
  __u64 has_go; /* 1: a goroutine has made a call */
  __u64 unseen; /* calls of io_uring_enter, where nobody sees what they move */
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __uint(map_flags, BPF_F_RDONLY);
  __type(key, __u32);
  __type(value, struct st_shared);
} st_shared_map SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, ST_COUNT_MAX);
  __uint(map_flags, BPF_F_RDONLY);
  __type(key, __u32);
  __type(value, __u64);
} st_counters SEC(".maps");

/* Zero, the state at load, is paused. */
struct st_narrow_value {
  __u32 running;
  __u32 payload; /* 1: plaintext may be copied, 0: connections only */
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct st_narrow_value);
} st_narrow SEC(".maps");

/* Connections whose payload userspace no longer wants. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, __u8);
} st_muted SEC(".maps");

/* tgid << 32 | tid, by two loads: the helper of that name is a call of 9 ns. */
static __always_inline __u64 st_current_id(void)
{
  struct task_struct *task = bpf_get_current_task_btf();

  return (__u64)(__u32)task->tgid << 32 | (__u32)task->pid;
}

static __always_inline void st_count(__u32 counter, __u64 amount)
{
  __u64 *value = bpf_map_lookup_elem(&st_counters, &counter);

  if (value && amount) __sync_fetch_and_add(value, amount);
}

static __always_inline struct st_shared *st_shared_state(void)
{
  __u32 zero = 0;

  return bpf_map_lookup_elem(&st_shared_map, &zero);
}

/* A new id, never 0. */
static __always_inline __u64 st_next_id(enum st_id_kind kind)
{
  struct st_shared *shared = st_shared_state();

  return shared ? __sync_fetch_and_add(&shared->last_id[kind], 1) + 1 : 0;
}

#endif
