// SPDX-License-Identifier: Apache-2.0
// What each preset adds to `standard`: values that standard keeps and the preset replaces.
#include "tests/unit/redact/fixture.h"
#include "userspace/redact/body/content.h"
#include "userspace/redact/profile_loader.h"

namespace scopetrace {
namespace {

// « and » stand around what the preset takes; the rest stays.
struct PresetCase {
  const char* label;
  const char* preset;
  const char* text;
};

class PresetTest : public testing::TestWithParam<PresetCase> {
 protected:
  static std::string redact(const std::string& expression, const std::string& text) {
    const RuleSet rules = *load_profile(expression, refuse_own_profile);
    const auto detectors = *Detectors::make(rules);
    return TextScanner(*detectors, test_key()).redact(text);
  }
};

TEST_P(PresetTest, AddsToStandard) {
  const std::string marked = GetParam().text;
  const auto open = marked.find("«");
  const auto close = marked.find("»");
  ASSERT_NE(close, marked.npos);
  const std::string before = marked.substr(0, open);
  const std::string value = marked.substr(open + 2, close - open - 2);
  const std::string after = marked.substr(close + 2);
  const std::string text = before + value + after;

  const std::string kept = redact("standard", text);
  const std::string redacted = redact(std::string("standard+") + GetParam().preset, text);

  EXPECT_EQ(kept, text) << "standard takes it already";
  EXPECT_FALSE(contains(redacted, value)) << redacted;
  EXPECT_TRUE(redacted.starts_with(before + "[REDACTED:")) << redacted;
  EXPECT_TRUE(redacted.ends_with("]" + after)) << redacted;
}

INSTANTIATE_TEST_SUITE_P(
    Pci, PresetTest,
    testing::Values(PresetCase{"Truncation", "pci", "card «411111******1111» was declined"},
                    PresetCase{"LongTruncation", "pci", "card «41111111****1111», again"},
                    PresetCase{"GroupedTruncation", "pci", "card «4111 **** **** 1111» ok"},
                    PresetCase{"LastFour", "pci", R"({"brand": "visa", "last4": "«1111»"})"},
                    PresetCase{"Bin", "pci", "card_bin=«41111111» brand=visa"},
                    PresetCase{"ExpiryMonth", "pci", R"({"exp_month": "«09»", "brand": "visa"})"},
                    PresetCase{"Expiry", "pci", R"({"card_expiry": "«09/27»", "brand": "visa"})"},
                    PresetCase{"ServiceCode", "pci", "service_code=«201» result=ok"},
                    PresetCase{"CardName", "pci", R"({"cc_name": "«J DOE»", "n": 1})"}),
    [](const auto& test) { return test.param.label; });

INSTANTIATE_TEST_SUITE_P(
    Gdpr, PresetTest,
    testing::Values(PresetCase{"PublicIpv4", "gdpr", "connection from «93.184.216.34» port 4431"},
                    PresetCase{"PublicIpv4InAPath", "gdpr", "GET /peers/«8.8.4.4»/ping"},
                    PresetCase{"PublicIpv6", "gdpr",
                               "connection from «2606:2800:220:1:248:1893:25c8:1946» ok"},
                    PresetCase{"Ipv6InBrackets", "gdpr", "to [«2001:4860:4860::8888»]:443"},
                    PresetCase{"ClientAddress", "gdpr", R"({"remote_addr": "«10.9.8.7»", "n": 1})"},
                    PresetCase{"UserName", "gdpr", R"({"username": "«jdoe»", "n": 1})"},
                    PresetCase{"DisplayName", "gdpr", R"({"display_name": "«Jo Doe»", "n": 1})"},
                    PresetCase{"City", "gdpr", R"({"city": "«Springfield»", "n": 1})"},
                    PresetCase{"PostalCode", "gdpr", "zip_code=«90210» n=1"},
                    PresetCase{"Latitude", "gdpr", R"({"latitude": "«48.85837»", "n": 1})"},
                    PresetCase{"Device", "gdpr", "device_id=«a81bc81b9a0c4f21» n=1"},
                    PresetCase{"Plate", "gdpr", R"({"license_plate": "«AB-1234»", "n": 1})"},
                    PresetCase{"Age", "gdpr", R"({"birth_year": "«1984»", "n": 1})"}),
    [](const auto& test) { return test.param.label; });

INSTANTIATE_TEST_SUITE_P(
    Hipaa, PresetTest,
    testing::Values(
        PresetCase{"Name", "hipaa", R"({"subscriber_name": "«Jo Doe»", "n": 1})"},
        PresetCase{"GeographicUnit", "hipaa", R"({"county": "«Springfield»", "n": 1})"},
        PresetCase{"ZipCode", "hipaa", "zip_code=«90210» n=1"},
        PresetCase{"ExactDate", "hipaa", R"({"admission_date": "«2024-03-05»", "n": 1})"},
        PresetCase{"Pager", "hipaa", R"({"pager": "«20411234»", "n": 1})"},
        PresetCase{"RecordNumber", "hipaa", "accession_number=«00482913» n=1"},
        PresetCase{"HealthPlan", "hipaa", R"({"subscriber_id": "«XYZ123456789»", "n": 1})"},
        PresetCase{"Certificate", "hipaa", R"({"provider_license": "«QX-4471 B»", "n": 1})"},
        PresetCase{"Vehicle", "hipaa", R"({"license_plate": "«AB-1234»", "n": 1})"},
        PresetCase{"Device", "hipaa", "implant_serial=«48291377» n=1"},
        PresetCase{"Url", "hipaa", "see «https://portal.example/p/4711?x=1» today"},
        PresetCase{"Address", "hipaa", "connection from «93.184.216.34» port 4431"},
        PresetCase{"Biometric", "hipaa", "iris_code=«a81bc81b9a0c4f21» n=1"},
        PresetCase{"Photo", "hipaa", R"({"photo_id": "«a81bc81b»", "n": 1})"},
        PresetCase{"OtherId", "hipaa", R"({"subject_id": "«NA-00042»", "n": 1})"}),
    [](const auto& test) { return test.param.label; });

// Bodies have certain borders, but the shapes of values are asked there all the same.
TEST(PresetBodyTest, HoldsValuesToTheirShapes) {
  const RuleSet rules = *load_profile("standard+pci+gdpr", refuse_own_profile);
  const auto detectors = *Detectors::make(rules);
  TextScanner scanner(*detectors, test_key());
  const auto redact = [&](const char* body) {
    return redact_content(scanner, body, {"application/json", {}}, {}).text;
  };
  const std::string kept = R"({"expiration_date": "never", "service_code": "AMBULANCE-7"})";

  EXPECT_EQ(redact(kept.c_str()), kept);
  for (const char* body : {R"({"exp_month": "09"})", R"({"remote_addr": "10.9.8.7"})",
                           R"({"service_code": "201"})", R"({"username": "jdoe"})"})
    EXPECT_TRUE(contains(redact(body), "[REDACTED:")) << redact(body);
}

struct KeptCase {
  const char* label;
  const char* text;
};
class PresetKeepsTest : public testing::TestWithParam<KeptCase> {};

// All presets at once leave what only looks like personal data.
TEST_P(PresetKeepsTest, TextThatSaysNothingOfAPerson) {
  static const RuleSet rules = *load_profile("standard+pci+gdpr+hipaa", refuse_own_profile);
  static const auto detectors = *Detectors::make(rules);
  EXPECT_EQ(TextScanner(*detectors, test_key()).redact(GetParam().text), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, PresetKeepsTest,
    testing::Values(KeptCase{"PrivateAddress", "listen 10.0.0.7 and 192.168.4.2 and 127.0.0.1"},
                    KeptCase{"Version", "Chrome/120.0.6099.109 v1.2.3.4 curl/8.5.0"},
                    KeptCase{"LongNumber", "1.2.3.4.5 and 300.1.1.1 and 1.2.3"},
                    KeptCase{"Clock", "12:34:56.789 2024-01-01T12:34:56Z"},
                    KeptCase{"Hardware", "link de:ad:be:ef:00:01 and 2a:1b:00:00:00:01 up"},
                    KeptCase{"Scope", "std::find and abc::def and ::1 and fe80::1"},
                    KeptCase{"Word", "bin=/usr/bin zip=archive.zip lat=high track=left"},
                    KeptCase{"Host", "hostname=web-1 velocity=9 file_name=report.pdf"}),
    [](const auto& test) { return test.param.label; });

}  // namespace
}  // namespace scopetrace
