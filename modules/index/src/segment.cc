#include "segment.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "attune/base/check.h"
#include "attune/base/hash.h"
#include "varint.h"

namespace attune::index {
namespace {

Error Corrupt(const std::string& what) { return {ErrorCode::kCorruption, what}; }

std::string_view SectionName(std::size_t section) {
  constexpr std::array<std::string_view, kSections> kNames = {
      "postings",   "body terms",   "stem terms", "symbol terms", "path terms", "body index",
      "stem index", "symbol index", "path index", "body lengths", "passages",   "id order",
      "paths",      "sources",      "languages",  "roles"};
  return kNames[section];
}

}  // namespace

Result<std::shared_ptr<Segment>> Segment::FromImage(std::string image, Origin origin) {
  std::shared_ptr<Segment> segment(new Segment());
  segment->owned_ = std::move(image);
  ATTUNE_RETURN_IF_ERROR(segment->Load(segment->owned_, origin));
  return segment;
}

Result<std::shared_ptr<Segment>> Segment::FromFile(std::unique_ptr<sys::MappedFile> file, std::string name,
                                                   Origin origin) {
  std::shared_ptr<Segment> segment(new Segment());
  segment->file_ = std::move(file);
  segment->name_ = std::move(name);
  ATTUNE_RETURN_IF_ERROR(segment->Load(segment->file_->bytes(), origin));
  segment->file_->ReleasePages();
  return segment;
}

Status Segment::Load(std::string_view image, Origin origin) {
  if (image.size() < sizeof(SegmentHeader)) {
    return Corrupt("segment of " + std::to_string(image.size()) + " bytes is shorter than its header");
  }
  header_ = LoadAt<SegmentHeader>(image.data());
  if (header_.magic != kSegmentMagic) {
    return Corrupt("segment does not begin with its magic number");
  }
  if (header_.version != kSegmentVersion) {
    return Corrupt("segment has version " + std::to_string(header_.version) + ", this program reads version " +
                   std::to_string(kSegmentVersion));
  }
  if (header_.crc != Crc32c(image.substr(0, sizeof header_ - sizeof header_.crc))) {
    return Corrupt("segment header fails its checksum");
  }
  if (header_.image_bytes != image.size()) {
    return Corrupt("segment should have " + std::to_string(header_.image_bytes) + " bytes and has " +
                   std::to_string(image.size()));
  }
  for (std::size_t i = 0; i < kSections; ++i) {
    const SectionEntry& entry = header_.sections[i];
    if (entry.offset > image.size() || entry.size > image.size() - entry.offset) {
      return Corrupt("segment section '" + std::string(SectionName(i)) + "' lies outside the file");
    }
    sections_[i] = image.substr(entry.offset, entry.size);
    if (origin == Origin::kForeign && Crc32c(sections_[i]) != entry.crc) {
      return Corrupt("segment section '" + std::string(SectionName(i)) + "' fails its checksum");
    }
  }
  image_ = image;
  ATTUNE_RETURN_IF_ERROR(CheckShape());
  marks_ = std::vector<std::atomic<std::uint64_t>>((header_.passages + 63) / 64);
  return OkStatus();
}

Status Segment::CheckShape() const {
  const std::size_t count = header_.passages;
  if (count >= kPassagesMax || section(Section::kLengths).size() != count ||
      section(Section::kPassages).size() != count * sizeof(PassageRow) ||
      section(Section::kIdOrder).size() != count * sizeof(std::uint32_t)) {
    return Corrupt("segment columns do not have " + std::to_string(count) + " entries");
  }
  for (std::size_t f = 0; f < kFields; ++f) {
    const auto field = static_cast<Field>(f);
    const std::uint64_t blocks = (terms(field) + kTermsPerBlock - 1) / kTermsPerBlock;
    if (section(FieldSection(Section::kTermIndex, field)).size() != blocks * sizeof(TermIndexEntry)) {
      return Corrupt("segment term index does not fit its number of terms");
    }
  }
  for (const Section table : {Section::kPaths, Section::kSources, Section::kLanguages, Section::kRoles}) {
    const std::string_view bytes = section(table);
    if (bytes.size() < sizeof(std::uint32_t) || (bytes.size() - 4) / 4 < LoadAt<std::uint32_t>(bytes.data())) {
      return Corrupt("segment string table is shorter than its index");
    }
  }
  return OkStatus();
}

std::uint32_t Segment::by_id(std::uint32_t rank) const noexcept {
  const auto doc = LoadAt<std::uint32_t>(section(Section::kIdOrder).data() + std::size_t{rank} * sizeof(std::uint32_t));
  return std::min(doc, header_.passages - 1);
}

std::optional<std::uint32_t> Segment::FindId(std::uint64_t wanted) const noexcept {
  std::uint32_t low = 0;
  std::uint32_t high = header_.passages;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const std::uint32_t doc = by_id(middle);
    const std::uint64_t found = id(doc);
    if (found == wanted) {
      return doc;
    }
    if (found < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

std::uint32_t Segment::texts(Section table) const noexcept { return LoadAt<std::uint32_t>(section(table).data()); }

std::string_view Segment::text(Section table, std::uint32_t index) const noexcept {
  const std::string_view bytes = section(table);
  const std::uint32_t count = texts(table);
  if (index >= count) {
    return {};
  }
  const auto end_of = [&](std::size_t i) { return LoadAt<std::uint32_t>(bytes.data() + 4 + i * 4); };
  const std::string_view strings = bytes.substr(4 + std::size_t{count} * 4);
  const std::uint32_t begin = index == 0 ? 0 : end_of(index - 1);
  const std::uint32_t end = end_of(index);
  return begin <= end && end <= strings.size() ? strings.substr(begin, end - begin) : std::string_view();
}

std::optional<TermInfo> Segment::Find(Field field, std::string_view wanted) const noexcept {
  TermCursor cursor(*this, field);
  cursor.Seek(wanted);
  if (cursor.done() || cursor.term() != wanted) {
    return std::nullopt;
  }
  return cursor.info();
}

bool Segment::Delete(std::uint32_t doc) noexcept {
  ATTUNE_CHECK(doc < passages(), "a passage of this segment");
  const std::uint64_t bit = std::uint64_t{1} << (doc % 64);
  if ((marks_[doc / 64].fetch_or(bit, std::memory_order_relaxed) & bit) != 0) {
    return false;
  }
  deleted_count_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

std::vector<std::uint64_t> Segment::DeletedBits() const {
  std::vector<std::uint64_t> bits(marks_.size());
  std::transform(marks_.begin(), marks_.end(), bits.begin(),
                 [](const std::atomic<std::uint64_t>& mark) { return mark.load(std::memory_order_relaxed); });
  return bits;
}

std::uint64_t Segment::memory_bytes() const noexcept {
  return sizeof *this + owned_.capacity() + marks_.size() * sizeof marks_[0];
}

TermCursor::TermCursor(const Segment& segment, Field field)
    : terms_(segment.section(FieldSection(Section::kTerms, field))),
      index_(segment.section(FieldSection(Section::kTermIndex, field))),
      body_(field == Field::kBody),
      count_(segment.terms(field)) {
  if (count_ != 0) {
    EnterBlock(0);
  }
}

void TermCursor::EnterBlock(std::size_t block) {
  const auto entry = LoadAt<TermIndexEntry>(index_.data() + block * sizeof(TermIndexEntry));
  block_ = block;
  in_block_ = 0;
  at_ = entry.terms;
  length_ = 0;
  info_ = {};
  info_.offset = entry.postings;
  left_ = count_ - block * kTermsPerBlock;
  done_ = false;
  ReadEntry();
}

void TermCursor::ReadEntry() {
  if (left_ == 0 || at_ >= terms_.size()) {
    done_ = true;
    return;
  }
  VarintReader reader(terms_.data() + at_, terms_.data() + terms_.size());
  const std::uint32_t shared = reader.Next();
  const std::uint32_t rest = reader.Next();
  const auto room = static_cast<std::size_t>(terms_.data() + terms_.size() - reader.position());
  if (shared > length_ || rest > room || shared + std::size_t{rest} > term_.size()) {
    done_ = true;
    return;
  }
  std::memcpy(term_.data() + shared, reader.position(), rest);
  length_ = shared + rest;
  reader = VarintReader(reader.position() + rest, terms_.data() + terms_.size());
  info_.offset += std::uint64_t{info_.data_bytes} + info_.position_bytes;
  info_.passages = reader.Next();
  info_.data_bytes = reader.Next();
  info_.position_bytes = body_ ? reader.Next() : 0;
  at_ = static_cast<std::uint32_t>(reader.position() - terms_.data());
  --left_;
  ++in_block_;
}

void TermCursor::Next() {
  if (done_) {
    return;
  }
  if (in_block_ < kTermsPerBlock || left_ == 0) {
    ReadEntry();
  } else {
    EnterBlock(block_ + 1);
  }
}

std::string_view TermCursor::FirstTerm(const TermIndexEntry& entry) const {
  if (entry.terms >= terms_.size()) {
    return {};
  }
  VarintReader reader(terms_.data() + entry.terms, terms_.data() + terms_.size());
  reader.Next();  // shares nothing
  const std::size_t length = reader.Next();
  return terms_.substr(static_cast<std::size_t>(reader.position() - terms_.data()), length);
}

void TermCursor::Seek(std::string_view from) {
  if (count_ == 0) {
    return;
  }
  // The last block whose first term is not above `from`. The heads decide nearly always.
  const std::uint64_t head = TermHead(from);
  std::size_t low = 0;
  std::size_t high = index_.size() / sizeof(TermIndexEntry);
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const auto entry = LoadAt<TermIndexEntry>(index_.data() + middle * sizeof(TermIndexEntry));
    if (entry.head != head ? entry.head < head : FirstTerm(entry) <= from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  EnterBlock(low == 0 ? 0 : low - 1);
  while (!done_ && term() < from) {
    Next();
  }
}

}  // namespace attune::index
