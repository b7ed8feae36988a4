/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Who is captured: exactly the approved process, and its descendants where that is approved; or the
 * members of the approved control group. */
#ifndef ST_SCOPE_H
#define ST_SCOPE_H

/* tgid -> start_boottime of its group leader. Of a process: its descendants, filled at fork. Of a
 * group: who has joined, to be told once; that decides nothing. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __uint(map_flags, BPF_F_RDONLY);
  __type(key, __u32);
  __type(value, __u64);
} st_members SEC(".maps");

static __always_inline bool st_is_target(__u32 tgid, __u64 start_ns)
{
  struct st_shared *shared = st_shared_state();

  return tgid == st_target_tgid && start_ns == st_target_start_ns && shared && !shared->closed;
}

/* Whether the process of `task` is in scope. Says nothing about pause and deadline. */
static __always_inline bool st_task_in_scope(struct task_struct *task)
{
  __u32 tgid = task->tgid;
  __u64 *start_ns;

  if (st_group_level) return st_is_member(task);
  if (!st_children && tgid != st_target_tgid) return false;
  if (st_is_target(tgid, task->group_leader->start_boottime)) return true;
  if (!st_children) return false;
  start_ns = bpf_map_lookup_elem(&st_members, &tgid);
  return start_ns && *start_ns == task->group_leader->start_boottime;
}

static __always_inline bool st_current_in_scope(void)
{
  return st_task_in_scope(bpf_get_current_task_btf());
}

static __always_inline void st_close_scope(__u32 tgid)
{
  struct st_shared *shared = st_shared_state();

  if (tgid == st_target_tgid && shared) shared->closed = 1;
  bpf_map_delete_elem(&st_members, &tgid);
}

/* Whether userspace lets anything through; `payload` asks for plaintext too. */
static __always_inline bool st_is_running(bool payload)
{
  __u32 zero = 0;
  struct st_narrow_value *narrow = bpf_map_lookup_elem(&st_narrow, &zero);

  return narrow && narrow->running && (!payload || narrow->payload);
}

static __always_inline bool st_is_muted(__u64 conn_id)
{
  return conn_id && bpf_map_lookup_elem(&st_muted, &conn_id);
}

#endif
