// SPDX-License-Identifier: Apache-2.0
// National numbers whose digits have letters, dots or slashes around them.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/detect/numbers/number_run.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// What the run is the digits of, or the last digits: British NINO, Singaporean NRIC and FIN,
// Spanish DNI and NIE, Finnish HETU, Brazilian CPF and CNPJ, Chinese resident number with X.
std::optional<Finding> lettered_id_around(std::string_view text, const NumberRun& run);

// An identifier whose token begins at `at`: Italian codice fiscale, Mexican CURP.
std::optional<Finding> code_id_at(std::string_view text, std::size_t at);

// 16 characters; the last one checks (decree of 23 December 1976, Ministero delle Finanze).
bool is_codice_fiscale(std::string_view text);
// 18 characters; the last one checks (Registro Nacional de Población).
bool is_curp(std::string_view text);

}  // namespace scopetrace
