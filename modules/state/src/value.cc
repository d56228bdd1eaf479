#include "attune/state/value.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "attune/base/hash.h"

namespace attune::state {

// The link is used by Destroy alone: it chains the boxes that are waiting for
// destruction through themselves, so that freeing needs neither stack nor memory.
struct Value::Box {
  Box* next = nullptr;
  Kind kind;
  explicit Box(Kind box_kind) : kind(box_kind) {}
};

struct Value::ArrayBox : Box {
  explicit ArrayBox(Array array) : Box(Kind::kArray), items(std::move(array)) {}
  Array items;
};

struct Value::ObjectBox : Box {
  explicit ObjectBox(Object object) : Box(Kind::kObject), members(std::move(object)) {}
  Object members;
};

std::string_view Describe(Kind kind) noexcept {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "a boolean";
    case Kind::kInt:
    case Kind::kUint:
      return "an integer";
    case Kind::kDouble:
      return "a number";
    case Kind::kString:
      return "a string";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      return "an object";
  }
  return "nothing";
}

Value::Value(std::string_view text) : kind_(Kind::kString) {
  if (text.size() <= kShortMax) {
    std::copy(text.begin(), text.end(), payload_);
    short_size_ = static_cast<std::uint8_t>(text.size());
    return;
  }
  ATTUNE_CHECK(text.size() <= std::numeric_limits<std::uint32_t>::max(), "a string value is shorter than 4 GiB");
  char* copy = new char[text.size()];
  std::copy(text.begin(), text.end(), copy);
  StorePointer(copy);
  const auto size = static_cast<std::uint32_t>(text.size());
  std::memcpy(payload_ + sizeof(std::uintptr_t), &size, sizeof(size));
  short_size_ = kOnHeap;
}

Value::Value(Array items) : kind_(Kind::kArray) {
  if (!items.empty()) {
    AdoptBox(Kind::kArray, new ArrayBox(std::move(items)));
  }
}

Value::Value(Object members) : kind_(Kind::kObject) {
  if (!members.empty()) {
    AdoptBox(Kind::kObject, new ObjectBox(std::move(members)));
  }
}

void Value::AdoptBox(Kind kind, Box* box) noexcept {
  kind_ = kind;
  StorePointer(box);
  short_size_ = kOnHeap;
}

std::string_view Value::text() const noexcept {
  if (!owns_heap()) {
    return {reinterpret_cast<const char*>(payload_), short_size_};
  }
  std::uint32_t size = 0;
  std::memcpy(&size, payload_ + sizeof(std::uintptr_t), sizeof(size));
  return {LoadPointer<const char>(), size};
}

std::optional<bool> Value::AsBool() const noexcept {
  return kind_ == Kind::kBool ? std::optional(Load<bool>()) : std::nullopt;
}

std::optional<std::int64_t> Value::AsInt() const noexcept {
  return kind_ == Kind::kInt ? std::optional(Load<std::int64_t>()) : std::nullopt;
}

std::optional<std::uint64_t> Value::AsUint() const noexcept {
  const bool fits = kind_ == Kind::kUint || (kind_ == Kind::kInt && Load<std::int64_t>() >= 0);
  return fits ? std::optional(Load<std::uint64_t>()) : std::nullopt;
}

std::optional<double> Value::AsDouble() const noexcept {
  switch (kind_) {
    case Kind::kInt:
      return static_cast<double>(Load<std::int64_t>());
    case Kind::kUint:
      return static_cast<double>(Load<std::uint64_t>());
    case Kind::kDouble:
      return Load<double>();
    default:
      return std::nullopt;
  }
}

std::optional<std::string_view> Value::AsString() const noexcept {
  return kind_ == Kind::kString ? std::optional(text()) : std::nullopt;
}

const Array* Value::AsArray() const noexcept {
  static const Array empty;
  if (kind_ != Kind::kArray) {
    return nullptr;
  }
  return owns_heap() ? &static_cast<const ArrayBox*>(LoadPointer<Box>())->items : &empty;
}

const Object* Value::AsObject() const noexcept {
  static const Object empty;
  if (kind_ != Kind::kObject) {
    return nullptr;
  }
  return owns_heap() ? &static_cast<const ObjectBox*>(LoadPointer<Box>())->members : &empty;
}

Array* Value::AsArray() {
  if (kind_ != Kind::kArray) {
    return nullptr;
  }
  if (!owns_heap()) {
    AdoptBox(Kind::kArray, new ArrayBox({}));
  }
  return &static_cast<ArrayBox*>(LoadPointer<Box>())->items;
}

Object* Value::AsObject() {
  if (kind_ != Kind::kObject) {
    return nullptr;
  }
  if (!owns_heap()) {
    AdoptBox(Kind::kObject, new ObjectBox({}));
  }
  return &static_cast<ObjectBox*>(LoadPointer<Box>())->members;
}

const Value* Value::Find(std::string_view key) const noexcept {
  const Object* object = AsObject();
  return object != nullptr ? object->Find(key) : nullptr;
}

const Value* Value::At(std::size_t index) const noexcept {
  const Array* array = AsArray();
  return array != nullptr && index < array->size() ? &(*array)[index] : nullptr;
}

void Value::Destroy() noexcept {
  if (kind_ == Kind::kString) {
    delete[] LoadPointer<char>();
    return;
  }
  Box* pending = LoadPointer<Box>();
  const auto adopt = [&pending](Value& child) {
    if (child.owns_heap() && child.kind_ != Kind::kString) {
      Box* box = child.LoadPointer<Box>();
      child.short_size_ = 0;  // the child no longer owns it
      box->next = pending;
      pending = box;
    }
  };
  while (pending != nullptr) {
    Box* box = std::exchange(pending, pending->next);
    if (box->kind == Kind::kArray) {
      auto* array = static_cast<ArrayBox*>(box);
      std::for_each(array->items.begin(), array->items.end(), adopt);
      delete array;
    } else {
      auto* object = static_cast<ObjectBox*>(box);
      for (Member& member : object->members.members_) {
        adopt(member.value);
      }
      delete object;
    }
  }
}

// Everything but the children of a container, which become null.
void Value::CopyShallow(const Value& other) {
  if (!other.owns_heap()) {
    std::memcpy(payload_, other.payload_, sizeof(payload_));
    short_size_ = other.short_size_;
    kind_ = other.kind_;
    return;
  }
  if (other.kind_ == Kind::kString) {
    *this = Value(other.text());
    return;
  }
  if (other.kind_ == Kind::kArray) {
    AdoptBox(Kind::kArray, new ArrayBox(Array(other.AsArray()->size())));
    return;
  }
  const Object& from = *other.AsObject();
  Object skeleton;
  skeleton.Reserve(from.size());
  for (const Member& member : from) {
    skeleton.members_.push_back({member.key, Value()});
  }
  skeleton.slots_ = from.slots_;
  AdoptBox(Kind::kObject, new ObjectBox(std::move(skeleton)));
}

void Value::CopyFrom(const Value& other) {
  CopyShallow(other);
  if (!other.owns_heap() || other.kind_ == Kind::kString) {
    return;
  }
  std::vector<std::pair<const Value*, Value*>> pending{{&other, this}};
  const auto copy_child = [&pending](const Value& from, Value& to) {
    to.CopyShallow(from);
    if (from.owns_heap() && from.kind_ != Kind::kString) {
      pending.emplace_back(&from, &to);
    }
  };
  while (!pending.empty()) {
    const auto [from, to] = pending.back();
    pending.pop_back();
    if (from->kind_ == Kind::kArray) {
      const Array& source = *from->AsArray();
      Array& target = *to->AsArray();
      for (std::size_t i = 0; i < source.size(); ++i) {
        copy_child(source[i], target[i]);
      }
    } else {
      const auto& source = from->AsObject()->members_;
      auto& target = to->AsObject()->members_;
      for (std::size_t i = 0; i < source.size(); ++i) {
        copy_child(source[i].value, target[i].value);
      }
    }
  }
}

namespace {

using PendingPairs = std::vector<std::pair<const Value*, const Value*>>;

bool SameDouble(double a, double b) { return a == b || (a != a && b != b); }

// Compares all but the children of containers, which it adds to `pending`.
bool SameShallow(const Value& a, const Value& b, PendingPairs& pending) {
  if (a.kind() != b.kind()) {
    return false;
  }
  switch (a.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return a.AsBool() == b.AsBool();
    case Kind::kInt:
      return a.AsInt() == b.AsInt();
    case Kind::kUint:
      return a.AsUint() == b.AsUint();
    case Kind::kDouble:
      return SameDouble(a.AsDouble().value_or(0), b.AsDouble().value_or(0));
    case Kind::kString:
      return a.AsString() == b.AsString();
    case Kind::kArray: {
      const Array& left = *a.AsArray();
      const Array& right = *b.AsArray();
      if (left.size() != right.size()) {
        return false;
      }
      for (std::size_t i = 0; i < left.size(); ++i) {
        pending.emplace_back(&left[i], &right[i]);
      }
      return true;
    }
    case Kind::kObject:
      break;
  }
  const Object& left = *a.AsObject();
  const Object& right = *b.AsObject();
  if (left.size() != right.size()) {
    return false;
  }
  for (const Member& member : left) {
    const Value* other = right.Find(member.key);
    if (other == nullptr) {
      return false;
    }
    pending.emplace_back(&member.value, other);
  }
  return true;
}

}  // namespace

bool operator==(const Value& a, const Value& b) {
  PendingPairs pending;
  if (!SameShallow(a, b, pending)) {
    return false;
  }
  while (!pending.empty()) {
    const auto [left, right] = pending.back();
    pending.pop_back();
    if (!SameShallow(*left, *right, pending)) {
      return false;
    }
  }
  return true;
}

Bytes Value::HeapBytes() const noexcept {
  std::uint64_t total = 0;
  std::vector<const Value*> pending{this};
  while (!pending.empty()) {
    const Value* value = pending.back();
    pending.pop_back();
    if (!value->owns_heap()) {
      continue;
    }
    if (value->kind_ == Kind::kString) {
      total += value->text().size();
    } else if (value->kind_ == Kind::kArray) {
      const Array& items = *value->AsArray();
      total += sizeof(ArrayBox) + items.capacity() * sizeof(Value);
      for (const Value& item : items) {
        pending.push_back(&item);
      }
    } else {
      const Object& object = *value->AsObject();
      total += sizeof(ObjectBox) + object.members_.capacity() * sizeof(Member) +
               object.slots_.capacity() * sizeof(object.slots_[0]);
      for (const Member& member : object) {
        total += member.key.capacity() > std::string().capacity() ? member.key.capacity() + 1 : 0;
        pending.push_back(&member.value);
      }
    }
  }
  return Bytes(total);
}

Object::Object(std::initializer_list<Member> members) {
  members_.reserve(members.size());
  for (const Member& member : members) {
    Set(member.key, member.value);
  }
}

std::size_t Object::PositionOf(std::string_view key) const noexcept {
  if (slots_.empty()) {
    const auto found = std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.key == key; });
    return static_cast<std::size_t>(found - members_.begin());
  }
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = Hash64(key) & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == kFree) {
      return members_.size();
    }
    if (members_[slots_[slot]].key == key) {
      return slots_[slot];
    }
  }
}

void Object::RebuildIndex(std::size_t slots) {
  slots_.assign(slots, kFree);
  const std::size_t mask = slots - 1;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    std::size_t slot = Hash64(members_[i].key) & mask;
    while (slots_[slot] != kFree) {
      slot = (slot + 1) & mask;
    }
    slots_[slot] = static_cast<std::uint32_t>(i);
  }
}

void Object::IndexLast() {
  if (members_.size() < kIndexedFrom) {
    return;
  }
  if (members_.size() * 2 > slots_.size()) {
    RebuildIndex(std::bit_ceil(members_.size() * 4));
    return;
  }
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = Hash64(members_.back().key) & mask;
  while (slots_[slot] != kFree) {
    slot = (slot + 1) & mask;
  }
  slots_[slot] = static_cast<std::uint32_t>(members_.size() - 1);
}

const Value* Object::Find(std::string_view key) const noexcept {
  const std::size_t position = PositionOf(key);
  return position < members_.size() ? &members_[position].value : nullptr;
}

Value* Object::Find(std::string_view key) noexcept {
  const std::size_t position = PositionOf(key);
  return position < members_.size() ? &members_[position].value : nullptr;
}

Value& Object::Set(std::string_view key, Value value) {
  if (Value* present = Find(key)) {
    *present = std::move(value);
    return *present;
  }
  ATTUNE_CHECK(members_.size() < kFree, "an object holds fewer than 2^32 - 1 members");
  members_.push_back({std::string(key), std::move(value)});
  IndexLast();
  return members_.back().value;
}

bool Object::Remove(std::string_view key) {
  const std::size_t position = PositionOf(key);
  if (position == members_.size()) {
    return false;
  }
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(position));
  if (members_.size() < kIndexedFrom) {
    slots_.clear();
  } else {
    RebuildIndex(slots_.size());
  }
  return true;
}

}  // namespace attune::state
