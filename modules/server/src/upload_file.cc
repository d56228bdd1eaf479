#include "attune/server/upload_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace attune::server {
namespace {

Error Failed(const char* what, const std::string& path, int number) {
  ErrorCode code = ErrorCode::kUnavailable;
  if (number == ENOSPC || number == EDQUOT || number == EFBIG) code = ErrorCode::kExhausted;
  if (number == EACCES || number == EPERM || number == EROFS) code = ErrorCode::kDenied;
  return {code, std::string("cannot ") + what + " the upload file '" + path +
                    "': " + std::generic_category().message(number)};
}

}  // namespace

Result<std::shared_ptr<UploadFile>> UploadFile::Create(const std::string& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) return Failed("make the folder of", directory, failure.value());
  std::string path = directory + "/upload-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) return Failed("create", path, errno);
  return std::shared_ptr<UploadFile>(new UploadFile(std::move(path), descriptor));
}

UploadFile::~UploadFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  Discard();
}

void UploadFile::Discard() {
  if (!std::exchange(discarded_, true)) ::unlink(path_.c_str());
}

Status UploadFile::Append(std::string_view bytes) {
  ATTUNE_CHECK(descriptor_ >= 0, "a finished upload takes no more bytes");
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    size_ = size_ + Bytes(static_cast<std::uint64_t>(written));
  }
  return OkStatus();
}

Status UploadFile::Finish() {
  ATTUNE_CHECK(descriptor_ >= 0, "an upload is finished once");
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (::close(descriptor) != 0) return Failed("close", path_, errno);
  return OkStatus();
}

}  // namespace attune::server
