#include "attune/sys/proc_files.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "attune/base/ascii.h"

namespace attune::sys {
namespace {

constexpr std::string_view kBlank = " \t";

Error Malformed(std::string_view file, std::string_view field) {
  return {ErrorCode::kCorruption, std::string(file) + ": no usable value for '" + std::string(field) + "'"};
}

// Takes the next word off the front of `text`; empty at its end.
std::string_view TakeWord(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const std::size_t end = std::min(text.find_first_of(kBlank), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

// The rest of the line that starts with `key`.
std::optional<std::string_view> LineAfter(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(key)) return line.substr(key.size());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

template <typename Number>
std::optional<Number> ParseWhole(std::string_view word) {
  Number number{};
  const char* const end = word.data() + word.size();
  const auto [rest, failure] = std::from_chars(word.data(), end, number);
  if (failure != std::errc{} || rest != end) return std::nullopt;
  return number;
}

// "VmRSS:     1234 kB"
Result<Bytes> KilobytesOf(std::string_view text, std::string_view file, std::string_view key) {
  std::optional<std::string_view> line = LineAfter(text, key);
  if (!line) return Malformed(file, key);
  const auto number = ParseWhole<std::uint64_t>(TakeWord(*line));
  if (!number || *number > (UINT64_MAX >> 12U) || Trim(*line) != "kB") return Malformed(file, key);
  return Bytes(*number << 10U);
}

// "avg10=0.12" in a line of PSI; the kernel writes percent.
Result<double> ShareOf(std::string_view line, std::string_view key) {
  for (std::string_view word = TakeWord(line); !word.empty(); word = TakeWord(line)) {
    if (!word.starts_with(key)) continue;
    const auto percent = ParseWhole<double>(word.substr(key.size()));
    if (!percent || !(*percent >= 0) || *percent > 100) break;
    return *percent / 100;
  }
  return Malformed("memory.pressure", key);
}

}  // namespace

Result<MemoryUse> ParseStatus(std::string_view text) {
  constexpr std::string_view kFile = "/proc/self/status";
  MemoryUse use;
  ATTUNE_ASSIGN_OR_RETURN(use.resident, KilobytesOf(text, kFile, "VmRSS:"));
  ATTUNE_ASSIGN_OR_RETURN(use.resident_peak, KilobytesOf(text, kFile, "VmHWM:"));
  ATTUNE_ASSIGN_OR_RETURN(use.anonymous, KilobytesOf(text, kFile, "RssAnon:"));
  ATTUNE_ASSIGN_OR_RETURN(use.file, KilobytesOf(text, kFile, "RssFile:"));
  ATTUNE_ASSIGN_OR_RETURN(use.shared, KilobytesOf(text, kFile, "RssShmem:"));
  return use;
}

Result<MachineMemory> ParseMeminfo(std::string_view text) {
  constexpr std::string_view kFile = "/proc/meminfo";
  MachineMemory memory;
  ATTUNE_ASSIGN_OR_RETURN(memory.total, KilobytesOf(text, kFile, "MemTotal:"));
  ATTUNE_ASSIGN_OR_RETURN(memory.available, KilobytesOf(text, kFile, "MemAvailable:"));
  return memory;
}

Result<Pressure> ParsePressure(std::string_view text) {
  const auto some = LineAfter(text, "some ");
  if (!some) return Malformed("memory.pressure", "some");
  Pressure pressure;
  ATTUNE_ASSIGN_OR_RETURN(pressure.some_10s, ShareOf(*some, "avg10="));
  ATTUNE_ASSIGN_OR_RETURN(pressure.some_60s, ShareOf(*some, "avg60="));
  const std::size_t total = some->find("total=");
  if (total == std::string_view::npos) return Malformed("memory.pressure", "total");
  const auto microseconds = ParseWhole<std::int64_t>(some->substr(total + 6));
  if (!microseconds || *microseconds < 0 || *microseconds > INT64_MAX / 1000) {
    return Malformed("memory.pressure", "total");
  }
  pressure.some_total = std::chrono::microseconds(*microseconds);

  if (const auto full = LineAfter(text, "full ")) {  // some kernels have only "some"
    ATTUNE_ASSIGN_OR_RETURN(pressure.full_10s, ShareOf(*full, "avg10="));
    ATTUNE_ASSIGN_OR_RETURN(pressure.full_60s, ShareOf(*full, "avg60="));
  }
  return pressure;
}

Result<std::optional<Bytes>> ParseCgroupBytes(std::string_view text) {
  const std::string_view word = Trim(text);
  if (word == "max") return std::optional<Bytes>();
  const auto number = ParseWhole<std::uint64_t>(word);
  if (!number) return Malformed("cgroup", word.substr(0, 40));
  return std::optional<Bytes>(Bytes(*number));
}

Result<std::optional<double>> ParseCgroupCpus(std::string_view text) {
  std::string_view rest = Trim(text);
  const std::string_view quota_word = TakeWord(rest);
  const auto period = ParseWhole<std::uint64_t>(TakeWord(rest));
  if (!period || *period == 0 || !rest.empty()) return Malformed("cpu.max", "period");
  if (quota_word == "max") return std::optional<double>();
  const auto quota = ParseWhole<std::uint64_t>(quota_word);
  if (!quota || *quota == 0) return Malformed("cpu.max", "quota");
  return std::optional<double>(static_cast<double>(*quota) / static_cast<double>(*period));
}

Result<std::optional<std::string_view>> ParseCgroupPath(std::string_view text) {
  const auto path = LineAfter(text, "0::");
  if (!path) return std::optional<std::string_view>();
  if (!path->starts_with('/')) return Malformed("/proc/self/cgroup", "0::");
  return path;
}

Result<Duration> ParseCpuTime(std::string_view text, long ticks_per_second) {
  constexpr std::string_view kFile = "/proc/self/stat";
  ATTUNE_CHECK(ticks_per_second > 0, "the clock ticks");
  // The second field is the program's name in parentheses; it may hold anything,
  // parentheses and newlines included. What follows the last one is numbers.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return Malformed(kFile, "comm");
  std::string_view rest = text.substr(name_end + 1);
  constexpr int kFieldsBetween = 11;  // state is field 3, utime 14, stime 15
  for (int i = 0; i < kFieldsBetween; ++i) TakeWord(rest);
  const auto user = ParseWhole<std::uint64_t>(TakeWord(rest));
  const auto system = ParseWhole<std::uint64_t>(TakeWord(rest));
  constexpr std::uint64_t kTicksMax = std::uint64_t{1} << 62U;  // so that the sum does not wrap
  if (!user || !system || *user > kTicksMax || *system > kTicksMax) return Malformed(kFile, "utime, stime");
  const double seconds = static_cast<double>(*user + *system) / static_cast<double>(ticks_per_second);
  constexpr double kSecondsMax = 200.0 * 365 * 86'400;  // fits a Duration; many cores for many years
  if (seconds > kSecondsMax) return Malformed(kFile, "utime, stime");
  return Duration(std::llround(seconds * 1e9));
}

Result<std::optional<std::uint64_t>> ParseOpenFilesLimit(std::string_view text) {
  std::optional<std::string_view> line = LineAfter(text, "Max open files");
  if (!line) return Malformed("/proc/self/limits", "Max open files");
  const std::string_view soft = TakeWord(*line);
  if (soft == "unlimited") return std::optional<std::uint64_t>();
  const auto number = ParseWhole<std::uint64_t>(soft);
  if (!number) return Malformed("/proc/self/limits", "Max open files");
  return number;
}

}  // namespace attune::sys
