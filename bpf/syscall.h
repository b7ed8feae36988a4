/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The fallback where the kernel has no sock_send_length (before 6.3): the sockets that the target's
 * system calls read and write, by their descriptors. Sees every system call of every process. */
#ifndef ST_SYSCALL_H
#define ST_SYSCALL_H

static __always_inline bool st_is_send(__u64 number)
{
  return number == ST_SYS_WRITE || number == ST_SYS_WRITEV || number == ST_SYS_SENDFILE ||
         number == ST_SYS_SENDTO || number == ST_SYS_SENDMSG;
}

static __always_inline bool st_is_receive(__u64 number)
{
  return number == ST_SYS_READ || number == ST_SYS_READV || number == ST_SYS_RECVFROM ||
         number == ST_SYS_RECVMSG;
}

static __always_inline bool st_only_peeks(struct pt_regs *regs, __u64 number)
{
  return (number == ST_SYS_RECVFROM && (BPF_CORE_READ(regs, r10) & ST_MSG_PEEK)) ||
         (number == ST_SYS_RECVMSG && (BPF_CORE_READ(regs, dx) & ST_MSG_PEEK));
}

/* The TCP socket behind a descriptor of the current process, else 0. */
static __always_inline struct sock *st_socket_of(__u64 fd)
{
  struct task_struct *task = bpf_get_current_task_btf();
  struct fdtable *table = BPF_CORE_READ(task, files, fdt);
  struct file *file = 0;
  struct socket *socket;
  struct sock *sk;
  __u16 family;

  if (fd >= BPF_CORE_READ(table, max_fds)) return 0;
  if (bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd) || !file) return 0;
  if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK) return 0;
  socket = BPF_CORE_READ(file, private_data);
  sk = BPF_CORE_READ(socket, sk);
  family = BPF_CORE_READ(sk, __sk_common.skc_family);
  if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP) return 0;
  return family == AF_INET || family == AF_INET6 ? sk : 0;
}

/* At the end of the call its arguments are still in the registers. */
SEC("?tp_btf/sys_exit")
int BPF_PROG(st_handle_syscall, struct pt_regs *regs, long returned)
{
  struct st_connection *connection;
  struct st_thread *thread;
  struct sock *sk;
  __u64 number;
  bool sends;

  if (!st_current_in_scope() || BPF_CORE_READ(regs, cs) != ST_USER_CS_64) return 0;
  number = BPF_CORE_READ(regs, orig_ax);
  sends = st_is_send(number);
  if (!sends && !st_is_receive(number)) return 0;
  sk = st_socket_of((__u32)BPF_CORE_READ(regs, di));
  if (!sk) return 0;
  thread = st_current_thread();
  connection = st_touch_socket(sk, thread);
  if (!connection || returned <= 0) return 0;
  if (sends) {
    __sync_fetch_and_add(&connection->sent_bytes, (__u64)returned);
    if (thread) st_settle_pending(thread, connection);
  } else if (!st_only_peeks(regs, number)) {
    __sync_fetch_and_add(&connection->received_bytes, (__u64)returned);
  }
  return 0;
}

#endif
