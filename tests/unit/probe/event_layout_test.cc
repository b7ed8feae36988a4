// SPDX-License-Identifier: Apache-2.0
// The records as the BPF compiler laid them out, against this compiler's sizeof and offsetof.
#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>

#include "bpf/event.h"

namespace scopetrace {
namespace {

struct FieldCase {
  const char* type;
  const char* field;
  std::size_t type_size;
  std::size_t offset;
};
void PrintTo(const FieldCase& row, std::ostream* out) { *out << row.type << "." << row.field; }

class EventLayoutTest : public testing::TestWithParam<FieldCase> {
 protected:
  std::unique_ptr<btf, decltype(&btf__free)> types_{btf__parse(SCOPETRACE_LAYOUT_OBJECT, nullptr),
                                                    btf__free};

  // Offset in bytes of a member, or -1.
  long offset_of(const btf_type* type, const std::string& field) const {
    const btf_member* members = btf_members(type);
    for (unsigned i = 0; i < btf_vlen(type); ++i) {
      if (btf__name_by_offset(types_.get(), members[i].name_off) == field) {
        return static_cast<long>(btf_member_bit_offset(type, i) / 8);
      }
    }
    return -1;
  }
};

TEST_P(EventLayoutTest, AgreesWithBtf) {
  const FieldCase& row = GetParam();
  ASSERT_NE(types_, nullptr);

  const int id = btf__find_by_name_kind(types_.get(), row.type, BTF_KIND_STRUCT);

  ASSERT_GT(id, 0);
  const btf_type* type = btf__type_by_id(types_.get(), static_cast<unsigned>(id));
  EXPECT_EQ(type->size, row.type_size);
  EXPECT_EQ(offset_of(type, row.field), static_cast<long>(row.offset));
}

#define ST_FIELD(type, field) \
  FieldCase { #type, #field, sizeof(type), offsetof(type, field) }

INSTANTIATE_TEST_SUITE_P(
    Records, EventLayoutTest,
    testing::Values(ST_FIELD(st_handshake_event, kept_bytes), ST_FIELD(st_handshake_event, flags),
                    ST_FIELD(st_dns_event, local_port), ST_FIELD(st_dns_event, direction),
                    ST_FIELD(st_event_header, type), ST_FIELD(st_event_header, size),
                    ST_FIELD(st_tls_event, position), ST_FIELD(st_tls_event, chunk_bytes),
                    ST_FIELD(st_tls_event, flags), ST_FIELD(st_tls_peer_event, conn_id),
                    ST_FIELD(st_tls_peer_event, source), ST_FIELD(st_member_event, program),
                    ST_FIELD(st_member_event, own_tgid), ST_FIELD(st_member_event, how),
                    ST_FIELD(st_member_event, comm), ST_FIELD(st_window_event, position),
                    ST_FIELD(st_window_event, kind), ST_FIELD(st_tls_close_event, ingress_bytes),
                    ST_FIELD(st_connection_event, local_address),
                    ST_FIELD(st_connection_event, family), ST_FIELD(st_connection_event, role),
                    ST_FIELD(st_call_event, args), ST_FIELD(st_call_event, text_bytes),
                    ST_FIELD(st_log_event, sequence), ST_FIELD(st_log_event, sink),
                    ST_FIELD(st_log_event, name), ST_FIELD(st_process_event, exit_code),
                    ST_FIELD(st_process_event, comm)));

}  // namespace
}  // namespace scopetrace
