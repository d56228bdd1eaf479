#include "attune/sys/process.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace attune::sys {
namespace {

constexpr Bytes kProcFileMax = 64_KiB;  // /proc/self/status has about 1.5 KiB, limits and meminfo less than 2
constexpr int kCgroupDepthMax = 64;     // deeper than any nesting of containers

unsigned CpusInAffinityMask() noexcept {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) return static_cast<unsigned>(std::max(CPU_COUNT(&set), 1));
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);  // more CPUs than a cpu_set_t counts
  return online > 0 ? static_cast<unsigned>(online) : 1;
}

// "/a/b" -> "/a" -> "" (the root) -> nothing more.
bool GoUp(std::string& cgroup) {
  if (cgroup.empty()) return false;
  cgroup.resize(cgroup.find_last_of('/'));
  return true;
}

}  // namespace

ProcessProbe::ProcessProbe(const FileSystem& files, ProbeRoots roots) : files_(files), roots_(std::move(roots)) {}

Result<std::optional<std::string>> ProcessProbe::ReadIfThere(const std::string& path) const {
  Result<std::string> text = files_.Read(path, kProcFileMax);
  if (text.ok()) return std::optional<std::string>(*std::move(text));
  switch (text.error().code()) {
    case ErrorCode::kNotFound:     // no such controller or kernel feature
    case ErrorCode::kDenied:       // hidden from containers
    case ErrorCode::kUnavailable:  // PSI compiled in but switched off: EOPNOTSUPP on read
    case ErrorCode::kInvalidArgument:
      return std::optional<std::string>();
    default:
      return std::move(text).error();
  }
}

Result<std::optional<std::string>> ProcessProbe::CgroupPath() const {
  ATTUNE_ASSIGN_OR_RETURN(const auto text, ReadIfThere(roots_.proc + "/self/cgroup"));
  if (!text) return std::optional<std::string>();
  ATTUNE_ASSIGN_OR_RETURN(const auto path, ParseCgroupPath(*text));
  if (!path) return std::optional<std::string>();
  return std::optional<std::string>(*path == "/" ? "" : std::string(*path));
}

Result<MemoryUse> ProcessProbe::Memory() const {
  ATTUNE_ASSIGN_OR_RETURN(const std::string text, files_.Read(roots_.proc + "/self/status", kProcFileMax));
  return ParseStatus(text);
}

Result<MachineMemory> ProcessProbe::Machine() const {
  ATTUNE_ASSIGN_OR_RETURN(const std::string text, files_.Read(roots_.proc + "/meminfo", kProcFileMax));
  return ParseMeminfo(text);
}

Result<std::optional<Bytes>> ProcessProbe::CgroupBytes(const std::string& cgroup, const char* file) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto text, ReadIfThere(roots_.cgroup + cgroup + "/" + file));
  if (!text) return std::optional<Bytes>();
  return ParseCgroupBytes(*text);
}

Result<std::optional<CgroupMemory>> ProcessProbe::Cgroup() const {
  ATTUNE_ASSIGN_OR_RETURN(const auto own, CgroupPath());
  if (!own) return std::optional<CgroupMemory>();
  std::optional<CgroupMemory> tightest;
  std::string cgroup = *own;
  for (int depth = 0; depth < kCgroupDepthMax; ++depth) {
    ATTUNE_ASSIGN_OR_RETURN(const auto current, CgroupBytes(cgroup, "memory.current"));
    ATTUNE_ASSIGN_OR_RETURN(const auto limit, CgroupBytes(cgroup, "memory.max"));
    if (current && !tightest) tightest = CgroupMemory{limit, *current};
    if (current && limit && (!tightest->limit || *limit < *tightest->limit)) tightest = CgroupMemory{limit, *current};
    if (!GoUp(cgroup)) break;
  }
  return tightest;
}

Result<std::optional<Pressure>> ProcessProbe::MemoryPressure() const {
  ATTUNE_ASSIGN_OR_RETURN(const auto own, CgroupPath());
  std::optional<std::string> text;
  if (own) {
    ATTUNE_ASSIGN_OR_RETURN(text, ReadIfThere(roots_.cgroup + *own + "/memory.pressure"));
  }
  if (!text) {
    ATTUNE_ASSIGN_OR_RETURN(text, ReadIfThere(roots_.proc + "/pressure/memory"));
  }
  if (!text) return std::optional<Pressure>();
  ATTUNE_ASSIGN_OR_RETURN(const Pressure pressure, ParsePressure(*text));
  return std::optional<Pressure>(pressure);
}

Result<Duration> ProcessProbe::CpuTime() const {
  ATTUNE_ASSIGN_OR_RETURN(const std::string text, files_.Read(roots_.proc + "/self/stat", kProcFileMax));
  return ParseCpuTime(text, ::sysconf(_SC_CLK_TCK));
}

Result<std::optional<std::uint64_t>> ProcessProbe::OpenFilesLimit() const {
  ATTUNE_ASSIGN_OR_RETURN(const std::string text, files_.Read(roots_.proc + "/self/limits", kProcFileMax));
  return ParseOpenFilesLimit(text);
}

// A quota that cannot be read is none: this only chooses a default.
std::optional<double> ProcessProbe::QuotaOf(const std::string& cgroup) const {
  const auto text = ReadIfThere(roots_.cgroup + cgroup + "/cpu.max");
  if (!text.ok() || !text.value().has_value()) return std::nullopt;
  return ParseCgroupCpus(text.value().value_or("")).value_or(std::nullopt);
}

std::optional<double> ProcessProbe::CgroupCpus() const {
  std::optional<std::string> cgroup = CgroupPath().value_or(std::nullopt);
  std::optional<double> least;
  for (int depth = 0; cgroup.has_value() && depth < kCgroupDepthMax; ++depth) {
    if (const std::optional<double> cpus = QuotaOf(*cgroup)) least = std::min(least.value_or(*cpus), *cpus);
    if (!GoUp(*cgroup)) break;
  }
  return least;
}

unsigned ProcessProbe::CpuCount() const {
  const unsigned in_mask = CpusInAffinityMask();
  const std::optional<double> allowed = CgroupCpus();
  if (!allowed || *allowed >= in_mask) return in_mask;
  return std::max(static_cast<unsigned>(std::ceil(*allowed)), 1U);
}

}  // namespace attune::sys
