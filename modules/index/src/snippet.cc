#include "attune/index/snippet.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <unordered_map>

#include "stemmer.h"
#include "tokenizer.h"

namespace attune::index {
namespace {

struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t term = 0;  // index into the terms
};

// Finds the terms in the body. A token's stem is asked for once per distinct token.
class MatchSink final : public TokenSink {
 public:
  explicit MatchSink(std::span<const HighlightTerm> terms) {
    for (std::size_t i = 0; i < terms.size(); ++i) {
      switch (terms[i].match) {
        case HighlightTerm::Match::kExact:
          exact_.emplace(terms[i].term, i);
          break;
        case HighlightTerm::Match::kStem:
          stems_.emplace(terms[i].term, i);
          break;
        case HighlightTerm::Match::kPrefix:
          prefixes_.emplace_back(terms[i].term, i);
          break;
      }
    }
  }

  void OnToken(const Token& token) override {
    const std::size_t term = Find(token.term());
    if (term != kNone) {
      matches.push_back({token.begin, token.end, term});
    }
  }

  std::vector<Match> matches;

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  std::size_t Find(std::string_view token) {
    key_ = token;
    if (const auto found = exact_.find(key_); found != exact_.end()) {
      return found->second;
    }
    for (const auto& [prefix, index] : prefixes_) {
      if (token.starts_with(prefix)) {
        return index;
      }
    }
    return stems_.empty() ? kNone : FindStem();
  }

  std::size_t FindStem() {
    const auto [known, added] = stemmed_.try_emplace(key_, kNone);
    if (added) {
      const auto found = stems_.find(std::string(stemmer_.Stem(key_)));
      known->second = found == stems_.end() ? kNone : found->second;
    }
    return known->second;
  }

  std::unordered_map<std::string, std::size_t> exact_;
  std::unordered_map<std::string, std::size_t> stems_;
  std::vector<std::pair<std::string, std::size_t>> prefixes_;
  std::unordered_map<std::string, std::size_t> stemmed_;
  Stemmer stemmer_;
  std::string key_;
};

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

std::size_t LineBegin(std::string_view body, std::size_t at) {
  const std::size_t newline = at == 0 ? std::string_view::npos : body.rfind('\n', at - 1);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

// From `begin`: whole lines while they fit; if not even one fits, as much of it as fits, at a character boundary.
std::size_t WindowEnd(std::string_view body, std::size_t begin, const SnippetConfig& config) {
  const std::size_t room = std::min(body.size(), begin + config.bytes_max);
  std::size_t end = begin;
  for (std::size_t line = 0; line < config.lines_max && end < body.size(); ++line) {
    const std::size_t newline = body.find('\n', end);
    const std::size_t next = newline == std::string_view::npos ? body.size() : newline + 1;
    if (next > room) {
      break;
    }
    end = next;
  }
  if (end == begin && room < body.size()) {
    end = room;
    while (end > begin && IsContinuation(body[end])) {
      --end;
    }
  } else if (end == begin) {
    end = room;
  }
  return end;
}

struct Window {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t first = 0;  // matches [first, last) lie inside
  std::size_t last = 0;
  std::size_t distinct = 0;
};

// The window that shows matches[first] near its top.
Window WindowAt(std::string_view body, const std::vector<Match>& matches, std::size_t first, std::size_t terms,
                const SnippetConfig& config) {
  Window window;
  window.begin = LineBegin(body, matches[first].begin);
  if (matches[first].end - window.begin > config.bytes_max) {
    window.begin = matches[first].begin;  // a very long line: start at the match itself
  }
  window.end = WindowEnd(body, window.begin, config);
  window.first = first;
  while (window.first > 0 && matches[window.first - 1].begin >= window.begin) {
    --window.first;
  }
  std::vector<bool> seen(terms, false);
  for (window.last = window.first; window.last < matches.size() && matches[window.last].end <= window.end;
       ++window.last) {
    const std::size_t term = matches[window.last].term;
    window.distinct += seen[term] ? 0U : 1U;
    seen[term] = true;
  }
  return window;
}

void AddHighlights(const std::vector<Match>& matches, const Window& window, std::size_t highlights_max,
                   Snippet& snippet) {
  for (std::size_t i = window.first; i < window.last; ++i) {
    const Match& match = matches[i];
    std::vector<Highlight>& marks = snippet.highlights;
    if (!marks.empty() && match.begin < marks.back().end) {
      marks.back().end = std::max(marks.back().end, match.end);  // a part inside a whole word, or neighbours in a pair
    } else if (marks.size() < highlights_max) {
      marks.push_back({match.begin, match.end});
    } else {
      return;
    }
  }
}

}  // namespace

Snippet MakeSnippet(std::string_view body, std::span<const HighlightTerm> terms, const SnippetConfig& config) {
  MatchSink sink(terms);
  Tokenize(body, sink);
  std::vector<Match>& matches = sink.matches;
  std::sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) {
    return std::tuple(a.begin, b.end, a.term) < std::tuple(b.begin, a.end, b.term);  // the longer one first
  });
  Window best;
  best.end = WindowEnd(body, 0, config);
  std::size_t line_before = ~std::size_t{0};
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const Window window = WindowAt(body, matches, i, terms.size(), config);
    if (window.begin == line_before) {
      continue;
    }
    line_before = window.begin;
    if (window.distinct > best.distinct ||
        (window.distinct == best.distinct && window.last - window.first > best.last - best.first)) {
      best = window;
    }
  }
  Snippet snippet;
  snippet.begin = best.begin;
  snippet.end = best.end;
  snippet.line = static_cast<std::uint32_t>(
      std::count(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(best.begin), '\n'));
  AddHighlights(matches, best, config.highlights_max, snippet);
  return snippet;
}

}  // namespace attune::index
