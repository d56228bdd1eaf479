#include "progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "attune/base/duration.h"

namespace attune::app {
namespace {

constexpr std::size_t kBarWidth = 24;

std::size_t TerminalWidth() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string Bar(double share) {
  const auto filled = static_cast<std::size_t>(share * kBarWidth);
  std::string bar = "[";
  for (std::size_t i = 0; i < kBarWidth; ++i) bar += i < filled ? '=' : (i == filled ? '>' : ' ');
  return bar + "]";
}

// The end of a path says more than its beginning.
std::string Shortened(const std::string& text, std::size_t width) {
  if (text.size() <= width) return text;
  if (width < 4) return "";
  std::size_t begin = text.size() - (width - 3);
  while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) ++begin;
  return "..." + text.substr(begin);
}

}  // namespace

std::string ProgressLine(const ProgressState& state, std::size_t width) {
  const double share =
      state.total == 0 ? 0 : std::min(1.0, static_cast<double>(state.done) / static_cast<double>(state.total));
  std::string line = Bar(share) + " " + std::to_string(static_cast<int>(share * 100)) + "%  " + state.amount;
  if (!state.rate.empty()) line += "  " + state.rate;
  if (state.remaining) {
    line += "  " + ToString(Duration(std::chrono::ceil<std::chrono::seconds>(*state.remaining))) + " left";
  }
  if (line.size() + 6 < width && !state.what.empty()) line += "  " + Shortened(state.what, width - line.size() - 2);
  return line.substr(0, width);
}

void ProgressBar::Show(const ProgressState& state) {
  if (!on_terminal_) return;
  const std::string line = "\r\033[K" + ProgressLine(state, TerminalWidth() - 1);
  std::fwrite(line.data(), 1, line.size(), stderr);
  shown_ = true;
}

void ProgressBar::Clear() {
  if (!shown_) return;
  std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace attune::app
