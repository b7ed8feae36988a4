/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The kernel types that scopetrace reads, and nothing else: field offsets are relocated at load
 * (CO-RE), so this file fits every kernel and a machine without BTF can build. Numbers of UAPI
 * enums are fixed for ever. */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
typedef int pid_t;
enum { false = 0, true = 1 };

/* include/uapi/linux/bpf.h */
enum bpf_map_type {
  BPF_MAP_TYPE_HASH = 1,
  BPF_MAP_TYPE_ARRAY = 2,
  BPF_MAP_TYPE_LRU_HASH = 9,
  BPF_MAP_TYPE_RINGBUF = 27
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1 };
enum { BPF_F_RDONLY = 8 };
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };

/* include/net/tcp_states.h, include/uapi/linux/in.h, include/linux/socket.h */
enum { TCP_ESTABLISHED = 1, TCP_SYN_SENT = 2, TCP_SYN_RECV = 3, TCP_CLOSE = 7 };
enum { IPPROTO_TCP = 6, IPPROTO_UDP = 17 };
enum { AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10 };
enum { S_IFMT = 0170000, S_IFSOCK = 0140000, S_IFREG = 0100000 };

/* include/linux/sched.h: a thread of the kernel that does a process's io_uring requests. */
enum { PF_IO_WORKER = 0x10, PF_USER_WORKER = 0x4000 };

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpadded"
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
  int counter;
} atomic_t;

struct signal_struct {
  atomic_t live; /* threads that have not exited */
};

struct timespec64 {
  __s64 tv_sec;
  long tv_nsec;
};

struct super_block {
  __u32 s_dev;
};

struct inode {
  unsigned short i_mode;
  struct super_block *i_sb;
  unsigned long i_ino;
  struct timespec64 i_ctime; /* until 6.5 */
};

struct inode___v6_6 {
  struct timespec64 __i_ctime; /* until 6.10 */
};

struct inode___v6_11 {
  __s64 i_ctime_sec;
  __u32 i_ctime_nsec;
};

struct qstr {
  __u32 len;
  const unsigned char *name;
};

struct dentry {
  struct qstr d_name;
};

struct path {
  struct dentry *dentry;
};

struct file {
  struct inode *f_inode;
  struct path f_path;
  void *private_data; /* of a socket: struct socket */
};

struct fdtable {
  unsigned int max_fds;
  struct file **fd;
};

struct files_struct {
  struct fdtable *fdt;
};

struct mm_struct {
  struct file *exe_file;
};

struct kernfs_node {
  __u64 id;
};

struct cgroup_root {
  int hierarchy_id; /* 0: cgroup v2 */
};

struct cgroup {
  int level; /* 0: the root */
  struct kernfs_node *kn;
  struct cgroup_root *root;
  struct cgroup *ancestors[]; /* by level, itself last */
};

struct cgroup___v6_0 {
  int level;
  __u64 ancestor_ids[]; /* the same until 6.0 */
};

struct css_set {
  struct cgroup *dfl_cgrp; /* in cgroup v2 */
};

struct ns_common {
  unsigned int inum;
};

struct pid_namespace {
  struct ns_common ns;
};

struct upid {
  int nr;
  struct pid_namespace *ns;
};

struct pid {
  unsigned int level;
  struct upid numbers[]; /* by level of the namespace, the innermost last */
};

struct task_struct {
  pid_t pid;  /* thread id */
  pid_t tgid; /* process id */
  __u64 start_boottime;
  __u64 self_exec_id; /* counts execs */
  struct task_struct *group_leader;
  struct signal_struct *signal;
  struct files_struct *files;
  struct mm_struct *mm; /* 0: a thread of the kernel, or one that is ending */
  struct css_set *cgroups;
  struct pid *thread_pid;
  unsigned int flags;
  int exit_code;
  char comm[16];
};

struct in6_addr {
  union {
    __u8 u6_addr8[16];
  } in6_u;
};

struct sock_common {
  __be32 skc_daddr;
  __be32 skc_rcv_saddr;
  __be16 skc_dport;
  __u16 skc_num;
  unsigned short skc_family;
  volatile unsigned char skc_state;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
  struct sock_common __sk_common;
  __u16 sk_protocol;
};

struct socket {
  struct sock *sk;
};

struct sockaddr_un {
  unsigned short sun_family;
  char sun_path[108];
};

struct unix_address {
  int len; /* of what follows */
  struct sockaddr_un name[1];
};

struct unix_sock {
  struct unix_address *addr;
  struct sock *peer;
};

struct inet_bind_bucket {
  signed char fastreuse; /* -1: the port was picked by connect(2) */
};

struct tcp_ulp_ops;

struct inet_connection_sock {
  struct inet_bind_bucket *icsk_bind_hash;
  struct tcp_ulp_ops *icsk_ulp_ops; /* kernel TLS or another layer between socket and TCP */
};

struct pt_regs {
  unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
  unsigned long ax, cx, dx, si, di, orig_ax, ip;
  unsigned short cs;
  unsigned long flags, sp;
};

struct linux_binprm {
  int argc;
};

struct seq_file {
  unsigned long size;
};

struct bpf_iter_meta {
  struct seq_file *seq;
  __u64 session_id;
  __u64 seq_num;
};

struct bpf_iter__task {
  struct bpf_iter_meta *meta;
  struct task_struct *task;
};

#pragma clang attribute pop
#pragma clang diagnostic pop
#endif
