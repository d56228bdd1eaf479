// Which data folder a command means.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "attune/base/hash.h"
#include "command_context.h"

namespace attune::app {
namespace {

namespace fs = std::filesystem;

std::string Variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value != nullptr ? value : "";
}

Result<std::string> DirOfName(const std::string& name) {
  std::string dir = engine::DefaultDataDir(Variable("XDG_DATA_HOME"), Variable("HOME"), name);
  if (dir.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "neither HOME nor XDG_DATA_HOME is set; say where the data is: --data DIR");
  }
  return dir;
}

// The folder's own name, and enough of a hash that two folders of one name differ.
std::string NameOf(const fs::path& folder) {
  std::array<char, 12> hash{};
  std::snprintf(hash.data(), hash.size(), "-%06llx",
                static_cast<unsigned long long>(Hash64(folder.string()) & 0xFFFFFFU));
  const std::string name = folder.filename().string();
  return (name.empty() ? "root" : name) + hash.data();
}

std::vector<std::string> ExistingDirs(const fs::path& base) {
  std::vector<std::string> dirs;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(base, error)) {
    if (fs::exists(entry.path() / "attune.db", error)) dirs.push_back(entry.path().string());
  }
  return dirs;
}

}  // namespace

Result<std::string> DataDirFor(const CommandContext& context, const std::string& folder) {
  if (!context.settings.engine.data_dir.empty()) return context.settings.engine.data_dir;
  if (!context.name.empty()) return DirOfName(context.name);
  return DirOfName(NameOf(folder));
}

Result<std::string> FindDataDir(const CommandContext& context) {
  if (!context.settings.engine.data_dir.empty()) return context.settings.engine.data_dir;
  if (!context.name.empty()) return DirOfName(context.name);
  std::error_code error;
  for (fs::path folder = fs::current_path(error); !folder.empty(); folder = folder.parent_path()) {
    ATTUNE_ASSIGN_OR_RETURN(std::string dir, DirOfName(NameOf(folder)));
    if (fs::exists(fs::path(dir) / "attune.db", error)) return dir;
    if (folder == folder.root_path()) break;
  }
  ATTUNE_ASSIGN_OR_RETURN(const std::string example, DirOfName("x"));
  const std::vector<std::string> existing = ExistingDirs(fs::path(example).parent_path());
  if (existing.size() == 1) return existing.front();
  if (existing.empty()) {
    return Error(ErrorCode::kNotFound, "nothing is remembered yet; start with: attune up DIR");
  }
  std::string message = "which of these? Say --data DIR, or run the command inside the folder that was read:";
  for (const std::string& dir : existing) message += "\n  " + dir;
  return Error(ErrorCode::kInvalidArgument, message);
}

}  // namespace attune::app
