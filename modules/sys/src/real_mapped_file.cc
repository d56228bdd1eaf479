#include "real_mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "attune/sys/errno.h"
#include "open_file.h"

namespace attune::sys {
namespace {

std::size_t PageSize() noexcept {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

class RealMappedFile final : public MappedFile {
 public:
  RealMappedFile(void* address, std::size_t size) noexcept : address_(address), size_(size) {}
  ~RealMappedFile() override {
    if (size_ > 0) ::munmap(address_, size_);
  }

  std::string_view bytes() const noexcept override { return {static_cast<const char*>(address_), size_}; }

  void ReleasePages() const noexcept override {
    if (size_ > 0) ::madvise(address_, size_, MADV_DONTNEED);
  }

  // From /proc/self/pagemap, one word a page whose top bit says "present". mincore
  // would be simpler, but it answers for the page cache and not for this process.
  Bytes ResidentBytes() const noexcept override {
    if (size_ == 0) return Bytes(0);
    const FileDescriptor pagemap(RetryInterrupted([] { return ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC); }));
    if (!pagemap.valid()) return Bytes(size_);  // the safe side for a budget

    const std::size_t pages = (size_ + PageSize() - 1) / PageSize();
    const std::uint64_t first = reinterpret_cast<std::uintptr_t>(address_) / PageSize();
    std::uint64_t present = 0;
    std::array<std::uint64_t, 512> words{};
    for (std::size_t done = 0; done < pages;) {
      const std::size_t wanted = std::min(words.size(), pages - done);
      const auto offset = static_cast<off_t>((first + done) * sizeof(std::uint64_t));
      const ssize_t got = ::pread(pagemap.get(), words.data(), wanted * sizeof(std::uint64_t), offset);
      if (got <= 0) return Bytes(size_);
      const std::size_t count = static_cast<std::size_t>(got) / sizeof(std::uint64_t);
      for (std::size_t i = 0; i < count; ++i) present += words[i] >> 63U;
      done += std::max<std::size_t>(count, 1);
    }
    return Bytes(present * PageSize());
  }

 private:
  void* const address_;
  const std::size_t size_;
};

}  // namespace

Result<std::unique_ptr<MappedFile>> MapRegular(const std::string& path) {
  ATTUNE_ASSIGN_OR_RETURN(const OpenFile file, OpenRegular(path));
  const auto size = static_cast<std::size_t>(file.info.st_size);
  if (size == 0) return std::unique_ptr<MappedFile>(std::make_unique<RealMappedFile>(nullptr, 0));  // mmap refuses it

  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.fd.get(), 0);
  if (address == MAP_FAILED) return FromErrno(errno, "map", path);
  return std::unique_ptr<MappedFile>(std::make_unique<RealMappedFile>(address, size));
}

}  // namespace attune::sys
