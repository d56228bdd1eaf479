#pragma once
// UploadFile: the body of a large upload on its way from a socket to a reader that
// wants a path. Created with a random name and mode 0600, removed by the destructor.
//
//   ATTUNE_ASSIGN_OR_RETURN(auto file, UploadFile::Create(data_dir + "/tmp"));
//   ATTUNE_RETURN_IF_ERROR(file->Append(chunk));
//   ATTUNE_RETURN_IF_ERROR(file->Finish());
//   engine.ImportChats(file->path(), "chats.jsonl", {});
//
// Threads    none until Finish; then const access from any thread.
// Cost       a write(2) into the page cache for every Append; nothing is synced: after a
//            crash the client has no answer and uploads again.
// Errors     kExhausted when the disk is full, kDenied and kUnavailable else; with the path.

#include <memory>
#include <string>
#include <string_view>

#include "attune/base/bytes.h"
#include "attune/base/result.h"

namespace attune::server {

class UploadFile {
 public:
  // Makes `directory` if it is missing.
  static Result<std::shared_ptr<UploadFile>> Create(const std::string& directory);
  ~UploadFile();
  UploadFile(const UploadFile&) = delete;
  UploadFile& operator=(const UploadFile&) = delete;

  Status Append(std::string_view bytes);
  Status Finish();
  void Discard();  // removes the file now rather than with the last owner

  const std::string& path() const noexcept { return path_; }
  Bytes size() const noexcept { return size_; }

 private:
  UploadFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_;  // -1 once finished
  bool discarded_ = false;
  Bytes size_;
};

}  // namespace attune::server
