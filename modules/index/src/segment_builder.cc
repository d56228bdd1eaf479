#include "segment_builder.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "attune/base/check.h"
#include "length_code.h"
#include "tokenizer.h"

namespace attune::index {
namespace {

constexpr std::uint32_t kSamePosition = std::uint32_t{1} << 31U;
constexpr std::uint32_t kUnknownStem = ~0U;
constexpr std::uint32_t kNoStem = ~0U - 1;
constexpr std::size_t kMapNode = 48;  // of live_
// Log entries and positions have 32 bits, term ids 31; a passage adds far less than the distance to the limit.
constexpr std::size_t kSmallLog = std::size_t{1} << 20U;
constexpr std::uint32_t kLogMax = std::uint32_t{1} << 30U;

// One term look-up and one appended number per token. The look-up runs some tokens behind the text: its cache line is
// asked for when the token is seen and has arrived when it is needed.
class LogSink final : public TokenSink {
 public:
  LogSink(TermTable& terms, std::vector<std::uint32_t>& log) : terms_(terms), log_(log) {}

  void OnToken(const Token& token) override {
    Waiting& waiting = waiting_[seen_ % kBehind];
    if (seen_ >= kBehind) {
      LookUp(waiting);
    }
    ++seen_;
    waiting.key = TermTable::KeyOf(token.text, token.length);
    terms_.Prefetch(waiting.key);
    for (std::uint32_t i = 0; i < token.length; i += 8) {
      std::memcpy(waiting.text.data() + i, token.text + i, 8);
    }
    waiting.flag = token.advances ? 0U : kSamePosition;
    positions_ += token.advances ? 1U : 0U;
  }

  // Looks up what is still waiting; after the last token.
  void Finish() {
    for (std::uint64_t i = seen_ - std::min<std::uint64_t>(seen_, kBehind); i < seen_; ++i) {
      LookUp(waiting_[i % kBehind]);
    }
    seen_ = 0;
  }
  std::uint32_t positions() const noexcept { return positions_; }

 private:
  static constexpr std::uint64_t kBehind = 16;
  struct Waiting {
    TermTable::Key key;
    std::uint32_t flag = 0;
    alignas(8) std::array<char, kTermBytesMax> text;
  };

  void LookUp(const Waiting& waiting) {
    log_.push_back(terms_.Intern(waiting.key, waiting.text.data()) | waiting.flag);
  }

  TermTable& terms_;
  std::vector<std::uint32_t>& log_;
  std::uint32_t positions_ = 0;
  std::uint64_t seen_ = 0;
  std::array<Waiting, kBehind> waiting_;
};

// Tokenises `text` into `log`. Returns how many positions it has.
std::uint32_t AppendTerms(std::string_view text, TermTable& terms, std::vector<std::uint32_t>& log) {
  LogSink sink(terms, log);
  Tokenize(text, sink);
  sink.Finish();
  return sink.positions();
}

// For every term the end of its run when all entries are sorted by term.
template <typename ForEach>
std::vector<std::uint32_t> RunBegins(std::size_t terms, const ForEach& for_each) {
  std::vector<std::uint32_t> begins(terms + 1, 0);
  for_each([&](std::uint32_t term) { ++begins[term + 1]; });
  for (std::size_t i = 1; i < begins.size(); ++i) {
    begins[i] += begins[i - 1];
  }
  return begins;
}

}  // namespace

void SegmentBuilder::FieldLog::Clear() {
  terms.Clear();
  log.clear();
  ends.clear();
}

std::size_t SegmentBuilder::bytes() const noexcept {
  return body_.bytes() + stem_.bytes() + symbol_.bytes() + path_.bytes() +
         (position_begin_.size() + stem_of_.size()) * 4 + table_.bytes() + live_.size() * kMapNode;
}

std::size_t SegmentBuilder::bytes_held() const noexcept {
  return body_.bytes_held() + stem_.bytes_held() + symbol_.bytes_held() + path_.bytes_held() +
         (position_begin_.capacity() + stem_of_.capacity()) * 4 + table_.bytes_held() + live_.size() * kMapNode;
}

bool SegmentBuilder::full() const noexcept {
  constexpr std::size_t kIndexMax = 65535;  // PassageRow has 16 bits for these
  return table_.rows.size() + 1 >= kPassagesMax || body_.log.size() >= kLogMax || positions_ >= kLogMax ||
         table_.languages.size() >= kIndexMax || table_.roles.size() >= kIndexMax;
}

std::vector<std::uint64_t> SegmentBuilder::Ids() const {
  std::vector<std::uint64_t> ids;
  ids.reserve(live_.size());
  for (const auto& [id, doc] : live_) {
    ids.push_back(id);
  }
  return ids;
}

void SegmentBuilder::Add(const Passage& passage) {
  const auto doc = static_cast<std::uint32_t>(table_.rows.size());
  live_[passage.id] = doc;
  PassageRow row;
  row.id = passage.id;
  row.time_ms = passage.time_ms;
  row.line_begin = passage.line_begin;
  row.line_end = passage.line_end;
  row.path = table_.paths.Intern(passage.path);
  row.source = table_.sources.Intern(passage.source);
  row.language = static_cast<std::uint16_t>(table_.languages.Intern(passage.language));
  row.role = static_cast<std::uint16_t>(table_.roles.Intern(passage.role));
  row.kind = passage.kind;
  table_.rows.push_back(row);

  AddBody(passage.body);
  if (passage.prose) {
    AddStems();
  }
  stem_.ends.push_back(static_cast<std::uint32_t>(stem_.log.size()));
  AppendTerms(passage.symbol, symbol_.terms, symbol_.log);
  symbol_.ends.push_back(static_cast<std::uint32_t>(symbol_.log.size()));
  AddPath(passage.path);
}

void SegmentBuilder::AddBody(std::string_view body) {
  const std::uint32_t length = AppendTerms(body, body_.terms, body_.log);
  position_begin_.push_back(positions_);
  positions_ += length;
  body_.ends.push_back(static_cast<std::uint32_t>(body_.log.size()));
  table_.lengths.push_back(EncodeLength(length));
}

void SegmentBuilder::AddStems() {
  const std::size_t end = body_.ends.back();
  const std::size_t begin = body_.ends.size() < 2 ? 0 : body_.ends[body_.ends.size() - 2];
  stem_of_.resize(body_.terms.size(), kUnknownStem);
  for (std::size_t i = begin; i < end; ++i) {
    const std::uint32_t term = body_.log[i] & ~kSamePosition;
    std::uint32_t& stem = stem_of_[term];
    if (stem == kUnknownStem) {
      const std::string_view text = stemmer_.Stem(body_.terms.term(term));
      stem = text.empty() ? kNoStem : stem_.terms.Intern(text);
    }
    if (stem != kNoStem) {
      stem_.log.push_back(stem);
    }
  }
}

void SegmentBuilder::AddPath(std::string_view path) {
  if (path != path_text_ || path_.ends.empty()) {
    path_text_ = path;
    path_ids_.clear();
    AppendTerms(path, path_.terms, path_ids_);
  }
  path_.log.insert(path_.log.end(), path_ids_.begin(), path_ids_.end());
  path_.ends.push_back(static_cast<std::uint32_t>(path_.log.size()));
}

bool SegmentBuilder::Remove(std::uint64_t id) { return live_.erase(id) != 0; }

void SegmentBuilder::WriteBody(SegmentWriter& writer) const {
  const std::vector<std::uint32_t>& log = body_.log;
  std::vector<std::uint32_t> begins = RunBegins(body_.terms.size(), [&](auto count) {
    for (const std::uint32_t entry : log) {
      count(entry & ~kSamePosition);
    }
  });
  // Positions of all passages in one sequence, sorted by term; a passage is found again by its first position.
  std::vector<std::uint32_t> sorted(log.size());
  std::uint32_t next = 0;
  for (const std::uint32_t entry : log) {
    const bool advances = (entry & kSamePosition) == 0;
    sorted[begins[entry & ~kSamePosition]++] = advances ? next : next - 1;
    next += advances ? 1U : 0U;
  }
  // guess[p / 64]: the first passage that reaches into that stretch of positions.
  std::vector<std::uint32_t> guess(positions_ / 64 + 1, 0);
  for (std::uint32_t doc = 0; doc < position_begin_.size(); ++doc) {
    const std::size_t first = (position_begin_[doc] + 63) / 64;
    const std::uint32_t end = doc + 1 < position_begin_.size() ? position_begin_[doc + 1] : positions_;
    for (std::size_t i = first; i * 64 < end; ++i) {
      guess[i] = doc;
    }
  }
  writer.BeginField(Field::kBody);
  for (const std::uint32_t term : body_.terms.Sorted()) {
    const std::uint32_t end = begins[term];
    std::uint32_t at = term == 0 ? 0 : begins[term - 1];
    std::uint32_t doc = 0;
    while (at < end) {
      doc = std::max(doc, guess[sorted[at] / 64]);
      while (doc + 1 < position_begin_.size() && position_begin_[doc + 1] <= sorted[at]) {
        ++doc;
      }
      const std::uint32_t doc_end = doc + 1 < position_begin_.size() ? position_begin_[doc + 1] : positions_;
      const std::uint32_t first = at;
      while (at < end && sorted[at] < doc_end) {
        ++at;
      }
      writer.AddPositions(sorted.data() + first, at - first, position_begin_[doc]);
      writer.AddPosting(doc, at - first, table_.lengths[doc]);
    }
    writer.EndTerm(body_.terms.term(term));
  }
}

void SegmentBuilder::WriteField(Field field, const FieldLog& entries, SegmentWriter& writer) const {
  const std::vector<std::uint32_t>& log = entries.log;
  std::vector<std::uint32_t> begins = RunBegins(entries.terms.size(), [&](auto count) {
    for (const std::uint32_t entry : log) {
      count(entry & ~kSamePosition);
    }
  });
  std::vector<std::uint32_t> sorted(log.size());
  std::size_t i = 0;
  for (std::uint32_t doc = 0; doc < entries.ends.size(); ++doc) {
    for (; i < entries.ends[doc]; ++i) {
      sorted[begins[log[i] & ~kSamePosition]++] = doc;
    }
  }
  writer.BeginField(field);
  for (const std::uint32_t term : entries.terms.Sorted()) {
    std::uint32_t at = term == 0 ? 0 : begins[term - 1];
    while (at < begins[term]) {
      const std::uint32_t doc = sorted[at];
      const std::uint32_t first = at;
      while (at < begins[term] && sorted[at] == doc) {
        ++at;
      }
      writer.AddPosting(doc, at - first, table_.lengths[doc]);
    }
    writer.EndTerm(entries.terms.term(term));
  }
}

// Removes what was taken back or replaced from the logs, so that it leaves no trace in the segment.
void SegmentBuilder::DropDead() {
  const std::size_t count = table_.rows.size();
  if (live_.size() == count) {
    return;
  }
  std::vector<bool> keep(count, false);
  for (const auto& [id, doc] : live_) {
    keep[doc] = true;
  }
  for (FieldLog* field : {&body_, &stem_, &symbol_, &path_}) {
    std::size_t out = 0;
    std::size_t in = 0;
    std::size_t doc_out = 0;
    for (std::size_t doc = 0; doc < count; ++doc) {
      for (; in < field->ends[doc]; ++in) {
        if (keep[doc]) {
          field->log[out++] = field->log[in];
        }
      }
      if (keep[doc]) {
        field->ends[doc_out++] = static_cast<std::uint32_t>(out);
      }
    }
    field->log.resize(out);
    field->ends.resize(doc_out);
  }
  std::size_t doc_out = 0;
  std::uint32_t positions = 0;
  for (std::size_t doc = 0; doc < count; ++doc) {
    const std::uint32_t length = (doc + 1 < count ? position_begin_[doc + 1] : positions_) - position_begin_[doc];
    if (keep[doc]) {
      position_begin_[doc_out] = positions;  // at or before the place that is read next
      positions += length;
      table_.rows[doc_out] = table_.rows[doc];
      table_.lengths[doc_out] = table_.lengths[doc];
      ++doc_out;
    }
  }
  positions_ = positions;
  position_begin_.resize(doc_out);
  table_.rows.resize(doc_out);
  table_.lengths.resize(doc_out);
}

// Fresh memory costs a page fault per 4 KiB, so a builder that was full keeps what it has for the next segment; after a
// small one everything goes back.
void SegmentBuilder::Clear() {
  if (body_.log.size() < kSmallLog) {
    *this = SegmentBuilder();
    return;
  }
  for (FieldLog* field : {&body_, &stem_, &symbol_, &path_}) {
    field->Clear();
  }
  position_begin_.clear();
  positions_ = 0;
  stem_of_.clear();
  path_text_.clear();
  path_ids_.clear();
  table_.Clear();
  live_.clear();
}

std::string SegmentBuilder::Build(std::uint64_t generation) {
  ATTUNE_CHECK(!live_.empty(), "a segment holds something");
  DropDead();
  SegmentWriter writer(generation, body_.log.size() * 3);
  WriteBody(writer);
  WriteField(Field::kStem, stem_, writer);
  WriteField(Field::kSymbol, symbol_, writer);
  WriteField(Field::kPath, path_, writer);
  std::string image = writer.Finish(table_);
  Clear();
  return image;
}

}  // namespace attune::index
