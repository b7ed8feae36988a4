/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Questions of the target and the answers to them, by UDP. Told by the form of a datagram, never by
 * its port: only what has the header of a DNS message (RFC 1035 section 4.1.1) is copied. */
#ifndef ST_DNS_H
#define ST_DNS_H

#define ST_DNS_HEAD_BYTES 12
#define ST_DNS_LEAST_BYTES 17 /* header, the root's name, type, class */
#define ST_DNS_MESSAGES 8     /* of one sendmmsg or recvmmsg that are looked at */
#define ST_DNS_ANSWERS_MAX 64 /* a header that claims more records is none */

/* The UDP socket behind a descriptor of the current process, else 0. */
static __always_inline struct sock *st_udp_socket_of(__u64 fd)
{
  struct file *file = st_file_of(fd);
  struct socket *socket;
  struct sock *sk;

  if (!file || st_kind_of(file) != S_IFSOCK) return 0;
  socket = BPF_CORE_READ(file, private_data);
  sk = BPF_CORE_READ(socket, sk);
  return BPF_CORE_READ(sk, sk_protocol) == IPPROTO_UDP ? sk : 0;
}

static __always_inline __u16 st_read_short(const __u8 *bytes)
{
  return (__u16)(bytes[0] << 8 | bytes[1]);
}

/* A question that is sent, or an answer that is received, of opcode QUERY and with one question. */
static __always_inline bool st_is_dns(const __u8 *head, __u8 direction)
{
  bool is_answer = head[2] & 0x80;

  if (is_answer != (direction == ST_INGRESS) || (head[2] & 0x78)) return false;
  if (st_read_short(head + 4) != 1 || st_read_short(head + 8) > ST_DNS_ANSWERS_MAX) return false;
  if (st_read_short(head + 6) > (is_answer ? ST_DNS_ANSWERS_MAX : 0)) return false;
  return st_read_short(head + 10) <= (is_answer ? ST_DNS_ANSWERS_MAX : 2);
}

static __always_inline void st_note_server(struct st_dns_event *event, __u64 socket)
{
  struct sock *sk = (struct sock *)socket;

  event->family = BPF_CORE_READ(sk, __sk_common.skc_family);
  event->server_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
  event->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
  __builtin_memset(event->server_address, 0, sizeof(event->server_address));
  if (!event->server_port) return;
  if (event->family == AF_INET)
    *(__u32 *)event->server_address = BPF_CORE_READ(sk, __sk_common.skc_daddr);
  else
    bpf_core_read(event->server_address, 16, &sk->__sk_common.skc_v6_daddr);
}

static __always_inline void st_emit_dns_sized(struct st_datagram *datagram, const __u64 room)
{
  const __u64 size = sizeof(struct st_dns_event) + room;
  struct st_dns_event *event = st_or_lost(bpf_ringbuf_reserve(&st_events, size, 0));
  __u64 bytes = datagram->bytes;

  if (!event) return;
  barrier_var(bytes);
  if (bytes > room) bytes = room;
  if (bpf_probe_read_user(event + 1, bytes, (void *)datagram->address)) {
    st_count(ST_COUNT_LOST_FAULT_BYTES, bytes);
    bytes = 0;
  }
  st_fill_header(&event->header, ST_EVENT_DNS, size, datagram->now_ns);
  st_note_server(event, datagram->socket);
  event->call_bytes = datagram->all > 0xffff ? 0xffff : datagram->all;
  event->kept_bytes = bytes;
  event->direction = datagram->direction;
  __builtin_memset(event->reserved, 0, sizeof(event->reserved));
  st_count(ST_COUNT_BYTES, bytes);
  st_count(ST_COUNT_DNS_BYTES, bytes);
  st_submit(event);
}

/* Copies a datagram when it is one of DNS. */
static __always_inline int st_emit_dns(struct st_datagram *datagram)
{
  __u8 head[ST_DNS_HEAD_BYTES];

  if (datagram->bytes < ST_DNS_LEAST_BYTES ||
      bpf_probe_read_user(head, sizeof(head), (void *)datagram->address) ||
      !st_is_dns(head, datagram->direction))
    return 0;
  if (!st_take_budget(datagram->now_ns, 1,
                      datagram->bytes > ST_DNS_BYTES_MAX ? ST_DNS_BYTES_MAX : datagram->bytes))
    return 0;
  if (datagram->bytes <= 256)
    st_emit_dns_sized(datagram, 256);
  else
    st_emit_dns_sized(datagram, ST_DNS_BYTES_MAX);
  return datagram->bytes;
}

/* Looks at the first part of a message that moved `bytes`. A global function is verified once. */
__noinline int st_take_datagram(struct st_datagram *datagram, __u64 bytes)
{
  __u64 part[2];

  if (!datagram) return 0;
  st_first_part(part, &datagram->place, bytes);
  datagram->address = part[0];
  datagram->bytes = part[1];
  datagram->all = bytes;
  return st_emit_dns(datagram);
}

__noinline int st_take_datagrams(struct st_datagram *datagram, __u64 messages, __u64 count)
{
  int taken = 0;
  __u64 i;

  if (!datagram) return 0;
  for (i = 0; i < ST_DNS_MESSAGES && i < count; i++) {
    __u64 message = messages + i * ST_MMSGHDR_BYTES;
    __u32 bytes;

    if (bpf_probe_read_user(&bytes, 4, (void *)(message + 56)) ||
        !st_place_message(&datagram->place, message))
      break;
    taken += st_take_datagram(datagram, bytes);
  }
  return taken;
}

/* The UDP socket that the call at hand used, 0: none. */
static __always_inline struct sock *st_datagram_socket(struct st_thread *thread,
                                                       struct pt_regs *regs)
{
  struct sock *sk;
  __u64 used;

  if (st_socket_calls) return st_udp_socket_of((__u32)regs->di);
  if (!thread) return 0;
  used = thread->moved_datagram;
  thread->moved_datagram = 0;
  if (!used) return 0;
  sk = st_udp_socket_of((__u32)regs->di);
  return used == (__u64)sk ? sk : 0;
}

static __always_inline bool st_is_wanted_family(struct sock *sk)
{
  __u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

  return (family == AF_INET && st_ipv4) || (family == AF_INET6 && st_ipv6);
}

/* The end of a system call: copies what it moved when those are datagrams of DNS. Returns how many
 * bytes that were. A frame of its own: st_capture_plain needs the stack, too. */
static __noinline int st_capture_dns(struct pt_regs *regs, enum st_data_form form, long returned)
{
  struct st_thread *thread = st_current_thread();
  struct st_datagram *datagram;
  struct sock *sk;

  if (form == ST_DATA_NONE || form == ST_DATA_ELSEWHERE) return 0;
  sk = st_datagram_socket(thread, regs);
  if (!sk || returned <= 0 || !st_is_wanted_family(sk)) return 0;
  if (!thread) thread = st_make_thread(); /* only now: it takes the room of another one */
  if (!thread) {
    st_count(ST_COUNT_LOST_STATE_EVENTS, 1);
    return 0;
  }
  st_charge_cpu(st_socket_hit_ns);
  datagram = &thread->datagram;
  __builtin_memset(datagram, 0, sizeof(*datagram));
  datagram->socket = (__u64)sk;
  datagram->direction = st_is_receive(regs->orig_ax) ? ST_INGRESS : ST_EGRESS;
  if (datagram->direction == ST_INGRESS && (st_message_flags(regs) & ST_MSG_OUTSIDE)) return 0;
  datagram->now_ns = bpf_ktime_get_boot_ns();
  if (!st_is_running(true) || !st_is_thread_in_request(thread)) {
    st_count(ST_COUNT_SUPPRESSED_SCOPE, 1);
    return 0;
  }
  if (st_is_past_deadline(datagram->now_ns)) return 0;
  if (form == ST_DATA_MESSAGES) return st_take_datagrams(datagram, regs->si, (__u32)returned);
  if (!st_place_call(&datagram->place, regs, form)) return 0;
  return st_take_datagram(datagram, (__u32)returned);
}

#endif
