// SPDX-License-Identifier: Apache-2.0
// What this program does to itself before it looks at anything: whoever started it must have no
// hold on it. Installed, it is set-uid to its own user with four file capabilities; its caller is
// then a member of the group scopetrace and may try whatever an attacker would.
#pragma once

#include "userspace/base/result.h"
#include "userspace/probe/features.h"

namespace scopetrace {

// Changes into the owner of the program, keeps of the capabilities only those that capturing takes,
// leaves the terminal's session, and resets what a caller can leave behind: environment, timers,
// signal dispositions, mask, working folder, umask, descriptors above `last_fd`. Not dumpable, so
// not traceable. Root stays root (tests, trying out). kUnsupported when the file is set-uid and
// that had no effect; the message names the mount option or the flag that is in the way.
Status leave_the_user(int last_fd);

// Whether this process may load programs, read another user's process and place uprobes in the way
// that this kernel offers; kNone before that is known. kUnsupported names what lacks.
Status check_privileges(AttachKind uprobes);

}  // namespace scopetrace
