// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/hpack.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/http2_builder.h"
#include "tests/unit/protocol/describe.h"
#include "userspace/base/bytes.h"

namespace scopetrace {
namespace {

using Fields = Http2Builder::Fields;

std::string from_hex_text(std::string_view hex) {
  const auto bytes = from_hex(hex);
  ST_CHECK(bytes.has_value());
  return std::string(as_text(*bytes));
}

// The fields of a block, or "broken" behind those before.
std::string decoded(HpackDecoder& decoder, const std::string& block) {
  HeaderList list;
  const bool is_whole = decoder.decode(block, list);
  return describe(list.fields) + (is_whole ? "" : " broken");
}

std::string expected(const Fields& fields) {
  std::string out;
  for (const auto& field : fields) {
    out += " " + field.name + "=" + field.value + (field.is_never_indexed ? "!" : "");
  }
  return out;
}

// Lists as an API's client sends them: names and values that come again, and new ones.
Fields random_fields(std::mt19937& random) {
  Fields fields = {{":method", random() % 2 == 0 ? "GET" : "POST"}, {":path", "/"}};
  for (unsigned i = random() % 8; i > 0; --i) {
    const std::string name = "x-" + std::to_string(random() % 40);
    fields.push_back(
        {name, std::string(random() % 60, 'a') + std::to_string(random() % 50), random() % 5 == 0});
  }
  return fields;
}

TEST(HpackTest, DecodesTheExamplesOfTheRfc) {
  HpackDecoder requests;  // RFC 7541 appendix C.4, Huffman coded, one after the other
  EXPECT_EQ(decoded(requests, from_hex_text("828684418cf1e3c2e5f23a6ba0ab90f4ff")),
            " :method=GET :scheme=http :path=/ :authority=www.example.com");
  EXPECT_EQ(decoded(requests, from_hex_text("828684be5886a8eb10649cbf")),
            " :method=GET :scheme=http :path=/ :authority=www.example.com cache-control=no-cache");
  EXPECT_EQ(decoded(requests, from_hex_text("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf")),
            " :method=GET :scheme=https :path=/index.html :authority=www.example.com "
            "custom-key=custom-value");

  HpackDecoder literals;  // C.2.1 with, C.2.2 without, C.2.3 never indexed
  EXPECT_EQ(
      decoded(literals, from_hex_text("400a637573746f6d2d6b65790d637573746f6d2d686561646572")),
      " custom-key=custom-header");
  EXPECT_EQ(decoded(literals, from_hex_text("040c2f73616d706c652f70617468")),
            " :path=/sample/path");
  EXPECT_EQ(decoded(literals, from_hex_text("100870617373776f726406736563726574")),
            " password=secret!");
}

TEST(HpackTest, EvictsAsTheEncoderDoes) {
  HpackDecoder responses;  // RFC 7541 appendix C.6: a table of 256 bytes
  const auto decode = [&](const char* hex) { return decoded(responses, from_hex_text(hex)); };
  EXPECT_EQ(decode("3fe101"), "");
  EXPECT_EQ(
      decode("488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad"
             "171863c78f0b97c8e9ae82ae43d3"),
      " :status=302 cache-control=private date=Mon, 21 Oct 2013 20:13:21 GMT "
      "location=https://www.example.com");
  EXPECT_EQ(decode("4883640effc1c0bf"),
            " :status=307 cache-control=private date=Mon, 21 Oct 2013 20:13:21 GMT "
            "location=https://www.example.com");
  EXPECT_EQ(decode("bf"), " location=https://www.example.com");
  EXPECT_EQ(decode("c2"), " <unknown:idx 66>=!");  // the entry that was evicted
}

TEST(HpackTest, FollowsAnotherEncoder) {
  std::mt19937 random(20261129);
  Http2Builder encoder;
  HpackDecoder decoder;
  for (int i = 0; i < 2000; ++i) {
    if (i % 97 == 0) encoder.resize(random() % 4096);
    const Fields fields = random_fields(random);
    ASSERT_EQ(decoded(decoder, encoder.block(fields)), expected(fields)) << "block " << i;
  }
}

// Whoever joins late says `unknown`, or the truth: never another field.
TEST(HpackTest, GuessesNothingWhereverItJoins) {
  for (unsigned joined = 1; joined < 60; joined += 7) {
    std::mt19937 random(joined);
    Http2Builder encoder;
    HpackDecoder decoder;
    decoder.forget();
    std::uint64_t unknown = 0;
    for (unsigned i = 0; i < 400; ++i) {
      const Fields fields = random_fields(random);
      const std::string block = encoder.block(fields);
      HeaderList list;
      if (i < joined) continue;
      ASSERT_TRUE(decoder.decode(block, list));
      ASSERT_EQ(list.fields.size(), fields.size());
      for (std::size_t at = 0; at < fields.size(); ++at) {
        const HttpField& seen = list.fields[at];
        const bool is_unknown = seen.name.starts_with("<unknown:idx ");
        EXPECT_TRUE(is_unknown || seen.name == fields[at].name);
        EXPECT_TRUE(seen.value == fields[at].value || (is_unknown && seen.value.empty()));
        EXPECT_TRUE(!is_unknown || seen.is_never_indexed);
      }
      unknown += list.unknown_fields;
      if (i < joined + 200) continue;
      for (const HttpField& seen : list.fields) {  // only names are still carried on as references
        EXPECT_FALSE(seen.value.empty()) << "the table has turned over";
      }
    }
    EXPECT_GT(unknown, 0U);
  }
}

TEST(HpackTest, KnowsEverythingAfterASizeOfZero) {
  Http2Builder encoder;
  HpackDecoder decoder;
  encoder.block({{"x-old", "1"}});
  decoder.forget();
  encoder.resize(0);
  encoder.block({});
  encoder.resize(4096);

  EXPECT_EQ(decoded(decoder, encoder.block({{"x-old", "1"}})), " x-old=1");
  EXPECT_EQ(decoded(decoder, encoder.block({{"x-old", "1"}})), " x-old=1");
}

TEST(HpackTest, KeepsTheValueBehindANameThatIsNotKnown) {
  HpackDecoder decoder;
  decoder.forget();
  // Added under the name of entry 70, then referred to as the newest entry.
  EXPECT_EQ(decoded(decoder, from_hex_text("7f0703616263")), " <unknown:idx 70>=abc!");
  EXPECT_EQ(decoded(decoder, from_hex_text("be")), " <unknown:idx 62>=abc!");
  EXPECT_EQ(decoded(decoder, from_hex_text("82")), " :method=GET");
}

TEST(HpackTest, RefusesBrokenBlocksAndForgets) {
  const char* broken[] = {
      "80",                    // index 0
      "ff",                    // an integer without end
      "ffffffffffffffffff7f",  // one beyond any table
      "400a61",                // a name cut short
      "000161",                // no value
      "0001618262",            // Huffman cut short
      "00016184ffffffff",      // the end mark inside a string
  };
  for (const char* hex : broken) {
    HpackDecoder decoder;
    EXPECT_EQ(decoded(decoder, from_hex_text("4001610162")), " a=b");
    EXPECT_TRUE(decoded(decoder, from_hex_text(hex)).ends_with(" broken")) << hex;
    EXPECT_EQ(decoded(decoder, from_hex_text("be")), " <unknown:idx 62>=!") << hex;
    EXPECT_EQ(decoded(decoder, from_hex_text("0001618cf1e3c2e5f23a6ba0ab90f4ff")),
              " a=www.example.com");
  }
}

TEST(HpackTest, BoundsWhatReferencesMultiply) {
  HpackDecoder decoder;
  const std::string value(4000, 'v');
  HeaderList first;
  ASSERT_TRUE(decoder.decode(from_hex_text("400178"
                                           "7fa11e") +
                                 value,
                             first));
  ASSERT_EQ(first.fields.at(0).value, value);

  HeaderList list;
  EXPECT_TRUE(decoder.decode(std::string(60'000, '\xbe'), list));
  EXPECT_TRUE(list.is_cut);
  EXPECT_LE(list.fields.size() * value.size(), kMaxHeaderBytes);
  EXPECT_LE(decoder.memory_bytes(), 3 * kInitialTableBytes);
}

TEST(HpackTest, KeepsNoLongNameThatReferencesWouldCopy) {
  HpackDecoder decoder;
  const std::string name(2000, 'n');
  EXPECT_EQ(decoded(decoder, from_hex_text("407fd10e") + name + from_hex_text("0161")),
            " " + name + "=a");
  EXPECT_EQ(decoded(decoder, from_hex_text("be")), " <unknown:idx 62>=a!");
  // Its size still counts: the third of them leaves no room for the first.
  for (int i = 0; i < 2; ++i) {
    decoded(decoder, from_hex_text("407fd10e") + name + from_hex_text("0162"));
  }
  EXPECT_EQ(decoded(decoder, from_hex_text("c0")), " <unknown:idx 64>=!");
}

}  // namespace
}  // namespace scopetrace
