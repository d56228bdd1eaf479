#pragma once
// Value: a JSON-like value. Null, bool, integer, double, string, array or object.
//
//   Value chat = Object{{"title", "notes"}, {"messages", Array{}}};
//   chat.AsObject()->Set("pinned", true);
//   if (const Value* title = chat.Find("title")) Use(title->AsString());
//
// Ownership  value semantics: a copy is deep, a move leaves null behind.
// Threads    const access from many threads is safe; anything else is not.
// Cost       16 bytes; strings of at most 14 bytes and empty containers allocate nothing,
//            any other string or container is one heap block (and the array in it).
//            Copying, comparing and destroying use no recursion, so that depth
//            costs memory and never stack.
// Errors     a typed getter on another kind answers nullopt or null. fields.h has
//            getters that say in words what was wrong.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/check.h"

namespace attune::state {

class Object;
class Value;
using Array = std::vector<Value>;

// kUint holds only what does not fit kInt, so that equal integers have equal kinds.
enum class Kind : std::uint8_t { kNull, kBool, kInt, kUint, kDouble, kString, kArray, kObject };

// "null", "a boolean", "an integer", "a number", "a string", "an array", "an object".
std::string_view Describe(Kind kind) noexcept;

class Value {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a literal is a value; that is the point of the type.
  Value() noexcept = default;
  Value(std::nullptr_t) noexcept {}
  Value(std::same_as<bool> auto flag) noexcept : kind_(Kind::kBool) { Store(flag); }
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  Value(T number) noexcept {
    if (std::in_range<std::int64_t>(number)) {
      kind_ = Kind::kInt;
      Store(static_cast<std::int64_t>(number));
    } else {
      kind_ = Kind::kUint;
      Store(static_cast<std::uint64_t>(number));
    }
  }
  Value(char) = delete;  // a text of one character or a number? Say which.
  Value(double number) noexcept : kind_(Kind::kDouble) { Store(number); }
  Value(std::string_view text);  // REQUIRES: shorter than 4 GiB
  Value(const char* text) : Value(std::string_view(text)) {}
  Value(const std::string& text) : Value(std::string_view(text)) {}
  Value(Array items);
  Value(Object members);
  // NOLINTEND(google-explicit-constructor)

  Value(const Value& other) { CopyFrom(other); }
  Value(Value&& other) noexcept { Steal(other); }
  Value& operator=(const Value& other) {
    if (this != &other) {
      *this = Value(other);
    }
    return *this;
  }
  Value& operator=(Value&& other) noexcept {
    if (this != &other) {
      Value old(std::move(*this));  // destroyed last: `other` may live inside the old content
      Steal(other);
    }
    return *this;
  }
  ~Value() {
    if (owns_heap()) {
      Destroy();
    }
  }

  Kind kind() const noexcept { return kind_; }
  bool is_null() const noexcept { return kind_ == Kind::kNull; }
  bool is_number() const noexcept { return kind_ == Kind::kInt || kind_ == Kind::kUint || kind_ == Kind::kDouble; }

  std::optional<bool> AsBool() const noexcept;
  std::optional<std::int64_t> AsInt() const noexcept;    // kInt
  std::optional<std::uint64_t> AsUint() const noexcept;  // kUint and non-negative kInt
  std::optional<double> AsDouble() const noexcept;       // every number; integers beyond 2^53 round
  // Valid until this value changes, moves or dies.
  std::optional<std::string_view> AsString() const noexcept;
  const Array* AsArray() const noexcept;
  const Object* AsObject() const noexcept;
  Array* AsArray();  // of an empty one too, ready to be appended to
  Object* AsObject();

  // The member of an object; null when there is none or this is no object.
  const Value* Find(std::string_view key) const noexcept;
  // The element of an array; null when out of range or this is no array.
  const Value* At(std::size_t index) const noexcept;

  // Objects are equal whatever the order of their members. 1 and 1.0 differ (the
  // kinds do); NaN equals itself here, so that a copy always equals its original.
  friend bool operator==(const Value& a, const Value& b);

  // Heap held by this value and everything below it, by capacity, without sizeof(Value).
  Bytes HeapBytes() const noexcept;

 private:
  struct Box;  // heap node of an array or object
  struct ArrayBox;
  struct ObjectBox;

  static constexpr std::size_t kShortMax = 14;
  static constexpr std::uint8_t kOnHeap = 0xFF;  // in short_size_: the payload is a pointer

  template <typename T>
  void Store(T payload) noexcept {
    std::memcpy(payload_, &payload, sizeof(T));
  }
  template <typename T>
  T Load() const noexcept {
    T payload;
    std::memcpy(&payload, payload_, sizeof(T));
    return payload;
  }
  template <typename T>
  void StorePointer(T* pointer) noexcept {
    Store(reinterpret_cast<std::uintptr_t>(pointer));
  }
  template <typename T>
  T* LoadPointer() const noexcept {
    T* pointer = nullptr;
    std::memcpy(static_cast<void*>(&pointer), payload_, sizeof(std::uintptr_t));
    return pointer;
  }
  bool owns_heap() const noexcept { return short_size_ == kOnHeap; }
  void Steal(Value& other) noexcept {
    std::memcpy(payload_, other.payload_, sizeof(payload_));
    short_size_ = std::exchange(other.short_size_, std::uint8_t{0});
    kind_ = std::exchange(other.kind_, Kind::kNull);
  }
  std::string_view text() const noexcept;
  void AdoptBox(Kind kind, Box* box) noexcept;
  void CopyFrom(const Value& other);
  void CopyShallow(const Value& other);
  void Destroy() noexcept;

  // A scalar; or up to 14 bytes of text; or pointer and length of longer text; or the pointer to a box.
  alignas(8) unsigned char payload_[kShortMax] = {};
  std::uint8_t short_size_ = 0;
  Kind kind_ = Kind::kNull;
};
static_assert(sizeof(Value) == 16);

struct Member {
  std::string key;
  Value value;
};

// Object: members in the order of their first insertion, keys unique.
//
// Cost       Find is a scan of few keys, and a hash probe from kIndexedFrom keys
//            on (4 to 8 bytes a member more). Set is Find plus an append; Remove is O(size).
class Object {
 public:
  static constexpr std::size_t kIndexedFrom = 17;  // below, a scan of short keys is as fast as hashing one

  Object() = default;
  Object(std::initializer_list<Member> members);  // last wins on duplicates

  std::size_t size() const noexcept { return members_.size(); }
  bool empty() const noexcept { return members_.empty(); }
  std::span<const Member> members() const noexcept { return members_; }
  auto begin() const noexcept { return members_.cbegin(); }
  auto end() const noexcept { return members_.cend(); }

  const Value* Find(std::string_view key) const noexcept;
  Value* Find(std::string_view key) noexcept;
  // Inserts or replaces; a replaced member keeps its place. The reference is valid
  // until the next insertion or removal.
  Value& Set(std::string_view key, Value value);
  bool Remove(std::string_view key);  // whether it was there
  void Reserve(std::size_t count) { members_.reserve(count); }
  // REQUIRES: index < size().
  Value& ValueAt(std::size_t index) {
    ATTUNE_CHECK(index < members_.size(), "member index out of range");
    return members_[index].value;
  }

 private:
  friend class Value;
  static constexpr std::uint32_t kFree = 0xFFFFFFFF;

  std::size_t PositionOf(std::string_view key) const noexcept;  // size() when absent
  void IndexLast();
  void RebuildIndex(std::size_t slots);

  std::vector<Member> members_;
  std::vector<std::uint32_t> slots_;  // open addressing, a power of two, at most half full; empty for few members
};

}  // namespace attune::state
