/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Writes who one process is: the exact identity that programs compare, its numbers, its program. */
#include "bpf/vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "bpf/event.h"
#include "bpf/pid_numbers.h"
#include "bpf/program.h"

const volatile __u32 st_own_namespace = 0; /* that the number is of; 0: the initial one */
__u32 st_wanted_tgid;                      /* set before each read */

SEC("iter/task")
int st_read_identity(struct bpf_iter__task *ctx)
{
  struct task_struct *task = ctx->task; /* one load: the verifier distrusts a second */
  struct st_member_event identity = {0};

  if (!task || task->pid != task->tgid) return 0;
  identity.own_tgid = st_own_namespace ? st_tgid_in(task, st_own_namespace) : (__u32)task->tgid;
  if (identity.own_tgid != st_wanted_tgid) return 0;
  identity.header.tgid = task->tgid;
  identity.header.tid = task->tgid;
  identity.start_ns = task->start_boottime;
  identity.inner_tgid = st_inner_tgid(task);
  identity.execs = task->self_exec_id;
  st_read_program(task, &identity.program);
  bpf_seq_write(ctx->meta->seq, &identity, sizeof(identity));
  return 0;
}

char st_license[] SEC("license") = "Dual MIT/GPL";
