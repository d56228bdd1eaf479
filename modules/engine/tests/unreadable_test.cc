// What cannot be read any more keeps what is remembered of it, and is read again when that is possible.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine_fixture.h"

namespace attune::engine {
namespace {

// The real files, some of which their owner does not let us read. (A test that runs as root may read everything.)
class DenyingFiles final : public sys::FileSystem {
 public:
  void Deny(const std::string& path, ErrorCode code = ErrorCode::kDenied) {
    const std::scoped_lock lock(mutex_);
    denied_[path] = code;
  }
  void AllowAll() {
    const std::scoped_lock lock(mutex_);
    denied_.clear();
  }

  Result<std::string> Read(const std::string& path, Bytes size_max) const override {
    ATTUNE_RETURN_IF_ERROR(Enter(path));
    return real_.Read(path, size_max);
  }
  Result<std::unique_ptr<sys::MappedFile>> Map(const std::string& path) const override { return real_.Map(path); }
  Status WriteAtomically(const std::string& path, std::string_view bytes) override {
    return real_.WriteAtomically(path, bytes);
  }
  Status Remove(const std::string& path) override { return real_.Remove(path); }
  Status CreateDirectories(const std::string& path) override { return real_.CreateDirectories(path); }
  Result<std::vector<sys::DirectoryEntry>> List(const std::string& directory) const override {
    ATTUNE_RETURN_IF_ERROR(Enter(directory));
    return real_.List(directory);
  }
  Result<sys::FileInfo> Stat(const std::string& path) const override { return real_.Stat(path); }
  Result<sys::FileInfo> LinkStat(const std::string& path) const override { return real_.LinkStat(path); }

 private:
  Status Enter(const std::string& path) const {
    const std::scoped_lock lock(mutex_);
    const auto found = denied_.find(path);
    if (found == denied_.end()) return OkStatus();
    return Error(found->second, "read '" + path + "': not now");
  }

  sys::FileSystem& real_ = sys::RealFileSystem();
  mutable std::mutex mutex_;
  std::map<std::string, ErrorCode> denied_;  // guarded by mutex_
};

// Runs with the machine, and jumps when told to.
class JumpingClock final : public Clock {
 public:
  TimePoint Now() const noexcept override { return SystemClock().Now() + Duration(ahead_.load()); }
  WallTime WallNow() const noexcept override { return SystemClock().WallNow(); }
  void Jump(Duration ahead) { ahead_ += ahead.count(); }

 private:
  std::atomic<Duration::rep> ahead_{0};
};

class UnreadableTest : public EngineTest {
 protected:
  UnreadableTest() {
    files_ = &denying_;
    clock_ = &jumping_;
  }
  ~UnreadableTest() override { engine_.reset(); }

  EngineConfig Unwatched() {
    EngineConfig config = Config();
    config.watch = false;
    return config;
  }
  std::string Absolute(const std::string& path) const { return (base_ / "project" / path).string(); }
  SkipCount Unreadable() {
    SourceStatus source = engine_->status().sources.at(0);
    for (SkipCount& skip : source.skipped) {
      if (skip.reason == "unreadable") return std::move(skip);
    }
    return {};
  }

  DenyingFiles denying_;
  JumpingClock jumping_;
};

TEST_F(UnreadableTest, AFileThatCannotBeReadAnyMoreKeepsItsTextUntilItCan) {
  Write("a.txt", "okapi");
  Open(Unwatched());
  Read();
  engine_.reset();
  Write("a.txt", "quetzal, a longer text");
  denying_.Deny(Absolute("a.txt"));
  Open(Unwatched());
  Read();
  EXPECT_EQ(Paths("okapi").size(), 1U) << "what was remembered is not lost";
  EXPECT_EQ(engine_->status().sources[0].documents, 1U);
  EXPECT_EQ(Unreadable().files, 1U);
  ASSERT_EQ(Unreadable().examples.size(), 1U);
  EXPECT_NE(Unreadable().examples[0].find("a.txt"), std::string::npos);

  denying_.AllowAll();
  jumping_.Jump(std::chrono::seconds(31));
  EXPECT_TRUE(WaitFor([&] { return Paths("quetzal").size() == 1 && Paths("okapi").empty(); }));
  EXPECT_TRUE(WaitFor([&] { return Unreadable().files == 0; }));
}

TEST_F(UnreadableTest, RunningOutOfDescriptorsForgetsNothing) {
  Write("a.txt", "okapi");
  Open(Unwatched());
  Read();
  engine_.reset();
  Write("a.txt", "quetzal, a longer text");
  denying_.Deny(Absolute("a.txt"), ErrorCode::kExhausted);  // as EMFILE and ENOMEM are
  Open(Unwatched());
  Read();
  EXPECT_EQ(Paths("okapi").size(), 1U) << "what was remembered is not lost";
  EXPECT_EQ(Unreadable().files, 1U) << "and it is not called too large";

  denying_.AllowAll();
  jumping_.Jump(std::chrono::seconds(31));
  EXPECT_TRUE(WaitFor([&] { return Paths("quetzal").size() == 1 && Paths("okapi").empty(); }));
}

TEST_F(UnreadableTest, AFolderThatCannotBeListedAnyMoreKeepsWhatIsBelow) {
  Write("docs/deep/a.txt", "okapi");
  Write("docs/b.txt", "quetzal");
  Write("other.txt", "narwhal");
  Open(Unwatched());
  Read();
  engine_.reset();
  denying_.Deny(Absolute("docs"));
  Open(Unwatched());
  Read();
  EXPECT_EQ(Paths("okapi").size() + Paths("quetzal").size() + Paths("narwhal").size(), 3U);
  EXPECT_EQ(engine_->status().sources[0].documents, 3U);
  EXPECT_EQ(Unreadable().files, 1U) << "the folder, once";

  Write("docs/b.txt", "quagga");
  denying_.AllowAll();
  jumping_.Jump(std::chrono::seconds(31));
  EXPECT_TRUE(WaitFor([&] { return Paths("quagga").size() == 1; }));
  EXPECT_EQ(Paths("okapi").size(), 1U);
}

TEST_F(UnreadableTest, AFileThatCouldNeverBeReadIsCountedAndReadLater) {
  Write("a.txt", "okapi");
  denying_.Deny(Absolute("a.txt"));
  Open(Unwatched());
  Read();
  EXPECT_EQ(Unreadable().files, 1U);
  EXPECT_EQ(engine_->status().sources[0].documents, 0U);
  denying_.AllowAll();
  jumping_.Jump(std::chrono::seconds(31));
  EXPECT_TRUE(WaitFor([&] { return Paths("okapi").size() == 1 && Unreadable().files == 0; }));
}

}  // namespace
}  // namespace attune::engine
