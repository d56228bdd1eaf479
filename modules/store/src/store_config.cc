#include <array>
#include <string>
#include <string_view>

#include "attune/base/result.h"
#include "attune/store/store.h"

namespace attune::store {
namespace {

constexpr std::size_t kReadersMax = 64;  // SQLite's log has slots for five different snapshots; more readers share them

Error Wrong(std::string_view field, std::string_view why) {
  return Error(ErrorCode::kInvalidArgument, std::string(field) + " " + std::string(why));
}

}  // namespace

std::string_view ToString(Durability durability) noexcept {
  switch (durability) {
    case Durability::kFull:
      return "full";
    case Durability::kNormal:
      return "normal";
    case Durability::kOff:
      return "off";
  }
  return "unknown";
}

Result<Durability> ParseDurability(std::string_view text) {
  for (const Durability durability : std::array{Durability::kFull, Durability::kNormal, Durability::kOff}) {
    if (text == ToString(durability)) return durability;
  }
  return Error(ErrorCode::kInvalidArgument,
               "'" + std::string(text) + "' is not a durability: expected full, normal or off");
}

Status Validate(const StoreConfig& config) {
  if (config.path.empty()) return Wrong("path", "is empty");
  if (config.path.find('\0') != std::string::npos) return Wrong("path", "contains a zero byte");
  if (config.readers == 0 || config.readers > kReadersMax) return Wrong("readers", "must be 1 to 64");
  if (config.group_wait < Duration::zero()) return Wrong("group_wait", "must not be negative");
  if (config.group_operations_max == 0) return Wrong("group_operations_max", "must not be 0");
  if (config.queue_operations_max == 0) return Wrong("queue_operations_max", "must not be 0");
  if (config.bulk_step_max > config.bulk_transaction_max)
    return Wrong("bulk_step_max", "is above bulk_transaction_max");
  if (config.text_bytes_max > Bytes(1'000'000'000))
    return Wrong("text_bytes_max", "is above 1 GB, the limit of SQLite");
  if (config.wal_checkpoint < 64_KiB) return Wrong("wal_checkpoint", "must be at least 64KiB");
  if (config.wal_max < config.wal_checkpoint) return Wrong("wal_max", "is below wal_checkpoint");
  if (config.busy_timeout < Duration::zero()) return Wrong("busy_timeout", "must not be negative");
  return OkStatus();
}

}  // namespace attune::store
