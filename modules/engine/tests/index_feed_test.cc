#include "index_feed.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>

#include "attune/metrics/log.h"
#include "attune/sys/file_system.h"

namespace attune::engine {
namespace {

namespace fs = std::filesystem;

// A store with notes that the index does not hold, and a feed whose repair can be halted at its first passage.
class IndexFeedTest : public testing::Test {
 protected:
  IndexFeedTest() {
    const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
    base_ = fs::temp_directory_path() / ("attune-feed-" + std::to_string(::getpid()) + "-" + info->name());
    fs::remove_all(base_);
    fs::create_directories(base_ / "index");
    auto store = store::Store::Open({.path = (base_ / "attune.db").string(), .durability = store::Durability::kOff},
                                    SystemClock());
    EXPECT_TRUE(store.ok());
    store_ = *std::move(store);
    auto index = index::TextIndex::Open(sys::RealFileSystem(), SystemClock(), (base_ / "index").string(), {});
    EXPECT_TRUE(index.ok());
    index_ = *std::move(index);
    for (int i = 0; i < kNotes; ++i) EXPECT_TRUE(store_->Write(store::PutNote{.text = "okapi"}).ok());
  }
  ~IndexFeedTest() override {
    halted_.reset();
    go_on_.reset();
    feed_.reset();
    index_.reset();
    store_.reset();
    fs::remove_all(base_);
  }

  // Returns when the repair has come to its first passage.
  void StartHalted() {
    halted_.emplace();
    go_on_.emplace();
    feed_ = std::make_unique<IndexFeed>(*index_, *store_, clock_, log_, [this](std::span<const store::PassageId>) {
      if (!first_.exchange(false)) return;
      halted_->set_value();
      go_on_->get_future().wait();
    });
    halted_->get_future().wait();
  }

  static constexpr int kNotes = 20;
  fs::path base_;
  ManualClock clock_;
  metrics::MemorySink sink_;
  metrics::Logger log_{SystemClock(), sink_};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<index::TextIndex> index_;
  std::optional<std::promise<void>> halted_;
  std::optional<std::promise<void>> go_on_;
  std::atomic<bool> first_{true};
  std::unique_ptr<IndexFeed> feed_;
};

TEST_F(IndexFeedTest, ARepairIsWaitedForUntilTheDeadline) {
  StartHalted();
  EXPECT_TRUE(feed_->repairing());
  EXPECT_FALSE(feed_->WaitUntilRepaired(clock_.Now(), {})) << "the deadline is now";
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(feed_->WaitUntilRepaired(TimePoint::max(), stop.get_token()));
  go_on_->set_value();
  EXPECT_TRUE(feed_->WaitUntilRepaired(TimePoint::max(), {}));
  EXPECT_FALSE(feed_->repairing());
  EXPECT_EQ(index_->statistics().passages_live, static_cast<std::uint64_t>(kNotes));
}

TEST_F(IndexFeedTest, WhatIsStoredOnceItRunsIsNotMissingButComesAsAPost) {
  feed_ = std::make_unique<IndexFeed>(*index_, *store_, clock_, log_, [](std::span<const store::PassageId>) {});
  EXPECT_TRUE(store_->Write(store::PutNote{.text = "quetzal"}).ok());
  EXPECT_TRUE(feed_->WaitUntilRepaired(TimePoint::max(), {}));
  EXPECT_EQ(index_->statistics().passages_live, static_cast<std::uint64_t>(kNotes));
}

TEST_F(IndexFeedTest, AStopCutsARepairShortAndStillWorksOffWhatIsPosted) {
  StartHalted();
  bool searchable = false;
  IndexUpdate update;
  update.added.push_back({.id = store::PassageId::Of(store::NoteId{1000}), .source = "notes", .body = "quetzal"});
  update.urgent = true;
  update.searchable = [&] { searchable = true; };
  feed_->Post(std::move(update));
  feed_->BeginStop();
  EXPECT_FALSE(feed_->WaitUntilRepaired(TimePoint::max(), {})) << "nobody waits for what will not come";
  go_on_->set_value();
  feed_->WaitUntilIdle();
  EXPECT_TRUE(searchable);
  EXPECT_EQ(index_->statistics().passages_live, 2U) << "one of the repair, and the one that was posted";
  feed_.reset();

  feed_ = std::make_unique<IndexFeed>(*index_, *store_, clock_, log_, [](std::span<const store::PassageId>) {});
  EXPECT_TRUE(feed_->WaitUntilRepaired(TimePoint::max(), {}));
  EXPECT_EQ(index_->statistics().passages_live, static_cast<std::uint64_t>(kNotes)) << "the next start completes it";
}

}  // namespace
}  // namespace attune::engine
