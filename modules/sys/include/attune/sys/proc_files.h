#pragma once
// Parsers of the kernel's text files, apart from reading them, so that each can
// be fuzzed. process.h reads the files and is what most callers want.
//
// Threads    pure functions.
// Cost       one pass over the text; no allocation unless they fail.
// Errors     kCorruption when the text is not in the kernel's format; the
//            message names the field that is missing or malformed.

#include <optional>
#include <string_view>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::sys {

// Resident memory of a process. `resident` = anonymous + file + shared.
struct MemoryUse {
  Bytes resident;
  Bytes resident_peak;  // since the process started
  Bytes anonymous;      // heap and stacks: what only this process can give back
  Bytes file;           // mapped files: the kernel can drop these
  Bytes shared;         // shared memory and tmpfs mappings
};
Result<MemoryUse> ParseStatus(std::string_view text);  // /proc/PID/status

struct MachineMemory {
  Bytes total;
  Bytes available;
};
Result<MachineMemory> ParseMeminfo(std::string_view text);  // /proc/meminfo

// Share of time lost to waiting for memory: `some` = at least one task waited,
// `full` = all of them did. 0..1 over the last 10 and 60 seconds.
struct Pressure {
  double some_10s = 0;
  double some_60s = 0;
  double full_10s = 0;
  double full_60s = 0;
  Duration some_total{0};
};
Result<Pressure> ParsePressure(std::string_view text);  // memory.pressure

// A cgroup limit or counter: a number, or "max", which is nullopt.
Result<std::optional<Bytes>> ParseCgroupBytes(std::string_view text);
// cpu.max, "200000 100000": how many CPUs' worth of time; "max 100000" is nullopt.
Result<std::optional<double>> ParseCgroupCpus(std::string_view text);
// /proc/PID/cgroup: the path after "0::" (version 2), or nullopt on a version 1 system.
Result<std::optional<std::string_view>> ParseCgroupPath(std::string_view text);

// /proc/PID/stat: user plus system time. `ticks_per_second` is sysconf(_SC_CLK_TCK).
Result<Duration> ParseCpuTime(std::string_view text, long ticks_per_second);

// /proc/PID/limits: the soft limit of "Max open files"; nullopt is "unlimited".
Result<std::optional<std::uint64_t>> ParseOpenFilesLimit(std::string_view text);

}  // namespace attune::sys
