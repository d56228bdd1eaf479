#pragma once
// TreeWalker: every readable file below a folder, in a stable order, without
// entering what is ignored.
//
//   class Collect final : public WalkVisitor {
//     bool OnFile(const WalkedFile& file) override { paths.emplace_back(file.path); return true; }
//     std::vector<std::string> paths;
//   };
//   TreeWalker walker(sys::RealFileSystem(), "/home/me/project", {});
//   Collect collect;
//   Result<WalkSummary> summary = walker.Walk(collect);
//
// Order      depth first; inside a directory by the bytes of the names.
// Root       absolute and without ".."; for a relative one nothing above it is looked at.
// Ignored    directories are not listed at all; .gitignore, .git/info/exclude and
//            .attuneignore count (ignore.h). When the root lies inside a repository
//            the ignore files above it count as well. The root itself is always
//            walked: naming it is asking for it.
// Never      enters .git or the excluded directories, follows a symbolic link,
//            opens anything: it lists, reads ignore files and asks for metadata.
// Ownership  borrows the file system. What a visitor is shown is valid during the call.
// Threads    Walk needs exclusion; IsIgnored may run beside IsIgnored.
// Cost       one List per directory, one LinkStat per candidate file. Memory: the
//            names of the directories on the way down.
// Errors     kNotFound or kDenied when the root cannot be listed; kInvalidArgument
//            when it is not a directory. Below the root a failure is a skip record.
//            kCancelled when a visitor returned false.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/console/ignore.h"
#include "attune/console/skip_reason.h"
#include "attune/sys/file_system.h"

namespace attune::console {

struct WalkConfig {
  bool git_rules = true;     // honour .gitignore and .git/info/exclude
  bool attune_rules = true;  // honour .attuneignore
  // See GlobalExcludesPath; empty: none.
  std::string global_excludes_path = {};  // may be left out
  // Absolute paths that are never entered: the data folder.
  std::vector<std::string> excluded_directories = {};  // may be left out
  std::size_t depth_max = 128;                         // directories below the root; real trees stay under 40
  std::size_t path_bytes_max = 4096;                   // PATH_MAX; a longer path cannot be opened in one call
  Bytes ignore_file_max = Bytes(1U << 20U);            // a larger ignore file is reported and not honoured
};

struct WalkedFile {
  std::string_view path;  // relative to the root; bytes, see path_text.h for showing it
  const sys::FileInfo& info;
};

struct WalkSkip {
  std::string_view path;  // relative to the root
  SkipReason reason;
  std::string_view detail;
};

class WalkVisitor {
 public:
  WalkVisitor() = default;
  WalkVisitor(const WalkVisitor&) = delete;
  WalkVisitor& operator=(const WalkVisitor&) = delete;
  virtual ~WalkVisitor() = default;
  // Each returns false to stop the walk.
  virtual bool OnFile(const WalkedFile& file) = 0;
  // Right before the directory is listed; "" is the root. A watch placed here reports what the listing is too early
  // for. Listing may still fail; OnSkip says so then.
  virtual bool OnDirectory(std::string_view path);
  virtual bool OnSkip(const WalkSkip& skip);  // everything but kIgnored, which is only counted
};

struct WalkSummary {
  std::uint64_t files = 0;
  std::uint64_t directories = 0;
  std::array<std::uint64_t, kSkipReasonCount> skipped{};  // by SkipReason
  std::uint64_t skipped_by(SkipReason reason) const { return skipped.at(static_cast<std::size_t>(reason)); }
};

class TreeWalker {
 public:
  TreeWalker(const sys::FileSystem& files, std::string root, WalkConfig config);

  // The whole tree; reads every ignore file anew.
  Result<WalkSummary> Walk(WalkVisitor& visitor);

  // One directory below the root and what is under it: for a directory that has just appeared. Ignore files above it
  // are taken as the last Walk read them. An ignored directory gives an empty walk.
  Result<WalkSummary> WalkBelow(std::string_view directory, WalkVisitor& visitor);

  // As the last walk read the rules: whether a path is left out because of an ignore rule, .git or an excluded
  // directory. For judging single paths that a watch reports.
  bool IsIgnored(std::string_view path, PathKind kind) const;

  // True for the names that change what is ignored; after a write to one of them, walk again.
  static bool IsIgnoreFile(std::string_view path);

  const std::string& root() const noexcept { return root_; }
  std::size_t ignore_pattern_count() const noexcept { return rules_.pattern_count(); }

 private:
  class Run;

  std::string InRepository(std::string_view path) const;
  void LoadAncestors();
  void LoadRepositoryTop(std::string_view path);
  void AddRules(IgnoreLayer layer, std::string_view directory, const std::string& path);

  const sys::FileSystem& files_;
  std::string root_;  // without a '/' at its end, unless it is "/"
  WalkConfig config_;
  IgnoreRules rules_;   // paths in it are relative to the top of the enclosing repository
  std::string prefix_;  // from that top to the root, with '/' at its end; empty when they are the same
};

// Where git looks for ignore rules that hold in every repository: $XDG_CONFIG_HOME/git/ignore, or
// $HOME/.config/git/ignore when the first is empty. (A core.excludesFile set in git's configuration is not looked up.)
// Empty when both are.
std::string GlobalExcludesPath(std::string_view xdg_config_home, std::string_view home);

}  // namespace attune::console
