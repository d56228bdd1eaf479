#include "attune/engine/config.h"

#include "attune/base/duration.h"

namespace attune::engine {
namespace {

using namespace attune::literals;

// Below this the process itself (code, SQLite, one reading batch, one index
// segment being built) has no room; see docs/decisions/memory-floor.md.
constexpr Bytes kMemoryMin = 128_MiB;
constexpr Duration kP99Min = std::chrono::milliseconds(1);
constexpr std::uint32_t kCoresMax = 1024;

Error Bad(const std::string& field, const std::string& value, const std::string& expected) {
  return {ErrorCode::kInvalidArgument, field + " is " + value + "; it must be " + expected};
}

}  // namespace

Status Validate(const EngineConfig& config) {
  if (config.data_dir.empty()) return Bad("data", "empty", "a folder that attune may write");
  if (config.memory < kMemoryMin) {
    return Bad("memory", ToString(config.memory), "at least " + ToString(kMemoryMin));
  }
  if (config.p99 < kP99Min) return Bad("p99", ToString(config.p99), "at least " + ToString(kP99Min));
  if (config.cores > kCoresMax) {
    return Bad("cores", std::to_string(config.cores), "at most " + std::to_string(kCoresMax));
  }
  if (config.file_max == 0_B || config.file_max > config.memory) {
    return Bad("file_max", ToString(config.file_max), "between 1 and the memory limit " + ToString(config.memory));
  }
  return OkStatus();
}

}  // namespace attune::engine
