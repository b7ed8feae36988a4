/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Writes start_boottime of one process: the exact identity that programs compare. */
#include "bpf/vmlinux.h"
#include <bpf/bpf_helpers.h>

const volatile __u32 st_wanted_tgid = 0;

SEC("iter/task")
int st_read_start(struct bpf_iter__task *ctx)
{
  struct task_struct *task = ctx->task; /* one load: the verifier distrusts a second */
  __u64 start_ns;

  if (!task || task->tgid != (int)st_wanted_tgid || task->pid != task->tgid) return 0;
  start_ns = task->start_boottime;
  bpf_seq_write(ctx->meta->seq, &start_ns, sizeof(start_ns));
  return 0;
}

char st_license[] SEC("license") = "Dual MIT/GPL";
