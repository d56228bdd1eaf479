#pragma once
// FileDescriptor: closes on destruction. -1 is "none".

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace attune::sys {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { Close(); }

  int get() const noexcept { return fd_; }
  bool valid() const noexcept { return fd_ >= 0; }
  int Release() noexcept { return std::exchange(fd_, -1); }

 private:
  // Whatever close says, Linux has released the number: never try twice.
  void Close() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd_ = -1;
};

// Calls `system_call` again while a signal interrupts it.
template <typename Call>
auto RetryInterrupted(Call system_call) {
  auto result = system_call();
  while (result == -1 && errno == EINTR) result = system_call();
  return result;
}

}  // namespace attune::sys
