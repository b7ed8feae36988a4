// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/host_service.h"

#include "userspace/session/front/front_channel.h"
#include "userspace/session/front/helper.h"

namespace scopetrace {
namespace {

Result<HostAnswer> read_answer(FrontMessage message) {
  if (message.type == FrontMessageType::kError) {
    ST_ASSIGN_OR_RETURN(Error error, decode_error(message.body));
    return fail(std::move(error));
  }
  if (message.type != FrontMessageType::kAnswer) {
    return fail(ErrorCode::kCorrupt, "scopetrace-capture sent an unknown message");
  }
  ST_ASSIGN_OR_RETURN(HostAnswer answer, decode_answer(message.body));
  answer.fd = std::move(message.fd);
  return answer;
}

}  // namespace

Result<HostAnswer> call_host(HostCall call) {
  ST_ASSIGN_OR_RETURN(const std::string program, find_helper("scopetrace-capture"));
  ST_ASSIGN_OR_RETURN(Helper helper, start_helper(program));
  const Status sent = send_front_message(helper.channel.get(), FrontMessageType::kCall,
                                         encode_call(call), call.fd.get());
  // A helper that gave up before it read the call has said why; a call that is too long has none.
  const bool is_too_long = !sent && sent.error().code() == ErrorCode::kLimit;
  auto message = is_too_long ? Result<FrontMessage>(fail(sent.error()))
                             : receive_front_message(helper.channel.get());
  helper.channel = UniqueFd();
  const std::string end = helper.wait();
  if (is_too_long) return fail(sent.error());
  if (message) return read_answer(std::move(*message));
  return fail(ErrorCode::kIo, "scopetrace-capture ended without an answer: " + end);
}

}  // namespace scopetrace
