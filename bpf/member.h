/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Tells of processes in scope: what happens to them, who comes and who goes. */
#ifndef ST_MEMBER_H
#define ST_MEMBER_H

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

/* Told to the supervisor, which looks at what the process runs. Returns the space used. */
static __noinline int st_tell_member(struct task_struct *task, __u16 type, __u8 how)
{
  struct st_member_event *event = bpf_ringbuf_reserve(&st_control, sizeof(*event), 0);
  struct st_program program = {0};

  if (!st_or_lost(event)) return 0;
  st_fill_header(&event->header, type, sizeof(*event), bpf_ktime_get_boot_ns());
  st_read_program(task, &program);
  event->header.tgid = task->tgid;
  event->header.tid = task->tgid;
  event->start_ns = task->group_leader->start_boottime;
  event->program = program;
  event->own_tgid = st_own_namespace ? st_tgid_in(task, st_own_namespace) : (__u32)task->tgid;
  event->inner_tgid = st_inner_tgid(task);
  event->execs = task->self_exec_id;
  event->how = how;
  event->reserved[0] = event->reserved[1] = event->reserved[2] = 0;
  bpf_probe_read_kernel_str(event->comm, sizeof(event->comm), task->comm);
  bpf_ringbuf_submit(event, BPF_RB_FORCE_WAKEUP);
  return sizeof(*event);
}

static __always_inline bool st_has_joined(struct task_struct *task)
{
  __u32 tgid = task->tgid;
  __u64 *start_ns = bpf_map_lookup_elem(&st_members, &tgid);

  return start_ns && *start_ns == task->group_leader->start_boottime;
}

static __always_inline void st_note_member(struct task_struct *task)
{
  __u32 tgid = task->tgid;
  __u64 start_ns = task->group_leader->start_boottime;

  if (bpf_map_update_elem(&st_members, &tgid, &start_ns, BPF_ANY))
    st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
}

#endif
