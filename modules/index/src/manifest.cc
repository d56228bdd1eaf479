#include "manifest.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "attune/base/hash.h"

namespace attune::index {
namespace {

constexpr std::string_view kTitle = "attune-text-index 1";
constexpr std::string_view kSegmentKey = "segment ";
constexpr std::string_view kChecksumKey = "crc32c ";
constexpr std::string_view kSuffix = ".seg";
constexpr std::size_t kDigits = 16;

Error CorruptManifest(const std::string& what) { return {ErrorCode::kCorruption, "text index manifest " + what}; }

std::string Hexadecimal(std::uint64_t value, int digits) {
  std::array<char, 24> text{};
  const int length = std::snprintf(text.data(), text.size(), "%0*llx", digits, static_cast<unsigned long long>(value));
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

std::string SegmentFileName(std::uint64_t number) {
  return Hexadecimal(number, static_cast<int>(kDigits)) + std::string(kSuffix);
}

std::optional<std::uint64_t> SegmentFileNumber(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, number, 16);
  return error == std::errc() && end == name.data() + kDigits && SegmentFileName(number) == name ? std::optional(number)
                                                                                                 : std::nullopt;
}

std::string FormatManifest(const std::vector<std::string>& names) {
  std::string text(kTitle);
  text += '\n';
  for (const std::string& name : names) {
    text.append(kSegmentKey).append(name).append("\n");
  }
  const std::string checksum = Hexadecimal(Crc32c(text), 8);
  return text.append(kChecksumKey).append(checksum).append("\n");
}

Result<std::vector<std::string>> ParseManifest(std::string_view text) {
  std::vector<std::string> names;
  std::size_t at = 0;
  bool title = false;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) {
      return CorruptManifest("is cut off");
    }
    const std::string_view line = text.substr(at, end - at);
    if (!title) {
      if (line != kTitle) {
        return CorruptManifest("begins with '" + std::string(line.substr(0, 64)) + "' instead of '" +
                               std::string(kTitle) + "'");
      }
      title = true;
    } else if (line.starts_with(kSegmentKey) && SegmentFileNumber(line.substr(kSegmentKey.size())) &&
               names.size() < kManifestSegmentsMax) {
      names.emplace_back(line.substr(kSegmentKey.size()));
    } else if (line.starts_with(kChecksumKey)) {
      if (line.substr(kChecksumKey.size()) != Hexadecimal(Crc32c(text.substr(0, at)), 8) || end + 1 != text.size()) {
        return CorruptManifest("fails its checksum");
      }
      return names;
    } else {
      return CorruptManifest("has a line that makes no sense: '" + std::string(line.substr(0, 64)) + "'");
    }
    at = end + 1;
  }
  return CorruptManifest("is cut off");
}

}  // namespace attune::index
