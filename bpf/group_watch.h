/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Who comes into a control group and leaves it, and the group's own end and beginning. */
#ifndef ST_GROUP_WATCH_H
#define ST_GROUP_WATCH_H

/* A process is, or has come, into the group: told once as a member, or as a stranger. */
static __always_inline void st_meet(struct task_struct *task, __u8 how)
{
  if (!st_is_below_group(task->cgroups->dfl_cgrp) || !task->mm) return;
  if (!st_runs_approved(task)) {
    st_tell_member(task, ST_EVENT_STRANGER, how);
    return;
  }
  if (st_has_joined(task)) return;
  /* One that could not be told is met again. */
  if (st_tell_member(task, ST_EVENT_JOINED, how)) st_note_member(task);
}

static __always_inline void st_part(struct task_struct *task)
{
  __u32 tgid = task->tgid;

  if (!st_has_joined(task)) return;
  bpf_map_delete_elem(&st_members, &tgid);
  st_tell_member(task, ST_EVENT_LEFT, 0);
}

static __always_inline void st_meet_child(struct task_struct *parent, struct task_struct *child)
{
  if (st_has_joined(parent)) st_emit_process(ST_EVENT_FORK, child->tgid, 0);
  st_meet(child, ST_JOIN_FORKED);
}

/* Another program: what was known of the process's files is void, also of a member. */
static __always_inline void st_meet_program(struct task_struct *task)
{
  __u32 tgid = task->tgid;

  if (st_has_joined(task)) {
    st_emit_process(ST_EVENT_EXEC, 0, 0);
    if (!st_is_member(task)) st_part(task);
  }
  bpf_map_delete_elem(&st_members, &tgid);
  st_meet(task, ST_JOIN_EXECUTED);
}

static __always_inline void st_end_member(struct task_struct *task)
{
  __u32 tgid = task->tgid;

  if (!st_has_joined(task) || task->signal->live.counter) return;
  bpf_map_delete_elem(&st_members, &tgid);
  st_emit_process(ST_EVENT_EXIT, 0, task->exit_code);
}

/* Threads of one process are in one group, but for threaded groups, which are below one domain. */
SEC("?tp_btf/cgroup_attach_task")
int BPF_PROG(st_handle_move, struct cgroup *group, const char *path, struct task_struct *task)
{
  if (group->root->hierarchy_id) return 0;
  if (st_is_below_group(group))
    st_meet(task, ST_JOIN_MOVED);
  else
    st_part(task);
  return 0;
}

/* Whether a path is that of the approved group, which is shorter than what is read of this one: a
 * path that is cut is never the same. */
static __always_inline bool st_is_group_path(const char *path)
{
  __u64 words[ST_GROUP_PATH_MAX / 8] = {0};
  const volatile __u64 *approved = (const volatile __u64 *)st_group_path;

  if (bpf_probe_read_kernel_str(words, sizeof(words), path) < 0) return false;
  for (int i = 0; i < ST_GROUP_PATH_MAX / 8; ++i)
    if (words[i] != approved[i]) return false;
  return true;
}

/* A unit that restarts gets another folder of the same name: the approval names the unit. Nobody
 * can be in it before this has run. */
SEC("?tp_btf/cgroup_mkdir")
int BPF_PROG(st_handle_mkdir, struct cgroup *group, const char *path)
{
  struct st_shared *shared = st_shared_state();

  if (group->root->hierarchy_id || group->level != (int)st_group_level || !shared) return 0;
  if (!st_is_group_path(path)) return 0;
  shared->group_id = group->kn->id;
  st_emit_control(ST_EVENT_GROUP_MADE, 0, 0, bpf_ktime_get_boot_ns());
  return 0;
}

/* Read by userspace: tells of everybody who is in the group now. */
SEC("?iter/task")
int st_tell_present(struct bpf_iter__task *ctx)
{
  struct task_struct *task = ctx->task; /* one load: the verifier distrusts a second */

  if (!task || task->pid != task->tgid) return 0;
  st_meet(task, ST_JOIN_PRESENT);
  return 0;
}

#endif
