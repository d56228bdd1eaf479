// Searches, writes and merges at the same time; for ThreadSanitizer above all.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "attune/index/text_index.h"
#include "attune/sys/in_memory_file_system.h"

namespace attune::index {
namespace {

TEST(TextIndexThreads, SearchesSeeWholeSnapshotsWhileEverythingChanges) {
  ManualClock clock;
  sys::InMemoryFileSystem files(clock);
  auto opened = TextIndex::Open(files, clock, "/index", {.disk_segment_min = 8_KiB, .merge_fanout = 2});
  ASSERT_TRUE(opened.ok());
  TextIndex& index = **opened;
  constexpr std::uint64_t kPassages = 400;
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    for (std::uint64_t id = 0; id < kPassages; ++id) {
      ASSERT_TRUE(index.Add({.id = id, .path = "a.cc", .body = "steady word" + std::to_string(id % 10)}).ok());
      if (id % 3 == 0) {
        ASSERT_TRUE(index.Publish().ok());
      }
      if (id % 2 == 1) {
        index.Remove(id);
      }
      if (id % 100 == 50) {
        ASSERT_TRUE(index.Flush().ok());
      }
    }
    ASSERT_TRUE(index.Publish().ok());
    done = true;
  });
  threads.emplace_back([&] {
    while (!done) {
      ASSERT_TRUE(index.Maintain(200_B).ok());
    }
  });
  for (int searcher = 0; searcher < 2; ++searcher) {
    threads.emplace_back([&] {
      while (!done) {
        const auto top = index.Search(ParseQuery("steady word3 \"steady word4\" wor* path:*.cc"), {}, {.limit = 1000});
        ASSERT_TRUE(top.ok());
        for (const Hit& hit : top->hits) {
          ASSERT_LT(hit.id, kPassages);
          ASSERT_EQ(hit.path, "a.cc");
        }
        static_cast<void>(index.bytes());
        static_cast<void>(index.statistics());
        static_cast<void>(index.Contains(3));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const auto top = index.Search(ParseQuery("steady"), {}, {.limit = 1000});
  ASSERT_TRUE(top.ok());
  EXPECT_EQ(top->hits.size(), kPassages / 2);
}

}  // namespace
}  // namespace attune::index
