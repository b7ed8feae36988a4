// SPDX-License-Identifier: Apache-2.0
#include "tests/support/corpus/contexts.h"

namespace scopetrace::testing {
namespace {

constexpr ContextTemplate kProse[] = {
    {"alone", "«value»"},
    {"line-alone", "⟨line «n»⟩\n«value»\n⟨end⟩\n"},
    {"sentence", "⟨The deploy of «word» used⟩ «value» ⟨for step «n».⟩"},
    {"sentence-end", "⟨Please rotate⟩ «value»."},
    {"sentence-comma", "⟨we saw⟩ «value», ⟨then nothing («n»)⟩"},
    {"parentheses", "⟨rotated («word»)⟩ («value») ⟨today⟩"},
    {"angle-brackets", "⟨rotated⟩ <«value»> ⟨by «user»⟩"},
    {"double-quotes", "⟨unexpected⟩ \"«value»\" ⟨at line «n»⟩"},
    {"single-quotes", "⟨unexpected⟩ '«value»' ⟨at line «n»⟩"},
    {"backticks", "⟨use⟩ `«value»` ⟨in step «n»⟩"},
    {"square-brackets", "⟨[app]⟩[«value»]⟨[«n»]⟩"},
    {"innocent-name", "⟨n=«n»⟩ note=«value» ⟨ok=1⟩"},
    {"innocent-json", R"({⟨"n":«n»⟩,"note":"«value|json»"})"},
    {"innocent-list", R"([⟨"a"⟩,"«value|json»",⟨"b","«n»"⟩])"},
    {"innocent-colon", "⟨line «n»:⟩ value:«value»"},
    {"innocent-xml", "<note ⟨n=\"«n»\"⟩>«value|xml»</note>"},
    {"innocent-csv", "⟨«n»,basic,⟩«value»⟨,open⟩"},
    {"innocent-pipe", "⟨«n»|basic|⟩«value»⟨|open⟩"},
    {"innocent-option", "⟨sync -v⟩ --label=«value» ⟨--n «n»⟩"},
    {"innocent-path", "⟨GET /hooks/⟩«value|pct»⟨/ping?n=«n»⟩"},
    {"innocent-query", "⟨GET /v1?ref=⟩«value|pct»⟨&n=«n»⟩"},
    {"innocent-form", "⟨n=«n»&ref=⟩«value|form»⟨&ok=1⟩"},
    {"innocent-header", "⟨Accept: */*⟩\r\nX-Ref: «value»\r\n⟨Age: «n»⟩\r\n"},
    {"semicolon", "⟨n=«n»;⟩ref=«value»;⟨ok=1⟩"},
    {"tab", "⟨«n»⟩\t«value»\t⟨open⟩"},
    {"json-newline-before", R"({⟨"n":«n»⟩,"log":"started\n«value|json»\nended"})"},
    {"json-tab-before", R"({⟨"n":«n»⟩,"log":"started\t«value|json»\tended"})"},
    {"json-code-point-before", R"({⟨"n":«n»⟩,"html":"\u003cb\u003e«value|json»\u003c/b\u003e"})"},
    {"json-in-json-free", R"({"b":"⟦json:{⟨"n":«n»⟩,"note":"«value|json»"}⟧"})"},
    {"strace-newline-before", R"(⟨write(1,⟩ "ready\n«value|json»\n"⟨, 60) = 60⟩)"},
    {"ansi-before", "⟨step «n»⟩ \x1b[32m«value»\x1b[0m ⟨done⟩"},
    {"pct-before", "⟨GET /go?n=«n»⟩&to=⟦pct:https://«host»/r?ref=«value|pct»&ok=1⟧"},
    {"pct-quoted", "⟨n=«n»⟩&v=⟦pct:{\"note\":\"«value|json»\"}⟧"},
    {"pct2-quoted", "⟨n=«n»⟩&v=⟦pct2:{\"note\":\"«value|json»\"}⟧"},
    {"html-entity-before", "⟨<p>step «n»</p>⟩&quot;«value|xml»&quot;&nbsp;"},
    {"html-link", "<a href=\"https://«host»/r?ref=«value|pct»\">⟨step «n»⟩</a>"},
    {"b64-any-alignment", "⟨blob=⟩⟦b64:«gen|[a-z]{1,3}» note «value» end of it⟧ ⟨n=«n»⟩"},
    {"b64-start", "⟨blob⟩ ⟦b64:«value»⟧ ⟨n=«n»⟩"},
    {"b64-json-string",
     R"({⟨"n":«n»⟩,"raw":"⟦b64:{"n":"«gen|[a-z]{1,3}»","note":"«value|json»"}⟧"})"},
    {"b64url-any-alignment", "⟨GET /x?n=«n»⟩&b=⟦b64url:«gen|[a-z]{1,3}»:«value»:tail⟧"},
    {"b64-in-pct", "⟨n=«n»⟩&b=⟦pct:⟦b64:«gen|[a-z]{1,3}» «value» tail⟧⟧"},
    {"diff-line", "⟨@@ -1,2 +1,2 @@⟩\n-ref: none\n+ref: «value»\n"},
    {"markdown-link", "⟨see [step «n»]⟩(https://«host»/r?ref=«value|pct»)"},
    {"chat", "⟨«user»:⟩ try «value» ⟨and tell me⟩"},
    {"exception", "⟨ValueError: cannot parse⟩ '«value|py»'⟨ (line «n»)⟩"},
    {"python-list", "[⟨'a'⟩, '«value|py»', ⟨'b'⟩]"},
    {"nul-between", "⟨sync⟩«nul»«value»«nul»⟨--n=«n»⟩"},
    {"utf8-quotes", "⟨step «n»⟩ “«value»” ⟨done⟩"},
    {"equals-quoted", "⟨n=«n»⟩ ref=\"«value|json»\""},
    {"slash-before", "⟨copied «n»⟩ /«value»"},
    {"at-end-of-url-path", "⟨https://«host»/u/⟩«value|pct»"},
};

// Personal data also stands in front of people.
constexpr ContextTemplate kPersonal[] = {
    {"support-note", "⟨customer called about⟩ «value»⟨, ticket T-«n»⟩"},
    {"mail-line", "⟨We will use⟩ «value» ⟨from now on.⟩"},
    {"receipt", "⟨Receipt «n»⟩\n⟨Paid with⟩: «value»\n⟨Thank you⟩\n"},
    {"personal-csv", "⟨«n»,basic,⟩«value»⟨,open⟩"},
    {"personal-json", R"({⟨"order":«n»⟩,"memo":"«value|json»"})"},
    {"personal-log", "⟨«time» INFO order=«n»⟩ checked «value» ⟨state=paid⟩"},
    {"personal-quoted", "⟨invalid value⟩ \"«value»\" ⟨in row «n»⟩"},
    {"personal-form", "⟨step=2⟩&memo=«value|form»&⟨next=review⟩"},
    {"personal-xml", "<row><memo>«value|xml»</memo>⟨<state>open</state>⟩</row>"},
    {"personal-line-alone", "⟨row «n»⟩\n«value»\n⟨end⟩\n"},
    {"personal-brackets", "⟨row «n»⟩ [«value»] ⟨ok⟩"},
    {"personal-escaped", R"({"b":"⟦json:{⟨"n":«n»⟩,"memo":"«value|json»"}⟧"})"},
    {"personal-sql", "⟨INSERT INTO notes VALUES («n»,⟩ '«value|sql»'⟨, now())⟩"},
};

constexpr ContextTemplate kKeys[] = {
    {"pem",
     "⟨reading key «n»⟩\n-----BEGIN RSA PRIVATE KEY-----\n«value»\n"
     "-----END RSA PRIVATE KEY-----\n⟨done «word»⟩\n"},
    {"pem-pkcs8", "-----BEGIN PRIVATE KEY-----\n«value»\n-----END PRIVATE KEY-----\n⟨n=«n»⟩\n"},
    {"pem-openssh",
     "-----BEGIN OPENSSH PRIVATE KEY-----\n«value»\n-----END OPENSSH PRIVATE KEY-----\n"},
    {"pem-ec-crlf-ish",
     "⟨n=«n»⟩ -----BEGIN EC PRIVATE KEY-----\n«value»\n-----END EC PRIVATE KEY-----"},
    {"pem-encrypted",
     "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n«value»\n"
     "-----END RSA PRIVATE KEY-----\n⟨n=«n»⟩\n"},
    {"pem-truncated", "⟨n=«n»⟩\n-----BEGIN RSA PRIVATE KEY-----\n«value»"},
    {"pem-json",
     R"({⟨"n":«n»⟩,"pem":"-----BEGIN PRIVATE KEY-----\n«value|json»\n-----END PRIVATE KEY-----\n"})"},
    {"pem-json-in-json",
     R"({"b":"⟦json:{"pem":"-----BEGIN PRIVATE KEY-----\n«value|json»\n-----END PRIVATE KEY-----"}⟧",⟨"n":«n»⟩})"},
    {"pem-json-truncated", R"({⟨"n":«n»⟩,"pem":"-----BEGIN PRIVATE KEY-----\n«value|json»)"},
    {"pem-yaml",
     "⟨n: «n»⟩\nidentity: |\n    -----BEGIN PRIVATE KEY-----\n    «value|indent»\n"
     "    -----END PRIVATE KEY-----\n⟨mode: fast⟩\n"},
    {"pem-dotenv",
     "⟨N=«n»⟩\nPEM=\"-----BEGIN PRIVATE KEY-----\\n«value|json»\\n-----END PRIVATE KEY-----\"\n"
     "⟨MODE=fast⟩\n"},
    {"pem-pct",
     "⟨n=«n»⟩&pem=⟦pct:-----BEGIN PRIVATE KEY-----\n«value»\n-----END PRIVATE KEY-----⟧&⟨ok=1⟩"},
    {"pem-b64",
     "⟨n: «n»⟩\nidentity: ⟦b64:-----BEGIN PRIVATE KEY-----\n«value»\n-----END PRIVATE "
     "KEY-----\n⟧\n"},
    {"pem-strace",
     R"(⟨read(3,⟩ "-----BEGIN PRIVATE KEY-----\n«value|json»\n-----END PRIVATE KEY-----\n"⟨, 4096) = 1704⟩)"},
    {"pem-pgp",
     "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n«value»\n-----END PGP PRIVATE KEY "
     "BLOCK-----\n⟨n=«n»⟩\n"},
    {"pem-ssh2",
     "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n«value»\n---- END SSH2 ENCRYPTED PRIVATE KEY "
     "----\n"},
    {"ppk", "PuTTY-User-Key-File-3: ssh-ed25519\n⟨Encryption: none⟩\nPrivate-Lines: 4\n«value»\n"},
    {"terraform-heredoc",
     "⟨n = «n»⟩\npem = <<EOT\n-----BEGIN PRIVATE KEY-----\n«value»\n-----END PRIVATE "
     "KEY-----\nEOT\n"},
};

}  // namespace

std::span<const ContextTemplate> prose_contexts() { return kProse; }
std::span<const ContextTemplate> personal_contexts() { return kPersonal; }
std::span<const ContextTemplate> key_contexts() { return kKeys; }

}  // namespace scopetrace::testing
