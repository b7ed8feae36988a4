/* SPDX-License-Identifier: Apache-2.0 */
/* A traced program: moves bytes over one TCP connection by the system call that it is told.
 *
 * usage: scopetrace-test-socket-calls PORT FILE
 * Connects to PORT of this machine and says `ready`. Each line on standard input is the name of a
 * call; what it returned is printed. Sending calls send kText; receiving ones take what is there,
 * at most 512 bytes. FILE is what sendfile and splice send. `say TEXT` writes TEXT, with a line end
 * of HTTP for each `|`; `sendmmsg-one` and `sendmmsg-many` are batches of one and of
 * 65; `switch` goes on with the other one of two sockets. Ends with standard input. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { kRoom = 512, kHalf = 9, kLine = 512, kMany = 65 };

static char text[] = "a text of twenty-six bytes";
static char room[kRoom];
static const char* file_path;

/* `bytes` of `data` as two parts with an empty one between them. */
static struct msghdr in_parts(struct iovec* parts, char* data, size_t bytes) {
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};

  parts[0] = (struct iovec){data, kHalf};
  parts[1] = (struct iovec){0, 0};
  parts[2] = (struct iovec){data + kHalf, bytes - kHalf};
  return message;
}

static long move_vector(int fd, const char* call) {
  struct iovec parts[3];

  if (!strcmp(call, "writev") || !strcmp(call, "pwritev2")) {
    in_parts(parts, text, sizeof(text) - 1);
    return call[0] == 'w' ? writev(fd, parts, 3) : pwritev2(fd, parts, 3, -1, 0);
  }
  in_parts(parts, room, kRoom);
  return call[0] == 'r' ? readv(fd, parts, 3) : preadv2(fd, parts, 3, -1, 0);
}

static long move_messages(int fd, const char* call) {
  struct iovec parts[2][3];
  struct mmsghdr messages[2] = {0};
  int is_sending = call[0] == 's';

  for (int i = 0; i < 2; ++i) {
    messages[i].msg_hdr =
        in_parts(parts[i], is_sending ? text : room, is_sending ? sizeof(text) - 1 : kRoom);
  }
  if (!strcmp(call, "sendmsg")) return sendmsg(fd, &messages[0].msg_hdr, 0);
  if (!strcmp(call, "recvmsg")) return recvmsg(fd, &messages[0].msg_hdr, 0);
  if (is_sending) return sendmmsg(fd, messages, strstr(call, "-one") ? 1 : 2, 0);
  return recvmmsg(fd, messages, 2, MSG_WAITFORONE, 0);
}

static long send_many(int fd) {
  struct iovec part = {text, sizeof(text) - 1};
  struct mmsghdr messages[kMany] = {0};

  for (int i = 0; i < kMany; ++i)
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
  return sendmmsg(fd, messages, kMany, 0);
}

static long send_zerocopy(int fd) {
  int on = 1;

  setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on));
  return send(fd, text, sizeof(text) - 1, MSG_ZEROCOPY);
}

static long send_file(int fd) {
  int file = open(file_path, O_RDONLY);
  long sent = sendfile(fd, file, 0, 1 << 20);

  close(file);
  return sent;
}

/* `splice-out`: the file by a pipe into the socket; `splice-in`: the socket into a pipe. */
static long splice_by_pipe(int fd, int is_sending) {
  int ends[2], file;
  long moved = -1;

  if (pipe(ends)) return -1;
  if (is_sending) {
    file = open(file_path, O_RDONLY);
    moved = splice(file, 0, ends[1], 0, 4096, 0);
    if (moved > 0) moved = splice(ends[0], 0, fd, 0, (size_t)moved, 0);
    close(file);
  } else {
    moved = splice(fd, 0, ends[1], 0, kRoom, 0);
  }
  close(ends[0]);
  close(ends[1]);
  return moved;
}

/* One send by a ring of one entry. */
static long send_by_io_uring(int fd) {
  struct io_uring_params params = {0};
  int ring = (int)syscall(__NR_io_uring_setup, 1, &params);
  char* queue = mmap(0, params.sq_off.array + 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
                     IORING_OFF_SQ_RING);
  struct io_uring_sqe* entry =
      mmap(0, sizeof(*entry), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
  long done;

  if (ring < 0 || queue == MAP_FAILED || entry == MAP_FAILED) return -1;
  memset(entry, 0, sizeof(*entry));
  entry->opcode = IORING_OP_SEND;
  entry->fd = fd;
  entry->addr = (unsigned long)text;
  entry->len = sizeof(text) - 1;
  *(unsigned*)(queue + params.sq_off.array) = 0;
  __atomic_store_n((unsigned*)(queue + params.sq_off.tail), 1, __ATOMIC_RELEASE);
  done = syscall(__NR_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0);
  close(ring);
  return done;
}

static long say(int fd, const char* words) {
  char said[2 * kLine];
  size_t bytes = 0;

  for (; *words; ++words) {
    if (*words == '|') said[bytes++] = '\r';
    said[bytes++] = *words == '|' ? '\n' : *words;
  }
  return write(fd, said, bytes);
}

static long do_call(int fd, const char* call) {
  if (!strncmp(call, "say ", 4)) return say(fd, call + 4);
  if (!strcmp(call, "write")) return write(fd, text, sizeof(text) - 1);
  if (!strcmp(call, "read")) return read(fd, room, kRoom);
  if (!strcmp(call, "sendto")) return sendto(fd, text, sizeof(text) - 1, 0, 0, 0);
  if (!strcmp(call, "recvfrom")) return recvfrom(fd, room, kRoom, 0, 0, 0);
  if (!strcmp(call, "peek")) return recv(fd, room, kRoom, MSG_PEEK);
  if (!strcmp(call, "truncate")) return recv(fd, 0, kRoom, MSG_TRUNC);
  if (!strcmp(call, "zerocopy")) return send_zerocopy(fd);
  if (!strcmp(call, "sendfile")) return send_file(fd);
  if (!strcmp(call, "splice-out")) return splice_by_pipe(fd, 1);
  if (!strcmp(call, "splice-in")) return splice_by_pipe(fd, 0);
  if (!strcmp(call, "io_uring")) return send_by_io_uring(fd);
  if (!strcmp(call, "sendmmsg-many")) return send_many(fd);
  if (strstr(call, "msg")) return move_messages(fd, call);
  return move_vector(fd, call);
}

int main(int argc, char** argv) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  int sockets[] = {socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                   socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int used = 0, fd;
  char line[kLine];

  if (argc != 3) return 2;
  file_path = argv[2];
  sscanf(argv[1], "%hu", &address.sin_port);
  address.sin_port = htons(address.sin_port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setvbuf(stdout, 0, _IOLBF, 0);
  puts("ready");
  while (fgets(line, sizeof(line), stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (!strcmp(line, "switch")) {
      used = 1 - used;
      printf("%d\n", used);
      continue;
    }
    fd = sockets[used];
    if (!strcmp(line, "connect")) {
      printf("%d\n", connect(fd, (struct sockaddr*)&address, sizeof(address)));
    } else {
      printf("%ld\n", do_call(fd, line));
    }
  }
  return 0;
}
