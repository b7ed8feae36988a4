// SPDX-License-Identifier: Apache-2.0
// The two directions of a connection.
#pragma once

#include "userspace/wire/event.h"

namespace scopetrace {

inline constexpr st_direction kDirections[] = {ST_EGRESS, ST_INGRESS};

inline st_direction opposite(st_direction direction) {
  return direction == ST_EGRESS ? ST_INGRESS : ST_EGRESS;
}

}  // namespace scopetrace
