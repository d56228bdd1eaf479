#include "file_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "attune/sys/in_memory_file_system.h"
#include "document_reader.h"
#include "source.h"

namespace attune::engine {
namespace {

class FileQueueTest : public testing::Test {
 protected:
  std::vector<std::string> TakeAll() {
    std::vector<std::string> paths;
    while (const auto batch = queue_.Take()) {
      for (const QueuedFile& file : batch->files) paths.push_back(file.path);
      queue_.Done(*batch);
    }
    return paths;
  }

  ManualClock clock_;
  sys::InMemoryFileSystem files_{clock_};
  Source source_{store::SourceId{1}, "s", "/s", files_, {}};
  FileQueue queue_;
};

TEST_F(FileQueueTest, ChangedFilesComeFirstThenTextThenPages) {
  queue_.AddListed(source_, "scan.PDF", 10);
  queue_.AddListed(source_, "a.cc", 10);
  EXPECT_EQ(queue_.AddChanged(source_, "saved.cc", TimePoint{}), Queueing::kAdded);
  EXPECT_EQ(TakeAll(), (std::vector<std::string>{"saved.cc", "a.cc", "scan.PDF"}));
}

TEST_F(FileQueueTest, AChangedPathWaitsOnce) {
  EXPECT_EQ(queue_.AddChanged(source_, "a", TimePoint{}), Queueing::kAdded);
  EXPECT_EQ(queue_.AddChanged(source_, "a", TimePoint{}), Queueing::kWaitsAlready);
  EXPECT_EQ(TakeAll(), (std::vector<std::string>{"a"}));
  EXPECT_EQ(queue_.AddChanged(source_, "a", TimePoint{}), Queueing::kAdded) << "after it was read it may wait again";
}

TEST_F(FileQueueTest, AFileThatIsBeingReadStaysQueuedUntilItsReaderIsDone) {
  queue_.AddListed(source_, "a", 1);
  const auto first = queue_.Take();
  ASSERT_TRUE(first);
  EXPECT_EQ(queue_.AddChanged(source_, "a", TimePoint{}), Queueing::kAdded);
  EXPECT_FALSE(queue_.HasWork());
  EXPECT_FALSE(queue_.Take());
  queue_.Done(*first);
  EXPECT_TRUE(queue_.HasWork());
  EXPECT_EQ(TakeAll(), (std::vector<std::string>{"a"}));
}

TEST_F(FileQueueTest, ABatchEndsAtItsLimitsAndAtTheNextSource) {
  for (std::size_t i = 0; i < FileQueue::kBatchFilesMax + 1; ++i) queue_.AddListed(source_, std::to_string(i), 1);
  auto batch = queue_.Take();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->files.size(), FileQueue::kBatchFilesMax);
  queue_.Done(*batch);
  Source other(store::SourceId{2}, "o", "/o", files_, {});
  queue_.AddListed(other, "x", FileQueue::kBatchBytesMax.count());
  queue_.AddListed(other, "y", 1);
  batch = queue_.Take();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->source, &source_);
  EXPECT_EQ(batch->files.size(), 1U);
  queue_.Done(*batch);
  batch = queue_.Take();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->files.size(), 1U) << "a large file fills its batch";
  queue_.Done(*batch);
  EXPECT_EQ(TakeAll(), (std::vector<std::string>{"y"}));
}

TEST_F(FileQueueTest, TooManyChangesAreRefused) {
  for (std::size_t i = 0; i < FileQueue::kChangedMax; ++i) {
    ASSERT_EQ(queue_.AddChanged(source_, std::to_string(i), TimePoint{}), Queueing::kAdded);
  }
  EXPECT_EQ(queue_.AddChanged(source_, "one more", TimePoint{}), Queueing::kFull);
}

TEST_F(FileQueueTest, ForgettingASourceDropsWhatWaitsOfIt) {
  Source other(store::SourceId{2}, "o", "/o", files_, {});
  queue_.AddListed(source_, "a", 5);
  queue_.AddListed(other, "b", 7);
  EXPECT_EQ(queue_.AddChanged(source_, "c", TimePoint{}), Queueing::kAdded);
  queue_.Forget(source_);
  EXPECT_EQ(queue_.depth().files, 1U);
  EXPECT_EQ(queue_.depth().bytes, 7U);
  EXPECT_EQ(TakeAll(), (std::vector<std::string>{"b"}));
}

TEST_F(FileQueueTest, WaitUntilEmptyCountsWhatIsBeingRead) {
  queue_.AddListed(source_, "a", 1);
  const auto batch = queue_.Take();
  std::stop_source stop;
  std::jthread reader([&] { queue_.Done(*batch); });
  EXPECT_TRUE(queue_.WaitUntilEmpty(stop.get_token()));
  queue_.AddListed(source_, "b", 1);
  stop.request_stop();
  EXPECT_FALSE(queue_.WaitUntilEmpty(stop.get_token()));
}

TEST_F(FileQueueTest, ManyReadersTakeEveryFileExactlyOnce) {
  constexpr std::size_t kFiles = 2000;
  for (std::size_t i = 0; i < kFiles; ++i) queue_.AddListed(source_, std::to_string(i), 100);
  std::atomic<std::size_t> taken{0};
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 4; ++reader) {
    readers.emplace_back([&] {
      while (const auto batch = queue_.Take()) {
        taken += batch->files.size();
        queue_.Done(*batch);
      }
    });
  }
  readers.clear();
  EXPECT_EQ(taken, kFiles);
  EXPECT_EQ(queue_.depth().files, 0U);
}

TEST(IsPagedTest, GoesByTheEndOfTheName) {
  for (const char* path : {"a.pdf", "b.PNG", "c/d.Jpeg", "e.tiff", "f.tif", "g.jpg"})
    EXPECT_TRUE(IsPaged(path)) << path;
  for (const char* path : {"", "pdf", "a.pdf.txt", "a.cc", ".gitignore"}) EXPECT_FALSE(IsPaged(path)) << path;
}

}  // namespace
}  // namespace attune::engine
