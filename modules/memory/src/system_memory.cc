#include "attune/memory/system_memory.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace attune::memory {
namespace {

constexpr Bytes kFileMax = 16_KiB;   // numbers and lines; memory.stat, the longest, has some 2 KiB
constexpr int kCgroupDepthMax = 64;  // deeper than any nesting of containers

Bytes Less(Bytes from, Bytes what) { return from > what ? from - what : Bytes(0); }

// What the kernel drops without asking anybody before it throttles or kills. Files that somebody has mapped are not
// in it: they are resident with whoever mapped them, and would be counted twice.
Bytes Reclaimable(std::string_view stat) {
  const Bytes files(FlatKeyed(stat, "inactive_file") + FlatKeyed(stat, "active_file"));
  return Less(files, Bytes(FlatKeyed(stat, "file_mapped")));
}

}  // namespace

std::uint64_t FlatKeyed(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ' ') {
      std::uint64_t count = 0;
      const std::string_view digits = line.substr(name.size() + 1);
      (void)std::from_chars(digits.data(), digits.data() + digits.size(), count);
      return count;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}

SystemMemoryReader::SystemMemoryReader(const sys::FileSystem& files, sys::ProbeRoots roots)
    : files_(files), roots_(std::move(roots)), probe_(files, roots_) {}

std::optional<std::string> SystemMemoryReader::ReadFile(const std::string& path) const {
  Result<std::string> text = files_.Read(path, kFileMax);
  return text.ok() ? std::optional<std::string>(*std::move(text)) : std::nullopt;
}

std::optional<Bytes> SystemMemoryReader::ReadBytes(const std::string& path) const {
  const std::optional<std::string> text = ReadFile(path);
  const Result<std::optional<Bytes>> bytes =
      text.has_value() ? sys::ParseCgroupBytes(*text) : Result<std::optional<Bytes>>(std::optional<Bytes>());
  return bytes.ok() ? *bytes : std::nullopt;
}

void SystemMemoryReader::ReadGroups(SystemMemory& memory) const {
  const std::optional<std::string> text = ReadFile(roots_.proc + "/self/cgroup");
  if (!text.has_value()) {
    return;
  }
  const auto path = sys::ParseCgroupPath(*text);
  if (!path.ok() || !path->has_value()) {
    return;
  }
  std::string group = **path == "/" ? "" : std::string(**path);
  std::optional<std::string> events;
  for (int depth = 0; depth < kCgroupDepthMax; ++depth) {
    const std::string base = roots_.cgroup + group;
    if (!events.has_value() && (events = ReadFile(base + "/memory.events")).has_value()) {
      memory.high_events = FlatKeyed(*events, "high");
      memory.max_events = FlatKeyed(*events, "max");
    }
    if (const std::optional<Bytes> current = ReadBytes(base + "/memory.current")) {
      const Bytes held = Less(*current, Reclaimable(ReadFile(base + "/memory.stat").value_or("")));
      for (const char* limit_file : {"/memory.high", "/memory.max"}) {
        if (const std::optional<Bytes> limit = ReadBytes(base + limit_file)) {
          const Bytes room = Less(*limit, held);
          memory.group_room = std::min(memory.group_room.value_or(room), room);
          memory.group_over = std::max(memory.group_over, Less(held, *limit));
        }
      }
    }
    if (group.empty()) {
      return;
    }
    group.resize(std::min(group.find_last_of('/'), group.size()));
  }
}

SystemMemory SystemMemoryReader::Read() const {
  SystemMemory memory;
  ReadGroups(memory);
  if (const auto stalls = probe_.MemoryPressure(); stalls.ok()) {
    memory.stalls = *stalls;
  }
  return memory;
}

Status Validate(const SystemMarks& marks) {
  for (const auto& [name, share] : {std::pair("some_stalls", marks.some_stalls),
                                    std::pair("full_stalls", marks.full_stalls), std::pair("give", marks.give)}) {
    if (!(share >= 0) || !(share <= 1)) {
      return Error(ErrorCode::kInvalidArgument,
                   std::string("system mark ") + name + " must be between 0 and 1, found " + std::to_string(share));
    }
  }
  return OkStatus();
}

namespace {

// The share of `elapsed` in which somebody waited for memory.
double StalledOf(const sys::Pressure& now, const sys::Pressure& before, Duration elapsed) {
  const Duration stalled = now.some_total - before.some_total;
  return static_cast<double>(stalled.count()) / static_cast<double>(std::max(elapsed, Duration(1)).count());
}

bool Stalls(const SystemMemory& now, const SystemMemory& before, Duration elapsed, const SystemMarks& marks) {
  if (!now.stalls.has_value() || !before.stalls.has_value()) {
    return false;
  }
  const double lately = StalledOf(*now.stalls, *before.stalls, elapsed);
  return (now.stalls->some_10s >= marks.some_stalls && lately >= marks.some_stalls) ||
         (now.stalls->full_10s >= marks.full_stalls && lately >= marks.full_stalls);
}

}  // namespace

SystemVerdict JudgeSystem(const SystemMemory& now, const SystemMemory& before, Duration elapsed, Bytes stated,
                          Bytes resident, const SystemMarks& marks) {
  SystemVerdict verdict{.limit = stated, .give = {}};
  if (now.group_room.has_value()) {
    // Others share the group: what is left of it is ours, and what it is over is for us to give.
    const Bytes held = resident > now.group_over ? resident - now.group_over : Bytes(0);
    verdict.limit = std::min(stated, held + *now.group_room);
  }
  verdict.stalled = Stalls(now, before, elapsed, marks);
  verdict.throttled = now.high_events > before.high_events || now.max_events > before.max_events;
  if (verdict.stalled || verdict.throttled) {
    verdict.give = Bytes(static_cast<std::uint64_t>(static_cast<double>(resident.count()) * marks.give));
  }
  return verdict;
}

}  // namespace attune::memory
