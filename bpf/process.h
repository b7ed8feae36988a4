/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Fork, exec and exit of scoped processes: they keep the scope exact without help from userspace.
 */
#ifndef ST_PROCESS_H
#define ST_PROCESS_H

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(st_handle_fork, struct task_struct *parent, struct task_struct *child)
{
  __u32 tgid = child->tgid;

  if (tgid == (__u32)parent->tgid) return 0;
  if (st_group_level) {
    st_meet_child(parent, child);
    return 0;
  }
  if (!st_task_in_scope(parent)) return 0;
  st_emit_process(ST_EVENT_FORK, tgid, 0);
  if (!st_children) return 0;
  st_note_member(child);
  st_tell_member(child, ST_EVENT_JOINED, ST_JOIN_FORKED);
  return 0;
}

/* Another program in the same process: without children, nobody approved capturing it. */
SEC("?tp_btf/sched_process_exec")
int BPF_PROG(st_handle_exec, struct task_struct *task)
{
  if (st_group_level) {
    st_meet_program(task);
    return 0;
  }
  if (!st_task_in_scope(task)) return 0;
  if (!st_children) st_close_scope(task->tgid);
  st_emit_process(ST_EVENT_EXEC, 0, 0);
  if (st_children) st_tell_member(task, ST_EVENT_JOINED, ST_JOIN_EXECUTED);
  return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(st_handle_exit, struct task_struct *task)
{
  __u32 tid = task->pid;

  if (st_group_level) {
    bpf_map_delete_elem(&st_threads, &tid);
    st_end_member(task);
    return 0;
  }
  if (!st_task_in_scope(task)) return 0;
  bpf_map_delete_elem(&st_threads, &tid);
  if (task->signal->live.counter) return 0;
  st_close_scope(task->tgid);
  st_emit_process(ST_EVENT_EXIT, 0, task->exit_code);
  return 0;
}

#endif
