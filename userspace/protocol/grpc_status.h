// SPDX-License-Identifier: Apache-2.0
// How a gRPC call ended.
#pragma once

#include <optional>

#include "userspace/protocol/message.h"

namespace scopetrace {

// The value of grpc-status, which stands in the trailers, or in the head of an answer that has
// nothing else; 0 is success. Nothing when there is none, or it is no number of up to 3 digits.
// Source: grpc/doc/PROTOCOL-HTTP2.md.
std::optional<unsigned> grpc_status_of(const HttpResponse& response);

}  // namespace scopetrace
