#include "recall.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "attune/console/path_text.h"
#include "attune/index/query.h"
#include "attune/index/snippet.h"
#include "kinds.h"

namespace attune::engine {
namespace {

using store::PassageKind;

std::int64_t Milliseconds(WallTime time) { return time.time_since_epoch().count(); }

void Append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

// What the request's fields add to the filters inside the query's text.
Result<index::Filters> FiltersOf(const SearchRequest& request) {
  index::Filters filters;
  Append(filters.languages, request.languages);
  Append(filters.sources, request.sources);
  Append(filters.roles, request.roles);
  Append(filters.path_globs, request.paths);
  for (const std::string& name : request.kinds) {
    const auto kind = ParseHitKind(name);
    if (!kind) {
      return Error(ErrorCode::kInvalidArgument,
                   "kind '" + name + "' is unknown; use code, prose, page, data, note, message or other");
    }
    filters.kinds.push_back(static_cast<std::uint8_t>(*kind));
  }
  if (request.after) filters.after_ms = Milliseconds(*request.after);
  if (request.before) filters.before_ms = Milliseconds(*request.before);
  return filters;
}

// Everything about a hit but its text. Paths are shown, so they become printable here.
SearchHit FromIndex(const index::Hit& hit) {
  SearchHit out;
  out.id = store::ToString(store::PassageId::FromValue(hit.id));
  out.kind = NameOf(static_cast<HitKind>(hit.kind));
  out.source = hit.source;
  out.path = console::ToPathText(hit.path);
  out.language = hit.language;
  out.role = hit.role;
  out.line_begin = hit.line_begin;
  out.line_end = hit.line_end;
  out.time = WallTime(std::chrono::milliseconds(hit.time_ms));
  out.score = hit.score;
  out.parts = {.body = hit.parts.body, .stem = hit.parts.stem, .symbol = hit.parts.symbol, .path = hit.parts.path};
  return out;
}

void AddSnippet(const store::PassageText& text, const std::vector<index::HighlightTerm>& terms, SearchHit& hit) {
  hit.symbol = text.passage.symbol;
  hit.page = text.passage.page;
  hit.chat = text.chat.value;
  const index::Snippet snippet = index::MakeSnippet(text.text, terms, {});
  hit.snippet = text.text.substr(snippet.begin, snippet.end - snippet.begin);
  hit.snippet_line = (hit.line_begin > 0 ? hit.line_begin : 1) + snippet.line;
  for (const index::Highlight& mark : snippet.highlights) {
    hit.highlights.push_back({.begin = static_cast<std::uint32_t>(mark.begin - snippet.begin),
                              .end = static_cast<std::uint32_t>(mark.end - snippet.begin)});
  }
}

SearchHit WhereOf(const store::PassageText& found) {
  SearchHit where;
  where.id = store::ToString(found.id);
  where.time = found.time;
  switch (found.id.kind()) {
    case PassageKind::kDocument:
      where.kind = NameOf(KindOf(found.document_kind));
      where.source = found.source_name;
      where.path = console::ToPathText(found.path);
      where.language = found.language;
      where.symbol = found.passage.symbol;
      where.line_begin = found.passage.line_begin;
      where.line_end = found.passage.line_end;
      where.page = found.passage.page;
      break;
    case PassageKind::kNote:
      where.kind = NameOf(HitKind::kNote);
      where.source = "notes";
      where.path = found.title;
      break;
    case PassageKind::kMessage:
      where.kind = NameOf(HitKind::kMessage);
      where.source = "messages";
      where.path = found.title;
      where.role = found.role;
      where.chat = found.chat.value;
      break;
  }
  return where;
}

// Up to `lines` whole lines that end right before `end`.
std::string_view LinesBefore(std::string_view text, std::size_t end, std::size_t lines) {
  std::size_t begin = end;
  for (std::size_t found = 0; begin > 0; --begin) {
    if (text[begin - 1] == '\n' && begin != end && ++found == lines) break;
  }
  return text.substr(begin, end - begin);
}

std::string_view LinesAfter(std::string_view text, std::size_t begin, std::size_t lines) {
  std::size_t end = begin;
  for (std::size_t found = 0; end < text.size() && found < lines; ++end) {
    if (text[end] == '\n') ++found;
  }
  return text.substr(begin, end - begin);
}

}  // namespace

std::optional<SearchResponse> Recall::FindKept(const SearchRequest& request) const {
  return caches_.answers.Find(request, index_.version());
}

Result<SearchResponse> Recall::Search(const SearchRequest& request, TimePoint deadline) const {
  return caches_.answers.FindOrSearch(request, index_.version(), [&] { return AskIndex(request, deadline); });
}

Result<SearchResponse> Recall::AskIndex(const SearchRequest& request, TimePoint deadline) const {
  if (request.limit == 0 || request.limit > kHitsMax) {
    return Error(ErrorCode::kInvalidArgument,
                 "limit is " + std::to_string(request.limit) + "; it must be 1 to " + std::to_string(kHitsMax));
  }
  ATTUNE_ASSIGN_OR_RETURN(const index::Filters filters, FiltersOf(request));
  const index::Query query = index::ParseQuery(request.query, KindNamesForQueries());
  ATTUNE_ASSIGN_OR_RETURN(index::TopK top,
                          index_.Search(query, filters, {.limit = request.limit, .deadline = deadline}));
  SearchResponse response;
  response.matched = top.matched;
  response.matched_is_exact = top.matched_exact;
  response.notes = std::move(top.notes);

  std::unordered_map<std::uint64_t, PassageTextPtr> texts;
  if (request.snippets) {
    std::vector<store::PassageId> ids;
    for (const index::Hit& hit : top.hits) ids.push_back(store::PassageId::FromValue(hit.id));
    ATTUNE_ASSIGN_OR_RETURN(texts, caches_.passages.Read(ids));
  }
  for (const index::Hit& hit : top.hits) {
    SearchHit out = FromIndex(hit);
    if (request.snippets) {
      const auto text = texts.find(hit.id);
      if (text == texts.end()) continue;  // removed a moment ago; the index follows
      AddSnippet(*text->second, top.terms, out);
    }
    response.hits.push_back(std::move(out));
  }
  return response;
}

Result<Passage> Recall::ReadPassage(std::string_view id) const {
  ATTUNE_ASSIGN_OR_RETURN(const store::PassageId passage_id, store::ParsePassageId(id));
  ATTUNE_ASSIGN_OR_RETURN(auto found, store_.ReadPassage(passage_id));
  if (!found) {
    return Error(ErrorCode::kNotFound, "there is no passage '" + std::string(id) + "' (any more); search again");
  }
  Passage passage;
  passage.where = WhereOf(*found);
  passage.title = found->title;
  passage.text = found->text;
  if (passage_id.kind() == PassageKind::kDocument) ATTUNE_RETURN_IF_ERROR(AddContext(*found, passage));
  return passage;
}

Status Recall::AddContext(const store::PassageText& found, Passage& passage) const {
  ATTUNE_ASSIGN_OR_RETURN(const FileTextPtr file, caches_.files.Read(found.document, found.id));
  if (file == nullptr) return OkStatus();
  const std::string_view text = file->text;
  const std::size_t begin = std::min<std::size_t>(found.passage.byte_begin, text.size());
  const std::size_t end = std::min<std::size_t>(found.passage.byte_end, text.size());
  passage.before = LinesBefore(text, begin, kContextLinesMax);
  passage.after = LinesAfter(text, end, kContextLinesMax);
  if (found.passage.page == 0) return OkStatus();

  ATTUNE_ASSIGN_OR_RETURN(const auto words, store_.ReadPageWords(found.document, found.passage.page));
  if (!words) return OkStatus();
  for (const store::PageWord& word : words->words) {
    if (word.byte_begin < begin || word.byte_end > end) continue;
    passage.words.push_back({.text = std::string(text.substr(word.byte_begin, word.byte_end - word.byte_begin)),
                             .confidence = static_cast<float>(word.confidence) / 100.0F,
                             .left = word.left,
                             .top = word.top,
                             .right = word.left + word.width,
                             .bottom = word.top + word.height});
  }
  return OkStatus();
}

}  // namespace attune::engine
