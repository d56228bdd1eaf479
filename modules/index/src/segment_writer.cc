#include "segment_writer.h"

#include <algorithm>
#include <numeric>

#include "attune/base/check.h"
#include "attune/base/hash.h"
#include "length_code.h"

namespace attune::index {
namespace {

constexpr std::size_t kAlignment = 8;

template <typename T>
std::string_view BytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <typename T>
void AppendRaw(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

Impact Stronger(Impact a, Impact b) { return {std::max(a.tf_max, b.tf_max), std::min(a.ratio_min, b.ratio_min)}; }

constexpr Impact kNoImpact = {0, 255};

}  // namespace

std::uint32_t StringTable::Intern(std::string_view text) {
  if (last_ < strings_.size() && *strings_[last_] == text) {
    return last_;
  }
  auto found = ids_.find(text);
  if (found == ids_.end()) {
    found = ids_.emplace(std::string(text), static_cast<std::uint32_t>(strings_.size())).first;
    strings_.push_back(&found->first);
    bytes_ += text.size() + 96;  // the node and its place in the vector
  }
  last_ = found->second;
  return last_;
}

void StringTable::Serialize(std::string& out) const {
  AppendRaw(out, static_cast<std::uint32_t>(strings_.size()));
  std::uint32_t end = 0;
  for (const std::string* text : strings_) {
    end += static_cast<std::uint32_t>(text->size());
    AppendRaw(out, end);
  }
  for (const std::string* text : strings_) {
    out += *text;
  }
}

void StringTable::Clear() {
  strings_.clear();
  ids_.clear();
  bytes_ = 0;
}

std::size_t PassageTable::bytes() const noexcept {
  return rows.size() * sizeof(PassageRow) + lengths.size() + paths.bytes() + sources.bytes() + languages.bytes() +
         roles.bytes();
}

std::size_t PassageTable::bytes_held() const noexcept {
  return rows.capacity() * sizeof(PassageRow) + lengths.capacity() + paths.bytes() + sources.bytes() +
         languages.bytes() + roles.bytes();
}

void PassageTable::Clear() {
  rows.clear();
  lengths.clear();
  paths.Clear();
  sources.Clear();
  languages.Clear();
  roles.Clear();
}

SegmentWriter::SegmentWriter(std::uint64_t generation, std::size_t bytes_expected) : impact_(kNoImpact) {
  header_.generation = generation;
  image_.reserve(bytes_expected + sizeof(SegmentHeader));
  image_.resize(sizeof(SegmentHeader));
  static_assert(sizeof(SegmentHeader) % kAlignment == 0);
  postings_begin_ = image_.size();
}

void SegmentWriter::BeginField(Field field) {
  ATTUNE_CHECK(field >= field_ && pending_ == 0 && blocks_.empty(), "fields come in order, terms are ended");
  field_ = field;
}

Impact SegmentWriter::PendingImpact() const noexcept {
  Impact impact = kNoImpact;
  std::uint32_t tf_max = 0;
  std::uint32_t ratio_min = ~0U;
  for (std::size_t i = 0; i < pending_; ++i) {
    const std::uint32_t tf = tfs_[i] + 1;
    tf_max = std::max(tf_max, tf);
    ratio_min = std::min(ratio_min, DecodeLength(lengths_[i]) * kRatioScale / tf);
  }
  impact.tf_max = static_cast<std::uint8_t>(std::min(tf_max, 255U));
  impact.ratio_min = EncodeLength(ratio_min);
  return impact;
}

void SegmentWriter::EndBlock() {
  BlockEntry entry;
  entry.doc_last = previous_doc_;
  entry.impact = PendingImpact();
  impact_ = Stronger(impact_, entry.impact);
  const unsigned doc_width = WidthOf(docs_);
  const unsigned tf_width = WidthOf(tfs_);
  ATTUNE_CHECK(doc_width <= kDocWidthMax, "a segment has less than kPassagesMax passages");
  entry.doc_width = static_cast<std::uint8_t>(doc_width);
  entry.tf_width = static_cast<std::uint8_t>(tf_width);
  char* const at = data_.Room(PackedBytes(doc_width) + PackedBytes(tf_width));
  Pack(docs_, doc_width, at);
  Pack(tfs_, tf_width, at + PackedBytes(doc_width));
  data_.EndAt(at + PackedBytes(doc_width) + PackedBytes(tf_width));
  entry.data_end = static_cast<std::uint32_t>(data_.size());
  entry.positions_end = static_cast<std::uint32_t>(positions_.size());
  blocks_.push_back(entry);
  passages_ += kBlock;
  pending_ = 0;
}

// The delta doubled, plus one when the term occurs once; otherwise tf - 2 follows.
void SegmentWriter::EncodeTail() {
  char* at = data_.Room(pending_ * 2 * kVarintBytesMax);
  for (std::size_t i = 0; i < pending_; ++i) {
    at = PutVarint(at, docs_[i] << 1U | (tfs_[i] == 0 ? 1U : 0U));  // a delta has kDocWidthMax bits
    if (tfs_[i] != 0) {
      at = PutVarint(at, tfs_[i] - 1);
    }
  }
  data_.EndAt(at);
}

void SegmentWriter::EndTerm(std::string_view term) {
  if (pending_ == 0 && blocks_.empty()) {
    return;
  }
  if (pending_ != 0) {
    impact_ = Stronger(impact_, PendingImpact());
    EncodeTail();
  }
  TermInfo info;
  info.offset = image_.size() - postings_begin_;
  AppendRaw(image_, impact_);
  image_ += BytesOf(blocks_);
  image_ += data_.view();
  info.passages = passages_ + static_cast<std::uint32_t>(pending_);
  info.data_bytes = static_cast<std::uint32_t>(image_.size() - postings_begin_ - info.offset);
  info.position_bytes = static_cast<std::uint32_t>(positions_.size());
  image_ += positions_.view();
  AppendToDictionary(term, info);
  pending_ = 0;
  previous_doc_ = 0;
  passages_ = 0;
  impact_ = kNoImpact;
  blocks_.clear();
  data_.Clear();
  positions_.Clear();
}

void SegmentWriter::AppendToDictionary(std::string_view term, const TermInfo& info) {
  FieldTerms& field = fields_[static_cast<std::size_t>(field_)];
  ATTUNE_CHECK(field.count == 0 || std::string_view(field.previous) < term, "terms ascend");
  std::size_t shared = 0;
  if (field.count % kTermsPerBlock == 0) {
    field.index.push_back({TermHead(term), info.offset, static_cast<std::uint32_t>(field.terms.size()), 0});
  } else {
    const auto mismatch = std::mismatch(term.begin(), term.end(), field.previous.begin(), field.previous.end());
    shared = static_cast<std::size_t>(mismatch.first - term.begin());
  }
  char* at = field.terms.Room(term.size() + 5 * kVarintBytesMax);
  at = PutVarint(at, static_cast<std::uint32_t>(shared));
  at = PutVarint(at, static_cast<std::uint32_t>(term.size() - shared));
  at += term.copy(at, term.size(), shared);
  at = PutVarint(at, info.passages);
  at = PutVarint(at, info.data_bytes);
  if (field_ == Field::kBody) {
    at = PutVarint(at, info.position_bytes);
  }
  field.terms.EndAt(at);
  field.previous = term;
  ++field.count;
}

void SegmentWriter::CloseSection(Section section, std::uint64_t offset) {
  SectionEntry& entry = header_.sections[static_cast<std::size_t>(section)];
  entry.offset = offset;
  entry.size = image_.size() - offset;
  entry.crc = Crc32c(std::string_view(image_).substr(offset));
  image_.resize((image_.size() + kAlignment - 1) / kAlignment * kAlignment);
}

void SegmentWriter::AppendSection(Section section, std::string_view bytes) {
  const std::uint64_t offset = image_.size();
  image_ += bytes;
  CloseSection(section, offset);
}

std::string SegmentWriter::Finish(const PassageTable& passages) {
  const std::size_t count = passages.rows.size();
  ATTUNE_CHECK(pending_ == 0 && blocks_.empty() && count == passages.lengths.size() && count < kPassagesMax,
               "terms are ended, columns have one length");
  CloseSection(Section::kPostings, postings_begin_);
  for (std::size_t f = 0; f < kFields; ++f) {
    AppendSection(FieldSection(Section::kTerms, static_cast<Field>(f)), fields_[f].terms.view());
    header_.terms[f] = fields_[f].count;
  }
  for (std::size_t f = 0; f < kFields; ++f) {
    AppendSection(FieldSection(Section::kTermIndex, static_cast<Field>(f)), BytesOf(fields_[f].index));
  }
  AppendSection(Section::kLengths, BytesOf(passages.lengths));
  AppendSection(Section::kPassages, BytesOf(passages.rows));
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return passages.rows[a].id < passages.rows[b].id; });
  AppendSection(Section::kIdOrder, BytesOf(order));
  const auto append_table = [&](Section section, const StringTable& table) {
    std::string bytes;
    table.Serialize(bytes);
    AppendSection(section, bytes);
  };
  append_table(Section::kPaths, passages.paths);
  append_table(Section::kSources, passages.sources);
  append_table(Section::kLanguages, passages.languages);
  append_table(Section::kRoles, passages.roles);

  ATTUNE_CHECK(image_.size() < kImageBytesMax, "the segment size limits are far below the format's");
  header_.passages = static_cast<std::uint32_t>(count);
  header_.image_bytes = image_.size();
  for (const std::uint8_t code : passages.lengths) {
    header_.body_positions += DecodeLength(code);
  }
  header_.crc = Crc32c({reinterpret_cast<const char*>(&header_), sizeof header_ - sizeof header_.crc});
  std::memcpy(image_.data(), &header_, sizeof header_);
  return std::move(image_);
}

std::size_t SegmentWriter::bytes() const noexcept {
  std::size_t total = image_.capacity() + data_.capacity() + positions_.capacity();
  for (const FieldTerms& field : fields_) {
    total += field.terms.capacity() + field.index.capacity() * sizeof(TermIndexEntry);
  }
  return total;
}

}  // namespace attune::index
