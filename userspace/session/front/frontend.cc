// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/frontend.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>

#include "scopes/shell.h"
#include "userspace/session/front/helper.h"
#include "userspace/session/front/launch.h"
#include "userspace/session/front/part_outputs.h"

namespace scopetrace {
namespace {

// Turns the signals that end a capture into a descriptor for as long as it lives.
class SignalWatch {
 public:
  SignalWatch() {
    sigemptyset(&watched_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&watched_, signal);
    sigprocmask(SIG_BLOCK, &watched_, &before_);
    fd_ = UniqueFd(::signalfd(-1, &watched_, SFD_CLOEXEC | SFD_NONBLOCK));
    ST_CHECK(fd_);
  }
  ~SignalWatch() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  int fd() const { return fd_.get(); }
  // Whether one arrived; takes it.
  bool take() const {
    signalfd_siginfo info{};
    return ::read(fd_.get(), &info, sizeof(info)) == sizeof(info);
  }

 private:
  sigset_t watched_{};
  sigset_t before_{};
  UniqueFd fd_;
};

// One capture as the front end sees it.
class Attach {
 public:
  Attach(AttachRun run, const AttachObserver& observer)
      : run_(std::move(run)), observer_(observer) {}

  Result<AttachOutcome> run() {
    ST_ASSIGN_OR_RETURN(PartOutputs outputs, PartOutputs::create({run_.output_path, run_.recipients,
                                                                  run_.request.is_rotated()}));
    outputs_.emplace(std::move(outputs));
    Result<AttachOutcome> outcome = start_and_follow();
    if (outcome || is_ready_) return outcome;
    const Error error = explain_start(outcome.error());
    outputs_->remove_unbegun(0);
    return fail(error);
  }

 private:
  Result<AttachOutcome> start_and_follow() {
    if (!run_.command.empty()) ST_RETURN_IF_ERROR(hold_command());
    ST_ASSIGN_OR_RETURN(helper_, start_helper(run_.capture_program));
    const Status sent = send_front_message(helper_.channel.get(), FrontMessageType::kRequest,
                                           encode_request(run_.request), outputs_->write_fd());
    outputs_->hand_over();
    // A helper that gave up before it read the request has said why: follow() reads that.
    if (!sent && sent.error().code() == ErrorCode::kLimit) return fail(sent.error());
    ST_RETURN_IF_ERROR(follow());
    // Before anything is waited for: a command may go on for long, and this program may be killed.
    ST_RETURN_IF_ERROR(name_outputs());
    helper_.wait();
    ST_RETURN_IF_ERROR(reap_command());
    return std::move(outcome_);
  }

  // What capture met at its end of the pipe is the effect; age says the reason.
  Error explain_start(Error error) {
    if (run_.recipients.empty() || helper_.tgid < 0 || error.code() != ErrorCode::kIo) return error;
    helper_.wait();
    const Status ended = outputs_->finish();
    if (ended) return error;
    return Error(ErrorCode::kIo, ended.error().message())
        .with_hint("is the disk full? another place is named with -o");
  }

  Status hold_command() {
    ST_ASSIGN_OR_RETURN(HeldCommand held, HeldCommand::start(run_.command));
    run_.request.tgid = static_cast<std::uint32_t>(held.tgid());
    run_.request.is_command = true;
    command_ = std::make_unique<HeldCommand>(std::move(held));
    return {};
  }

  // Until the capture has ended or was abandoned.
  Status follow() {
    while (!is_done_) {
      std::array<pollfd, 2> polled = {pollfd{helper_.channel.get(), POLLIN, 0},
                                      pollfd{signals_.fd(), POLLIN, 0}};
      if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return fail_errno("poll");
      if (polled[1].revents != 0) ST_RETURN_IF_ERROR(handle_signal());
      if (polled[0].revents != 0 && !is_done_) ST_RETURN_IF_ERROR(handle_message());
    }
    return {};
  }

  Status handle_signal() {
    if (!signals_.take()) return {};
    ++signals_seen_;
    const auto type = signals_seen_ == 1 ? FrontMessageType::kStop : FrontMessageType::kAbandon;
    // A helper that is gone shows as the end of the channel.
    send_front_message(helper_.channel.get(), type, "");
    if (signals_seen_ < 2 && is_ready_) return {};  // an answer comes, or the end of the channel
    if (!is_ready_) {
      return fail(ErrorCode::kLimit, "interrupted before the capture started");
    }
    outcome_.was_abandoned = true;
    is_done_ = true;
    return {};
  }

  Status handle_message() {
    Result<FrontMessage> message = receive_front_message(helper_.channel.get());
    if (!message) return lost_capture(std::move(message).error());
    switch (message->type) {
      case FrontMessageType::kReady:
        return handle_ready(message->body);
      case FrontMessageType::kStatus: {
        ST_ASSIGN_OR_RETURN(outcome_.ended.last, decode_status(message->body));
        if (observer_.on_status) observer_.on_status(outcome_.ended.last);
        outputs_->sync();
        return {};
      }
      case FrontMessageType::kError: {
        ST_ASSIGN_OR_RETURN(Error error, decode_error(message->body));
        return fail(std::move(error));
      }
      case FrontMessageType::kEnded:
        return handle_ended(message->body);
      case FrontMessageType::kNeedOutput:
        send_next_output();
        return {};
      case FrontMessageType::kPartSealed:
        return seal_part();
      default:
        return fail(ErrorCode::kCorrupt, "scopetrace-capture sent an unknown message");
    }
  }

  Status handle_ready(const std::string& body) {
    ST_ASSIGN_OR_RETURN(const CaptureReady ready, decode_ready(body));
    is_ready_ = true;
    if (observer_.on_ready) observer_.on_ready(ready);
    if (command_) return command_->release();
    return {};
  }

  // Without an output for the next part the capture ends in this one: the helper seals it.
  void send_next_output() {
    const Status added = outputs_->add();
    if (!added) note_problem(Error(added.error()).with_context("no further part"));
    // A helper that is gone shows as the end of the channel.
    send_front_message(helper_.channel.get(), FrontMessageType::kOutput, "",
                       added ? outputs_->write_fd() : -1);
    if (added) outputs_->hand_over();
  }

  // A part that is not on the disk ends the capture: what follows would hide that it is missing.
  Status seal_part() {
    if (!outputs_->has_open())
      return fail(ErrorCode::kCorrupt, "scopetrace-capture miscounts parts");
    const Status sealed = outputs_->seal_next();
    if (sealed) return {};
    note_unkept(sealed.error());
    send_front_message(helper_.channel.get(), FrontMessageType::kStop, "");
    return {};
  }

  // The first one is the reason of those that follow.
  void note_problem(Error error) {
    if (!outcome_.problem) outcome_.problem = std::move(error);
  }
  void note_unkept(const Error& error) {
    note_problem(error);
    is_unkept_ = true;
  }

  Status handle_ended(const std::string& body) {
    ST_ASSIGN_OR_RETURN(outcome_.ended, decode_ended(body));
    outcome_.reason = *parse_end_reason(outcome_.ended.reason);
    is_done_ = true;
    return {};
  }

  // The helper went away without a word: killed, or it could not be executed.
  Status lost_capture(Error error) {
    if (error.code() != ErrorCode::kNotFound) return fail(std::move(error));
    const std::string how = helper_.wait();
    (void)outputs_->finish();  // what capture had written
    if (!is_ready_)
      return fail(ErrorCode::kIo, "scopetrace-capture ended before it started: " + how);
    const char* command = run_.recipients.empty() ? "recover " : "recover --identity FILE ";
    return fail(Error(ErrorCode::kIo, "scopetrace-capture died: " + how)
                    .with_hint(std::string("scopetrace ") + command +
                               quote_for_shell(outputs_->oldest_open())));
  }

  // The command's own end; it may go on after its capture, as it would without one.
  Status reap_command() {
    if (!command_ || outcome_.was_abandoned) return {};
    ST_ASSIGN_OR_RETURN(outcome_.command_status, command_->wait());
    return {};
  }

  // Whether all that capture wrote is on the disk shows, where it is encrypted, when first capture
  // and then age have ended.
  Status name_outputs() {
    if (!run_.recipients.empty()) helper_.wait();
    const std::size_t whole = outcome_.was_abandoned ? 0 : outcome_.ended.sealed_parts;
    while (outputs_->sealed() < whole) ST_RETURN_IF_ERROR(seal_part());
    if (!outcome_.was_abandoned) outputs_->remove_unbegun(outcome_.ended.is_sealed ? 0 : 1);
    const Status finished = outputs_->finish();
    if (!finished) note_unkept(finished.error());
    if (is_unkept_) {
      outcome_.ended.is_sealed = false;
      outcome_.reason = EndReason::kWriteFailed;
    }
    outcome_.paths = outputs_->paths();
    return {};
  }

  AttachRun run_;
  const AttachObserver& observer_;
  std::optional<PartOutputs> outputs_;
  SignalWatch signals_;
  std::unique_ptr<HeldCommand> command_;
  Helper helper_;
  AttachOutcome outcome_;
  unsigned signals_seen_ = 0;
  bool is_ready_ = false;
  bool is_unkept_ = false;  // some part is not on the disk as it was written
  bool is_done_ = false;
};

}  // namespace

Result<AttachOutcome> run_attach(AttachRun run, const AttachObserver& observer) {
  return Attach(std::move(run), observer).run();
}

}  // namespace scopetrace
