/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What io_uring moves: counted and shown as missing, since no argument names its memory. */
#ifndef ST_IO_URING_H
#define ST_IO_URING_H

/* Whether the current task works on requests of io_uring: inside io_uring_enter, or as a thread
 * that the kernel keeps for them. */
static __always_inline bool st_is_io_uring(void)
{
  struct task_struct *task = bpf_get_current_task_btf();
  struct pt_regs *regs;

  if (task->flags & (PF_IO_WORKER | PF_USER_WORKER)) return true;
  regs = (struct pt_regs *)bpf_task_pt_regs(task);
  return regs->orig_ax == ST_SYS_IO_URING_ENTER && regs->cs == ST_USER_CS_64;
}

static __always_inline void st_count_io_uring(void)
{
  struct st_shared *shared = st_shared_state();

  st_count(ST_COUNT_IO_URING_CALLS, 1);
  if (shared) __sync_fetch_and_add(&shared->unseen, 1);
}

/* Bytes of a connection that nobody will see. They leave a hole in a stream that is known. */
static __always_inline void st_skip_io_uring(struct st_connection *connection,
                                             struct st_thread *thread, __u64 position, __u64 bytes,
                                             __u8 direction)
{
  struct st_moved moved = {.now_ns = bpf_ktime_get_boot_ns(), .bytes = bytes};

  st_count(ST_COUNT_IO_URING_BYTES, bytes);
  st_forget_content(connection);
  st_miss_handshake(&connection->handshake);
  st_pass_unreadable(thread, &connection->request, &connection->plain_id, direction);
  if (!connection->plain_id || connection->excluded || st_is_muted(connection->conn_id)) return;
  if (st_all_needles && !connection->request.window) return;
  if (!st_is_running(true) || st_is_past_deadline(moved.now_ns) ||
      !st_take_budget(moved.now_ns, 1, 0))
    return;
  st_fill_plain(&moved, connection, position, direction);
  st_emit_tail(&moved, ST_TLS_IO_URING);
}

#endif
