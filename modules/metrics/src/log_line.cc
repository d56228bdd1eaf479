#include "log_line.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "utf8.h"

namespace attune::metrics {
namespace {

constexpr std::string_view kCutMark = "…";

bool IsControl(unsigned char byte) noexcept { return byte < 0x20 || byte == 0x7f; }

// U+0080 to U+009F: two bytes in UTF-8, and control characters to a terminal.
bool IsSecondControlBlock(std::string_view sequence) noexcept {
  return sequence.size() == 2 && sequence[0] == '\xc2' && static_cast<unsigned char>(sequence[1]) < 0xa0;
}

void AppendUnicodeEscape(std::string& out, unsigned code) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", code);
  out += text.data();
}

// The escapes of JSON; text lines use the same, so that one rule reads both.
void AppendQuoted(std::string& out, std::string_view text, std::size_t size_max) {
  out += '"';
  const std::size_t limit = out.size() + size_max;
  while (!text.empty()) {
    if (out.size() >= limit) {
      out += kCutMark;
      break;
    }
    const std::size_t size = ValidSequence(text);
    const char c = text.front();
    if (size == 0) {
      out += kReplacement;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (IsControl(static_cast<unsigned char>(c))) {
      AppendUnicodeEscape(out, static_cast<unsigned char>(c));
    } else if (IsSecondControlBlock(text.substr(0, size))) {
      AppendUnicodeEscape(out, static_cast<unsigned char>(text[1]));
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  out += '"';
}

template <typename Number>
void AppendNumber(std::string& out, Number number) {
  std::array<char, 40> text{};
  const auto [end, failure] = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), failure == std::errc{} ? end : text.data());
}

class ValueAppender {
 public:
  ValueAppender(std::string& out, std::size_t size_max) : out_(out), size_max_(size_max) {}
  void operator()(std::string_view text) const { AppendQuoted(out_, text, size_max_); }
  void operator()(bool yes) const { out_ += yes ? "true" : "false"; }
  void operator()(std::int64_t number) const { AppendNumber(out_, number); }
  void operator()(std::uint64_t number) const { AppendNumber(out_, number); }
  void operator()(double number) const {
    if (std::isfinite(number)) {
      AppendNumber(out_, number);
    } else {  // JSON has no such number
      out_ += std::isnan(number) ? "\"nan\"" : (number > 0 ? "\"inf\"" : "\"-inf\"");
    }
  }

 private:
  std::string& out_;
  const std::size_t size_max_;
};

// 2026-11-21T02:30:00.123Z
void AppendTime(std::string& out, WallTime time) {
  using std::chrono::days;
  using std::chrono::floor;
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  out += text.data();
}

void AppendText(std::string& out, std::size_t value_size_max, const LogEvent& event) {
  AppendTime(out, event.time);
  out.append(" ").append(ToString(event.level)).append(" ");
  std::string message;  // quoted for its escapes; a message of ours has none, so the quotes are left out
  AppendQuoted(message, event.message, value_size_max);
  out.append(message, 1, message.size() - 2);
  for (const LogField& field : event.fields) {
    out.append(" ").append(field.key()).append("=");
    std::visit(ValueAppender(out, value_size_max), field.value());
  }
  if (event.repeated > 0) {
    out += " repeated=";
    AppendNumber(out, event.repeated);
  }
  out += '\n';
}

void AppendJson(std::string& out, std::size_t value_size_max, const LogEvent& event) {
  out += R"({"time":")";
  AppendTime(out, event.time);
  out.append(R"(","level":")").append(ToString(event.level)).append(R"(","message":)");
  AppendQuoted(out, event.message, value_size_max);
  for (const LogField& field : event.fields) {
    out += ',';
    AppendQuoted(out, field.key(), value_size_max);
    out += ':';
    std::visit(ValueAppender(out, value_size_max), field.value());
  }
  if (event.repeated > 0) {
    out += R"(,"repeated":)";
    AppendNumber(out, event.repeated);
  }
  out += "}\n";
}

}  // namespace

void AppendLogLine(std::string& out, LogFormat format, std::size_t value_size_max, const LogEvent& event) {
  if (format == LogFormat::kJson) {
    AppendJson(out, value_size_max, event);
  } else {
    AppendText(out, value_size_max, event);
  }
}

}  // namespace attune::metrics
