#pragma once
// One event as one line of text or JSON.

#include <initializer_list>
#include <string>
#include <string_view>

#include "attune/metrics/log.h"

namespace attune::metrics {

struct LogEvent {
  WallTime time;
  LogLevel level = LogLevel::kInfo;
  std::string_view message;
  std::initializer_list<LogField> fields;
  std::uint64_t repeated = 0;  // written when above 0
};

// Appends the line with its newline.
void AppendLogLine(std::string& out, LogFormat format, std::size_t value_size_max, const LogEvent& event);

}  // namespace attune::metrics
