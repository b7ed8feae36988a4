// SPDX-License-Identifier: Apache-2.0
// Signs text with the key a person named, or with the fitting one of their ssh-agent.
#pragma once

#include <string>
#include <string_view>

#include "scopes/certificate.h"
#include "scopes/trust.h"
#include "userspace/base/result.h"

namespace scopetrace {

// Which key is wanted, and what for.
struct KeyQuery {
  std::string path;                  // --key: a private key file, or the .pub of a key in
                                     // ssh-agent; empty: a key of ssh-agent
  std::string principal;             // --as; empty: anyone
  std::string_view name_space;       // under which it will sign
  const TrustFile* trust = nullptr;  // of this host; null where it cannot be read
};

// Where the private half is.
enum class KeyPlace {
  kFile,   // an unencrypted file: used in this process
  kStock,  // an encrypted or FIDO key file: ssh-keygen asks for passphrase, PIN or touch
  kAgent,  // ssh-agent, through ssh-keygen
};

// A key that was found. Nothing has been signed yet.
struct ChosenKey {
  SshIdentity identity;
  KeyPlace place = KeyPlace::kAgent;
  std::string path;  // of the key file; empty for kAgent
};

// Who signs, and with which key.
struct TextSigner {
  std::string principal;
  ChosenKey key;
};

// Finds the key of a query. Of several keys in ssh-agent, or of a key file and the certificate
// beside it, it is the one that the trust file knows for the namespace and the principal. kUsage
// with the remedy when none fits, or when several people's do and no principal was named.
Result<ChosenKey> choose_key(const KeyQuery& query);

// The principal that was named, else the only one that the trust file knows for the key and the
// namespace. kUsage with the remedy when neither says it; a null `trust` knows nobody.
Result<std::string> principal_of(const std::string& named, const SshIdentity& signer,
                                 std::string_view name_space, const TrustFile* trust);

// Makes one armoured SSHSIG block over `body`. It was verified before it is returned.
Result<std::string> sign_with(const ChosenKey& key, std::string_view name_space,
                              std::string_view body);

}  // namespace scopetrace
