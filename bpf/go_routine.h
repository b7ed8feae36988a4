/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Calls in progress of goroutines. A goroutine may change threads between entry and return, so its
 * calls are kept by its runtime.g, which R14 holds in all Go code since 1.17 (Go internal ABI). */
#ifndef ST_GO_ROUTINE_H
#define ST_GO_ROUTINE_H

/* Which time probes were put on the file: a call that began under earlier ones may have ended while
 * there were none. */
#define ST_SITE_GENERATION(cookie) (((cookie) >> 17) & 0x7f)

/* A net.Conn in memory; crypto/tls.Conn begins with one (crypto/tls/conn.go). */
struct st_go_interface {
  __u64 table; /* runtime.itab*; its methods are sorted by name, so that Close is the first */
  __u64 data;  /* what implements it; *net.TCPConn begins with its *net.netFD */
};

struct st_go_key {
  __u64 routine; /* runtime.g*; another goroutine gets it only when this one has ended */
  __u64 tgid;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __uint(map_flags, BPF_F_RDONLY);
  __type(key, struct st_go_key);
  __type(value, struct st_thread);
} st_go_routines SEC(".maps");

static __always_inline struct st_thread *st_find_routine(__u64 routine)
{
  struct st_go_key key = {.routine = routine, .tgid = st_current_id() >> 32};

  return bpf_map_lookup_elem(&st_go_routines, &key);
}

static __noinline struct st_thread *st_make_routine(__u64 routine)
{
  struct st_go_key key = {.routine = routine, .tgid = st_current_id() >> 32};
  struct st_shared *shared = st_shared_state();

  if (shared) shared->has_go = 1;
  bpf_map_update_elem(&st_go_routines, &key, &st_new_thread, BPF_NOEXIST);
  return bpf_map_lookup_elem(&st_go_routines, &key);
}

/* A socket is used by the system call in progress: its registers tell the goroutine, whichever
 * thread runs it. Threads of C code hold anything in R14, but no goroutine with a call. */
static __always_inline void st_note_nested_go(struct st_connection *connection)
{
  struct st_shared *shared = st_shared_state();
  struct st_thread *routine;
  struct pt_regs *regs;

  if (!shared || !shared->has_go) return;
  regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
  routine = st_find_routine(BPF_CORE_READ(regs, r14));
  if (routine) st_note_nested(routine, connection);
}

#endif
