/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What stands behind a file descriptor of the current process. */
#ifndef ST_DESCRIPTOR_H
#define ST_DESCRIPTOR_H

/* The open file of a descriptor, else 0. */
static __always_inline struct file *st_file_of(__u64 fd)
{
  struct task_struct *task = bpf_get_current_task_btf();
  struct fdtable *table = BPF_CORE_READ(task, files, fdt);
  struct file *file = 0;

  if (fd >= BPF_CORE_READ(table, max_fds)) return 0;
  if (bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd)) return 0;
  return file;
}

static __always_inline __u16 st_kind_of(struct file *file)
{
  return BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT;
}

/* The TCP socket behind a descriptor of the current process, else 0. */
static __always_inline struct sock *st_socket_of(__u64 fd)
{
  struct file *file = st_file_of(fd);
  struct socket *socket;
  struct sock *sk;
  __u16 family;

  if (!file || st_kind_of(file) != S_IFSOCK) return 0;
  socket = BPF_CORE_READ(file, private_data);
  sk = BPF_CORE_READ(socket, sk);
  family = BPF_CORE_READ(sk, __sk_common.skc_family);
  if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP) return 0;
  return family == AF_INET || family == AF_INET6 ? sk : 0;
}

#endif
