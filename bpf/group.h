/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A control group as target: who is in it and runs an approved program. Nothing is remembered of a
 * process: who is moved out or executes another program is out of scope with his next call. */
#ifndef ST_GROUP_H
#define ST_GROUP_H

/* Files whose content has an approved digest. Userspace hashes a file and writes it down here: that
 * finds out which files are meant by the approval, and adds none to it. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, struct st_program);
  __type(value, __u8);
} st_programs SEC(".maps");

/* The group's id. Ids are never used again, and no two groups have one path at a time. */
static __always_inline __u64 st_current_group_id(void)
{
  struct st_shared *shared = st_shared_state();

  return shared && shared->group_id ? shared->group_id : st_group_id;
}

/* The id of the group above `group`, at the approved group's level. */
static __always_inline __u64 st_ancestor_id(struct cgroup *group)
{
  struct cgroup *above = 0;
  __u64 id = 0;

  if (bpf_core_field_exists(group->ancestors)) {
    bpf_probe_read_kernel(&above, sizeof(above), &group->ancestors[0] + st_group_level);
    return BPF_CORE_READ(above, kn, id);
  }
  bpf_probe_read_kernel(&id, sizeof(id),
                        &((struct cgroup___v6_0 *)group)->ancestor_ids[0] + st_group_level);
  return id;
}

/* Whether a group is the approved one or below it. */
static __always_inline bool st_is_below_group(struct cgroup *group)
{
  if (group->level < (int)st_group_level) return false;
  if (group->level > (int)st_group_level) return st_ancestor_id(group) == st_current_group_id();
  return group->kn->id == st_current_group_id();
}

static __always_inline bool st_runs_approved(struct task_struct *task)
{
  struct st_program program = {0};

  if (st_any_program) return task->mm != 0;
  return st_read_program(task, &program) && bpf_map_lookup_elem(&st_programs, &program);
}

/* In a function of its own: its stack is free again when the caller goes on. */
static __noinline bool st_is_member(struct task_struct *task)
{
  struct cgroup *group = task->cgroups->dfl_cgrp;

  return group && st_is_below_group(group) && st_runs_approved(task);
}

#endif
