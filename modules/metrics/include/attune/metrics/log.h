#pragma once
// Logger: events with levels and fields, one line each, as JSON or for people.
//
//   StderrSink sink;
//   Logger log(SystemClock(), sink, {.format = LogFormat::kText});
//   log.Warning("cannot read file", {{"path", path}, {"error", error.message()}});
//   // 2026-11-21T02:30:00.123Z WARNING cannot read file path="/a\nb" error="..."
//
// The message is a constant, and the key by which repetition is counted: what
// differs from event to event goes into fields.
// Repetition  of one message, `burst` lines a `window` are written; the rest is
//             counted, and the next line after the window says "repeated": N. Errors
//             are counted like everything else.
// Safety      values never hold a raw newline or control character; invalid UTF-8
//             becomes U+FFFD; a value is cut at value_size_max, with a mark.
// Ownership   borrows clock and sink, which outlive it. Destruction reports what
//             was counted and not written.
// Threads     thread-safe; lines are whole and in order (one mutex).
// Cost        about 1 us a line and the sink's write; below the level, a compare.
// Errors      none: a sink that cannot write drops the line.

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "attune/base/clock.h"

namespace attune::metrics {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : std::uint8_t { kText, kJson };

std::string_view ToString(LogLevel level) noexcept;

// One key and value; borrows its texts for the call it is made in. The key is
// constant text of the program: [a-z_]+.
class LogField {
 public:
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  LogField(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  LogField(std::string_view key, const char* value) : key_(key), value_(std::string_view(value)) {}
  LogField(std::string_view key, const std::string& value) : key_(key), value_(std::string_view(value)) {}
  LogField(std::string_view key, bool value) : key_(key), value_(value) {}
  LogField(std::string_view key, double value) : key_(key), value_(value) {}
  template <std::signed_integral T>
  LogField(std::string_view key, T value) : key_(key), value_(static_cast<std::int64_t>(value)) {}
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  LogField(std::string_view key, T value) : key_(key), value_(static_cast<std::uint64_t>(value)) {}

  std::string_view key() const noexcept { return key_; }
  const Value& value() const noexcept { return value_; }

 private:
  std::string_view key_;
  Value value_;
};

// Where lines go. Write gets one whole line with its newline; it is never called
// by two threads at once.
class LogSink {
 public:
  LogSink() = default;
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;
  virtual ~LogSink() = default;
  virtual void Write(std::string_view line) noexcept = 0;
};

// Standard error, unbuffered: nothing is lost in a crash.
class StderrSink final : public LogSink {
 public:
  void Write(std::string_view line) noexcept override;
};

// Keeps the last `lines_max` lines, for tests and for showing them.
class MemorySink final : public LogSink {
 public:
  explicit MemorySink(std::size_t lines_max = 1000) : lines_max_(lines_max) {}
  void Write(std::string_view line) noexcept override;
  std::vector<std::string> lines() const;  // without newlines

 private:
  const std::size_t lines_max_;
  mutable std::mutex mutex_;
  std::deque<std::string> lines_;  // guarded by mutex_
  std::uint64_t lines_lost_ = 0;   // guarded by mutex_; for want of memory
};

struct LogConfig {
  LogLevel level_min = LogLevel::kInfo;        // below it nothing is formatted
  LogFormat format = LogFormat::kText;         // people or programs
  std::size_t burst = 10;                      // lines of one message per window; more fills disks
  Duration window = std::chrono::seconds(10);  // longer hides more
  std::size_t messages_max = 512;              // messages counted at a time; more cost memory
  std::size_t value_size_max = 4096;           // bytes of one value
};

class Logger {
 public:
  Logger(const Clock& clock, LogSink& sink, LogConfig config = {});
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  ~Logger();

  void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {}) noexcept;
  void Debug(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept;
  void Info(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept;
  void Warning(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept;
  void Error(std::string_view message, std::initializer_list<LogField> fields = {}) noexcept;

  bool enabled(LogLevel level) const noexcept { return level >= config_.level_min; }

  // Reports messages whose window is over and that were counted but not written.
  // The owner calls it now and then; without it they are reported by the next
  // event of that message, or at the end.
  void ReportRepeated() noexcept;
  // Lines that could not be made for want of memory.
  std::uint64_t lines_lost() const noexcept { return lost_.load(std::memory_order_relaxed); }
  // Lines that were counted and not written, since the start.
  std::uint64_t lines_suppressed() const noexcept { return suppressed_.load(std::memory_order_relaxed); }

 private:
  struct Repetition {
    TimePoint window_start;
    std::size_t written = 0;
    std::uint64_t suppressed = 0;  // in this window
    LogLevel level = LogLevel::kInfo;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  // Whether to write, and how many were left out before. REQUIRES: mutex_ held.
  bool Admit(LogLevel level, std::string_view message, TimePoint now, std::uint64_t& repeated);
  void WriteLine(LogLevel level, std::string_view message, std::initializer_list<LogField> fields,
                 std::uint64_t repeated);              // REQUIRES: mutex_ held
  void ReportEnded(TimePoint now, bool all) noexcept;  // REQUIRES: mutex_ held

  const Clock& clock_;
  LogSink& sink_;
  const LogConfig config_;
  std::atomic<std::uint64_t> suppressed_{0};
  std::atomic<std::uint64_t> lost_{0};
  std::mutex mutex_;
  std::unordered_map<std::string, Repetition, TextHash, std::equal_to<>> repetitions_;  // guarded by mutex_
  std::string line_;                                                                    // guarded by mutex_; reused
};

}  // namespace attune::metrics
