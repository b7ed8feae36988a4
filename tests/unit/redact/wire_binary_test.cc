// SPDX-License-Identifier: Apache-2.0
// Kafka, MQTT, AMQP.
#include "tests/unit/redact/wire_fixture.h"

namespace scopetrace {
namespace {

std::string kafka(std::uint64_t key, std::uint64_t version, const std::string& body) {
  return counted(big(key, 2) + big(version, 2) + big(1, 4) + counted("app-1", 2) + body, 4);
}
std::string plain(const std::string& password) { return std::string("\0jo\0", 4) + password; }

TEST(WireKafkaTest, RedactsSaslInRequests) {
  const std::string password = make_secret(15);
  const std::string handshake = kafka(17, 1, counted("PLAIN", 2));
  const std::string flexible = '\0' + big(plain(password).size() + 1, 1) + plain(password) + '\0';
  const std::string metadata = kafka(3, 1, big(1, 4) + counted("orders", 2));
  for (const std::string& sent :
       {kafka(36, 0, counted(plain(password), 4)), kafka(36, 2, flexible),
        kafka(36, 1, counted("n,a=jo,\1auth=Bearer " + password + "\1\1", 4))}) {
    const std::string stream = handshake + sent + metadata;
    expect_safe(stream, "kafka", password);
    const std::string text = tell(stream).text;
    EXPECT_TRUE(contains(text, "SaslHandshake v1 client=app-1 mechanism=PLAIN\n")) << text;
    EXPECT_TRUE(contains(text, "orders")) << text;
  }
}

TEST(WireKafkaTest, RedactsBareTokensBehindTheOldHandshake) {
  const std::string password = make_secret(15);
  for (const std::string& token :
       {plain(password), std::string("\0A\0", 3) + password, "n,,n=jo,r=" + password}) {
    const std::string stream =
        kafka(17, 0, counted("PLAIN", 2)) + counted(token, 4) + kafka(3, 1, big(0, 4));
    expect_safe(stream, "kafka", password);
    EXPECT_TRUE(contains(tell(stream).text, "SaslToken token=[REDACTED:")) << tell(stream).text;
    EXPECT_TRUE(contains(tell(stream).text, "Metadata v1")) << tell(stream).text;
  }
}

std::string mqtt(int type, const std::string& body) {
  std::string length = big(body.size() % 128, 1);
  if (body.size() >= 128)
    length = static_cast<char>(body.size() % 128 | 128) + big(body.size() / 128, 1);
  return static_cast<char>(type) + length + body;
}
std::string connect(int version, const std::string& properties, const std::string& payload) {
  const std::string rest = version == 5 ? counted(properties, 1) : "";
  return mqtt(
      0x10, counted("MQTT", 2) + static_cast<char>(version) + '\xc6' + big(60, 2) + rest + payload);
}

TEST(WireMqttTest, RedactsThePasswordAndKeepsTheUser) {
  const std::string password = make_secret(15);
  const std::string publish = mqtt(0x30, counted("home/room", 2) + "warm");
  const std::string will = counted("last", 2) + counted("gone", 2);
  const std::string end = counted("jo", 2) + counted(password, 2);
  const std::string three = connect(4, "", counted("dev-1", 2) + will + end) + publish;

  expect_safe(three, "mqtt", password);
  EXPECT_EQ(
      tell(three).text.find("CONNECT client=dev-1 will_topic=last will=gone user=jo password="), 0U)
      << tell(three).text;
  EXPECT_TRUE(contains(tell(three).text, "PUBLISH topic=home/room payload=warm\n"))
      << tell(three).text;
}

TEST(WireMqttTest, TakesPropertiesOfVersionFive) {
  const std::string password = make_secret(15);
  const std::string token = make_secret(24, 9);
  const std::string properties = '\x11' + big(9, 4) + '\x15' + counted("SCRAM", 2) + '\x16' +
                                 counted(token, 2) + '\x26' + counted("api_key", 2) +
                                 counted(token, 2);
  const std::string will = std::string(1, '\0') + counted("last", 2) + counted("gone", 2);
  const std::string stream =
      connect(5, properties, counted("dev-1", 2) + will + counted("jo", 2) + counted(password, 2)) +
      mqtt(0x30, counted("t", 2) + '\0' + "{\"password\":\"" + token + "\"}") +
      mqtt(0xf0, '\x18' + counted('\x16' + counted(token, 2), 1));

  expect_safe(stream, "mqtt", password);
  EXPECT_TRUE(is_hidden(tell(stream).text, token)) << tell(stream).text;
  EXPECT_TRUE(contains(tell(stream).text, "auth_method=SCRAM")) << tell(stream).text;
}

TEST(WireMqttTest, RedactsTheWill) {
  const std::string password = make_secret(15);
  const std::string will = counted("last", 2) + counted("{\"password\":\"" + password + "\"}", 2);
  expect_safe(connect(4, "", counted("d", 2) + will + counted("jo", 2) + counted("x", 2)), "mqtt",
              password);
}

TEST(WireMqttTest, HostileLengths) {
  const std::string password = make_secret(18);
  const std::string stream =
      connect(4, "", counted("d", 2)) + "\x30\xff\xff\xff\xff\xff" + password;
  EXPECT_TRUE(is_hidden(tell(stream).text, password)) << tell(stream).text;
}

std::string amqp(int type, const std::string& payload) {
  return static_cast<char>(type) + big(0, 2) + counted(payload, 4) + '\xce';
}

TEST(WireAmqpTest, RedactsTheResponseOfStartOk) {
  const std::string password = make_secret(15);
  const std::string properties = counted("product", 1) + 'S' + counted("client", 4);
  const std::string start_ok = big(10, 2) + big(11, 2) + counted(properties, 4) +
                               counted("PLAIN", 1) + counted(plain(password), 4) +
                               counted("en_US", 1);
  const std::string stream = std::string("AMQP\0\0\x09\x01", 8) + amqp(1, start_ok) +
                             amqp(1, big(10, 2) + big(40, 2) + counted("/", 1) + big(0, 2)) +
                             amqp(3, "{\"password\":\"" + password + "\"}");

  expect_safe(stream, "amqp", password);
  const std::string text = tell(stream).text;
  EXPECT_TRUE(contains(text, "Connection.StartOk mechanism=PLAIN response=[REDACTED:basic-auth:"))
      << text;
  EXPECT_TRUE(contains(text, "Connection.Open vhost=/\n")) << text;
}

}  // namespace
}  // namespace scopetrace
