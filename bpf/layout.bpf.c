/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* One global of each record, so that the object's BTF describes them: a unit test compares it with
 * sizeof and offsetof. Never loaded. */
#include "bpf/vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "bpf/event.h"

struct st_tls_event st_layout_tls;
struct st_tls_peer_event st_layout_tls_peer;
struct st_tls_close_event st_layout_tls_close;
struct st_window_event st_layout_window;
struct st_connection_event st_layout_connection;
struct st_process_event st_layout_process;
struct st_member_event st_layout_member;
struct st_log_event st_layout_log;
struct st_call_event st_layout_call;
struct st_handshake_event st_layout_handshake;
struct st_dns_event st_layout_dns;
