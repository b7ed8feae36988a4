// SPDX-License-Identifier: Apache-2.0
// Serves the calls of commands other than attach (session/front/host_service.h): one function a
// task, each verifying what it was given before it signs, notes or installs anything.
#pragma once

#include "userspace/base/result.h"
#include "userspace/session/capture/host_side.h"
#include "userspace/session/front/host_service.h"

namespace scopetrace {

// kRefused when the peer may not ask for this, or the text does not prove what it has to; other
// errors are those of the task. Nothing is left behind by an error.
Result<HostAnswer> serve_call(HostCall call, const Peer& peer);

}  // namespace scopetrace
