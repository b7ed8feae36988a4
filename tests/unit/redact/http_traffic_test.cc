// SPDX-License-Identifier: Apache-2.0
// Messages of every kind of body in every coding, made from a seed: no planted value survives in
// any form, and everything a reader needs is still there.
#include <zstd.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <set>

#include "tests/support/deflate.h"
#include "tests/support/planted.h"
#include "tests/support/planted_search.h"
#include "tests/unit/redact/body_fixture.h"
#include "userspace/redact/body/http_text.h"

namespace scopetrace {
namespace {

using scopetrace::testing::PlantedSet;

// What one body is made of.
struct Traffic {
  std::string name;
  std::string type;
  std::function<std::string(const PlantedSet&)> body;
  std::vector<std::string> kept;
};
void PrintTo(const Traffic& traffic, std::ostream* out) { *out << traffic.name; }

std::string quoted(const std::string& name, const std::string& value) {
  return "\"" + name + "\":\"" + value + "\"";
}
std::string form_part(const std::string& name, const std::string& content) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content + "\r\n";
}
std::string percent(const std::string& text) {
  std::string out;
  for (const char c : text)
    out += std::isalnum(c) != 0 ? std::string(1, c) : "%" + to_hex(as_bytes(std::string(1, c)));
  return out;
}

std::string login_json(const PlantedSet& p) {
  return "{\"user\":\"jo\"," + quoted("password", p.basic_password) + "," +
         quoted("client_secret", p.client_secret) +
         ",\"n\":[1,2],\"nested\":\"{\\\"token\\\":\\\"" + p.access_token +
         "\\\"}\",\"headers\":{" + quoted("Authorization", "Bearer " + p.api_key) +
         "},\"pairs\":[{\"name\":\"api_key\"," + quoted("value", p.webhook_secret) + "}]}";
}
std::string person_json(const PlantedSet& p) {
  return "{" + quoted("email", p.email) + "," + quoted("phone", p.phone) + "," +
         quoted("ssn", p.ssn) + "," + quoted("iban", p.iban) + ",\"card\":{" +
         quoted("number", p.pan) + ",\"brand\":\"visa\"},\"id\":\"ord-1\"}";
}
std::string soap(const PlantedSet& p) {
  return "<s:Envelope "
         "xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header><wsse:Username>"
         "svc</wsse:Username><wsse:Password>" +
         p.basic_password +
         "</wsse:Password></s:Header><s:Body>"
         "<Quote><Symbol>ACME</Symbol><add key=\"ApiKey\" value=\"" +
         p.api_key +
         "\"/><p><name>secret"
         "</name><value>" +
         p.client_secret + "</value></p></Quote></s:Body></s:Envelope>";
}
std::string multipart(const PlantedSet& p) {
  return form_part("user", "jo") + form_part("password", p.basic_password) +
         form_part("note", "token=" + p.access_token) +
         "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"me.png\"\r\nContent-Type: "
         "image/png\r\n\r\n\x89PNG\r\n\x1a\n\x01\x02\xff\r\n--b--\r\n";
}
std::string form(const PlantedSet& p) {
  return "grant_type=password&username=jo&password=" + percent(p.basic_password) +
         "&client_secret=" + p.client_secret + "&u=https%3A%2F%2Fh%2Fcb%3Faccess_token%3D" +
         p.access_token + "%26x%3D1";
}
std::string events(const PlantedSet& p) {
  return "event: start\nid: 17\ndata: {\"model\":\"m-1\"}\n\ndata: {" +
         quoted("access_token", p.access_token) + ",\ndata: " + quoted("scope", "read") +
         "}\n\ndata: key " + p.api_key + " done\n\ndata: [DONE]\n\n";
}
std::string graphql(const PlantedSet& p) {
  return "{\"query\":\"mutation($p:String){login(email:\\\"" + p.email + "\\\",secret:\\\"" +
         p.client_secret + "\\\",password:$p){id}}\",\"variables\":{" +
         quoted("p", p.basic_password) + "}}";
}
std::string lines(const PlantedSet& p) {
  return "{\"level\":\"info\"}\n{" + quoted("refresh_token", p.refresh_token) +
         ",\"host\":\"db-1\"}\n";
}
std::string message(const PlantedSet& p) {
  return proto_bytes(1, "order-1") + proto_number(2, 150) +
         proto_bytes(3, proto_bytes(1, "password") + proto_bytes(2, p.basic_password)) +
         proto_bytes(4, p.jwt) + proto_bytes(5, p.access_token);
}
std::string page(const PlantedSet& p) {
  return "<html><head><meta name=\"csrf-token\" content=\"" + p.client_secret +
         "\"></head><body>Hello <a href=\"/x?token=" + p.access_token +
         "&b=2\">you</a></body></html>";
}
std::string table(const PlantedSet& p) {
  return "id,email,password,city\n1," + p.email + "," + p.basic_password + ",Rome\n2,-,,Oslo\n";
}

struct Coding {
  std::string field;
  std::function<std::string(const std::string&)> encode;
};

std::string zstd_of(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

const std::vector<Coding>& codings() {
  static const std::vector<Coding> all = {
      {"identity", [](const std::string& t) { return t; }},
      {"gzip", [](const std::string& t) { return deflated(t, kGzipBits); }},
      {"deflate", [](const std::string& t) { return deflated(t, kZlibBits); }},
      {"deflate", [](const std::string& t) { return deflated(t, kRawDeflateBits); }},
      {"br", stored_brotli},
      {"zstd", zstd_of},
      {"gzip, br", [](const std::string& t) { return stored_brotli(deflated(t, kGzipBits)); }}};
  return all;
}

std::string as_chunks(const std::string& body, std::size_t size) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += size) {
    const std::string piece = body.substr(at, size);
    std::string digits;
    for (std::size_t n = piece.size(); n > 0; n /= 16) {
      digits.insert(digits.begin(), "0123456789abcdef"[n % 16]);
    }
    out += digits + "\r\n" + piece + "\r\n";
  }
  return out + "0\r\n\r\n";
}

std::string head_of(const PlantedSet& p, const Traffic& traffic, const std::string& coding) {
  return "POST /v1/x?page=2&token=" + p.refresh_token +
         " HTTP/1.1\r\nHost: api.example.com\r\nCookie: "
         "theme=dark; sid=" +
         p.session_cookie + "\r\nAuthorization: Bearer " + p.jwt +
         "\r\nX-Request-Id: req-7\r\nContent-Type: " + traffic.type +
         "\r\nContent-Encoding: " + coding + "\r\n";
}

const std::vector<std::string> kKeptFields = {
    "Host: api.example.com\r\n", "theme=dark; sid=", "?page=2&token=", "Authorization: Bearer ",
    "X-Request-Id: req-7\r\n"};

class HttpTrafficTest : public ::testing::TestWithParam<Traffic> {
 protected:
  HttpTrafficTest()
      : planted_(scopetrace::testing::make_planted(11)), needles_(make_needles(planted_.all())) {}

  void check(const std::string& bytes, const std::string& why) {
    const std::string out = redactor_->redact(bytes);
    for (const auto& hit : search_bytes(needles_, as_bytes(out))) {
      ADD_FAILURE() << why << ": " << hit.name << " as " << hit.form << " in\n" << out;
    }
    std::vector<std::string> kept = GetParam().kept;
    kept.insert(kept.end(), kKeptFields.begin(), kKeptFields.end());
    for (const std::string& text : kept) {
      EXPECT_TRUE(contains(out, text)) << why << ": lost " << text << " in\n" << out;
    }
  }

  PlantedSet planted_;
  std::vector<scopetrace::testing::Needle> needles_;
  std::unique_ptr<HttpTextRedactor> redactor_ =
      *HttpTextRedactor::make(standard_rules(), test_key());
};

TEST_P(HttpTrafficTest, LosesSecretsAndKeepsTextInEveryCoding) {
  const std::string body = GetParam().body(planted_);
  for (const Coding& coding : codings()) {
    const std::string head = head_of(planted_, GetParam(), coding.field);
    const std::string wire = coding.encode(body);
    check(head + "Content-Length: " + std::to_string(wire.size()) + "\r\n\r\n" + wire,
          coding.field);
    check(head + "Transfer-Encoding: chunked\r\n\r\n" + as_chunks(wire, 7),
          coding.field + " in chunks");
  }
}

TEST_P(HttpTrafficTest, SizeOfChunksChangesNothing) {
  const std::string body = GetParam().body(planted_);
  const std::string head =
      head_of(planted_, GetParam(), "identity") + "Transfer-Encoding: chunked\r\n\r\n";
  std::set<std::string> outputs;
  for (std::size_t size = 1; size <= 64; ++size) {
    outputs.insert(redactor_->redact(head + as_chunks(body, size)));
  }
  EXPECT_EQ(outputs.size(), 1U);
}

TEST_P(HttpTrafficTest, EveryCutLosesSecrets) {
  const std::string body = GetParam().body(planted_);
  const std::string head = head_of(planted_, GetParam(), "identity");
  for (std::size_t size = 0; size < body.size(); size += 5) {
    const std::string out =
        redactor_->redact(head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                          body.substr(0, size));
    for (const auto& hit : search_bytes(needles_, as_bytes(out))) {
      ADD_FAILURE() << size << ": " << hit.name << " as " << hit.form << " in\n" << out;
    }
  }
}

TEST_P(HttpTrafficTest, RedactingTwiceIsRedactingOnce) {
  const std::string wire = deflated(GetParam().body(planted_), kGzipBits);
  const std::string once = redactor_->redact(head_of(planted_, GetParam(), "gzip") + "\r\n" + wire);
  EXPECT_EQ(redactor_->redact(once), once);
}

const std::vector<Traffic>& traffics() {
  static const std::vector<Traffic> all = {
      Traffic{"Json",
              "application/json",
              login_json,
              {"\"user\":\"jo\"", "\"n\":[1,2]", "\"name\":\"api_key\""}},
      Traffic{"JsonUnderWrongType", "text/plain", login_json, {"\"user\":\"jo\"", "\"n\":[1,2]"}},
      Traffic{
          "Person", "application/json", person_json, {"\"brand\":\"visa\"", "\"id\":\"ord-1\""}},
      Traffic{"Soap",
              "text/xml",
              soap,
              {"<Symbol>ACME</Symbol>", "key=\"ApiKey\"", "<name>secret</name>"}},
      Traffic{"Multipart",
              "multipart/form-data; boundary=b",
              multipart,
              {"name=\"password\"", "filename=\"me.png\"", "\r\n\r\njo\r\n", "[binary 11 bytes]"}},
      Traffic{"Form",
              "application/x-www-form-urlencoded",
              form,
              {"grant_type=password&username=jo&password=",
               "&u=https%3A%2F%2Fh%2Fcb%3Faccess_token%3D", "%26x%3D1"}},
      Traffic{"Events",
              "text/event-stream",
              events,
              {"event: start\nid: 17\n", "\"model\":\"m-1\"", "data: \"scope\":\"read\"}",
               "data: [DONE]"}},
      Traffic{"Graphql",
              "application/json",
              graphql,
              {"mutation($p:String){login(email:", "password:$p){id}}"}},
      Traffic{
          "Lines", "application/x-ndjson", lines, {"{\"level\":\"info\"}\n", "\"host\":\"db-1\""}},
      Traffic{"Message",
              "application/x-protobuf",
              message,
              {"1: \"order-1\"\n2: 150\n", "1: \"password\""}},
      Traffic{"Frames",
              "application/grpc",
              [](const PlantedSet& p) { return grpc_frame(message(p)); },
              {"1: \"order-1\"\n2: 150\n"}},
      Traffic{"Page", "text/html", page, {"Hello <a href=\"/x?token=", "&b=2\">you</a></body>"}},
      Traffic{"Table", "text/csv", table, {"id,email,password,city\n", "Rome", "Oslo"}}};
  return all;
}

INSTANTIATE_TEST_SUITE_P(Bodies, HttpTrafficTest, ::testing::ValuesIn(traffics()),
                         [](const auto& test) { return test.param.name; });

// Each message with secrets of its own, so that none is known from another one. The key of each in
// `keys`.
std::vector<std::string> messages_of_many_seeds(std::vector<std::string>& keys) {
  std::vector<std::string> messages;
  for (std::uint64_t seed = 21; seed < 24; ++seed) {
    for (const Traffic& traffic : traffics()) {
      const PlantedSet planted = scopetrace::testing::make_planted(seed * 100 + messages.size());
      keys.push_back(planted.refresh_token);
      messages.push_back(head_of(planted, traffic, "gzip") + "\r\n" +
                         deflated(traffic.body(planted), kGzipBits));
    }
  }
  return messages;
}

std::vector<std::string> redact_all(const std::vector<std::string>& messages) {
  const auto redactor = *HttpTextRedactor::make(standard_rules(), test_key());
  std::vector<std::string> redacted;
  for (const std::string& message : messages) redacted.push_back(redactor->redact(message));
  return redacted;
}

TEST(HttpTrafficOrderTest, TheOrderOfMessagesDoesNotMatter) {
  std::vector<std::string> keys;
  std::vector<std::string> messages = messages_of_many_seeds(keys);
  const std::vector<std::string> in_order = redact_all(messages);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_TRUE(contains(messages[i], keys[i]));
    EXPECT_FALSE(contains(in_order[i], keys[i]));
  }

  std::reverse(messages.begin(), messages.end());
  std::vector<std::string> in_reverse = redact_all(messages);
  std::reverse(in_reverse.begin(), in_reverse.end());

  EXPECT_EQ(in_order, in_reverse);
}

TEST(HttpTrafficOrderTest, AMessageIsRedactedAsIfItWereTheOnlyOne) {
  std::vector<std::string> keys;
  const std::vector<std::string> messages = messages_of_many_seeds(keys);
  const std::vector<std::string> together = redact_all(messages);

  for (std::size_t i = 0; i < messages.size(); ++i)
    EXPECT_EQ(redact_all({messages[i]})[0], together[i]) << i;
}

}  // namespace
}  // namespace scopetrace
