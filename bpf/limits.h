/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Identity and limits of the session: read-only data, fixed before load, constants to the
 * verifier. All zero denies everything. */
#ifndef ST_LIMITS_H
#define ST_LIMITS_H

const volatile __u32 st_target_tgid = 0;
const volatile __u64 st_target_start_ns = 0; /* start_boottime of its group leader */
const volatile __u64 st_group_id = 0;        /* of a control group, as it was at load … */
const volatile __u32 st_group_level = 0;    /* … and how deep it is; 0: the target is a process */
const volatile bool st_any_program = false; /* in the group, whatever it runs */
const volatile __u32 st_own_namespace = 0;  /* pid namespace of userspace; 0: the initial one */
const volatile __u64 st_deadline_ns = 0;    /* CLOCK_BOOTTIME */
const volatile __u64 st_window_events = 0;  /* records per window */
const volatile __u64 st_window_cpu_ns = 0;  /* charged run time per window */
const volatile __u64 st_total_bytes = 0;    /* payload of the session */
const volatile __u64 st_cheap_hit_ns = 0;   /* trap and program, emulated instruction */
const volatile __u64 st_stepped_hit_ns = 0; /* the same, single-stepped out of line */
const volatile __u64 st_go_hit_ns = 0;      /* both probes of a call in Go */
const volatile __u64 st_socket_hit_ns = 0;  /* one tracepoint on a socket */
const volatile __u64 st_system_call_ns = 0; /* one tracepoint on a system call */
const volatile __u64 st_kib_ns = 0;         /* copying 1 KiB */
const volatile __u64 st_judge_ns = 0;       /* looking whose a call is, whatever its bytes */
const volatile __u64 st_judge_kib_ns = 0;   /* and searching 1 KiB of its header block */
const volatile bool st_children = false;    /* follow fork and exec */
const volatile bool st_inbound = false;     /* connections that the target accepted */
const volatile bool st_private_stacks = false; /* programs have stacks of their CPU: since 6.13 */
const volatile bool st_ipv4 = false;
const volatile bool st_ipv6 = false;
const volatile bool st_plain = false;        /* payload of sockets without TLS */
const volatile __u8 st_call_families = 0;    /* set of enum st_call_family */
const volatile bool st_logs = false;         /* writes to logs */
const volatile bool st_timing = false;       /* system calls are seen when they begin */
const volatile bool st_socket_calls = false; /* sockets are learned of by system calls */

/* Where the group is, below the mount; what is behind its end is 0. */
const volatile char st_group_path[ST_GROUP_PATH_MAX] = "";

#define ST_WINDOW_NS                                                          \
  100000000ULL /* 100 ms: a fixed window passes twice its limit at a boundary \
                */

#endif
