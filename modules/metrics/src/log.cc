#include "attune/metrics/log.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>

#include "attune/base/check.h"
#include "log_line.h"

namespace attune::metrics {

std::string_view ToString(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarning:
      return "WARNING";
    case LogLevel::kError:
      break;
  }
  return "ERROR";
}

void StderrSink::Write(std::string_view line) noexcept {
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    line.remove_prefix(static_cast<std::size_t>(written));
  }
}

void MemorySink::Write(std::string_view line) noexcept {
  const std::scoped_lock lock(mutex_);
  try {
    if (line.ends_with('\n')) line.remove_suffix(1);
    lines_.emplace_back(line);
    while (lines_.size() > lines_max_) lines_.pop_front();
  } catch (const std::exception&) {
    ++lines_lost_;  // no memory
  }
}

std::vector<std::string> MemorySink::lines() const {
  const std::scoped_lock lock(mutex_);
  return {lines_.begin(), lines_.end()};
}

Logger::Logger(const Clock& clock, LogSink& sink, LogConfig config) : clock_(clock), sink_(sink), config_(config) {
  ATTUNE_CHECK(config.burst >= 1, "at least one line of each message");
  ATTUNE_CHECK(config.messages_max >= 1, "at least one message is counted");
  ATTUNE_CHECK(config.window > Duration::zero(), "a window has a length");
}

Logger::~Logger() {
  const std::scoped_lock lock(mutex_);
  ReportEnded(clock_.Now(), true);
}

void Logger::Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept {
  if (!enabled(level)) return;
  const std::scoped_lock lock(mutex_);
  try {
    std::uint64_t repeated = 0;
    if (!Admit(level, message, clock_.Now(), repeated)) return;
    WriteLine(level, message, fields, repeated);
  } catch (const std::exception&) {
    lost_.fetch_add(1, std::memory_order_relaxed);  // no memory
  }
}

void Logger::Debug(std::string_view message, std::initializer_list<LogField> fields) noexcept {
  Log(LogLevel::kDebug, message, fields);
}
void Logger::Info(std::string_view message, std::initializer_list<LogField> fields) noexcept {
  Log(LogLevel::kInfo, message, fields);
}
void Logger::Warning(std::string_view message, std::initializer_list<LogField> fields) noexcept {
  Log(LogLevel::kWarning, message, fields);
}
void Logger::Error(std::string_view message, std::initializer_list<LogField> fields) noexcept {
  Log(LogLevel::kError, message, fields);
}

bool Logger::Admit(LogLevel level, std::string_view message, TimePoint now, std::uint64_t& repeated) {
  auto found = repetitions_.find(message);
  if (found == repetitions_.end()) {
    if (repetitions_.size() >= config_.messages_max) ReportEnded(now, false);
    if (repetitions_.size() >= config_.messages_max) ReportEnded(now, true);  // so many at once: start over
    found = repetitions_.emplace(message, Repetition{.window_start = now, .level = level}).first;
  }
  Repetition& repetition = found->second;
  if (now - repetition.window_start >= config_.window) {
    repeated = repetition.suppressed;
    repetition = {.window_start = now, .level = level};
  }
  if (repetition.written < config_.burst) {
    ++repetition.written;
    return true;
  }
  ++repetition.suppressed;
  suppressed_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void Logger::WriteLine(LogLevel level, std::string_view message, std::initializer_list<LogField> fields,
                       std::uint64_t repeated) {
  line_.clear();
  AppendLogLine(line_, config_.format, config_.value_size_max,
                {.time = clock_.WallNow(), .level = level, .message = message, .fields = fields, .repeated = repeated});
  sink_.Write(line_);
  constexpr std::size_t kKeptMax = 64UL * 1024;  // one huge line does not stay allocated
  if (line_.capacity() > kKeptMax) line_ = {};
}

void Logger::ReportEnded(TimePoint now, bool all) noexcept {
  try {
    for (auto at = repetitions_.begin(); at != repetitions_.end();) {
      if (!all && now - at->second.window_start < config_.window) {
        ++at;
        continue;
      }
      if (at->second.suppressed > 0) WriteLine(at->second.level, at->first, {}, at->second.suppressed);
      at = repetitions_.erase(at);
    }
  } catch (const std::exception&) {
    lost_.fetch_add(1, std::memory_order_relaxed);  // no memory
  }
}

void Logger::ReportRepeated() noexcept {
  const std::scoped_lock lock(mutex_);
  ReportEnded(clock_.Now(), false);
}

}  // namespace attune::metrics
