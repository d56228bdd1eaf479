#pragma once
// Query: what people type into the search box, parsed into clauses and filters.
//
//   parse http           either word, best match first (OR, ranked by BM25)
//   "http request"       the words next to each other; parseHttpRequest contains this phrase
//   pars*                every term that begins so (the most frequent ones, see kPrefixExpansionsMax)
//   +must -not           required, excluded
//   symbol:Parse path:net body:"a b"    only in that field; a value of path: with * ? or / is a filter instead
//   lang:cpp source:home role:user kind:note path:src/**/*.h after:2024-01-31 before:2024-12-31    filters
//
// Ownership  a Query owns its strings.
// Threads    pure functions.
// Cost       O(text); text beyond kQueryBytesMax is dropped.
// Errors     none: whatever cannot be understood is searched for as plain words, and `notes` says so.
//
//   const Query query = ParseQuery("lang:cpp +socket \"time out\"");

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attune::index {

// The places where a term can occur. kStem is prose only: English stems of the words of the body.
enum class Field : std::uint8_t { kBody, kStem, kSymbol, kPath };
inline constexpr std::size_t kFields = 4;

inline constexpr std::size_t kQueryBytesMax = 8192;       // a pasted page is no query; long agent prompts fit
inline constexpr std::size_t kClausesMax = 64;            // words, phrases and prefixes of one query
inline constexpr std::size_t kPrefixExpansionsMax = 256;  // terms that one prefix stands for, the most frequent first
inline constexpr std::size_t kGlobBytesMax = 512;         // longer than any pattern that people write
inline constexpr std::size_t kFilterValuesMax = 64;       // values per filter key

struct Clause {
  enum class Kind : std::uint8_t { kWord, kPhrase, kPrefix };
  enum class Need : std::uint8_t { kShould, kMust, kMustNot };

  Kind kind = Kind::kWord;
  Need need = Need::kShould;
  std::optional<Field> field = {};  // empty: body (with stems), symbol and path
  std::string text = {};            // as typed, without quotes, sign, field and star
};

// Values of one key are alternatives; different keys must all hold. An empty list allows everything.
struct Filters {
  std::vector<std::string> languages = {};   // compared without regard to ASCII case
  std::vector<std::string> sources = {};     // exact
  std::vector<std::string> roles = {};       // exact
  std::vector<std::string> path_globs = {};  // see PathMatches
  std::vector<std::uint8_t> kinds = {};
  std::optional<std::int64_t> after_ms = {};   // time_ms >= after_ms
  std::optional<std::int64_t> before_ms = {};  // time_ms < before_ms

  bool empty() const noexcept;
};

struct Query {
  std::vector<Clause> clauses = {};
  Filters filters;
  std::vector<std::string> notes = {};  // what was dropped or read differently, in words; empty when nothing was
};

// What `kind:NAME` means; the caller names its kinds. A number always works.
using KindNames = std::vector<std::pair<std::string, std::uint8_t>>;

Query ParseQuery(std::string_view text, const KindNames& kinds = {});

// True if `glob` matches a run of whole segments of `path`: "net" and "*.h" match any file or directory so called,
// "src/**/*.h" matches headers at any depth below any src. '*' and '?' stay within a segment, "**" crosses segments
// ("**/" also matches nothing). A leading '/' ties the glob to the path's beginning; a trailing '/' asks for something
// below. Every other byte stands for itself. A glob longer than kGlobBytesMax matches nothing. O(path * glob).
bool PathMatches(std::string_view glob, std::string_view path) noexcept;

}  // namespace attune::index
