/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The two rings and the fields every record shares. */
#ifndef ST_RING_H
#define ST_RING_H

/* Records with target bytes; userspace sets the size before load and drains it on a timer. */
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4 << 20);
} st_events SEC(".maps");

/* Process and library records, without target bytes. */
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 << 10);
} st_control SEC(".maps");

static __always_inline void st_fill_header(struct st_event_header *header, __u16 type, __u32 size,
                                           __u64 now_ns)
{
  __u64 id = st_current_id();

  header->time_ns = now_ns;
  header->tgid = id >> 32;
  header->tid = (__u32)id;
  header->type = type;
  header->cpu = bpf_get_smp_processor_id();
  header->size = size;
}

/* Space for one record without payload that is within the budget, or 0 with the loss counted. */
#define ST_RESERVE(now_ns, event)                                                                 \
  (st_take_budget((now_ns), 1, 0) ? st_or_lost(bpf_ringbuf_reserve(&st_events, sizeof(event), 0)) \
                                  : (void *)0)

static __always_inline void *st_or_lost(void *record)
{
  if (!record) st_count(ST_COUNT_LOST_RING_EVENTS, 1);
  return record;
}

static __always_inline void st_submit(void *record)
{
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
  st_count(ST_COUNT_EVENTS, 1);
}

#endif
