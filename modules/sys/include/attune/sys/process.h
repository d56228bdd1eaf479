#pragma once
// ProcessProbe: what this process uses and what it is allowed to use.
//
//   ProcessProbe probe(RealFileSystem());
//   ATTUNE_ASSIGN_OR_RETURN(const MemoryUse use, probe.Memory());
//   if (use.resident > budget) ...
//
// Ownership  borrows the file system, which outlives this.
// Threads    every member is thread-safe; no state.
// Cost       one to four small reads in /proc each, 10 to 50 us; see bench.
// Errors     those of FileSystem::Read; kCorruption for a text that no kernel
//            writes. A machine without cgroup v2 or PSI is an answer, not an error.

#include <cstdint>
#include <optional>
#include <string>

#include "attune/sys/file_system.h"
#include "attune/sys/proc_files.h"

namespace attune::sys {

struct ProbeRoots {
  std::string proc = "/proc";
  std::string cgroup = "/sys/fs/cgroup";
};

// The tightest memory limit among the process's cgroup and its parents.
struct CgroupMemory {
  std::optional<Bytes> limit;  // memory.max; nullopt: none set anywhere
  Bytes current;               // memory.current of the group that has the limit, or of our own group
};

class ProcessProbe {
 public:
  explicit ProcessProbe(const FileSystem& files, ProbeRoots roots = {});

  Result<MemoryUse> Memory() const;
  Result<MachineMemory> Machine() const;
  Result<std::optional<CgroupMemory>> Cgroup() const;           // nullopt: no cgroup v2 here
  Result<std::optional<Pressure>> MemoryPressure() const;       // our cgroup's, else the machine's; nullopt: no PSI
  Result<Duration> CpuTime() const;                             // user and system, all threads
  Result<std::optional<std::uint64_t>> OpenFilesLimit() const;  // soft; nullopt: unlimited

  // How many threads can run at once: CPUs in our affinity mask, and no more than
  // the cgroup's cpu.max allows (rounded up). At least 1.
  unsigned CpuCount() const;

 private:
  // Below the cgroup root, "" for the root itself; nullopt without cgroup v2.
  Result<std::optional<std::string>> CgroupPath() const;
  Result<std::optional<Bytes>> CgroupBytes(const std::string& cgroup, const char* file) const;
  std::optional<double> QuotaOf(const std::string& cgroup) const;
  std::optional<double> CgroupCpus() const;
  Result<std::optional<std::string>> ReadIfThere(const std::string& path) const;

  const FileSystem& files_;
  const ProbeRoots roots_;
};

}  // namespace attune::sys
