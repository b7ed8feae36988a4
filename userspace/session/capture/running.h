// SPDX-License-Identifier: Apache-2.0
// The loop of a capture: waits for facts, asks the monitor, carries out its orders.
#pragma once

#include <cstdint>
#include <optional>

#include "userspace/session/capture/bundle_file.h"
#include "userspace/session/capture/members.h"
#include "userspace/session/capture/monitor.h"
#include "userspace/session/capture/outside_watch.h"
#include "userspace/session/capture/preflight.h"
#include "userspace/session/capture/rotation.h"
#include "userspace/session/capture/tally.h"
#include "userspace/session/front/front_channel.h"

namespace scopetrace {

// How the loop ended.
struct RunEnd {
  EndReason reason = EndReason::kStopped;
  bool is_abandoned = false;  // nothing more may be written
  std::optional<std::int32_t> target_status;
  std::uint64_t detach_ns = 0;  // how long it took to remove the probes
};

// Runs from the first enabled probe until the probes are gone and the redactor has drained.
class RunningSession {
 public:
  // What ends a session from outside.
  struct Ends {
    int front_fd = -1;   // the channel to the front end
    int signal_fd = -1;  // a signalfd
  };

  struct Limits {
    MonitorLimits session;
    RotationLimits part;
  };

  // All borrowed. The redactor obeys the flags of `outside` as they are now.
  RunningSession(Prepared& prepared, BundleFile& bundle, OutsideWatch& outside, Limits limits,
                 Ends ends);

  // Called about once a minute and at the end of each part but the last: appends the head of the
  // seals to the ledger.
  void set_seal_head_job(SealHeadJob job) { seal_head_job_ = std::move(job); }
  // Called when another part begins: how this one ends and how that one starts, its file aside.
  using NextPartJob = std::function<NextPart(std::uint32_t part, const LeafSalt& salt)>;
  void set_next_part_job(NextPartJob job) { next_part_job_ = std::move(job); }
  // Called when the flags have changed, with the bundle's thread.
  void set_flags_job(std::function<Status(const FlagState&)> job) { flags_job_ = std::move(job); }
  RunEnd run();

  const std::vector<FlagState>& flag_changes() const { return flag_changes_; }
  const Tally& tally() const { return tally_; }
  // What became of members, by the names of the summary; empty when the target is one process.
  std::map<std::string, std::uint64_t> member_counts() const;
  CaptureStatus status() const;

 private:
  void wait_for_facts();
  void handle_front();
  void take_output(UniqueFd output);
  void handle_rotated(const RotatedMessage& rotated);
  void rotate_if_due(std::uint64_t now_ns);
  void ask_for_output();
  void tell_sealed_parts();
  void handle_control(const st_process_event& event);
  void handle_programs();
  void handle_write_failure();
  void look_outside();
  Status obey_flags(const CaptureFlags& before);
  void receive_all();
  void handle(FromRedact message);
  void handle_frame(const FrameMessage& frame);
  void read_counters();
  void every_second(std::uint64_t now_ns);
  void obey(const Orders& orders);
  void end_probes();
  void drain_redactor();
  void wait_until_done();

  Prepared& prepared_;
  BundleFile& bundle_;
  OutsideWatch& outside_;
  Ends ends_;
  SessionMonitor monitor_;
  Members members_;
  Rotation rotation_;
  SealHeadJob seal_head_job_;
  NextPartJob next_part_job_;
  std::uint32_t told_parts_ = 0;  // of which the front end knows that they are whole
  std::function<Status(const FlagState&)> flags_job_;
  std::vector<FlagState> flag_changes_;
  Tally tally_;
  RunEnd end_;
  std::uint64_t resumed_ns_;
  std::uint64_t ended_ns_ = 0;  // when the probes were removed
  std::uint64_t next_second_ns_ = 0;
  std::uint64_t next_head_ns_;
  bool is_paused_ = false;
  bool is_attached_ = true;
  bool is_channel_open_ = true;
  bool is_front_open_ = true;
  bool is_done_ = false;  // the redactor said DONE
};

}  // namespace scopetrace
