// SPDX-License-Identifier: Apache-2.0
// Secrets that people choose: words, names, paths. What is kept because it looks like code or a
// label must not be one of them.
#include "tests/unit/redact/fixture.h"

namespace scopetrace {
namespace {

std::string redact(const std::string& text) {
  static Scanner s;
  return s.scanner.redact(text);
}

struct WeakSecret {
  const char* name;
  const char* text;  // § stands for the secret
  const char* secret;
};

class WeakSecretTest : public ::testing::TestWithParam<WeakSecret> {};

TEST_P(WeakSecretTest, IsFound) {
  const std::string mark = "§", secret = GetParam().secret;
  std::string text = GetParam().text;
  text.replace(text.find(mark), mark.size(), secret);

  const std::string redacted = redact(text);

  EXPECT_FALSE(contains(redacted, secret)) << text << "\n-> " << redacted;
}

INSTANTIATE_TEST_SUITE_P(
    Written, WeakSecretTest,
    ::testing::Values(WeakSecret{"NameOfSecret", "client_secret: §", "my-super-secret-key"},
                      WeakSecret{"NameOfSecretQuoted", R"({"secret":"§"})", "my-super-secret-key"},
                      WeakSecret{"NameOfToken", "secret=§", "production-signing-token"},
                      WeakSecret{"WordWithNameLast", "api_key: §", "super-api_key"},
                      WeakSecret{"WordWithHumps", "password = §", "AdminPassword"},
                      WeakSecret{"WordWithHumpsColon", "db_password: §", "AdminPassword"},
                      WeakSecret{"KeyWithHumps", "secret_key = §", "MySecretKey"},
                      WeakSecret{"SmallHump", "password = § # of the database", "hunterTwo"},
                      WeakSecret{"EndOfType", "password: §", "MyBigData"},
                      WeakSecret{"EndOfTypeQuoted", R"("password": "§")", "MonsterClient"},
                      WeakSecret{"Cmdlet", "password = §", "Add-Salt"},
                      WeakSecret{"Bracket", "password=§", "Summer.2024(x"},
                      WeakSecret{"BracketBehindWords", "password: §", "Winter.Snow7(1"},
                      WeakSecret{"OpenBracket", R"("password": "§")", "(Hunter"},
                      WeakSecret{"AngleBracket", "password = §", "hunter<three"},
                      WeakSecret{"FieldOfForm", "password=§", "hunter.data"},
                      WeakSecret{"TightComma", R"(connect("password", "§", 5432))",
                                 "correct-horse-battery"},
                      WeakSecret{"LatinMarks", "the password is §", "contraseñaSegura"},
                      WeakSecret{"LatinMarksColon", "password: §", "señorita"},
                      WeakSecret{"LatinMarksQuoted", R"("password": "§")", "señorita"},
                      WeakSecret{"LatinMarksOfGerman", "password: §", "größtesGeheimnis"},
                      WeakSecret{"OtherScriptTight", "password=§", "пароль"},
                      WeakSecret{"OtherScriptOption", "login --password §", "секретныйключ"},
                      WeakSecret{"SessionOfLetters", "session_id=§", "abcdefghijklm"},
                      WeakSecret{"SessionOfLettersQuoted", R"("sessionid": "§")", "qwertyuiopasd"},
                      WeakSecret{"TranslatedWord", "password=§", "kennwort"},
                      WeakSecret{"CookieWithBlank", "Cookie: sid=§; a=b", "abc def=ghijk"},
                      WeakSecret{"BraceBeforeName", "password=§", "ab}cd(ef"},
                      WeakSecret{"DashesOfStyle", "password=§", "ab,--c:d3"},
                      WeakSecret{"PrefixOfShell", "password=§", "$env:7xk"}),
    [](const auto& test) { return test.param.name; });

// What writes the same and is code or a label: the other side of each exception.
class HarmlessValueTest : public ::testing::TestWithParam<const char*> {};

TEST_P(HarmlessValueTest, IsKept) { EXPECT_EQ(redact(GetParam()), GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Written, HarmlessValueTest,
    ::testing::Values("const [password, setPassword] = useState<string>('');",
                      "$password = Get-Secret -Name db", "password = $env:DB_PASSWORD",
                      "password: passwordField.text,", "token = hmac.sha256(key)",
                      "token = System.fetch_env!(\"TOKEN\")", "password: пароль",
                      R"("Sid": "AllowRead")", "secret: prod/billing/api-key",
                      R"(fields = ["token", "userId", "state"])"));

// A terminal's colour before a token and behind it.
TEST(ColouredTokenTest, IsFound) {
  const std::string token = make_token();
  for (const std::string colour : {"[32m", "[1;32m", "[38;5;196m"}) {
    for (const std::string escape : {"\x1b", "\\u001b", "\\x1b", "\\033", "^["}) {
      const std::string text = "got " + escape + colour + token + escape + "[0m\n";
      EXPECT_FALSE(contains(redact(text), token)) << text;
    }
  }
}

TEST(PropertyEscapeTest, HidesNoTokenThatHoldsItsSign) {
  const std::string text =
      "datasource.memo=token-9qygv\\:ibzkjgjya99l6yxvdlrcapr7hfdedye2lmxqva4ocu3e58v1ktcc\n";
  EXPECT_FALSE(contains(redact(text), "ibzkjgjya99l6yx")) << redact(text);
}

}  // namespace
}  // namespace scopetrace
