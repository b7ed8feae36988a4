// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/name_json.h"

namespace scopetrace {
namespace {

Json certificate_json(const RedactedCertificate& certificate) {
  Json json = {{"subject", certificate.subject},
               {"issuer", certificate.issuer},
               {"names", json_number(certificate.names)},
               {"key_type", certificate.key_type},
               {"digest", certificate.digest}};
  if (!certificate.not_before.empty()) json["not_before"] = certificate.not_before;
  if (!certificate.not_after.empty()) json["not_after"] = certificate.not_after;
  return json;
}

}  // namespace

Json tls_json(const RedactedTls& tls) {
  Json json = Json::object();
  if (!tls.version.empty()) json["version"] = tls.version;
  if (!tls.cipher.empty()) json["cipher"] = tls.cipher;
  if (!tls.alpn.empty()) json["alpn"] = tls.alpn;
  json["server_name_state"] = tls.server_name_is;
  if (!tls.server_name.empty()) json["server_name"] = tls.server_name;
  if (tls.offers_ech) json["ech"] = "offered";
  json["versions_offered"] = tls.versions;
  json["alpn_offered"] = tls.alpn_offered;
  json["certificate_state"] = tls.certificate_is;
  if (tls.certificate) json["certificate"] = certificate_json(*tls.certificate);
  if (tls.is_cut) json["cut"] = true;
  return json;
}

Json answers_json(const std::vector<RedactedDnsRecord>& answers) {
  Json json = Json::array();
  for (const RedactedDnsRecord& answer : answers) {
    Json entry = {{"name", answer.name}, {"type", answer.type}, {"ttl", answer.ttl_seconds}};
    if (!answer.value.empty()) entry["value"] = answer.value;
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace scopetrace
