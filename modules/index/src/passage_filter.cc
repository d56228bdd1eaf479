#include "passage_filter.h"

#include <algorithm>

namespace attune::index {
namespace {

bool EqualFolded(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool Holds(const std::vector<bool>& allowed, std::size_t index) {
  return allowed.empty() || (index < allowed.size() && allowed[index]);
}

}  // namespace

PassageFilter::PassageFilter(const Segment& segment, const Filters& a, const Filters& b) : segment_(segment) {
  Add(a);
  Add(b);
}

void PassageFilter::Add(const Filters& filters) {
  if (filters.empty()) {
    return;
  }
  allows_everything_ = false;
  Restrict(Section::kLanguages, filters.languages, true, languages_);
  Restrict(Section::kSources, filters.sources, false, sources_);
  Restrict(Section::kRoles, filters.roles, false, roles_);
  if (!filters.kinds.empty()) {
    std::vector<bool> allowed(256, false);
    for (const std::uint8_t kind : filters.kinds) {
      allowed[kind] = Holds(kinds_, kind);
    }
    kinds_ = std::move(allowed);
  }
  if (!filters.path_globs.empty()) {
    globs_.push_back(&filters.path_globs);
    paths_.resize(segment_.texts(Section::kPaths), 0);
  }
  after_ms_ = std::max(after_ms_, filters.after_ms.value_or(INT64_MIN));
  before_ms_ = std::min(before_ms_, filters.before_ms.value_or(INT64_MAX));
}

void PassageFilter::Restrict(Section table, const std::vector<std::string>& values, bool fold_case,
                             std::vector<bool>& allowed) {
  if (values.empty()) {
    return;
  }
  const std::uint32_t count = segment_.texts(table);
  std::vector<bool> now(count + 1, false);  // never empty
  bool any = false;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view text = segment_.text(table, i);
    now[i] = Holds(allowed, i) && std::any_of(values.begin(), values.end(), [&](const std::string& value) {
               return fold_case ? EqualFolded(value, text) : value == text;
             });
    any = any || now[i];
  }
  allowed = std::move(now);
  allows_nothing_ = allows_nothing_ || !any;
}

bool PassageFilter::PathAllowed(std::uint32_t path) {
  if (path >= paths_.size()) {
    return false;
  }
  std::uint8_t& known = paths_[path];
  if (known == 0) {
    const std::string_view text = segment_.text(Section::kPaths, path);
    const bool allowed = std::all_of(globs_.begin(), globs_.end(), [&](const std::vector<std::string>* globs) {
      return std::any_of(globs->begin(), globs->end(),
                         [&](const std::string& glob) { return PathMatches(glob, text); });
    });
    known = allowed ? 1 : 2;
  }
  return known == 1;
}

bool PassageFilter::Allows(std::uint32_t doc) {
  if (allows_everything_) {
    return true;
  }
  const PassageRow row = segment_.row(doc);
  return row.time_ms >= after_ms_ && row.time_ms < before_ms_ && Holds(kinds_, row.kind) &&
         Holds(languages_, row.language) && Holds(sources_, row.source) && Holds(roles_, row.role) &&
         (globs_.empty() || PathAllowed(row.path));
}

}  // namespace attune::index
