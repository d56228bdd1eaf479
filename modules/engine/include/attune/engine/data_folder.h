#pragma once
// The data folder: its files, and the lock that says who uses it.
//
//   DataFolder folder("/home/me/.local/share/attune/project");
//   folder.database_path(); folder.index_directory(); folder.lock_path();
//
// Threads    a plain value.

#include <string>

namespace attune::engine {

class DataFolder {
 public:
  explicit DataFolder(std::string path) : path_(std::move(path)) {}
  const std::string& path() const noexcept { return path_; }
  std::string database_path() const { return path_ + "/attune.db"; }
  std::string index_directory() const { return path_ + "/index"; }
  std::string lock_path() const { return path_ + "/lock"; }
  std::string temporary_directory() const { return path_ + "/tmp"; }

 private:
  std::string path_;
};

}  // namespace attune::engine
