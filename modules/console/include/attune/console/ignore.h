#pragma once
// IgnoreRules: which paths a folder does not want to be read, exactly as git
// decides it (gitignore(5)), with .attuneignore files of the same syntax on top.
//
//   IgnoreRules rules;
//   rules.Add(IgnoreLayer::kGit, "", "*.log\n!keep.log\nbuild/\n");
//   rules.Add(IgnoreLayer::kAttune, "docs", "!build/\n");
//   rules.IsIgnored("a/b.log", PathKind::kFile);            // true
//   rules.IsIgnored("docs/build", PathKind::kDirectory);    // false: re-included
//
// Precedence, lowest first: global excludes, .git/info/exclude, .gitignore files
// from the top down, .attuneignore files from the top down. In one file the
// last matching line decides. A path below an ignored directory is ignored,
// whatever other rules say: git never looks there and neither does the walk.
//
// A nested repository starts afresh: above its top only .attuneignore files hold.
//
// Paths      relative to one top, bytes, '/' between components, none at the ends.
//            Comparison is exact (core.ignoreCase is not honoured).
// Ownership  copies what it keeps; nothing refers to the caller's text.
// Threads    const members may run concurrently; Add needs exclusion.
// Cost       Add compiles, O(text). A decision tries the rules of the files in
//            force on the path, each O(1) for plain names and suffixes, and at
//            worst O(pattern x path) for wildcards: hostile patterns stay cheap.
// Errors     none: git gives a meaning to every byte; what cannot match never does.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace attune::console {

enum class IgnoreLayer : std::uint8_t {
  kGlobal,      // core.excludesFile or ~/.config/git/ignore
  kRepository,  // .git/info/exclude
  kGit,         // .gitignore
  kAttune,      // .attuneignore
};
inline constexpr std::size_t kIgnoreLayerCount = 4;

enum class PathKind : std::uint8_t { kFile, kDirectory };  // a symlink is a file, whatever it points to

enum class IgnoreVerdict : std::uint8_t { kUndecided, kIgnored, kIncluded };

// The compiled lines of one ignore file.
class IgnorePatterns {
 public:
  IgnorePatterns();
  explicit IgnorePatterns(std::string_view text);
  IgnorePatterns(IgnorePatterns&&) noexcept;
  IgnorePatterns& operator=(IgnorePatterns&&) noexcept;
  ~IgnorePatterns();

  // `path` is relative to the directory of the ignore file. Looks at this path
  // alone, not at the directories above it.
  IgnoreVerdict Match(std::string_view path, PathKind kind) const;

  bool empty() const noexcept;
  std::size_t size() const noexcept;

 private:
  struct Pattern;
  std::vector<Pattern> patterns_;
};

class IgnoreRules {
 public:
  // The files in force inside one directory, strongest last. Refers into the rules: valid until one of its files is
  // replaced.
  class Scope {
   public:
    // Whether the entry `path` of this directory is ignored, given that the directory itself is not.
    bool IsIgnored(std::string_view path, PathKind kind) const;

   private:
    friend class IgnoreRules;
    struct Level {
      const IgnorePatterns* patterns = nullptr;
      std::uint32_t base_length = 0;  // of the ignore file's directory, with its '/'
    };
    std::vector<Level> levels_[kIgnoreLayerCount];
  };

  // Sets (replaces) the ignore file of one layer that lies in `directory`; for
  // kGlobal and kRepository that is the top of the repository. Empty text
  // removes it.
  void Add(IgnoreLayer layer, std::string_view directory, std::string_view text);

  // Marks `directory` as the top of a repository of its own.
  void AddRepositoryTop(std::string_view directory);

  // True if the path or a directory above it is ignored. O(depth).
  bool IsIgnored(std::string_view path, PathKind kind) const { return IsIgnoredBelow(0, path, kind); }

  // The same, but the directories that end within the first `root_length` bytes of the path are taken as not ignored:
  // somebody asked for them by name.
  bool IsIgnoredBelow(std::size_t root_length, std::string_view path, PathKind kind) const;

  // The rules for the entries of `directory` ("" is the top).
  Scope ScopeOf(std::string_view directory) const;
  // The same, from the scope of its parent: what a walk uses. O(files in force).
  Scope Enter(const Scope& parent, std::string_view directory) const;

  std::size_t pattern_count() const noexcept;
  void Clear();

 private:
  struct Files {
    std::unique_ptr<IgnorePatterns> layers[kIgnoreLayerCount];
    bool repository_top = false;
  };
  std::map<std::string, Files, std::less<>> directories_;
};

// One wildmatch pattern with path semantics ('*' and '?' stop at '/'), as the lines of an ignore file use it. For
// tests and for path globs in queries. O(pattern x path) at worst.
bool MatchesPathGlob(std::string_view pattern, std::string_view path);

}  // namespace attune::console
