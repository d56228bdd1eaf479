#pragma once
// EngineConfig: what a person states about one data folder. Every field is a key of
// attune.toml, a flag and an ATTUNE_ variable of the same name (docs/guide/configuration.md).

#include <cstdint>
#include <string>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::engine {

enum class Durability : std::uint8_t {
  kFull,    // acknowledged = on disk, survives a power cut
  kNormal,  // survives a crash of the process; a power cut may take the last moments
  kOff,     // fastest, for data that can be read again
};

struct EngineConfig {
  std::string data_dir;            // holds the database, the index and the lock
  std::string name;                // shown to people; by default the last part of data_dir
  std::vector<std::string> roots;  // folders to read and watch

  Bytes memory{2ULL << 30U};                     // hard limit of the process; at least 128 MiB
  Duration p99 = std::chrono::milliseconds(50);  // of searches; at least 1 ms
  std::uint32_t cores = 0;                       // threads for work; 0: as many as the machine has

  Durability durability = Durability::kFull;
  bool watch = true;            // follow changes after the first reading
  bool ocr = true;              // recognise images and scanned pages
  bool autopilot = true;        // let controllers turn knobs; pinned ones are never touched
  Bytes file_max{8ULL << 20U};  // larger files are skipped and counted
};

// kInvalidArgument names the field, its value and what is allowed.
Status Validate(const EngineConfig& config);

}  // namespace attune::engine
