#pragma once
// ProgressBar: one line on a terminal that says how far long work has come; nothing
// where the output is no terminal.
//
//   ProgressBar bar(context.terminal);
//   bar.Show({.done = 3, .total = 10, .amount = "3/10 files", .rate = "12 MB/s", .remaining = 4s, .what = "src/a.cc"});
//   bar.Clear();

#include <cstdint>
#include <optional>
#include <string>

#include "attune/base/clock.h"

namespace attune::app {

struct ProgressState {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string amount;  // the same two, as people read them
  std::string rate;
  std::optional<Duration> remaining;
  std::string what;
};

// The line without its control characters, `width` columns at most. Pure.
std::string ProgressLine(const ProgressState& state, std::size_t width);

class ProgressBar {
 public:
  explicit ProgressBar(bool on_terminal) : on_terminal_(on_terminal) {}
  ~ProgressBar() { Clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Show(const ProgressState& state);
  void Clear();

 private:
  const bool on_terminal_;
  bool shown_ = false;
};

}  // namespace attune::app
