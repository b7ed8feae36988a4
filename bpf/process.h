/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Fork, exec and exit of scoped processes: they keep the scope exact without help from userspace.
 */
#ifndef ST_PROCESS_H
#define ST_PROCESS_H

static __always_inline void st_fill_process(struct st_process_event *event, __u16 type,
                                            __u32 other_tgid, __s32 exit_code, __u64 now_ns)
{
  st_fill_header(&event->header, type, sizeof(*event), now_ns);
  event->other_tgid = other_tgid;
  event->exit_code = exit_code;
  bpf_get_current_comm(event->comm, sizeof(event->comm));
}

/* The supervisor learns of it even while paused: the record holds no byte of the target's data. */
static __always_inline void st_emit_control(__u16 type, __u32 other_tgid, __s32 exit_code,
                                            __u64 now_ns)
{
  struct st_process_event *event = bpf_ringbuf_reserve(&st_control, sizeof(*event), 0);

  if (!st_or_lost(event)) return;
  st_fill_process(event, type, other_tgid, exit_code, now_ns);
  bpf_ringbuf_submit(event, BPF_RB_FORCE_WAKEUP);
}

static __always_inline void st_emit_process(__u16 type, __u32 other_tgid, __s32 exit_code)
{
  __u64 now_ns = bpf_ktime_get_boot_ns();
  struct st_process_event *event;

  st_emit_control(type, other_tgid, exit_code, now_ns);
  if (!st_is_running(false) || st_is_past_deadline(now_ns)) return;
  event = ST_RESERVE(now_ns, *event);
  if (!event) return;
  st_fill_process(event, type, other_tgid, exit_code, now_ns);
  st_submit(event);
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(st_handle_fork, struct task_struct *parent, struct task_struct *child)
{
  __u32 tgid = child->tgid;
  __u64 start_ns = child->start_boottime;

  if (tgid == (__u32)parent->tgid || !st_task_in_scope(parent)) return 0;
  if (st_children && bpf_map_update_elem(&st_descendants, &tgid, &start_ns, BPF_ANY))
    st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
  st_emit_process(ST_EVENT_FORK, tgid, 0);
  return 0;
}

/* Another program in the same process: without children, nobody approved capturing it. */
SEC("?tp_btf/sched_process_exec")
int BPF_PROG(st_handle_exec, struct task_struct *task)
{
  if (!st_task_in_scope(task)) return 0;
  if (!st_children) st_close_scope(task->tgid);
  st_emit_process(ST_EVENT_EXEC, 0, 0);
  return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(st_handle_exit, struct task_struct *task)
{
  __u32 tid = task->pid;

  if (!st_task_in_scope(task)) return 0;
  bpf_map_delete_elem(&st_threads, &tid);
  if (task->signal->live.counter) return 0;
  st_close_scope(task->tgid);
  st_emit_process(ST_EVENT_EXIT, 0, task->exit_code);
  return 0;
}

#endif
