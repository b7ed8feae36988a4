/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What the session may cost: records and run time per 100 ms window, payload bytes in all. Checked
 * after the scope (a bystander never pays) and before any copy. Atomic in every program type. */
#ifndef ST_BUDGET_H
#define ST_BUDGET_H

/* Starts a new window when the last one is over; exactly one CPU wins. */
static __always_inline void st_roll_window(struct st_shared *shared, __u64 now_ns)
{
  __u64 start_ns = shared->window_start_ns;

  if (now_ns - start_ns < ST_WINDOW_NS) return;
  if (__sync_val_compare_and_swap(&shared->window_start_ns, start_ns, now_ns) != start_ns) return;
  shared->window_events = 0;
  shared->window_cpu_ns = 0;
}

/* Charges run time that was spent, whether or not anything is emitted. Whoever asks for budget
 * starts the new window: charging needs no clock. */
static __always_inline void st_charge_cpu(__u64 cost_ns)
{
  struct st_shared *shared = st_shared_state();

  if (!shared) return;
  __sync_fetch_and_add(&shared->window_cpu_ns, cost_ns);
  st_count(ST_COUNT_CPU_NS, cost_ns);
}

/* Takes `records` and `bytes` from the budget, or counts them as lost and takes nothing. */
static __always_inline bool st_take_budget(__u64 now_ns, __u64 records, __u64 bytes)
{
  struct st_shared *shared = st_shared_state();

  if (!shared) return false;
  st_roll_window(shared, now_ns);
  if (shared->window_cpu_ns > st_window_cpu_ns ||
      __sync_fetch_and_add(&shared->window_events, records) + records > st_window_events)
    goto refuse;
  if (bytes && __sync_fetch_and_add(&shared->total_bytes, bytes) + bytes > st_total_bytes) {
    __sync_fetch_and_add(&shared->total_bytes, -bytes);
    goto refuse;
  }
  return true;
refuse:
  st_count(ST_COUNT_LOST_BUDGET_EVENTS, records);
  st_count(ST_COUNT_LOST_BUDGET_BYTES, bytes);
  return false;
}

/* Takes room for texts of a record, whose length nobody knows before they are copied. False: the
 * record is lost, of which how many bytes is not known. */
static __always_inline bool st_take_room(__u64 bytes)
{
  struct st_shared *shared = st_shared_state();

  if (!shared) return false;
  if (!bytes || __sync_fetch_and_add(&shared->total_bytes, bytes) + bytes <= st_total_bytes)
    return true;
  __sync_fetch_and_add(&shared->total_bytes, -bytes);
  st_count(ST_COUNT_LOST_BUDGET_EVENTS, 1);
  return false;
}

/* Gives back the room that was not used. */
static __always_inline void st_give_room(__u64 bytes)
{
  struct st_shared *shared = st_shared_state();

  if (shared && bytes) __sync_fetch_and_add(&shared->total_bytes, -bytes);
}

static __always_inline bool st_is_past_deadline(__u64 now_ns)
{
  if (now_ns < st_deadline_ns) return false;
  st_count(ST_COUNT_SUPPRESSED_DEADLINE, 1);
  return true;
}

#endif
