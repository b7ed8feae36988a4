// SPDX-License-Identifier: Apache-2.0
// The texts of front channel messages: small JSON objects, every member checked.
#include <nlohmann/json.hpp>

#include "userspace/session/front/end_reason.h"
#include "userspace/session/front/front_channel.h"

namespace scopetrace {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxListEntries = 1024;  // a command's words are the longest

std::string dump(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

// Reads members of one object; the first wrong one makes the whole message wrong.
class Members {
 public:
  explicit Members(const std::string& body) : json_(Json::parse(body, nullptr, false)) {
    good_ = json_.is_object();
  }

  void read(const char* name, std::string& value) {
    if (const Json* member = find(name); member != nullptr) {
      if (!member->is_string()) return spoil();
      value = member->get<std::string>();
    }
  }
  void read(const char* name, std::uint64_t& value) {
    if (const Json* member = find(name); member != nullptr) {
      if (!member->is_number_unsigned()) return spoil();
      value = member->get<std::uint64_t>();
    }
  }
  void read(const char* name, std::uint32_t& value) {
    std::uint64_t wide = 0;
    read(name, wide);
    if (wide > UINT32_MAX) return spoil();
    value = static_cast<std::uint32_t>(wide);
  }
  void read(const char* name, bool& value) {
    if (const Json* member = find(name); member != nullptr) {
      if (!member->is_boolean()) return spoil();
      value = member->get<bool>();
    }
  }
  void read(const char* name, std::optional<std::int32_t>& value) {
    if (const Json* member = find(name); member != nullptr) {
      if (!member->is_number_integer()) return spoil();
      value = static_cast<std::int32_t>(member->get<std::int64_t>());
    }
  }
  void read(const char* name, std::vector<std::string>& value) {
    const Json* member = find(name);
    if (member == nullptr) return;
    if (!member->is_array() || member->size() > kMaxListEntries) return spoil();
    for (const Json& entry : *member) {
      if (!entry.is_string()) return spoil();
      value.push_back(entry.get<std::string>());
    }
  }

  template <class T>
  Result<T> finish(T value) const {
    if (!good_) return fail(ErrorCode::kCorrupt, "a message of the other program is malformed");
    return Result<T>(std::move(value));
  }

 private:
  const Json* find(const char* name) const {
    if (!good_) return nullptr;
    const auto at = json_.find(name);
    return at == json_.end() ? nullptr : &*at;
  }
  void spoil() { good_ = false; }

  Json json_;
  bool good_ = false;
};

Json status_json(const CaptureStatus& status) {
  return {{"elapsed_ns", status.elapsed_ns},
          {"events", status.events},
          {"lines", status.lines},
          {"exchanges", status.exchanges},
          {"lost_events", status.lost_events},
          {"cpu_ns", status.cpu_ns},
          {"bytes", status.bytes_written},
          {"part", status.part},
          {"paused", status.is_paused}};
}

CaptureStatus read_status(Members& members) {
  CaptureStatus status;
  members.read("elapsed_ns", status.elapsed_ns);
  members.read("events", status.events);
  members.read("lines", status.lines);
  members.read("exchanges", status.exchanges);
  members.read("lost_events", status.lost_events);
  members.read("cpu_ns", status.cpu_ns);
  members.read("bytes", status.bytes_written);
  members.read("part", status.part);
  members.read("paused", status.is_paused);
  return status;
}

}  // namespace

std::string encode_request(const CaptureRequest& request) {
  return dump({{"approval", request.approval},
               {"root", request.root},
               {"tgid", request.tgid},
               {"group", request.group},
               {"command", request.is_command},
               {"seconds", request.max_seconds},
               {"max_bytes", request.max_bytes},
               {"events_per_second", request.max_events_per_second},
               {"level", request.level},
               {"third_parties", request.third_parties},
               {"requests", request.requests},
               {"capture", request.capture},
               {"timing", request.timing},
               {"rotate_bytes", request.rotate_bytes},
               {"rotate_seconds", request.rotate_seconds}});
}

Result<CaptureRequest> decode_request(const std::string& body) {
  Members members(body);
  CaptureRequest request;
  members.read("approval", request.approval);
  members.read("root", request.root);
  members.read("tgid", request.tgid);
  members.read("group", request.group);
  members.read("command", request.is_command);
  members.read("seconds", request.max_seconds);
  members.read("max_bytes", request.max_bytes);
  members.read("events_per_second", request.max_events_per_second);
  members.read("level", request.level);
  members.read("third_parties", request.third_parties);
  members.read("requests", request.requests);
  members.read("capture", request.capture);
  members.read("timing", request.timing);
  members.read("rotate_bytes", request.rotate_bytes);
  members.read("rotate_seconds", request.rotate_seconds);
  return members.finish(std::move(request));
}

std::string encode_ready(const CaptureReady& ready) {
  return dump({{"session", ready.session},
               {"limit_ns", ready.limit_ns},
               {"attach_ns", ready.attach_ns},
               {"notes", ready.notes}});
}

Result<CaptureReady> decode_ready(const std::string& body) {
  Members members(body);
  CaptureReady ready;
  members.read("session", ready.session);
  members.read("limit_ns", ready.limit_ns);
  members.read("attach_ns", ready.attach_ns);
  members.read("notes", ready.notes);
  return members.finish(std::move(ready));
}

std::string encode_status(const CaptureStatus& status) { return dump(status_json(status)); }

Result<CaptureStatus> decode_status(const std::string& body) {
  Members members(body);
  return members.finish(read_status(members));
}

std::string encode_ended(const CaptureEnded& ended) {
  Json json = status_json(ended.last);
  json["reason"] = ended.reason;
  json["sealed"] = ended.is_sealed;
  json["parts"] = ended.sealed_parts;
  if (ended.target_status) json["target_status"] = *ended.target_status;
  return dump(json);
}

Result<CaptureEnded> decode_ended(const std::string& body) {
  Members members(body);
  CaptureEnded ended;
  ended.last = read_status(members);
  members.read("reason", ended.reason);
  members.read("sealed", ended.is_sealed);
  members.read("parts", ended.sealed_parts);
  members.read("target_status", ended.target_status);
  if (!parse_end_reason(ended.reason)) return fail(ErrorCode::kCorrupt, "unknown end reason");
  return members.finish(std::move(ended));
}

std::string encode_call(const HostCall& call) {
  return dump({{"task", static_cast<unsigned>(call.task)},
               {"root", call.root},
               {"text", call.text},
               {"about", call.about},
               {"tgid", call.tgid},
               {"group", call.group},
               {"any_executable", call.any_executable},
               {"command", call.command}});
}

Result<HostCall> decode_call(const std::string& body) {
  Members members(body);
  HostCall call;
  std::uint32_t task = 0;
  members.read("task", task);
  members.read("root", call.root);
  members.read("text", call.text);
  members.read("about", call.about);
  members.read("tgid", call.tgid);
  members.read("group", call.group);
  members.read("any_executable", call.any_executable);
  members.read("command", call.command);
  if (task < static_cast<unsigned>(HostTask::kRequest) ||
      task > static_cast<unsigned>(HostTask::kNoteExport)) {
    return fail(ErrorCode::kCorrupt, "a task that scopetrace-capture does not know");
  }
  call.task = static_cast<HostTask>(task);
  return members.finish(std::move(call));
}

std::string encode_answer(const HostAnswer& answer) {
  return dump({{"text", answer.text}, {"notes", answer.notes}});
}

Result<HostAnswer> decode_answer(const std::string& body) {
  Members members(body);
  HostAnswer answer;
  members.read("text", answer.text);
  members.read("notes", answer.notes);
  return members.finish(std::move(answer));
}

std::string encode_error(const Error& error) {
  return dump({{"code", static_cast<unsigned>(error.code())},
               {"message", error.message()},
               {"hint", error.hint()}});
}

Result<Error> decode_error(const std::string& body) {
  Members members(body);
  std::uint32_t code = 0;
  std::string message;
  std::string hint;
  members.read("code", code);
  members.read("message", message);
  members.read("hint", hint);
  if (code > static_cast<unsigned>(ErrorCode::kLimit)) code = 0;
  return members.finish(
      Error(static_cast<ErrorCode>(code), std::move(message)).with_hint(std::move(hint)));
}

}  // namespace scopetrace
