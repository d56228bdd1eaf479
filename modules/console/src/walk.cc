#include "attune/console/walk.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace attune::console {
namespace {

constexpr int kAncestorsMax = 64;  // directories above the root that are searched for the top of its repository

std::string WithoutTrailingSlashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string Join(std::string_view directory, std::string_view name) {
  std::string path;
  path.reserve(directory.size() + 1 + name.size());
  path.append(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  path.append(name);
  return path;
}

std::string_view LastComponent(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool HasGitComponent(std::string_view path) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (path.substr(0, end) == ".git") return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

std::string_view TrimmedLine(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

// Where the rules of a repository lie: .git/info/exclude, or for a linked work tree or a submodule, whose .git is a
// file, what that file and then "commondir" point to.
std::optional<std::string> RepositoryExcludesPath(const sys::FileSystem& files, const std::string& top) {
  constexpr Bytes kPointerMax(8192);
  const std::string dot_git = Join(top, ".git");
  const Result<sys::FileInfo> info = files.LinkStat(dot_git);
  if (!info.ok()) return std::nullopt;
  if (info->kind != sys::FileKind::kRegular) return Join(dot_git, "info/exclude");
  const Result<std::string> pointer = files.Read(dot_git, kPointerMax);
  constexpr std::string_view kGitDir = "gitdir: ";
  if (!pointer.ok() || !pointer->starts_with(kGitDir)) return std::nullopt;
  const std::string_view target = TrimmedLine(std::string_view(*pointer).substr(kGitDir.size()));
  std::string git_dir = target.starts_with('/') ? std::string(target) : Join(top, target);
  if (const Result<std::string> common = files.Read(Join(git_dir, "commondir"), kPointerMax); common.ok()) {
    const std::string_view shared = TrimmedLine(*common);
    git_dir = shared.starts_with('/') ? std::string(shared) : Join(git_dir, shared);
  }
  return Join(git_dir, "info/exclude");
}

SkipReason ReasonOf(ErrorCode code) {
  return code == ErrorCode::kNotFound ? SkipReason::kChangedWhileRead : SkipReason::kUnreadable;
}

}  // namespace

bool WalkVisitor::OnDirectory(std::string_view) { return true; }
bool WalkVisitor::OnSkip(const WalkSkip&) { return true; }

// One walk: the directories on the way down and what they still hold.
class TreeWalker::Run {
 public:
  Run(TreeWalker& walker, WalkVisitor& visitor) : walker_(walker), visitor_(visitor) {}

  Result<WalkSummary> From(std::string_view directory, const IgnoreRules::Scope& parent) {
    ATTUNE_RETURN_IF_ERROR(ListStart(directory, parent));
    while (!frames_.empty() && !stopped_) {
      Frame& frame = frames_.back();
      if (frame.next == frame.entries.size()) {
        frames_.pop_back();
        continue;
      }
      const sys::DirectoryEntry entry = std::move(frame.entries[frame.next++]);
      Visit(frame, entry);
    }
    if (stopped_) return Error(ErrorCode::kCancelled, "the walk of '" + walker_.root_ + "' was stopped by its visitor");
    return summary_;
  }

 private:
  struct Frame {
    std::string path;  // relative to the root
    std::vector<sys::DirectoryEntry> entries;
    std::size_t next = 0;
    IgnoreRules::Scope scope;
  };

  Status ListStart(std::string_view directory, const IgnoreRules::Scope& parent) {
    const std::string absolute = directory.empty() ? walker_.root_ : Join(walker_.root_, directory);
    ATTUNE_ASSIGN_OR_RETURN(const sys::FileInfo info, walker_.files_.Stat(absolute));
    if (info.kind != sys::FileKind::kDirectory) {
      return Error(ErrorCode::kInvalidArgument, "'" + absolute + "' is not a directory; name a folder to read");
    }
    if (!Announce(directory)) return OkStatus();
    ATTUNE_ASSIGN_OR_RETURN(auto entries, walker_.files_.List(absolute));
    Push(std::string(directory), std::move(entries), parent);
    return OkStatus();
  }

  // Before the listing, so that whatever appears after a watch was placed is either listed or reported.
  bool Announce(std::string_view path) {
    if (!visitor_.OnDirectory(path)) stopped_ = true;
    return !stopped_;
  }

  void Push(std::string path, std::vector<sys::DirectoryEntry> entries, const IgnoreRules::Scope& parent) {
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    ++summary_.directories;
    LoadRules(path, entries);
    IgnoreRules::Scope scope = walker_.rules_.Enter(parent, walker_.InRepository(path));
    frames_.push_back({std::move(path), std::move(entries), 0, std::move(scope)});
  }

  // The ignore files that lie in the directory itself.
  void LoadRules(const std::string& path, const std::vector<sys::DirectoryEntry>& entries) {
    const WalkConfig& config = walker_.config_;
    std::string_view git_text;
    std::string_view attune_text;
    std::string git_file;
    std::string attune_file;
    for (const sys::DirectoryEntry& entry : entries) {
      if (config.git_rules && entry.name == ".git" && entry.kind != sys::FileKind::kSymlink) {
        walker_.LoadRepositoryTop(path);
      } else if (config.git_rules && entry.name == ".gitignore") {
        git_text = git_file = ReadRules(path, entry);
      } else if (config.attune_rules && entry.name == ".attuneignore") {
        attune_text = attune_file = ReadRules(path, entry);
      }
    }
    const std::string directory = walker_.InRepository(path);
    walker_.rules_.Add(IgnoreLayer::kGit, directory, git_text);
    walker_.rules_.Add(IgnoreLayer::kAttune, directory, attune_text);
  }

  // A symlinked ignore file does not count; git does not follow it either.
  std::string ReadRules(const std::string& path, const sys::DirectoryEntry& entry) {
    if (entry.kind != sys::FileKind::kRegular) return {};
    const std::string relative = Join(path, entry.name);
    Result<std::string> text = walker_.files_.Read(Join(walker_.root_, relative), walker_.config_.ignore_file_max);
    if (text.ok()) return *std::move(text);
    Skip(relative, ReasonOf(text.error().code()), "ignore rules not honoured: " + text.error().message());
    return {};
  }

  void Visit(const Frame& frame, const sys::DirectoryEntry& entry) {
    const std::string path = Join(frame.path, entry.name);
    if (entry.name == ".git") return Skip(path, SkipReason::kVersionControl, {});
    const bool is_directory = entry.kind == sys::FileKind::kDirectory;
    const PathKind kind = is_directory ? PathKind::kDirectory : PathKind::kFile;
    if (frame.scope.IsIgnored(walker_.InRepository(path), kind)) {
      ++summary_.skipped[static_cast<std::size_t>(SkipReason::kIgnored)];
      return;
    }
    if (walker_.root_.size() + 1 + path.size() > walker_.config_.path_bytes_max) {
      return Skip(path, SkipReason::kPathTooLong,
                  "more than " + std::to_string(walker_.config_.path_bytes_max) + " bytes");
    }
    switch (entry.kind) {
      case sys::FileKind::kDirectory:
        return EnterDirectory(path, frame.scope);
      case sys::FileKind::kRegular:
        return VisitFile(path);
      case sys::FileKind::kSymlink:
        return Skip(path, SkipReason::kSymlink, {});
      case sys::FileKind::kOther:
        return Skip(path, SkipReason::kNotRegular, {});
    }
  }

  void EnterDirectory(const std::string& path, const IgnoreRules::Scope& scope) {
    const std::string absolute = Join(walker_.root_, path);
    const auto& excluded = walker_.config_.excluded_directories;
    if (std::find(excluded.begin(), excluded.end(), absolute) != excluded.end()) {
      return Skip(path, SkipReason::kExcluded, {});
    }
    if (frames_.size() > walker_.config_.depth_max) {
      return Skip(path, SkipReason::kTooDeep,
                  "more than " + std::to_string(walker_.config_.depth_max) + " directories deep");
    }
    if (!Announce(path)) return;
    Result<std::vector<sys::DirectoryEntry>> entries = walker_.files_.List(absolute);
    if (!entries.ok()) return Skip(path, ReasonOf(entries.error().code()), entries.error().message());
    Push(path, *std::move(entries), scope);
  }

  void VisitFile(const std::string& path) {
    const Result<sys::FileInfo> info = walker_.files_.LinkStat(Join(walker_.root_, path));
    if (!info.ok()) return Skip(path, ReasonOf(info.error().code()), info.error().message());
    if (info->kind != sys::FileKind::kRegular) {
      return Skip(path, SkipReason::kChangedWhileRead, "was a regular file and no longer is");
    }
    ++summary_.files;
    stopped_ = !visitor_.OnFile({path, *info});
  }

  void Skip(const std::string& path, SkipReason reason, const std::string& detail) {
    ++summary_.skipped[static_cast<std::size_t>(reason)];
    if (!visitor_.OnSkip({path, reason, detail})) stopped_ = true;
  }

  TreeWalker& walker_;
  WalkVisitor& visitor_;
  std::vector<Frame> frames_;
  WalkSummary summary_;
  bool stopped_ = false;
};

TreeWalker::TreeWalker(const sys::FileSystem& files, std::string root, WalkConfig config)
    : files_(files), root_(WithoutTrailingSlashes(std::move(root))), config_(std::move(config)) {
  for (std::string& directory : config_.excluded_directories) directory = WithoutTrailingSlashes(std::move(directory));
}

std::string TreeWalker::InRepository(std::string_view path) const {
  std::string full;
  full.reserve(prefix_.size() + path.size());
  full.append(prefix_).append(path);
  if (path.empty() && !full.empty()) full.pop_back();
  return full;
}

void TreeWalker::LoadRepositoryTop(std::string_view path) {
  const std::string directory = InRepository(path);
  rules_.AddRepositoryTop(directory);
  const auto excludes = RepositoryExcludesPath(files_, path.empty() ? root_ : Join(root_, path));
  if (!excludes) return;
  const Result<std::string> text = files_.Read(*excludes, config_.ignore_file_max);
  rules_.Add(IgnoreLayer::kRepository, directory, text.ok() ? std::string_view(*text) : std::string_view());
}

// Finds the repository that encloses the root and loads the rules of the directories from its top to above the root.
void TreeWalker::LoadAncestors() {
  prefix_.clear();
  if (!config_.git_rules || !root_.starts_with('/') || root_ == "/") return;
  if (files_.LinkStat(Join(root_, ".git")).ok()) return;
  std::string top = root_;
  for (int i = 0; i < kAncestorsMax && top != "/"; ++i) {
    top.resize(std::max<std::size_t>(top.rfind('/'), 1));
    if (!files_.LinkStat(Join(top, ".git")).ok()) continue;
    const std::string below = root_.substr(top == "/" ? 1 : top.size() + 1);
    if (const auto excludes = RepositoryExcludesPath(files_, top)) {
      AddRules(IgnoreLayer::kRepository, "", *excludes);
    }
    rules_.AddRepositoryTop("");
    for (std::size_t end = 0; end < below.size(); end = below.find('/', end + 1)) {
      const std::string_view directory = std::string_view(below).substr(0, end);
      AddRules(IgnoreLayer::kGit, directory, Join(Join(top, directory), ".gitignore"));
      if (config_.attune_rules) AddRules(IgnoreLayer::kAttune, directory, Join(Join(top, directory), ".attuneignore"));
    }
    prefix_ = below + "/";
    return;
  }
}

void TreeWalker::AddRules(IgnoreLayer layer, std::string_view directory, const std::string& path) {
  const Result<std::string> text = files_.Read(path, config_.ignore_file_max);
  if (text.ok()) rules_.Add(layer, directory, *text);
}

Result<WalkSummary> TreeWalker::Walk(WalkVisitor& visitor) {
  rules_.Clear();
  LoadAncestors();
  if (!config_.global_excludes_path.empty()) AddRules(IgnoreLayer::kGlobal, "", config_.global_excludes_path);
  const std::string start = InRepository("");
  const std::size_t slash = start.rfind('/');
  const bool top = start.empty();
  return Run(*this, visitor)
      .From("", top ? IgnoreRules::Scope() : rules_.ScopeOf(slash == std::string::npos ? "" : start.substr(0, slash)));
}

Result<WalkSummary> TreeWalker::WalkBelow(std::string_view directory, WalkVisitor& visitor) {
  if (directory.empty()) return Walk(visitor);
  if (IsIgnored(directory, PathKind::kDirectory)) return WalkSummary{};
  const std::string inside = InRepository(directory);
  const std::size_t slash = inside.rfind('/');
  return Run(*this, visitor)
      .From(directory, rules_.ScopeOf(slash == std::string::npos ? std::string() : inside.substr(0, slash)));
}

bool TreeWalker::IsIgnored(std::string_view path, PathKind kind) const {
  if (HasGitComponent(path)) return true;
  const std::string absolute = Join(root_, path);
  for (const std::string& directory : config_.excluded_directories) {
    if (absolute.starts_with(directory) && (absolute.size() == directory.size() || absolute[directory.size()] == '/')) {
      return true;
    }
  }
  return rules_.IsIgnoredBelow(prefix_.size(), InRepository(path), kind);
}

bool TreeWalker::IsIgnoreFile(std::string_view path) {
  const std::string_view name = LastComponent(path);
  return name == ".gitignore" || name == ".attuneignore" || path.ends_with(".git/info/exclude");
}

std::string GlobalExcludesPath(std::string_view xdg_config_home, std::string_view home) {
  if (!xdg_config_home.empty()) return Join(xdg_config_home, "git/ignore");
  return home.empty() ? std::string() : Join(home, ".config/git/ignore");
}

}  // namespace attune::console
