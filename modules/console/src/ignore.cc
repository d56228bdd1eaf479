#include "attune/console/ignore.h"

#include <algorithm>
#include <utility>

#include "path_glob.h"

namespace attune::console {
namespace {

constexpr std::string_view kWildcards = "*?[\\";

bool HasWildcard(std::string_view text) { return text.find_first_of(kWildcards) != std::string_view::npos; }

std::string_view Basename(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// Spaces at the end do not count unless a backslash quotes them.
std::string_view WithoutTrailingSpaces(std::string_view line) {
  std::size_t end = 0;  // after the last byte that counts
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') continue;
    if (line[i] == '\\' && ++i == line.size()) return line;  // a lone backslash keeps what is before it
    end = i + 1;
  }
  return line.substr(0, end);
}

// The directory of `path`: "" for a name at the top.
std::string_view Parent(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace

struct IgnorePatterns::Pattern {
  enum class Shape : std::uint8_t {
    kName,    // literal is the whole name
    kSuffix,  // the name ends with literal
    kNameGlob,
    kPath,      // literal is the whole path
    kPathGlob,  // the path starts with literal, glob matches the rest
  };

  explicit Pattern(std::string_view line) {
    if (line.starts_with('!')) {
      included = true;
      line.remove_prefix(1);
    }
    const bool suffix_shape = line.starts_with('*') && !HasWildcard(line.substr(1));
    if (line.ends_with('/')) {
      directory_only = true;
      line.remove_suffix(1);
    }
    if (line.find('/') == std::string_view::npos) {
      shape = !HasWildcard(line) ? Shape::kName : suffix_shape ? Shape::kSuffix : Shape::kNameGlob;
      if (shape == Shape::kNameGlob) {
        glob = PathGlob(line);
      } else {
        literal = line.substr(shape == Shape::kSuffix ? 1 : 0);
      }
      return;
    }
    if (line.starts_with('/')) line.remove_prefix(1);
    const std::size_t wildcard = line.find_first_of(kWildcards);
    literal = line.substr(0, wildcard);
    shape = wildcard == std::string_view::npos ? Shape::kPath : Shape::kPathGlob;
    // The glob begins after the literal part, as git has it: in "a**/b" the stars count as a "**" of their own.
    if (shape == Shape::kPathGlob) glob = PathGlob(line.substr(wildcard));
  }

  bool Matches(std::string_view path, std::string_view name) const {
    switch (shape) {
      case Shape::kName:
        return name == literal;
      case Shape::kSuffix:
        return name.ends_with(literal);
      case Shape::kNameGlob:
        return glob.Matches(name);
      case Shape::kPath:
        return path == literal;
      case Shape::kPathGlob:
        return path.starts_with(literal) && glob.Matches(path.substr(literal.size()));
    }
    return false;
  }

  Shape shape = Shape::kName;
  bool included = false;  // a '!' line
  bool directory_only = false;
  std::string literal;
  PathGlob glob;
};

IgnorePatterns::IgnorePatterns() = default;
IgnorePatterns::IgnorePatterns(IgnorePatterns&&) noexcept = default;
IgnorePatterns& IgnorePatterns::operator=(IgnorePatterns&&) noexcept = default;
IgnorePatterns::~IgnorePatterns() = default;

IgnorePatterns::IgnorePatterns(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#') continue;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = WithoutTrailingSpaces(line.substr(0, line.find('\0')));  // to git a line ends at its first NUL
    if (!line.empty()) patterns_.emplace_back(line);
  }
  patterns_.shrink_to_fit();
}

bool IgnorePatterns::empty() const noexcept { return patterns_.empty(); }
std::size_t IgnorePatterns::size() const noexcept { return patterns_.size(); }

IgnoreVerdict IgnorePatterns::Match(std::string_view path, PathKind kind) const {
  const std::string_view name = Basename(path);
  for (std::size_t i = patterns_.size(); i-- > 0;) {
    const Pattern& pattern = patterns_[i];
    if (pattern.directory_only && kind != PathKind::kDirectory) continue;
    if (pattern.Matches(path, name)) return pattern.included ? IgnoreVerdict::kIncluded : IgnoreVerdict::kIgnored;
  }
  return IgnoreVerdict::kUndecided;
}

bool IgnoreRules::Scope::IsIgnored(std::string_view path, PathKind kind) const {
  for (std::size_t layer = kIgnoreLayerCount; layer-- > 0;) {
    const std::vector<Level>& levels = levels_[layer];
    for (std::size_t i = levels.size(); i-- > 0;) {
      const IgnoreVerdict verdict = levels[i].patterns->Match(path.substr(levels[i].base_length), kind);
      if (verdict != IgnoreVerdict::kUndecided) return verdict == IgnoreVerdict::kIgnored;
    }
  }
  return false;
}

void IgnoreRules::Add(IgnoreLayer layer, std::string_view directory, std::string_view text) {
  auto patterns = std::make_unique<IgnorePatterns>(text);
  auto found = directories_.find(directory);
  if (found == directories_.end()) {
    if (patterns->empty()) return;
    found = directories_.emplace(directory, Files{}).first;
  }
  if (patterns->empty()) patterns.reset();
  found->second.layers[static_cast<std::size_t>(layer)] = std::move(patterns);
}

void IgnoreRules::AddRepositoryTop(std::string_view directory) {
  directories_[std::string(directory)].repository_top = true;
}

IgnoreRules::Scope IgnoreRules::Enter(const Scope& parent, std::string_view directory) const {
  constexpr auto kGlobal = static_cast<std::size_t>(IgnoreLayer::kGlobal);
  Scope scope = parent;
  const auto found = directories_.find(directory);
  if (found == directories_.end()) return scope;
  const auto base = static_cast<std::uint32_t>(directory.empty() ? 0 : directory.size() + 1);
  if (found->second.repository_top) {
    scope.levels_[static_cast<std::size_t>(IgnoreLayer::kRepository)].clear();
    scope.levels_[static_cast<std::size_t>(IgnoreLayer::kGit)].clear();
    for (Scope::Level& level : scope.levels_[kGlobal]) level.base_length = base;
  }
  for (std::size_t layer = 0; layer < kIgnoreLayerCount; ++layer) {
    const auto& patterns = found->second.layers[layer];
    if (patterns != nullptr) scope.levels_[layer].push_back({patterns.get(), base});
  }
  return scope;
}

IgnoreRules::Scope IgnoreRules::ScopeOf(std::string_view directory) const {
  Scope scope = Enter(Scope(), "");
  for (std::size_t end = 0; end < directory.size();) {
    end = std::min(directory.find('/', end + 1), directory.size());
    scope = Enter(scope, directory.substr(0, end));
  }
  return scope;
}

bool IgnoreRules::IsIgnoredBelow(std::size_t root_length, std::string_view path, PathKind kind) const {
  const std::string_view parent = Parent(path);
  Scope scope = Enter(Scope(), "");
  for (std::size_t end = 0; end < parent.size();) {
    end = std::min(parent.find('/', end + 1), parent.size());
    const std::string_view directory = parent.substr(0, end);
    if (end >= root_length && scope.IsIgnored(directory, PathKind::kDirectory)) return true;
    scope = Enter(scope, directory);
  }
  return scope.IsIgnored(path, kind);
}

std::size_t IgnoreRules::pattern_count() const noexcept {
  std::size_t count = 0;
  for (const auto& [directory, files] : directories_) {
    for (const auto& patterns : files.layers) {
      if (patterns != nullptr) count += patterns->size();
    }
  }
  return count;
}

void IgnoreRules::Clear() { directories_.clear(); }

bool MatchesPathGlob(std::string_view pattern, std::string_view path) { return PathGlob(pattern).Matches(path); }

}  // namespace attune::console
