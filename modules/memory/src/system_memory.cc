#include "attune/memory/system_memory.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace attune::memory {
namespace {

constexpr Bytes kFileMax = 4_KiB;    // numbers and a few lines
constexpr int kCgroupDepthMax = 64;  // deeper than any nesting of containers

}  // namespace

std::uint64_t EventCount(std::string_view events, std::string_view name) {
  while (!events.empty()) {
    const std::size_t end = std::min(events.find('\n'), events.size());
    const std::string_view line = events.substr(0, end);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ' ') {
      std::uint64_t count = 0;
      const std::string_view digits = line.substr(name.size() + 1);
      (void)std::from_chars(digits.data(), digits.data() + digits.size(), count);
      return count;
    }
    events.remove_prefix(std::min(end + 1, events.size()));
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
  if (const auto events = ReadFile(roots_.cgroup + group + "/memory.events")) {
    memory.high_events = EventCount(*events, "high");
    memory.max_events = EventCount(*events, "max");
  }
  for (int depth = 0; depth < kCgroupDepthMax; ++depth) {
    const std::string base = roots_.cgroup + group;
    const std::optional<Bytes> current = ReadBytes(base + "/memory.current");
    for (const char* limit_file : {"/memory.high", "/memory.max"}) {
      const std::optional<Bytes> limit = ReadBytes(base + limit_file);
      if (current.has_value() && limit.has_value()) {
        const Bytes room = *limit > *current ? *limit - *current : Bytes(0);
        const Bytes over = *current > *limit ? *current - *limit : Bytes(0);
        memory.group_room = std::min(memory.group_room.value_or(room), room);
        memory.group_over = std::max(memory.group_over, over);
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

SystemVerdict JudgeSystem(const SystemMemory& now, const SystemMemory& before, Bytes stated, Bytes resident,
                          const SystemMarks& marks) {
  SystemVerdict verdict{.limit = stated, .give = {}};
  if (now.group_room.has_value()) {
    // Others share the group: what is left of it is ours, and what it is over is for us to give.
    const Bytes held = resident > now.group_over ? resident - now.group_over : Bytes(0);
    verdict.limit = std::min(stated, held + *now.group_room);
  }
  verdict.stalled = now.stalls.has_value() &&
                    (now.stalls->some_10s >= marks.some_stalls || now.stalls->full_10s >= marks.full_stalls);
  verdict.throttled = now.high_events > before.high_events || now.max_events > before.max_events;
  if (verdict.stalled || verdict.throttled) {
    verdict.give = Bytes(static_cast<std::uint64_t>(static_cast<double>(resident.count()) * marks.give));
  }
  return verdict;
}

}  // namespace attune::memory
