#include "print.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "attune/state/json.h"

namespace attune::app {
namespace {

bool colours_on = false;

std::string Coloured(std::string_view code, std::string_view text) {
  if (!colours_on || text.empty()) return std::string(text);
  return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
}

// Characters that take a column: not escape sequences, not continuation bytes.
std::size_t Width(std::string_view text) {
  std::size_t width = 0;
  bool escape = false;
  for (const char c : text) {
    if (c == '\033') escape = true;
    if (!escape && (static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++width;
    if (escape && c == 'm') escape = false;
  }
  return width;
}

}  // namespace

void UseColours(bool on) { colours_on = on; }
std::string Bold(std::string_view text) { return Coloured("1", text); }
std::string Dim(std::string_view text) { return Coloured("2", text); }
std::string Accent(std::string_view text) { return Coloured("1;33", text); }
std::string Alarm(std::string_view text) { return Coloured("1;31", text); }

std::string Megabytes(double bytes) {
  std::array<char, 32> out{};
  const double mega = bytes / 1e6;
  std::snprintf(out.data(), out.size(), mega < 10 ? "%.1f MB" : "%.0f MB", mega);
  return out.data();
}

std::string Thousands(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    if (widths.size() < row.size()) widths.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - Width(row[i]) + 2, ' ');
    }
    out += line + "\n";
  }
  return out;
}

void PrintAsJson(const state::Value& answer) { std::printf("%s\n", state::PrintJson(answer, {.indent = 2}).c_str()); }

void PrintError(bool json, std::string_view code, const std::string& message) {
  if (json) {
    const state::Object error{{"code", std::string(code)}, {"message", message}};
    std::fprintf(stderr, "%s\n", state::PrintJson(state::Object{{"error", error}}).c_str());
  } else {
    std::fprintf(stderr, "attune: %s\n", message.c_str());
  }
}

std::string Text(const state::Value& object, std::string_view key) {
  const state::Value* const value = object.Find(key);
  return value != nullptr ? std::string(value->AsString().value_or("")) : "";
}

double Number(const state::Value& object, std::string_view key) {
  const state::Value* const value = object.Find(key);
  return value != nullptr ? value->AsDouble().value_or(0) : 0;
}

const state::Array& List(const state::Value& object, std::string_view key) {
  static const state::Array empty;
  const state::Value* const value = object.Find(key);
  const state::Array* const list = value != nullptr ? value->AsArray() : nullptr;
  return list != nullptr ? *list : empty;
}

}  // namespace attune::app
