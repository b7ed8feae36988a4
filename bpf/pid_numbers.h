/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The numbers that a process has: one in each pid namespace from the initial one to its own. */
#ifndef ST_PID_NUMBERS_H
#define ST_PID_NUMBERS_H

#define ST_PID_LEVELS 33 /* MAX_PID_NS_LEVEL of the kernel, and the initial one */

/* The number of a process in its own pid namespace. */
static __always_inline __u32 st_inner_tgid(struct task_struct *task)
{
  struct pid *pid = task->group_leader->thread_pid;
  struct upid number = {0};

  if (!pid) return 0; /* it has been reaped */
  bpf_probe_read_kernel(&number, sizeof(number), &pid->numbers[0] + pid->level);
  return number.nr;
}

/* The number of a process in the pid namespace with this inode number; 0: it is not in there. */
static __always_inline __u32 st_tgid_in(struct task_struct *task, __u32 namespace)
{
  struct pid *pid = task->group_leader->thread_pid;
  struct upid number = {0};

  if (!pid) return 0;
  for (__u32 level = 0; level < ST_PID_LEVELS; ++level) {
    if (level > pid->level) break;
    if (bpf_probe_read_kernel(&number, sizeof(number), &pid->numbers[0] + level)) break;
    if (BPF_CORE_READ(number.ns, ns.inum) == namespace) return number.nr;
  }
  return 0;
}

#endif
