// SPDX-License-Identifier: Apache-2.0
// Input: a file of revoked keys, KRL or list. Property: reading is bounded, and an accepted file
// answers for every kind of identity without reading outside itself; what it says of a key does
// not depend on the certificate that the key comes with.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "scopes/krl.h"
#include "tests/support/fuzz_target.h"
#include "tests/unit/scopes/forge.h"

namespace {

using namespace scopetrace;  // NOLINT(google-build-using-namespace): one harness, many names

struct Identities {
  SigningKey key = SigningKey::generate();
  SigningKey authority = SigningKey::generate();
  SshIdentity certified = certify({}, key.public_key(), authority);
};
const Identities& identities() {
  static const Identities all;
  return all;
}

ByteVector section(std::uint8_t type, const ByteVector& data) {
  ByteVector out = {std::byte{type}};
  put_string(out, Bytes(data));
  return out;
}

// Serials by list, range and bitmap, and key ids, of one authority.
ByteVector certificates() {
  ByteVector data;
  put_string(data, identities().authority.public_key().blob());
  put_string(data, "");
  ByteVector list;
  put_be64(list, 7);
  put_be64(list, 9);
  append(data, section(0x20, list));
  append(data, section(0x21, list));
  ByteVector bitmap;
  put_be64(bitmap, 100);
  put_string(bitmap, std::string("\x05\x03", 2));
  append(data, section(0x22, bitmap));
  ByteVector ids;
  put_string(ids, "alice-laptop");
  append(data, section(0x23, ids));
  return data;
}

std::string krl() {
  ByteVector out;
  append(out, as_bytes(std::string_view("SSHKRL\n\0", 8)));
  put_be32(out, 1);
  for (int i = 0; i < 3; ++i) put_be64(out, 0);
  put_string(out, "");
  put_string(out, "comment");
  append(out, section(1, certificates()));
  ByteVector keys;
  put_string(keys, identities().key.public_key().blob());
  append(out, section(2, keys));
  ByteVector sha1;
  put_string(sha1, std::string(20, 'h'));
  append(out, section(3, sha1));
  ByteVector hashes;
  put_string(hashes, Bytes(sha256(identities().key.public_key().blob())));
  append(out, section(5, hashes));
  ByteVector extension;
  put_string(extension, "name");
  extension.push_back(std::byte{0});
  put_string(extension, "");
  append(out, section(255, extension));
  return std::string(as_text(out));
}

}  // namespace

std::vector<std::string> make_seeds() {
  return {krl(), "# gone\n" + identities().key.public_key().line() + "\n",
          identities().certified.line() + "\n"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto revoked = RevokedKeys::parse(text);
  if (!revoked) return 0;
  count_accepted();
  const bool plain = revoked->contains(identities().key.public_key());
  const bool certified = revoked->contains(identities().certified);
  if (plain && !certified) std::abort();
  return 0;
}
