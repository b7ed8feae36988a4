// SPDX-License-Identifier: Apache-2.0
// A traced program over one TLS library: which one, its other source file says.
//
// usage: <client> HOST PORT CA_FILE MANIFEST
//   Each line on standard input, `METHOD PATH`, is one request over one connection to 127.0.0.1;
//   its status is printed. Requests carry planted values. Ends with standard input.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/stack_client.h"

namespace {

using scopetrace::testing::TlsStream;

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "client: %s\n", what);
  std::exit(1);
}

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<std::uint16_t>(port));
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof(peer)) != 0) give_up("connect");
  return fd;
}

std::string planted_value(const nlohmann::json& manifest, const std::string& name) {
  for (const auto& one : manifest) {
    if (one.value("name", "") == name) return one.value("value", "");
  }
  give_up("no such planted value");
}

std::string request_of(const std::string& line, const std::string& host,
                       const nlohmann::json& manifest) {
  const std::string body = nlohmann::json{{"email", planted_value(manifest, "email")},
                                          {"iban", planted_value(manifest, "iban")}}
                               .dump();
  const bool has_body = line.starts_with("POST");
  return line + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " +
         planted_value(manifest, "api_key") + "\r\nContent-Type: application/json\r\n" +
         "Content-Length: " + std::to_string(has_body ? body.size() : 0) + "\r\n\r\n" +
         (has_body ? body : "");
}

// The status of one answer, which has a Content-Length; reads it whole.
std::string read_answer(TlsStream& stream) {
  std::string text;
  std::size_t wanted = 0;
  while (wanted == 0 || text.size() < wanted) {
    const std::string more = stream.read();
    if (more.empty()) give_up("the answer is cut");
    text += more;
    const std::size_t head = text.find("\r\n\r\n");
    const std::size_t length = text.find("Content-Length: ");
    if (head == std::string::npos || length == std::string::npos) continue;
    wanted = head + 4 + std::strtoul(text.c_str() + length + 16, nullptr, 10);
  }
  return text.substr(text.find(' ') + 1, 3);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) give_up("usage: HOST PORT CA_FILE MANIFEST");
  std::signal(SIGPIPE, SIG_IGN);
  std::ifstream file(argv[4]);
  const auto manifest = nlohmann::json::parse(file, nullptr, false);
  const auto stream =
      scopetrace::testing::open_tls(connect_to(std::atoi(argv[2])), argv[1], argv[3]);
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    if (!stream->write(request_of(line, argv[1], manifest))) give_up("write");
    std::cout << read_answer(*stream) << std::endl;
  }
  return 0;
}
