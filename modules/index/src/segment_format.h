#pragma once
// The layout of a segment image, the same in memory and on disk. docs/formats/segment.md describes it in words.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "attune/index/query.h"
#include "bit_packing.h"

namespace attune::index {

static_assert(std::endian::native == std::endian::little, "images are little-endian and read in place");

inline constexpr std::array<char, 8> kSegmentMagic = {'A', 'T', 'N', 'T', 'E', 'X', 'T', '\n'};
inline constexpr std::uint32_t kSegmentVersion = 1;
// Doc deltas fit in 24 bits, so that a block of them, valid or not, cannot wrap 32 bits.
inline constexpr std::uint32_t kDocWidthMax = 24;
inline constexpr std::uint32_t kPassagesMax = std::uint32_t{1} << kDocWidthMax;
inline constexpr std::uint64_t kImageBytesMax = std::uint64_t{1} << 32U;  // offsets inside a term's data have 32 bits
inline constexpr std::size_t kTermsPerBlock = 16;

// Sections in file order, each at a multiple of eight bytes.
enum class Section : std::uint8_t {
  kPostings,
  kTerms,                           // one per field
  kTermIndex = kTerms + kFields,    // one per field
  kLengths = kTermIndex + kFields,  // one LengthCode per passage
  kPassages,                        // one PassageRow per passage
  kIdOrder,                         // passages (u32) by ascending id
  kPaths,                           // string tables
  kSources,
  kLanguages,
  kRoles,
};
inline constexpr std::size_t kSections = 16;
static_assert(static_cast<std::size_t>(Section::kRoles) + 1 == kSections);

constexpr Section FieldSection(Section first, Field field) {
  return static_cast<Section>(static_cast<std::uint8_t>(first) + static_cast<std::uint8_t>(field));
}

struct SectionEntry {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint32_t crc = 0;  // Crc32c of the section's bytes
  std::uint32_t zero = 0;
};

struct SegmentHeader {
  std::array<char, 8> magic = kSegmentMagic;
  std::uint32_t version = kSegmentVersion;
  std::uint32_t passages = 0;
  std::uint64_t image_bytes = 0;
  std::uint64_t generation = 0;      // of two segments that hold the same id the higher one is right
  std::uint64_t body_positions = 0;  // sum of the bodies' lengths as LengthCode keeps them
  std::array<std::uint64_t, kFields> terms{};
  std::array<SectionEntry, kSections> sections{};
  std::uint32_t zero = 0;
  std::uint32_t crc = 0;  // Crc32c of all bytes before
};
static_assert(sizeof(SegmentHeader) == 8 + 4 + 4 + 3 * 8 + kFields * 8 + kSections * 24 + 8);

struct PassageRow {
  std::uint64_t id = 0;
  std::int64_t time_ms = 0;
  std::uint32_t line_begin = 0;
  std::uint32_t line_end = 0;
  std::uint32_t path = 0;  // index into the string table
  std::uint32_t source = 0;
  std::uint16_t language = 0;
  std::uint16_t role = 0;
  std::uint8_t kind = 0;
  std::array<std::uint8_t, 3> zero{};
};
static_assert(sizeof(PassageRow) == 40);

// One per kTermsPerBlock terms.
struct TermIndexEntry {
  std::uint64_t head = 0;      // first eight bytes of the block's first term, as a big-endian number
  std::uint64_t postings = 0;  // offset of that term's data in the postings section
  std::uint32_t terms = 0;     // offset of the block in the terms section
  std::uint32_t zero = 0;
};
static_assert(sizeof(TermIndexEntry) == 24);

// The most that a posting of a list can count: see Bm25::Bound.
struct Impact {
  std::uint8_t tf_max = 0;     // 255: or more
  std::uint8_t ratio_min = 0;  // LengthCode of the least length * kRatioScale / tf, rounded down
};
inline constexpr std::uint32_t kRatioScale = 8;

// One per full block of a term's postings.
struct BlockEntry {
  std::uint32_t doc_last = 0;
  std::uint32_t data_end = 0;       // of the block, from the first block's begin
  std::uint32_t positions_end = 0;  // likewise in the position data
  Impact impact;
  std::uint8_t doc_width = 0;  // bits per doc delta
  std::uint8_t tf_width = 0;   // bits per tf - 1
};
static_assert(sizeof(BlockEntry) == 16);

// What the dictionary knows of a term.
struct TermInfo {
  std::uint32_t passages = 0;  // that contain it
  std::uint32_t data_bytes = 0;
  std::uint32_t position_bytes = 0;
  std::uint64_t offset = 0;  // in the postings section: data, then positions
};

template <typename T>
T LoadAt(const char* at) noexcept {
  T value;
  std::memcpy(static_cast<void*>(&value), at, sizeof value);
  return value;
}

inline std::uint64_t TermHead(std::string_view term) noexcept {
  std::uint64_t head = 0;
  std::memcpy(&head, term.data(), term.size() < sizeof head ? term.size() : sizeof head);
  return __builtin_bswap64(head);
}

}  // namespace attune::index
