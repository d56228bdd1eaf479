#include "attune/sys/process.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "attune/sys/faulty_file_system.h"
#include "attune/sys/in_memory_file_system.h"

namespace attune::sys {
namespace {

class ProcessProbeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(files_.CreateDirectories("/proc/self").ok());
    ASSERT_TRUE(files_.CreateDirectories("/proc/pressure").ok());
    ASSERT_TRUE(files_.CreateDirectories("/cg/outer/inner").ok());
    Put("/proc/self/cgroup", "0::/outer/inner\n");
  }
  void Put(const std::string& path, std::string_view text) { ASSERT_TRUE(files_.WriteAtomically(path, text).ok()); }

  ManualClock clock_;
  InMemoryFileSystem files_{clock_};
  ProcessProbe probe_{files_, {.proc = "/proc", .cgroup = "/cg"}};
};

TEST_F(ProcessProbeTest, TheTightestLimitOfAllParentsCounts) {
  Put("/cg/outer/inner/memory.max", "max\n");
  Put("/cg/outer/inner/memory.current", "100\n");
  Put("/cg/outer/memory.max", "1000\n");
  Put("/cg/outer/memory.current", "300\n");
  const auto outer_limits = probe_.Cgroup();
  ASSERT_TRUE(outer_limits.ok() && outer_limits->has_value());
  EXPECT_EQ((*outer_limits)->limit, Bytes(1000));
  EXPECT_EQ((*outer_limits)->current, Bytes(300));

  Put("/cg/outer/inner/memory.max", "500\n");
  const auto inner_limits = probe_.Cgroup();
  EXPECT_EQ((*inner_limits)->limit, Bytes(500));
  EXPECT_EQ((*inner_limits)->current, Bytes(100));
}

TEST_F(ProcessProbeTest, WithoutALimitTheOwnGroupIsReported) {
  Put("/cg/outer/inner/memory.max", "max\n");
  Put("/cg/outer/inner/memory.current", "100\n");
  const auto cgroup = probe_.Cgroup();
  EXPECT_EQ((*cgroup)->limit, std::nullopt);
  EXPECT_EQ((*cgroup)->current, Bytes(100));
}

TEST_F(ProcessProbeTest, AMachineWithoutCgroupsOrPressureIsAnAnswer) {
  EXPECT_EQ(*probe_.MemoryPressure(), std::nullopt);
  EXPECT_FALSE(probe_.Cgroup()->has_value()) << "no memory controller";
  Put("/proc/self/cgroup", "3:memory:/x\n");
  EXPECT_FALSE(probe_.Cgroup()->has_value()) << "version 1";
  ASSERT_TRUE(files_.Remove("/proc/self/cgroup").ok());
  EXPECT_FALSE(probe_.Cgroup()->has_value());
}

TEST_F(ProcessProbeTest, PressureIsOurGroupsElseTheMachines) {
  Put("/proc/pressure/memory", "some avg10=10.00 avg60=0.00 avg300=0.00 total=0\n");
  EXPECT_DOUBLE_EQ(probe_.MemoryPressure()->value().some_10s, 0.1);
  Put("/cg/outer/inner/memory.pressure", "some avg10=50.00 avg60=0.00 avg300=0.00 total=0\n");
  EXPECT_DOUBLE_EQ(probe_.MemoryPressure()->value().some_10s, 0.5);
}

TEST_F(ProcessProbeTest, PressureThatIsSwitchedOffIsAbsent) {
  Put("/proc/pressure/memory", "some avg10=10.00 avg60=0.00 avg300=0.00 total=0\n");
  FaultyFileSystem faulty(files_);
  const ProcessProbe probe(faulty, {.proc = "/proc", .cgroup = "/cg"});
  faulty.FailNext(FileOperation::kRead, {ErrorCode::kUnavailable, "Operation not supported"}, 2);
  EXPECT_EQ(*probe.MemoryPressure(), std::nullopt);
}

TEST_F(ProcessProbeTest, ATextThatNoKernelWritesIsAnError) {
  Put("/cg/outer/inner/memory.current", "many\n");
  EXPECT_EQ(probe_.Cgroup().error().code(), ErrorCode::kCorruption);
  Put("/proc/self/status", "VmRSS: x kB\n");
  EXPECT_EQ(probe_.Memory().error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(probe_.CpuTime().error().code(), ErrorCode::kNotFound);
}

TEST_F(ProcessProbeTest, TheCpuQuotaRoundsUpAndNeverToZero) {
  const unsigned machine = ProcessProbe(files_, {.proc = "/none", .cgroup = "/none"}).CpuCount();
  EXPECT_GE(machine, 1U);
  Put("/cg/outer/inner/cpu.max", "max 100000\n");
  EXPECT_EQ(probe_.CpuCount(), machine);
  Put("/cg/outer/cpu.max", "10000 100000\n");
  EXPECT_EQ(probe_.CpuCount(), 1U);
  Put("/cg/outer/cpu.max", "90000000 100000\n");
  EXPECT_EQ(probe_.CpuCount(), machine);
}

TEST(ProcessProbe, KnowsThisProcess) {
  const ProcessProbe probe(RealFileSystem());
  const auto before = probe.Memory();
  ASSERT_TRUE(before.ok()) << before.error().message();
  EXPECT_GE(before->resident_peak, before->resident);
  EXPECT_GT(before->resident, 1_MiB);

  std::vector<char> heap(64U << 20U);
  std::fill(heap.begin(), heap.end(), 'x');
  const auto after = probe.Memory();
  ASSERT_TRUE(after.ok());
  EXPECT_GE(after->anonymous, before->anonymous + 60_MiB);
  EXPECT_EQ(heap[12'345'678], 'x');

  EXPECT_TRUE(probe.Machine().ok());
  EXPECT_TRUE(probe.Cgroup().ok());
  EXPECT_TRUE(probe.MemoryPressure().ok());
  EXPECT_TRUE(probe.CpuTime().ok());
  EXPECT_TRUE(probe.OpenFilesLimit().ok());
  EXPECT_GE(probe.CpuCount(), 1U);
}

}  // namespace
}  // namespace attune::sys
