/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Writes of the target to its logs: standard output and error, the sockets of syslog and journald,
 * files named *.log. The first 4 KiB of each are copied, for the redactor only. */
#ifndef ST_LOG_H
#define ST_LOG_H

#define ST_LOG_PARTS_MAX 32 /* of an iovec: what is behind them is cut */
#define ST_LOG_PATH_LEN 32  /* longer than each path that is looked for */

/* One write that goes to a log. */
struct st_log_write {
  struct st_place place;
  __u64 fd;
  __u64 bytes;
  __u64 now_ns;
  __u64 sequence;
  __u8 sink; /* enum st_log_sink */
  __u8 reserved[7];
  char name[ST_LOG_NAME_LEN];
};

static __always_inline bool st_is_path(const char *path, const char *wanted, const __u64 size)
{
  __u64 i;

  for (i = 0; i < size; i++) {
    if (path[i] != wanted[i]) return false;
  }
  return true;
}

/* Which log listens at this address of AF_UNIX; 0: none. Compared with its NUL. */
static __always_inline __u8 st_sink_of_path(const char *path)
{
  if (st_is_path(path, "/dev/log", 9)) return ST_LOG_SYSLOG;
  if (st_is_path(path, "/run/systemd/journal/dev-log", 29)) return ST_LOG_SYSLOG;
  return st_is_path(path, "/run/systemd/journal/socket", 28) ? ST_LOG_JOURNAL : 0;
}

/* The address that the call at hand sends to, 0 when it names none. */
static __always_inline __u64 st_named_address(struct pt_regs *regs)
{
  __u64 address = regs->r8;

  barrier_var(address); /* else clang picks what to load from by a pointer: refused */
  if (regs->orig_ax == ST_SYS_SENDTO) return address;
  address = 0;
  if (regs->orig_ax == ST_SYS_SENDMSG)
    bpf_probe_read_user(&address, sizeof(address), (void *)regs->si);
  return address;
}

static __always_inline __u8 st_sink_of_socket(struct file *file, struct pt_regs *regs)
{
  struct socket *socket = BPF_CORE_READ(file, private_data);
  struct unix_sock *sk = (struct unix_sock *)BPF_CORE_READ(socket, sk);
  struct unix_sock *other;
  struct unix_address *peer;
  char path[ST_LOG_PATH_LEN] = {};
  __u64 named;

  if (BPF_CORE_READ((struct sock *)sk, __sk_common.skc_family) != AF_UNIX) return 0;
  named = st_named_address(regs);
  if (named) {
    bpf_probe_read_user_str(path, sizeof(path), (void *)(named + 2));
  } else {
    other = (struct unix_sock *)BPF_CORE_READ(sk, peer);
    peer = BPF_CORE_READ(other, addr);
    if (peer) bpf_probe_read_kernel_str(path, sizeof(path), peer->name[0].sun_path);
  }
  return st_sink_of_path(path);
}

/* Whether the file is named *.log; its name goes into `name`. */
static __always_inline bool st_is_log_file(struct file *file, char *name)
{
  struct dentry *entry = BPF_CORE_READ(file, f_path.dentry);
  long size = bpf_probe_read_kernel_str(name, ST_LOG_NAME_LEN, BPF_CORE_READ(entry, d_name.name));
  __u64 end = size - 5; /* of ".log" and NUL, its begin */

  if (size < 6 || size > ST_LOG_NAME_LEN) return false;
  barrier_var(end);
  if (end > ST_LOG_NAME_LEN - 5) return false;
  return name[end] == '.' && name[end + 1] == 'l' && name[end + 2] == 'o' && name[end + 3] == 'g';
}

/* Which log a descriptor is; 0: none. A connection is none, whatever its number. */
static __always_inline __u8 st_sink_of(struct st_log_write *write, struct pt_regs *regs)
{
  struct file *file = st_file_of(write->fd);
  __u16 kind;

  if (!file) return 0;
  kind = st_kind_of(file);
  if (kind == S_IFSOCK && st_socket_of(write->fd)) return 0;
  if (write->fd == 1) return ST_LOG_STDOUT;
  if (write->fd == 2) return ST_LOG_STDERR;
  if (kind == S_IFSOCK) return st_sink_of_socket(file, regs);
  return kind == S_IFREG && st_is_log_file(file, write->name) ? ST_LOG_FILE : 0;
}

static __always_inline bool st_may_be_log(__u64 number)
{
  return number == ST_SYS_WRITE || number == ST_SYS_WRITEV || number == ST_SYS_PWRITE64 ||
         number == ST_SYS_PWRITEV2 || number == ST_SYS_SENDTO || number == ST_SYS_SENDMSG;
}

/* Copies the parts of an iovec behind each other; returns how many bytes. `to` has twice the room,
 * so that offset and length need not be bounded together. */
static __always_inline __u64 st_gather(char *to, struct st_log_write *write)
{
  __u64 part[2], done = 0, i;

  for (i = 0; i < ST_LOG_PARTS_MAX; i++) {
    __u64 bytes, at = done;

    if (i >= write->place.parts || done >= write->bytes || done >= ST_LOG_BYTES_MAX) break;
    if (bpf_probe_read_user(part, sizeof(part), (void *)(write->place.vector + i * ST_IOVEC_BYTES)))
      break;
    bytes = part[1] > write->bytes - done ? write->bytes - done : part[1];
    if (bytes > ST_LOG_BYTES_MAX - done) bytes = ST_LOG_BYTES_MAX - done;
    barrier_var(at);
    barrier_var(bytes);
    if (bytes > ST_LOG_BYTES_MAX || at >= ST_LOG_BYTES_MAX) break;
    if (bpf_probe_read_user(to + at, bytes, (void *)part[0])) break;
    done += bytes;
  }
  return done;
}

static __always_inline bool st_ends_line(struct st_log_write *write)
{
  char last = 0;

  if (write->place.vector) return false; /* of parts nobody looks: at worst a line is withheld */
  bpf_probe_read_user(&last, 1, (void *)(write->place.buffer + write->bytes - 1));
  return last == '\n';
}

/* The first bytes of a write, which are kept. */
static __always_inline __u64 st_log_bytes(struct st_log_write *write)
{
  return write->bytes > ST_LOG_BYTES_MAX ? ST_LOG_BYTES_MAX : write->bytes;
}

/* The ring is full. */
static __always_inline void st_lose_log(struct st_log_write *write)
{
  st_count(ST_COUNT_LOST_RING_EVENTS, 1);
  st_count(ST_COUNT_LOST_RING_BYTES, st_log_bytes(write));
}

static __always_inline void st_fill_log(struct st_log_event *event, struct st_log_write *write,
                                        __u64 size, __u64 kept)
{
  __u64 most = st_log_bytes(write);

  st_fill_header(&event->header, ST_EVENT_LOG, size, write->now_ns);
  event->sequence = write->sequence;
  event->call_bytes = write->bytes;
  event->kept_bytes = kept;
  st_count(ST_COUNT_LOST_FAULT_BYTES, most - kept);
  event->fd = write->fd;
  event->sink = write->sink;
  event->flags = (kept < most ? ST_LOG_FAULT : 0) | (st_ends_line(write) ? ST_LOG_ENDS_LINE : 0);
  event->reserved = 0;
  __builtin_memcpy(event->name, write->name, sizeof(event->name));
  st_count(ST_COUNT_BYTES, kept);
  st_submit(event);
}

/* A write of one buffer, into a record of a fixed size: the verifier wants a constant. */
static __always_inline void st_emit_log_sized(struct st_log_write *write, const __u64 room)
{
  const __u64 size = sizeof(struct st_log_event) + room;
  struct st_log_event *event = bpf_ringbuf_reserve(&st_events, size, 0);
  __u64 bytes = write->bytes;

  if (!event) return st_lose_log(write);
  barrier_var(bytes);
  if (bytes > room) bytes = room;
  if (bpf_probe_read_user(event + 1, bytes, (void *)write->place.buffer)) bytes = 0;
  st_fill_log(event, write, size, bytes);
}

static __always_inline void st_emit_log_parts(struct st_log_write *write)
{
  const __u64 size = sizeof(struct st_log_event) + 2 * ST_LOG_BYTES_MAX;
  struct st_log_event *event = bpf_ringbuf_reserve(&st_events, size, 0);

  if (!event) return st_lose_log(write);
  st_fill_log(event, write, size, st_gather((char *)(event + 1), write));
}

/* A global function is verified once. */
__noinline int st_emit_log(struct st_log_write *write)
{
  if (!write) return 0;
  if (write->place.vector)
    st_emit_log_parts(write);
  else if (write->bytes <= 256)
    st_emit_log_sized(write, 256);
  else if (write->bytes <= 1024)
    st_emit_log_sized(write, 1024);
  else
    st_emit_log_sized(write, ST_LOG_BYTES_MAX);
  return 0;
}

/* Whether nothing of this write may be told. Its bytes are counted while its request is in scope.
 */
static __always_inline bool st_is_log_outside(struct st_log_write *write)
{
  bool is_in_request = st_is_thread_in_request(st_current_thread());

  if (is_in_request) write->sequence = st_next_id(ST_ID_LOG);
  if (is_in_request) st_count(ST_COUNT_LOG_BYTES, write->bytes);
  if (is_in_request && st_is_running(true)) return st_is_past_deadline(write->now_ns);
  st_count(ST_COUNT_SUPPRESSED_SCOPE, 1);
  return true;
}

/* The end of a system call: copies what it wrote when that went to a log. Returns the bytes that it
 * tried to copy. A function of its own, so that its stack is given back. */
static __noinline int st_capture_log(struct pt_regs *regs, long returned)
{
  struct st_log_write write = {.fd = (__u32)regs->di, .bytes = returned};
  enum st_data_form form = st_data_form(regs->orig_ax);

  if (returned <= 0 || !st_may_be_log(regs->orig_ax)) return 0;
  write.sink = st_sink_of(&write, regs);
  if (!write.sink) return 0;
  write.now_ns = bpf_ktime_get_boot_ns();
  if (st_is_log_outside(&write)) return 0;
  if (!st_place_call(&write.place, regs, form ? form : ST_DATA_BUFFER)) {
    st_count(ST_COUNT_LOST_FAULT_BYTES, st_log_bytes(&write));
    return 0;
  }
  if (!st_take_budget(write.now_ns, 1, st_log_bytes(&write))) return 0;
  st_emit_log(&write);
  return st_log_bytes(&write);
}

#endif
