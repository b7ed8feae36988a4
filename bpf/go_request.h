/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Request scope across the goroutines of net/http. The goroutine that reads a request serves it. A
 * request that it makes is written by another one, which its connection has for itself, and which
 * of them is known from (*persistConn).roundTrip: the asking goroutine calls it with the connection
 * that is its own until the answer has come. Source: net/http/transport.go, Go 1.17 to 1.25. */
#ifndef ST_GO_REQUEST_H
#define ST_GO_REQUEST_H

#define ST_GO_PERSIST_CONN 80 /* from net/http.persistConn to its conn, a net.Conn */

/* A goroutine that was seen by other probes may have ended while there were none, and its
 * runtime.g may be another's now. */
static __always_inline void st_go_renew(struct st_thread *routine, __u64 generation)
{
  if (routine->generation == generation) return;
  routine->generation = generation;
  routine->serving_tls_id = 0;
  routine->serves_approved = 0;
}

/* Entry of roundTrip: RAX is the persistConn. Whether the next request on its connection is caused
 * by the approved one is settled anew each time. */
static __noinline int st_go_round_trip(struct pt_regs *ctx, __u64 cookie)
{
  struct st_thread *routine = st_find_routine(ctx->r14);
  struct st_go_interface conn;
  struct st_tls_object *tls;
  bool is_caused =
      routine && routine->generation == ST_SITE_GENERATION(cookie) && st_works_for_request(routine);

  st_charge_cpu(st_cheap_hit_ns);
  if (bpf_probe_read_user(&conn, sizeof(conn), (void *)(ctx->ax + ST_GO_PERSIST_CONN))) {
    st_count(ST_COUNT_LOST_STATE_EVENTS, is_caused);
    return 0;
  }
  tls = is_caused ? st_find_or_make_tls(conn.data) : st_find_tls(conn.data);
  if (tls) tls->request.caused_by = is_caused ? ST_SITE_GENERATION(cookie) + 1 : 0;
  return 0;
}

/* A goroutine ends: the next one may get its runtime.g. */
static __always_inline void st_go_exit(struct pt_regs *ctx)
{
  struct st_go_key key = {.routine = ctx->r14, .tgid = st_current_id() >> 32};

  st_charge_cpu(st_cheap_hit_ns);
  bpf_map_delete_elem(&st_go_routines, &key);
}

#endif
