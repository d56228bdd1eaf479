#include "attune/memory/numa.h"

#include <gtest/gtest.h>

#include <string_view>

#include "attune/memory/object_pool.h"
#include "attune/sys/in_memory_file_system.h"

namespace attune::memory {
namespace {

class NumaTest : public testing::Test {
 protected:
  NumaTopology TopologyOf(std::string_view online) {
    EXPECT_TRUE(files_.CreateDirectories("/sys/devices/system/node").ok());
    EXPECT_TRUE(files_.WriteUnsynced("/sys/devices/system/node/online", online).ok());
    return SystemNumaTopology(files_);
  }

  ManualClock clock_;
  sys::InMemoryFileSystem files_{clock_};
};

TEST_F(NumaTest, TheHighestNodeSaysHowManyThereAre) {
  EXPECT_EQ(TopologyOf("0\n").nodes, 1U);
  EXPECT_EQ(TopologyOf("0-3\n").nodes, 4U);
  EXPECT_EQ(TopologyOf("0,2-3\n").nodes, 4U);
  EXPECT_EQ(TopologyOf("0-1,8\n").nodes, 9U);
  EXPECT_EQ(TopologyOf("0-1").nodes, 2U) << "without a line's end";
}

TEST_F(NumaTest, WhatCannotBeUnderstoodIsOneNode) {
  EXPECT_EQ(SystemNumaTopology(files_).nodes, 1U) << "there is no such file";
  for (const std::string_view text : {"", "\n", "x", "0-", "0-3x", "-", "0, 3", "0-99999999999999999999999"}) {
    EXPECT_EQ(TopologyOf(text).nodes, 1U) << text;
  }
}

TEST_F(NumaTest, NodesAreBounded) {
  EXPECT_EQ(TopologyOf("0-63").nodes, kNumaNodesMax);
  EXPECT_EQ(TopologyOf("0-1023").nodes, kNumaNodesMax);
}

TEST_F(NumaTest, AThreadIsAlwaysOnANodeThatThereIs) {
  EXPECT_EQ(TopologyOf("0").NodeOfThread(), 0U);
  const NumaTopology two = TopologyOf("0-1");
  ASSERT_NE(two.node_of_thread, nullptr);
  EXPECT_LT(two.NodeOfThread(), 2U);
  EXPECT_EQ((NumaTopology{.nodes = 2, .node_of_thread = +[]() noexcept { return std::size_t{7}; }}).NodeOfThread(), 0U)
      << "answers may be stale";
}

TEST_F(NumaTest, APoolWorksWithTheTopologyOfTheSystem) {
  ObjectPool<std::uint64_t> pool({.capacity_max = 100}, {}, TopologyOf("0-1"));
  const auto object = pool.Acquire();
  ASSERT_TRUE(object.ok());
  EXPECT_LT(pool.NodeOf(object->handle()), 2U);
}

}  // namespace
}  // namespace attune::memory
