#pragma once
// ByteBuffer: bytes appended through a pointer, without the checks and the terminator of std::string per byte.
//
//   char* at = buffer.Room(5);   // five bytes may be written
//   at = PutVarint(at, value);
//   buffer.EndAt(at);

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace attune::index {

class ByteBuffer {
 public:
  // The pointer is valid until the next call of Room or Append.
  char* Room(std::size_t count) {
    if (capacity_ - size_ < count) {
      Grow(count);
    }
    return bytes_.get() + size_;
  }
  void EndAt(const char* end) noexcept { size_ = static_cast<std::size_t>(end - bytes_.get()); }
  void Append(std::string_view bytes) {
    std::memcpy(Room(bytes.size() + 1), bytes.data(), bytes.size());  // + 1: memcpy wants no null pointer
    size_ += bytes.size();
  }
  void Clear() noexcept { size_ = 0; }

  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::string_view view() const noexcept { return {bytes_.get(), size_}; }

 private:
  void Grow(std::size_t count) {
    const std::size_t capacity = 2 * capacity_ + count + 64;
    std::unique_ptr<char[]> bytes(new char[capacity]);  // NOLINT(modernize-make-unique): not zeroed
    if (size_ != 0) {
      std::memcpy(bytes.get(), bytes_.get(), size_);
    }
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace attune::index
