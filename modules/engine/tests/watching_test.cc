// What a kernel rarely does: it gives no more watches, or loses events.
#include "watching.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "attune/sys/in_memory_file_system.h"

namespace attune::engine {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// A kernel with a limit of watches and the events that the test gives it.
class FakeWatch final : public sys::DirectoryWatch {
 public:
  Result<int> AddDirectory(const std::string& path, sys::WatchDetail /*detail*/) override {
    const std::scoped_lock lock(mutex_);
    if (!paths_.contains(path) && paths_.size() >= limit_) {
      return Error(ErrorCode::kExhausted, "watch '" + path + "': the limit; raise max_user_watches");
    }
    paths_.insert(path);
    return 1;
  }
  Status RemoveDirectory(const std::string& path) override {
    const std::scoped_lock lock(mutex_);
    paths_.erase(path);
    return OkStatus();
  }
  // Waits for an event or Wake, however long: the test's clock does not run by itself.
  Result<std::vector<sys::WatchEvent>> Poll(Duration /*timeout*/) override {
    std::unique_lock lock(mutex_);
    happened_.wait(lock, [this] { return woken_ || !events_.empty(); });
    woken_ = false;
    return std::exchange(events_, {});
  }
  void Wake() noexcept override {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
    happened_.notify_all();
  }
  std::size_t directories_watched() const override {
    const std::scoped_lock lock(mutex_);
    return paths_.size();
  }

  void set_limit(std::size_t limit) {
    const std::scoped_lock lock(mutex_);
    limit_ = limit;
  }
  void Happen(sys::WatchEvent event) {
    const std::scoped_lock lock(mutex_);
    events_.push_back(std::move(event));
    happened_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable happened_;
  std::set<std::string> paths_;  // guarded by mutex_, as is all below
  std::size_t limit_ = SIZE_MAX;
  std::vector<sys::WatchEvent> events_;
  bool woken_ = false;
};

class WatchingTest : public testing::Test {
 protected:
  WatchingTest() {
    auto watch = std::make_unique<FakeWatch>();
    kernel_ = watch.get();
    watching_ = std::make_unique<Watching>(clock_, queue_, log_, std::move(watch),
                                           WatchCallbacks{.listing_wanted =
                                                              [this](Source& source) {
                                                                EXPECT_EQ(&source, &source_);
                                                                ++listings_wanted_;
                                                                listings_wanted_.notify_all();
                                                              },
                                                          .work_added = [] {}});
  }

  // What Reading does when it lists the source.
  void List() {
    for (const char* path : {"/s", "/s/a", "/s/b"}) watching_->AddDirectory(source_, path);
    watching_->OnListed(source_);
  }
  // Lets the watching thread see the time.
  void Advance(Duration step) {
    clock_.Advance(step);
    kernel_->Wake();
  }
  std::string watch() const { return source_.status().watch; }

  ManualClock clock_;
  metrics::MemorySink sink_;
  metrics::Logger log_{clock_, sink_};
  sys::InMemoryFileSystem files_{clock_};
  Source source_{store::SourceId{1}, "s", "/s", files_, {}};
  FileQueue queue_;
  std::atomic<int> listings_wanted_{0};
  FakeWatch* kernel_ = nullptr;
  std::unique_ptr<Watching> watching_;
};

TEST_F(WatchingTest, WithoutEnoughWatchesTheSourceIsRescannedAndSaysHowToRaiseTheLimit) {
  kernel_->set_limit(2);
  watching_->Start();
  List();
  EXPECT_THAT(watch(),
              AllOf(StartsWith("rescan every 10s: "), HasSubstr("'/s/b'"),
                    HasSubstr("sysctl fs.inotify.max_user_watches=524288"), HasSubstr("tries to watch again")));
  EXPECT_TRUE(watching_->IsRescanned(source_));
  Advance(Watching::kRescanEvery);
  listings_wanted_.wait(0);
  List();
  EXPECT_THAT(watch(), StartsWith("rescan every 10s: ")) << "the limit is what it was";
  EXPECT_EQ(kernel_->directories_watched(), 2U);

  kernel_->set_limit(SIZE_MAX);
  Advance(Watching::kRescanEvery);
  listings_wanted_.wait(1);
  List();
  EXPECT_EQ(watch(), "inotify") << "the limit was raised";
  EXPECT_FALSE(watching_->IsRescanned(source_));
  EXPECT_EQ(kernel_->directories_watched(), 3U);
}

TEST_F(WatchingTest, LostEventsLeadToAListing) {
  List();
  EXPECT_EQ(watch(), "inotify");
  watching_->Start();
  kernel_->Happen({.kind = sys::WatchEventKind::kOverflow, .directory = {}, .name = {}});
  listings_wanted_.wait(0);
  EXPECT_EQ(listings_wanted_, 1);
}

TEST_F(WatchingTest, LostEventsLeadToAListingOfWhatIsRescannedAsWell) {
  kernel_->set_limit(0);
  List();
  watching_->Start();
  kernel_->Happen({.kind = sys::WatchEventKind::kOverflow, .directory = {}, .name = {}});
  listings_wanted_.wait(0);
  EXPECT_EQ(listings_wanted_, 1);
}

TEST(WatchingWithoutAKernel, IsARescan) {
  ManualClock clock;
  metrics::MemorySink sink;
  metrics::Logger log(clock, sink);
  const sys::InMemoryFileSystem files(clock);
  Source source(store::SourceId{1}, "s", "/s", files, {});
  FileQueue queue;
  Watching watching(clock, queue, log, nullptr, {.listing_wanted = [](Source&) {}, .work_added = [] {}});
  watching.AddDirectory(source, "/s");
  watching.OnListed(source);
  EXPECT_EQ(source.status().watch, "rescan every 10s: the kernel gives no inotify");
}

}  // namespace
}  // namespace attune::engine
