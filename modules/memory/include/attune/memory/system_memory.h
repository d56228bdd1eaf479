#pragma once
// What the system says about memory: cgroup v2 limits and events, pressure stall information (PSI).
//
//   SystemMemoryReader reader(RealFileSystem());
//   const SystemMemory before = reader.Read();
//   ...
//   const SystemVerdict verdict = JudgeSystem(reader.Read(), before, elapsed, 512_MiB, resident);
//
// Reading and judging are apart: the arithmetic needs no files, and Broker takes any function that answers a
// SystemMemory. A machine without cgroup v2 or PSI answers fields that are empty, and then only what the user stated
// counts.
//
// Threads    Read is thread-safe; JudgeSystem is a pure function.
// Cost       four small files for each level of cgroups, one of events and one for PSI, 50 to 100 us.
// Errors     none: what cannot be read is not known.
// Sources    Documentation/admin-guide/cgroup-v2.rst and Documentation/accounting/psi.rst of Linux.

#include <cstdint>
#include <optional>
#include <string>

#include "attune/base/bytes.h"
#include "attune/sys/process.h"

namespace attune::memory {

struct SystemMemory {
  // Until the kernel throttles or kills, in the tightest group among ours and its parents: memory.high or memory.max
  // less what it holds. Files that the kernel keeps only because there is room (memory.stat: inactive_file and
  // active_file, less file_mapped) do not count as held: they fill every group up to its limit in time, and go first.
  // Empty: no group has a limit.
  std::optional<Bytes> group_room = std::nullopt;
  Bytes group_over = {};          // by how much that group is above its limit already; then the room is 0
  std::uint64_t high_events = 0;  // times that our group was throttled at memory.high, since it exists: of the
                                  // innermost group that has such a file (a container may see a path that it has not)
  std::uint64_t max_events = 0;   // times that it ran into memory.max
  std::optional<sys::Pressure> stalls = std::nullopt;
};

class SystemMemoryReader {
 public:
  // `files` outlives this.
  explicit SystemMemoryReader(const sys::FileSystem& files, sys::ProbeRoots roots = {});
  SystemMemory Read() const;

 private:
  void ReadGroups(SystemMemory& memory) const;
  std::optional<std::string> ReadFile(const std::string& path) const;
  std::optional<Bytes> ReadBytes(const std::string& path) const;

  const sys::FileSystem& files_;
  const sys::ProbeRoots roots_;
  const sys::ProcessProbe probe_;
};

// The number behind `name` in a flat keyed file (memory.events, memory.stat), 0 if there is none.
std::uint64_t FlatKeyed(std::string_view text, std::string_view name);

// When stalls are taken seriously: shares of time, over the last ten seconds and since the look before. The first says
// that it was no accident; the second, that it is not over, for the first goes on for seconds after the last stall.
struct SystemMarks {
  double some_stalls = 0.20;  // at least one task waited for memory
  double full_stalls = 0.05;  // all of them did: work was lost
  double give = 0.05;         // of what is resident, in a round in which the system suffers
};

// Shares between 0 and 1, or an error that names the one that is not.
Status Validate(const SystemMarks& marks);

struct SystemVerdict {
  Bytes limit;             // what the process may hold now: at most what was stated
  Bytes give;              // what it should give back beyond that, because the system suffers
  bool stalled = false;    // PSI says so
  bool throttled = false;  // the kernel limited our group since `before`
};

// `before` was read `elapsed` ago. `resident` is what the process holds; `stated` is what the user allows.
SystemVerdict JudgeSystem(const SystemMemory& now, const SystemMemory& before, Duration elapsed, Bytes stated,
                          Bytes resident, const SystemMarks& marks = {});

}  // namespace attune::memory
