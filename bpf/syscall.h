/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The end of every system call of every process; attached only when a session needs it. Copies the
 * payload of plain sockets and writes to logs. Where the kernel has no sock_send_length
 * (before 6.3) it is also how sockets are learned of, by their descriptors. */
#ifndef ST_SYSCALL_H
#define ST_SYSCALL_H

/* Without sock_send_length: what that and its sibling would have said. */
static __always_inline void st_account_call(struct pt_regs *regs, enum st_data_form form,
                                            long returned)
{
  bool is_told = form != ST_DATA_NONE && regs->orig_ax != ST_SYS_SPLICE;
  struct sock *sk = is_told ? st_socket_of((__u32)regs->di) : 0;
  bool receives = st_is_receive(regs->orig_ax);
  struct st_connection *connection;
  struct st_thread *thread;

  if (!sk) return;
  thread = st_current_thread();
  connection = st_touch_socket(sk, thread);
  if (!connection || returned <= 0) return;
  if (receives && (st_message_flags(regs) & ST_MSG_OUTSIDE)) return;
  st_add_moved(connection, sk, thread, returned, receives ? ST_INGRESS : ST_EGRESS);
  if (thread && !receives) st_settle_pending(thread, connection);
}

/* Without sock_send_length nobody sees what a batch of messages moved: a request may be in it. */
static __always_inline void st_miss_batch(struct pt_regs *regs, long returned)
{
  __u64 sk = returned > 0 ? (__u64)st_socket_of((__u32)regs->di) : 0;
  struct st_connection *connection = sk ? bpf_map_lookup_elem(&st_connections, &sk) : 0;

  if (!connection) return;
  st_miss_handshake(&connection->handshake);
  st_lose_request(st_current_thread(), &connection->request, &connection->plain_id,
                  st_is_receive(regs->orig_ax) ? ST_INGRESS : ST_EGRESS);
  st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
}

/* At the end of the call its arguments are still in the registers. */
SEC("?tp_btf/sys_exit")
int BPF_PROG(st_handle_syscall, struct pt_regs *regs, long returned)
{
  enum st_data_form form;
  int told = 0; /* bytes of names, logs and texts */

  if (!st_current_in_scope() || regs->cs != ST_USER_CS_64) return 0;
  form = st_data_form(regs->orig_ax);
  st_charge_cpu(st_system_call_ns);
  if (regs->orig_ax == ST_SYS_IO_URING_ENTER) st_count_io_uring();
  if (st_socket_calls && form == ST_DATA_MESSAGES)
    st_miss_batch(regs, returned);
  else if (st_socket_calls)
    st_account_call(regs, form, returned);
  if (st_plain) {
    st_capture_plain(regs, form, returned);
    told += st_capture_dns(regs, form, returned);
  }
  if (st_logs) told += st_capture_log(regs, returned);
  if (st_call_families) told += st_capture_call(regs, returned);
  st_charge_cpu((told * st_kib_ns) >> 10);
  return 0;
}

#endif
