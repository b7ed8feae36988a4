// SPDX-License-Identifier: Apache-2.0
// Captures whose bundle is in parts, also where something dies or is full on the way.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "tests/privileged/attach_e2e.h"
#include "userspace/base/file.h"
#include "userspace/session/front/front_channel.h"
#include "userspace/session/front/helper.h"

namespace scopetrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::vector<std::string> kEverySecond = {"--rotate-every", "1s"};

class AttachPartsE2eTest : public AttachE2eTest {
 protected:
  void SetUp() override {
    AttachE2eTest::SetUp();
    if (IsSkipped()) return;
    host_->lift_budgets();
    client_ = host_->start_python();
  }

  std::unique_ptr<Child> attach(const std::vector<std::string>& options,
                                const std::vector<std::string>& approved = {}) {
    return host_->attach(client_->tgid(), host_->approve(client_->tgid(), approved), options);
  }
  // A recipient whose identity is the file `reader`.
  std::string make_recipient() const {
    EXPECT_EQ(run_program({"age-keygen", "-o", host_->path("reader")}).status, 0);
    std::string key = run_program({"age-keygen", "-y", host_->path("reader")}).output;
    key.pop_back();
    return key;
  }
  std::string part(int number, const std::string& folder = ".") const {
    return host_->path(folder + "/bundle.000" + std::to_string(number) + ".jsonl.zst");
  }
  static pid_t capture_of(const Child& attach) {
    for (const pid_t child : children_of(attach.tgid())) {
      const auto name = read_file("/proc/" + std::to_string(child) + "/comm", 100);
      if (name && *name == "scopetrace-capt\n") return child;
    }
    ADD_FAILURE() << "there is no capture";
    return 0;
  }

  // Asks until a file of this name is there.
  void ask_until(const std::string& file, const std::string& request = "GET /v1/limits",
                 const std::string& status = "429") {
    while (!std::filesystem::exists(file)) {
      ASSERT_TRUE(TracedHost::ask(*client_, request, status));
      ++asked_;
    }
  }

  // The exchanges of these parts, all together; every line stands where its number says, and no
  // exchange is there twice.
  std::size_t count_exchanges(const std::vector<std::string>& parts) const {
    std::set<std::string> exchanges;
    std::size_t count = 0;
    for (const std::string& file : parts) {
      const auto lines = TracedHost::lines(file);
      for (std::size_t i = 1; i < lines.size(); ++i) {  // behind line 0
        EXPECT_EQ(lines[i].value("n", lines.size()), i - 1) << file;
        if (lines[i].value("type", "") != "http") continue;
        ++count;
        exchanges.insert(lines[i].at("exchange").dump());
      }
      EXPECT_THAT(schema_faults(file), IsEmpty());
    }
    EXPECT_EQ(exchanges.size(), count);
    return count;
  }
  // All parts with their final names.
  std::vector<std::string> named_parts(const std::string& folder = ".",
                                       const std::string& suffix = "") const {
    std::vector<std::string> parts;
    for (int i = 1; std::filesystem::exists(part(i, folder) + suffix); ++i)
      parts.push_back(part(i, folder) + suffix);
    return parts;
  }
  void expect_chain(const std::vector<std::string>& arguments, int status,
                    const std::string& verdict) const {
    const auto verified = host_->verify(arguments);
    EXPECT_EQ(verified.status, status) << verified.output;
    EXPECT_THAT(verified.output, HasSubstr(" parts: " + verdict + "\n"));
  }

  // A disk of its own for a test.
  struct Disk {
    Disk(std::string folder, const char* size) : path(std::move(folder)) {
      ::mkdir(path.c_str(), 0755);
      EXPECT_EQ(::mount("tmpfs", path.c_str(), "tmpfs", 0, size), 0);
    }
    ~Disk() { ::umount2(path.c_str(), MNT_DETACH); }
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;
    // Until nothing more fits.
    void fill() const {
      std::ofstream file(path + "/fill", std::ios::binary);
      const std::string zeros(4096, '\0');
      while (file.write(zeros.data(), static_cast<std::streamsize>(zeros.size())).flush()) {
      }
    }
    std::string path;
  };

  std::unique_ptr<Child> client_;
  std::size_t asked_ = 0;
};

TEST_F(AttachPartsE2eTest, GoesOnInAnotherPart) {
  const auto attach = this->attach(kEverySecond);
  ask_until(part(3));
  attach->send_signal(SIGINT);
  ASSERT_EQ(attach->wait(), 0) << attach->output();

  const auto parts = named_parts();
  EXPECT_GE(parts.size(), 3U);
  EXPECT_FALSE(std::filesystem::exists(host_->bundle()));
  EXPECT_FALSE(std::filesystem::exists(part(static_cast<int>(parts.size()) + 1) + ".incomplete"));
  expect_chain(parts, 0, "COMPLETE");
  EXPECT_THAT(host_->verify(parts).output, Not(HasSubstr("not anchored")));
  for (const std::string& file : parts) {
    EXPECT_THAT(attach->output(), HasSubstr(std::filesystem::path(file).filename().string()));
    EXPECT_THAT(host_->verify(file).output, HasSubstr("anchored  ledger"));
  }
  EXPECT_EQ(count_exchanges(parts), asked_);
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());
}

TEST_F(AttachPartsE2eTest, GoesOnInAnotherPartWhenOneIsLarge) {
  const auto attach = this->attach({"--rotate-size", "1MiB"});
  ask_until(part(2), "GET /v1/readings?bytes=10000", "200");
  attach->send_signal(SIGINT);
  ASSERT_EQ(attach->wait(), 0) << attach->output();

  const auto parts = named_parts();
  EXPECT_GE(parts.size(), 3U);
  for (std::size_t i = 0; i + 1 < parts.size(); ++i)
    EXPECT_GE(std::filesystem::file_size(parts[i]), 1U << 20);
  expect_chain(parts, 0, "COMPLETE");
  EXPECT_EQ(count_exchanges(parts), asked_);
}

TEST_F(AttachPartsE2eTest, MissesAPartThatIsTakenAway) {
  const auto attach = this->attach(kEverySecond);
  ask_until(part(2));
  attach->send_signal(SIGINT);
  ASSERT_EQ(attach->wait(), 0) << attach->output();

  auto parts = named_parts();
  parts.erase(parts.begin() + 1);
  expect_chain(parts, 5, "INCOMPLETE");
}

TEST_F(AttachPartsE2eTest, EncryptsEachPart) {
  const std::string recipient = make_recipient();
  const auto attach = this->attach({"--rotate-every", "1s", "-o", host_->bundle() + ".age"},
                                   {"--recipient", recipient});
  ask_until(part(2) + ".age");
  attach->send_signal(SIGINT);
  ASSERT_EQ(attach->wait(), 0) << attach->output();

  const auto parts = named_parts(".", ".age");
  EXPECT_GE(parts.size(), 3U);
  std::vector<std::string> decrypted;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    EXPECT_THAT(read_file(parts[i], 1 << 20).value(), Not(HasSubstr("scopetrace-session v1")));
    decrypted.push_back(part(static_cast<int>(i) + 1));
    run_program({"age", "-d", "-i", host_->path("reader"), "-o", decrypted.back(), parts[i]});
  }
  std::vector<std::string> arguments = {"-i", host_->path("reader")};
  arguments.insert(arguments.end(), parts.begin(), parts.end());
  expect_chain(arguments, 0, "COMPLETE");
  EXPECT_EQ(count_exchanges(decrypted), asked_);
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());
}

TEST_F(AttachPartsE2eTest, RecoversTheOpenPartOfACaptureThatWasKilled) {
  const auto attach = this->attach(kEverySecond);
  ask_until(part(2));
  const std::string open = part(3) + ".incomplete";
  ASSERT_EQ(::kill(capture_of(*attach), SIGKILL), 0);
  ASSERT_EQ(attach->wait(), 1) << attach->output();
  EXPECT_TRUE(TracedHost::ask(*client_, "GET /v1/limits", "429"));

  ASSERT_TRUE(std::filesystem::exists(open));
  EXPECT_THAT(attach->output(), HasSubstr("scopetrace recover "));
  const auto recovered = host_->recover(open, {});
  EXPECT_EQ(recovered.status, 0) << recovered.output;
  auto parts = named_parts();
  expect_chain(parts, 5, "INCOMPLETE");  // what follows part 2 is missing
  parts.push_back(host_->path("bundle.0003.recovered.jsonl.zst"));
  expect_chain(parts, 5, "INCOMPLETE");
  EXPECT_LE(count_exchanges(parts), asked_);
  EXPECT_EQ(host_->verify({parts[0], parts[1], "--strict"}).status, 5);
  for (const auto& whole : {parts[0], parts[1]}) EXPECT_EQ(host_->verify(whole).status, 0);
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());
}

TEST_F(AttachPartsE2eTest, EndsWholeWhereTheNextPartHasNoName) {
  std::ofstream(part(2)) << "somebody else's";
  const auto attach = this->attach(kEverySecond);

  EXPECT_EQ(attach->wait(), 1) << attach->output();
  EXPECT_THAT(attach->output(), HasSubstr("no further part: "));
  EXPECT_THAT(attach->output(), HasSubstr("bundle.0002.jsonl.zst: exists already"));
  const auto verified = host_->verify(part(1));
  EXPECT_EQ(verified.status, 0);
  EXPECT_THAT(verified.output, HasSubstr("ended: no-next-part"));
}

TEST_F(AttachPartsE2eTest, KeepsAllPartsWhenTheDiskIsFull) {
  const Disk disk(host_->path("disk"), "size=8m");
  const auto attach = this->attach({"--rotate-every", "1s", "-o", disk.path + "/bundle.jsonl.zst"});
  ask_until(part(2, "disk"));
  disk.fill();

  EXPECT_EQ(attach->wait(), 1) << attach->output();
  EXPECT_THAT(attach->output(), HasSubstr("the disk is full"));
  EXPECT_TRUE(TracedHost::ask(*client_, "GET /v1/limits", "429"));
  const auto parts = named_parts("disk");
  EXPECT_GE(parts.size(), 3U);
  EXPECT_EQ(host_->verify(parts).status, 0);  // with what did not fit as a loss
  for (const auto& entry : std::filesystem::directory_iterator(disk.path))
    EXPECT_NE(entry.path().extension(), ".incomplete");
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());
}

TEST_F(AttachPartsE2eTest, KeepsTheEncryptedPartsThatWereWholeWhenTheDiskIsFull) {
  const Disk disk(host_->path("disk"), "size=8m");
  const std::string recipient = make_recipient();
  const auto attach =
      this->attach({"--rotate-every", "1s", "-o", disk.path + "/bundle.jsonl.zst.age"},
                   {"--recipient", recipient});
  ask_until(part(2, "disk") + ".age");
  disk.fill();

  EXPECT_EQ(attach->wait(), 1) << attach->output();
  EXPECT_THAT(attach->output(), HasSubstr("encryption failed: age: "));
  for (const std::string& whole : {part(1, "disk") + ".age", part(2, "disk") + ".age"})
    EXPECT_EQ(host_->verify({"-i", host_->path("reader"), whole}).status, 0);
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());
}

// A front end that was changed gives the second part a plain file.
TEST_F(AttachPartsE2eTest, CaptureTakesNoPlainOutputForAnEncryptedPart) {
  CaptureRequest request;
  request.approval =
      read_file(host_->approve(client_->tgid(), {"--recipient", make_recipient()}), 1 << 16)
          .value();
  request.root = host_->path("root");
  request.tgid = static_cast<std::uint32_t>(client_->tgid());
  request.rotate_seconds = 1;
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  ASSERT_GT(::fcntl(writer.get(), F_SETPIPE_SZ, 1 << 20), 0);  // all of it fits
  auto helper = start_helper(std::string(SCOPETRACE_TEST_BIN) + "/scopetrace-capture");
  ASSERT_TRUE(helper);
  ASSERT_TRUE(send_front_message(helper->channel.get(), FrontMessageType::kRequest,
                                 encode_request(request), writer.get()));
  writer = UniqueFd();
  const std::string plain = host_->path("plain");
  const UniqueFd output(::open(plain.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600));

  Result<FrontMessage> message = receive_front_message(helper->channel.get());
  while (message && message->type != FrontMessageType::kEnded) {
    if (message->type == FrontMessageType::kNeedOutput) {
      ASSERT_TRUE(
          send_front_message(helper->channel.get(), FrontMessageType::kOutput, "", output.get()));
    }
    message = receive_front_message(helper->channel.get());
  }

  ASSERT_TRUE(message);
  const auto ended = decode_ended(message->body);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->reason, "no-next-part");
  EXPECT_TRUE(ended->is_sealed);
  EXPECT_EQ(ended->sealed_parts, 1U);
  helper->channel = UniqueFd();
  helper->wait();
  EXPECT_EQ(std::filesystem::file_size(plain), 0U);
}

}  // namespace
}  // namespace scopetrace::testing
