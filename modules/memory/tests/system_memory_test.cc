#include "attune/memory/system_memory.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "attune/sys/in_memory_file_system.h"

namespace attune::memory {
namespace {

using std::chrono::milliseconds;

constexpr Duration kRound = milliseconds(100);

class SystemMemoryTest : public testing::Test {
 protected:
  void Put(const std::string& path, std::string_view text) { ASSERT_TRUE(files.WriteUnsynced(path, text).ok()); }
  void SetUp() override {
    for (const char* directory : {"/proc/self", "/proc/pressure", "/cg/outer/inner"}) {
      ASSERT_TRUE(files.CreateDirectories(directory).ok());
    }
  }

  ManualClock clock;
  sys::InMemoryFileSystem files{clock};
  SystemMemoryReader reader{files, {.proc = "/proc", .cgroup = "/cg"}};
};

TEST_F(SystemMemoryTest, AMachineWithoutCgroupsOrPsiSaysNothing) {
  const SystemMemory memory = reader.Read();
  EXPECT_FALSE(memory.group_room.has_value());
  EXPECT_FALSE(memory.stalls.has_value());
  EXPECT_EQ(JudgeSystem(memory, memory, kRound, 512_MiB, 100_MiB).limit, 512_MiB);
}

TEST_F(SystemMemoryTest, TheTightestOfHighAndMaxOfAllLevelsCounts) {
  Put("/proc/self/cgroup", "0::/outer/inner\n");
  Put("/cg/outer/inner/memory.current", "100\n");
  Put("/cg/outer/inner/memory.high", "500\n");
  Put("/cg/outer/inner/memory.max", "600\n");
  Put("/cg/outer/memory.current", "900\n");
  Put("/cg/outer/memory.high", "max\n");
  Put("/cg/outer/memory.max", "1000\n");
  EXPECT_EQ(reader.Read().group_room, Bytes(100));
  Put("/cg/outer/memory.max", "max\n");
  EXPECT_EQ(reader.Read().group_room, Bytes(400));
}

// As they are in a container of 2 GiB that has read 1.5 GiB of files: memory.current is at the limit, and 400 MiB are
// in use, 64 MiB of them files that somebody has mapped.
constexpr std::string_view kStat =
    "anon 343932928\nfile 1715470336\nkernel 20971520\nkernel_stack 1015808\npagetables 4210688\nsec_pagetables 0\n"
    "percpu 5760\nsock 0\nvmalloc 16384\nshmem 8388608\nzswap 0\nzswapped 0\nfile_mapped 67108864\nfile_dirty 8192\n"
    "file_writeback 0\nswapcached 0\nanon_thp 123731968\nfile_thp 0\nshmem_thp 0\ninactive_anon 352256000\n"
    "active_anon 65536\ninactive_file 1170210816\nactive_file 536870912\nunevictable 0\nslab_reclaimable 9437184\n"
    "slab_unreclaimable 3145728\nslab 12582912\nworkingset_refault_anon 0\nworkingset_refault_file 48211\n";

TEST_F(SystemMemoryTest, FilesThatTheKernelKeepsAreRoom) {
  Put("/proc/self/cgroup", "0::/outer/inner\n");
  Put("/cg/outer/inner/memory.current", "2147483648\n");
  Put("/cg/outer/inner/memory.high", "max\n");
  Put("/cg/outer/inner/memory.max", "2147483648\n");
  Put("/cg/outer/inner/memory.stat", kStat);
  const SystemMemory memory = reader.Read();
  const Bytes kept(1170210816 + 536870912 - 67108864);
  EXPECT_EQ(memory.group_room, kept);
  EXPECT_EQ(memory.group_over, 0_B);
  EXPECT_EQ(JudgeSystem(memory, memory, kRound, 512_MiB, 400_MiB).limit, 512_MiB);
}

TEST_F(SystemMemoryTest, EventsAreThoseOfTheInnermostGroupThatIsThere) {
  Put("/proc/self/cgroup", "0::/host/container\n");  // as a container without a cgroup namespace sees it
  Put("/cg/memory.current", "100\n");
  Put("/cg/memory.max", "500\n");
  Put("/cg/memory.events", "low 0\nhigh 7\nmax 3\noom 0\n");
  EXPECT_EQ(reader.Read().group_room, Bytes(400));
  EXPECT_EQ(reader.Read().high_events, 7U);
  EXPECT_EQ(reader.Read().max_events, 3U);
}

TEST_F(SystemMemoryTest, EachLevelKeepsItsOwnFiles) {
  Put("/proc/self/cgroup", "0::/outer/inner\n");
  Put("/cg/outer/inner/memory.current", "500\n");
  Put("/cg/outer/inner/memory.max", "500\n");
  Put("/cg/outer/inner/memory.stat", "inactive_file 100\nactive_file 50\nfile_mapped 0\n");
  Put("/cg/outer/memory.current", "1100\n");
  Put("/cg/outer/memory.high", "1000\n");
  Put("/cg/outer/memory.stat", "inactive_file 130\nactive_file 50\nfile_mapped 20\n");
  EXPECT_EQ(reader.Read().group_room, Bytes(60));
  EXPECT_EQ(reader.Read().group_over, Bytes(0));
  Put("/cg/outer/memory.stat", "inactive_file 0\nactive_file 50\nfile_mapped 60\n");
  EXPECT_EQ(reader.Read().group_over, Bytes(100)) << "more is mapped than kept: there is nothing to drop";
}

TEST_F(SystemMemoryTest, EventsAndStallsAreRead) {
  Put("/proc/self/cgroup", "0::/outer\n");
  Put("/cg/outer/memory.events", "low 0\nhigh 12\nmax 3\noom 1\n");
  Put("/proc/pressure/memory",
      "some avg10=25.00 avg60=1.00 avg300=0.00 total=5\nfull avg10=1.00 avg60=0.00 avg300=0.00 total=1\n");
  const SystemMemory memory = reader.Read();
  EXPECT_EQ(memory.high_events, 12U);
  EXPECT_EQ(memory.max_events, 3U);
  ASSERT_TRUE(memory.stalls.has_value());
  EXPECT_DOUBLE_EQ(memory.stalls->some_10s, 0.25);
}

TEST(FlatKeyedTest, FindsWholeNamesOnly) {
  EXPECT_EQ(FlatKeyed("highest 5\nhigh 7\n", "high"), 7U);
  EXPECT_EQ(FlatKeyed("high 7", "max"), 0U);
  EXPECT_EQ(FlatKeyed("", "high"), 0U);
  EXPECT_EQ(FlatKeyed("high x\n", "high"), 0U);
}

TEST(JudgeSystemTest, TheGroupLimitsWhatTheProcessMayHold) {
  EXPECT_EQ(JudgeSystem({.group_room = 50_B}, {}, kRound, 1000_B, 300_B).limit, 350_B);
  EXPECT_EQ(JudgeSystem({.group_room = 5000_B}, {}, kRound, 1000_B, 300_B).limit, 1000_B);
  EXPECT_EQ(JudgeSystem({.group_room = 0_B, .group_over = 100_B}, {}, kRound, 1000_B, 300_B).limit, 200_B);
  EXPECT_EQ(JudgeSystem({.group_room = 0_B, .group_over = 400_B}, {}, kRound, 1000_B, 300_B).limit, 0_B);
}

TEST(JudgeSystemTest, StallsAskForMoreWhileTheyGoOn) {
  const auto seen = [](double some, double full, Duration total) {
    return SystemMemory{.stalls = sys::Pressure{.some_10s = some, .full_10s = full, .some_total = total}};
  };
  const SystemMemory before = seen(0.3, 0.04, milliseconds(500));
  const auto judge = [&](const SystemMemory& now) { return JudgeSystem(now, before, kRound, 1000_B, 500_B); };
  EXPECT_TRUE(judge(seen(0.20, 0, milliseconds(520))).stalled);
  EXPECT_EQ(judge(seen(0.20, 0, milliseconds(520))).give, 25_B);
  EXPECT_TRUE(judge(seen(0, 0.05, milliseconds(505))).stalled);
  EXPECT_EQ(judge(seen(0.19, 0.04, milliseconds(600))).give, 0_B) << "an accident";
  EXPECT_EQ(judge(seen(0.40, 0.10, milliseconds(504))).give, 0_B) << "over, though the average does not know it yet";
  EXPECT_EQ(JudgeSystem(seen(0.4, 0.4, milliseconds(500)), {}, kRound, 1000_B, 500_B).give, 0_B) << "nothing before";
}

TEST(JudgeSystemTest, NewEventsAskForMore) {
  const SystemMemory calm{.high_events = 5};
  const SystemMemory throttled{.high_events = 6};
  EXPECT_TRUE(JudgeSystem(throttled, calm, kRound, 1000_B, 500_B).throttled);
  EXPECT_EQ(JudgeSystem(throttled, calm, kRound, 1000_B, 500_B).give, 25_B);
  EXPECT_EQ(JudgeSystem(throttled, throttled, kRound, 1000_B, 500_B).give, 0_B);
}

TEST(SystemMarksTest, TheOneThatIsNoShareIsNamed) {
  EXPECT_TRUE(Validate(SystemMarks{}).ok());
  EXPECT_NE(Validate({.some_stalls = -0.1}).error().message().find("some_stalls"), std::string::npos);
  EXPECT_NE(Validate({.full_stalls = 1.1}).error().message().find("full_stalls"), std::string::npos);
  EXPECT_NE(Validate({.give = std::nan("")}).error().message().find("give"), std::string::npos);
}

}  // namespace
}  // namespace attune::memory
