#include "segment_merge.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "attune/base/check.h"
#include "varint.h"

namespace attune::index {
namespace {

std::uint64_t HighestGeneration(const Segments& inputs) {
  std::uint64_t highest = 0;
  for (const auto& segment : inputs) {
    highest = std::max(highest, segment->generation());
  }
  return highest;
}

std::uint64_t ImageBytes(const Segments& inputs) {
  return std::accumulate(inputs.begin(), inputs.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& segment) { return sum + segment->image().size(); });
}

bool IsSet(const std::vector<std::uint64_t>& bits, std::uint32_t doc) {
  return (bits[doc / 64] >> (doc % 64) & 1U) != 0;
}

}  // namespace

SegmentMerge::SegmentMerge(Segments inputs)
    : inputs_(std::move(inputs)), writer_(HighestGeneration(inputs_), ImageBytes(inputs_)) {
  AddPassages();
  BeginField();
}

void SegmentMerge::AddPassages() {
  std::uint32_t next = 0;
  for (const auto& segment : inputs_) {
    const std::vector<std::uint64_t> deleted = segment->DeletedBits();
    std::vector<std::uint32_t>& new_doc = new_doc_.emplace_back(segment->passages(), kGone);
    for (std::uint32_t doc = 0; doc < segment->passages(); ++doc) {
      if (IsSet(deleted, doc)) {
        continue;
      }
      PassageRow row = segment->row(doc);
      row.path = table_.paths.Intern(segment->text(Section::kPaths, row.path));
      row.source = table_.sources.Intern(segment->text(Section::kSources, row.source));
      row.language =
          static_cast<std::uint16_t>(table_.languages.Intern(segment->text(Section::kLanguages, row.language)));
      row.role = static_cast<std::uint16_t>(table_.roles.Intern(segment->text(Section::kRoles, row.role)));
      table_.rows.push_back(row);
      table_.lengths.push_back(segment->lengths()[doc]);
      new_doc[doc] = next++;
    }
  }
}

void SegmentMerge::BeginField() {
  cursors_.clear();
  if (field_ == kFields) {
    done_ = true;
    return;
  }
  const auto field = static_cast<Field>(field_);
  for (const auto& segment : inputs_) {
    cursors_.emplace_back(*segment, field);
  }
  writer_.BeginField(field);
}

std::uint64_t SegmentMerge::Step(std::uint64_t budget) {
  ATTUNE_CHECK(!done_, "a finished merge has no next step");
  std::uint64_t processed = 0;
  do {
    const std::uint64_t bytes = MergeTerm();
    processed += bytes;
    if (bytes == 0) {
      ++field_;
      BeginField();
    }
  } while (!done_ && processed < budget);
  return processed;
}

// The smallest term that any input stands on. 0 when all are at their end.
std::uint64_t SegmentMerge::MergeTerm() {
  const TermCursor* smallest = nullptr;
  for (const TermCursor& cursor : cursors_) {
    if (!cursor.done() && (smallest == nullptr || cursor.term() < smallest->term())) {
      smallest = &cursor;
    }
  }
  if (smallest == nullptr) {
    return 0;
  }
  std::array<char, 256> buffer;
  const std::size_t length = smallest->term().copy(buffer.data(), buffer.size());
  const std::string_view term(buffer.data(), length);
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < cursors_.size(); ++i) {
    TermCursor& cursor = cursors_[i];
    if (!cursor.done() && cursor.term() == term) {
      AddPostings(i, cursor.info());
      bytes += length + cursor.info().data_bytes + cursor.info().position_bytes;
      cursor.Next();
    }
  }
  writer_.EndTerm(term);
  return std::max<std::uint64_t>(bytes, 1);
}

void SegmentMerge::AddPostings(std::size_t input, const TermInfo& info) {
  const Segment& segment = *inputs_[input];
  const std::vector<std::uint32_t>& new_doc = new_doc_[input];
  PostingCursor cursor(segment, info);
  const std::string_view positions = cursor.position_bytes();
  VarintReader reader(positions.data(), positions.data() + positions.size());
  const bool has_positions = static_cast<Field>(field_) == Field::kBody;
  cursor.ForEachRun(0, segment.passages(), [&](const std::uint32_t* docs, const std::uint32_t* tfs, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      const char* const begin = reader.position();
      if (has_positions) {
        reader.Skip(tfs[i]);
      }
      const std::uint32_t doc = new_doc[docs[i]];
      if (doc != kGone) {
        writer_.AddPositionBytes({begin, static_cast<std::size_t>(reader.position() - begin)});
        writer_.AddPosting(doc, tfs[i], segment.lengths()[docs[i]]);
      }
    }
  });
}

std::string SegmentMerge::TakeImage() {
  ATTUNE_CHECK(done_, "the merge is finished");
  return table_.rows.empty() ? std::string() : writer_.Finish(table_);
}

void SegmentMerge::CarryDeletes(Segment& output) const {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const std::vector<std::uint64_t> deleted = inputs_[i]->DeletedBits();
    for (std::uint32_t doc = 0; doc < inputs_[i]->passages(); ++doc) {
      if (new_doc_[i][doc] != kGone && IsSet(deleted, doc)) {
        output.Delete(new_doc_[i][doc]);
      }
    }
  }
}

std::uint64_t SegmentMerge::bytes() const noexcept {
  std::uint64_t total = writer_.bytes() + table_.bytes_held();
  for (const auto& docs : new_doc_) {
    total += docs.size() * sizeof docs[0];
  }
  return total;
}

}  // namespace attune::index
