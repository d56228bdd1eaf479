#include "tiff_directory.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_set>

namespace attune::vision {
namespace {

enum Tag : std::uint16_t {
  kTagWidth = 256,
  kTagHeight = 257,
  kTagBitsPerSample = 258,
  kTagSamplesPerPixel = 277,
  kTagTileWidth = 322,
  kTagTileHeight = 323,
};

// Field types with an unsigned whole number in them, and its size.
std::size_t UnsignedSize(std::uint64_t type) {
  switch (type) {
    case 1:
      return 1;  // BYTE
    case 3:
      return 2;  // SHORT
    case 4:
      return 4;  // LONG
    case 16:
      return 8;  // LONG8
    default:
      return 0;
  }
}

class TiffReader {
 public:
  explicit TiffReader(std::string_view bytes)
      : bytes_(bytes), little_endian_(bytes[0] == 'I'), big_tiff_(bytes[little_endian_ ? 2 : 3] == 43) {}

  std::optional<std::uint64_t> FirstOffset() const { return big_tiff_ ? Number(8, 8) : Number(4, 4); }

  // Reads one directory; nullopt when it leaves the file.
  std::optional<TiffDirectory> Read(std::uint64_t offset, std::uint64_t& next) const {
    const auto entries = Number(offset, big_tiff_ ? 8 : 2);
    if (!entries || *entries > bytes_.size() / EntryBytes()) return std::nullopt;
    const std::uint64_t first = offset + (big_tiff_ ? 8 : 2);
    TiffDirectory directory;
    for (std::uint64_t i = 0; i < *entries; ++i) {
      if (!ReadEntry(first + i * EntryBytes(), directory)) return std::nullopt;
    }
    const auto following = Number(first + *entries * EntryBytes(), big_tiff_ ? 8 : 4);
    next = following.value_or(0);  // a file that ends here has no further page
    return directory;
  }

 private:
  std::uint64_t EntryBytes() const { return big_tiff_ ? 20 : 12; }

  std::optional<std::uint64_t> Number(std::uint64_t offset, std::size_t count) const {
    if (offset > bytes_.size() || bytes_.size() - offset < count) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = little_endian_ ? count - 1 - i : i;
      value = value << 8U | static_cast<std::uint8_t>(bytes_[static_cast<std::size_t>(offset) + at]);
    }
    return value;
  }

  // The largest of the entry's values: BitsPerSample has one for each sample.
  std::optional<std::uint64_t> LargestValue(std::uint64_t at, std::size_t size, std::uint64_t count) const {
    constexpr std::uint64_t kValuesRead = 16;  // more samples than can be decoded anyway
    const std::size_t inline_bytes = big_tiff_ ? 8 : 4;
    const std::uint64_t field = at + (big_tiff_ ? 12 : 8);
    std::uint64_t values = field;
    if (count > inline_bytes / size) {
      const auto target = Number(field, inline_bytes);
      if (!target) return std::nullopt;
      values = *target;
    }
    std::uint64_t largest = 0;
    for (std::uint64_t i = 0; i < std::min(count, kValuesRead); ++i) {
      if (values > bytes_.size()) return std::nullopt;
      const auto value = Number(values + i * size, size);
      if (!value) return std::nullopt;
      largest = std::max(largest, *value);
    }
    return largest;
  }

  bool ReadEntry(std::uint64_t at, TiffDirectory& directory) const {
    const auto tag = Number(at, 2);
    const auto type = Number(at + 2, 2);
    const auto count = Number(at + 4, big_tiff_ ? 8 : 4);
    if (!tag || !type || !count) return false;
    std::uint64_t* target = nullptr;
    switch (*tag) {
      case kTagWidth:
        target = &directory.width;
        break;
      case kTagHeight:
        target = &directory.height;
        break;
      case kTagBitsPerSample:
        target = &directory.bits_per_sample;
        break;
      case kTagSamplesPerPixel:
        target = &directory.samples_per_pixel;
        break;
      case kTagTileWidth:
        target = &directory.tile_width;
        break;
      case kTagTileHeight:
        target = &directory.tile_height;
        break;
      default:
        return true;
    }
    const std::size_t size = UnsignedSize(*type);
    if (size == 0 || *count == 0) return false;
    const auto value = LargestValue(at, size, *count);
    // A tag that comes twice counts with its larger value: decoders differ in which they take.
    if (value) *target = std::max(*target, *value);
    return value.has_value();
  }

  std::string_view bytes_;
  bool little_endian_;
  bool big_tiff_;
};

}  // namespace

bool LooksLikeTiff(std::string_view bytes) noexcept {
  using std::string_view_literals::operator""sv;
  return bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv) || bytes.starts_with("II+\0"sv) ||
         bytes.starts_with("MM\0+"sv);
}

Result<std::vector<TiffDirectory>> ReadTiffDirectories(std::string_view bytes, int pages_max) {
  const TiffReader reader(bytes);
  std::vector<TiffDirectory> directories;
  std::unordered_set<std::uint64_t> seen;
  auto offset = reader.FirstOffset().value_or(0);
  while (offset != 0) {
    const std::string where = "TIFF page " + std::to_string(directories.size() + 1);
    if (!seen.insert(offset).second) {
      return Error(ErrorCode::kCorruption, where + " points back to byte " + std::to_string(offset));
    }
    if (directories.size() >= static_cast<std::size_t>(std::max(pages_max, 0))) {
      return Error(ErrorCode::kExhausted,
                   "the TIFF file has more than pages_max = " + std::to_string(pages_max) + " pages");
    }
    std::uint64_t next = 0;
    const auto directory = reader.Read(offset, next);
    if (!directory) {
      return Error(ErrorCode::kCorruption, where + " has a damaged directory at byte " + std::to_string(offset));
    }
    directories.push_back(*directory);
    offset = next;
  }
  if (directories.empty()) return Error(ErrorCode::kCorruption, "the TIFF file has no pages");
  return directories;
}

}  // namespace attune::vision
