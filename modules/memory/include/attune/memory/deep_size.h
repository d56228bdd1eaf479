#pragma once
// DeepSize: the bytes that a value really holds, its heap blocks as the allocator rounds them.
//
//   DeepSize(std::string("short"))                 32 B: it lives inside the string
//   DeepSize(std::vector<int>(100))                24 B + 416 B
//
//   struct Passage {
//     std::string text;
//     std::vector<float> embedding;
//     friend void AttuneVisitOwned(memory::SizeVisitor& visit, const Passage& passage) {
//       visit(passage.text, passage.embedding);
//     }
//   };
//
// Knows      the containers of the standard library and their adaptors, strings and paths (short ones own nothing),
//            optional, variant, pair, tuple, array, unique_ptr, shared_ptr; weak_ptr and raw pointers own nothing. A
//            type of yours takes part through AttuneVisitOwned, found beside it or as its friend, no template, which
//            names the members that own memory. A type with a destructor and without AttuneVisitOwned does not
//            compile: what is not known is not counted as zero. Nor does one that has it from its base alone, unless
//            it is polymorphic, where that of the base is expected to call a virtual function: members of a derived
//            class would be left out. Nor does unique_ptr<T[]> of a T with AttuneVisitOwned and without a destructor:
//            nobody knows how many there are.
// Sharing    an object behind shared_ptrs is charged once in a call; with an OwnerSet,
//            once in all calls with that set. Cycles of shared_ptr end for the same reason. The first shared_ptr to
//            an object decides what is seen of it: where that is an alias, to a member, the block and what this
//            member owns are charged, and what the rest of the object owns is not, though its owner comes later. So
//            name owners before their aliases.
// Threads    thread-compatible: nobody changes the value meanwhile.
// Cost       one step per element that may own memory, O(1) for a vector of numbers. Pointers are followed
//            by a list, not by recursion; containers in containers recurse like their destructors.
//            Allocates only for values with pointers in them.
// Exactness  capacities, not sizes, count. Node layouts are those of libstdc++. Within 5 % of
//            what glibc hands out (the tests compare). Behind a unique_ptr a polymorphic object is looked up in the
//            heap, any other counts with its static type. Behind a shared_ptr what make_shared made is looked up, and a
//            polymorphic object of its own; another object of its own counts with its static type. Blocks with an
//            alignment above 16 take up to 32 bytes more than the rule says: they are looked up where std::allocator or
//            operator new made them, and otherwise counted by the rule.
//            REQUIRES that what is looked up came from the global heap and is not part of something else: no
//            allocate_shared from an arena, no deleter of your own, no alias of a polymorphic member. Allocators are
//            not asked: what a std::pmr container has from a buffer on the stack or from an arena is charged as if it
//            came from the heap. Memory inside std::function, std::any and handles of the system is not seen.

#include <array>
#include <cstddef>
#include <cstring>
#include <deque>
#include <filesystem>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <stack>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/memory/heap_block.h"

namespace attune::memory {

// The shared objects that were charged already. Holds weak references, which keep control blocks
// (and the memory of what make_shared made) from being freed: keep it for one survey.
class OwnerSet {
 public:
  // True the first time.
  template <typename T>
  bool Insert(const std::shared_ptr<T>& owner) {
    return seen_.insert(std::weak_ptr<const void>(owner)).second;
  }
  std::size_t size() const noexcept { return seen_.size(); }

 private:
  std::set<std::weak_ptr<const void>, std::owner_less<>> seen_;
};

// Walks over what values own and adds it up. Handed to AttuneVisitOwned; a concrete
// class, so that it passes through virtual functions as well.
class SizeVisitor {
 public:
  explicit SizeVisitor(OwnerSet& owners) : owners_(owners) {}

  // Charges what these values own beyond their own bytes.
  template <typename... Ts>
  void operator()(const Ts&... values);

  // Charges one heap block that no type shows, by the size it was asked for.
  void AddBlock(std::size_t requested) { bytes_ += HeapBlockSize(requested).count(); }
  void AddBytes(Bytes bytes) { bytes_ += bytes.count(); }

  // Charges later what `value` owns: what is reached through a pointer does not deepen the recursion.
  template <typename T>
  void Later(const T& value);

  // True when this shared object was not charged before.
  template <typename T>
  bool FirstOwner(const std::shared_ptr<T>& pointer) {
    return owners_.Insert(pointer);
  }

  // Everything charged, after what was put off.
  Bytes Finish() {
    while (!pending_.empty()) {
      const Pending next = pending_.back();
      pending_.pop_back();
      next.visit(*this, next.value);
    }
    return Bytes(bytes_);
  }

 private:
  struct Pending {
    const void* value;
    void (*visit)(SizeVisitor&, const void*);
  };
  OwnerSet& owners_;
  std::uint64_t bytes_ = 0;
  std::vector<Pending> pending_;
};

namespace internal {

// Becomes a T and nothing else, not even a base of it.
template <typename T>
struct Exactly {
  template <typename U>
    requires std::is_same_v<U, T>
  operator const U&() const;  // NOLINT(google-explicit-constructor): this is what it is for
};

template <typename T>
concept CallsAttuneVisitOwned = requires(SizeVisitor& visit, const T& value) { AttuneVisitOwned(visit, value); };
template <typename T>
concept HasAttuneVisitOwned =
    CallsAttuneVisitOwned<Exactly<T>> || (std::is_polymorphic_v<T> && CallsAttuneVisitOwned<T>);
// That of a base, which does not know the rest of T.
template <typename T>
concept InheritsAttuneVisitOwned = std::is_class_v<T> && CallsAttuneVisitOwned<T> && !HasAttuneVisitOwned<T>;

// Nothing to free, nothing to follow. True of numbers, enums, views, raw pointers and what consists of them.
template <typename T>
struct OwnsNothing : std::bool_constant<!HasAttuneVisitOwned<T> && !InheritsAttuneVisitOwned<T> &&
                                        std::is_trivially_destructible_v<T>> {};
template <typename T>
inline constexpr bool kOwnsNothing = OwnsNothing<std::remove_cv_t<T>>::value;
// What holds values inline owns what they own, with or without a destructor.
template <typename... Ts>
struct OwnsNothing<std::pair<Ts...>> : std::bool_constant<(kOwnsNothing<Ts> && ...)> {};
template <typename... Ts>
struct OwnsNothing<std::tuple<Ts...>> : std::bool_constant<(kOwnsNothing<Ts> && ...)> {};
template <typename... Ts>
struct OwnsNothing<std::variant<Ts...>> : std::bool_constant<(kOwnsNothing<Ts> && ...)> {};
template <typename T>
struct OwnsNothing<std::optional<T>> : std::bool_constant<kOwnsNothing<T>> {};
template <typename T, std::size_t kSize>
struct OwnsNothing<std::array<T, kSize>> : std::bool_constant<kOwnsNothing<T>> {};
template <typename T, std::size_t kSize>
struct OwnsNothing<T[kSize]> : std::bool_constant<kOwnsNothing<T>> {};

template <typename T>
struct OwnedBy {
  static void Visit(SizeVisitor& visit, const T& value) {
    static_assert(HasAttuneVisitOwned<T> || kOwnsNothing<T>,
                  "declare AttuneVisitOwned(memory::SizeVisitor&, const T&) beside this type: it names what it owns");
    if constexpr (HasAttuneVisitOwned<T>) {
      AttuneVisitOwned(visit, value);
    }
  }
};

// A block of `requested` bytes in which a T lies. The rule knows nothing of alignments above the heap's own, so then
// the heap is asked, if it is the heap that made the block.
template <typename T>
inline constexpr bool kOverAligned = alignof(T) > alignof(std::max_align_t);
template <typename T, typename Allocator>
Bytes BlockAt(const void* block, std::size_t requested) {
  if constexpr (kOverAligned<T> && std::is_same_v<Allocator, std::allocator<T>>) {
    return HeapBlockSizeOf(block);
  } else {
    return HeapBlockSize(requested);
  }
}

template <typename Range>
void VisitElements(SizeVisitor& visit, const Range& range) {
  if constexpr (!kOwnsNothing<typename Range::value_type>) {
    for (const auto& element : range) {
      visit(element);
    }
  }
}

template <typename Char, typename Traits, typename Allocator>
struct OwnedBy<std::basic_string<Char, Traits, Allocator>> {
  using String = std::basic_string<Char, Traits, Allocator>;
  static void Visit(SizeVisitor& visit, const String& text) {
    const auto begin = reinterpret_cast<std::uintptr_t>(&text);
    const auto data = reinterpret_cast<std::uintptr_t>(text.data());
    if (data < begin || data >= begin + sizeof(String)) {
      visit.AddBlock((text.capacity() + 1) * sizeof(Char));
    }
  }
};

// A path of several parts keeps them as paths, behind two numbers and each with its place in the text.
template <>
struct OwnedBy<std::filesystem::path> {
  static void Visit(SizeVisitor& visit, const std::filesystem::path& path) {
    visit(path.native());
    const auto first = path.begin();
    if (first == path.end() || std::addressof(*first) == std::addressof(path)) {
      return;
    }
    const auto parts = static_cast<std::size_t>(std::distance(first, path.end()));
    visit.AddBlock(2 * sizeof(int) + parts * (sizeof(std::filesystem::path) + sizeof(std::size_t)));
    for (const std::filesystem::path& part : path) {
      visit(part);
    }
  }
};

template <typename T, typename Allocator>
struct OwnedBy<std::vector<T, Allocator>> {
  static void Visit(SizeVisitor& visit, const std::vector<T, Allocator>& values) {
    if (values.capacity() > 0) {
      visit.AddBytes(BlockAt<T, Allocator>(values.data(), values.capacity() * sizeof(T)));
    }
    VisitElements(visit, values);
  }
};

template <typename Allocator>
struct OwnedBy<std::vector<bool, Allocator>> {
  static void Visit(SizeVisitor& visit, const std::vector<bool, Allocator>& bits) {
    if (bits.capacity() > 0) {
      visit.AddBlock(bits.capacity() / 8);
    }
  }
};

// libstdc++ keeps nodes of 512 bytes and an array of pointers to them, both even when empty. Its iterators say which
// nodes there are. The array never shrinks; how long it is stands behind the allocator, in the second of ten words:
// the array, its length, and two iterators of four.
template <typename T, typename Allocator>
struct OwnedBy<std::deque<T, Allocator>> {
  static constexpr std::size_t kNode = (sizeof(T) < 512 ? 512 / sizeof(T) : 1) * sizeof(T);
  static constexpr std::size_t kWords = 10;

  static std::size_t Pointers(const std::deque<T, Allocator>& values) {
    static_assert(sizeof(values) >= kWords * sizeof(std::size_t));
    const auto* const end = reinterpret_cast<const std::byte*>(&values + 1);
    std::size_t length = 0;
    std::memcpy(&length, end - (kWords - 1) * sizeof(length), sizeof(length));
    return length;
  }

  static void Visit(SizeVisitor& visit, const std::deque<T, Allocator>& values) {
    for (auto node = values.begin()._M_node; node <= values.end()._M_node; ++node) {
      visit.AddBytes(BlockAt<T, Allocator>(*node, kNode));
    }
    visit.AddBlock(Pointers(values) * sizeof(void*));
    VisitElements(visit, values);
  }
};

// What stands before the value in a node.
struct ListLinks {
  void* next;
  void* previous;
};
struct ForwardListLinks {
  void* next;
};
struct TreeLinks {
  int colour;
  void* parent;
  void* left;
  void* right;
};
template <typename Links, typename Value>
struct Node {
  Links links;
  alignas(Value) std::byte value[sizeof(Value)];
};
template <typename Value>
struct HashedNode {
  void* next;
  alignas(Value) std::byte value[sizeof(Value)];
  std::size_t hash;
};

// Charges `count` nodes of `size` bytes.
template <typename Links, typename Range>
void VisitNodes(SizeVisitor& visit, const Range& range, std::size_t count, std::size_t size) {
  using Value = typename Range::value_type;
  using Whole = Node<Links, Value>;
  if constexpr (kOverAligned<Value>) {
    for (const Value& value : range) {
      const auto* const node = reinterpret_cast<const std::byte*>(std::addressof(value)) - offsetof(Whole, value);
      visit.AddBytes(BlockAt<Value, typename Range::allocator_type>(node, size));
    }
  } else {
    visit.AddBytes(HeapBlockSize(size) * count);
  }
  VisitElements(visit, range);
}
template <typename Links, typename Range>
void VisitNodes(SizeVisitor& visit, const Range& range, std::size_t count) {
  VisitNodes<Links>(visit, range, count, sizeof(Node<Links, typename Range::value_type>));
}

template <typename T, typename Allocator>
struct OwnedBy<std::list<T, Allocator>> {
  static void Visit(SizeVisitor& visit, const std::list<T, Allocator>& values) {
    VisitNodes<ListLinks>(visit, values, values.size());
  }
};

template <typename T, typename Allocator>
struct OwnedBy<std::forward_list<T, Allocator>> {
  static void Visit(SizeVisitor& visit, const std::forward_list<T, Allocator>& values) {
    VisitNodes<ForwardListLinks>(visit, values, static_cast<std::size_t>(std::distance(values.begin(), values.end())));
  }
};

template <typename Tree>
struct OwnedByTree {
  static void Visit(SizeVisitor& visit, const Tree& tree) { VisitNodes<TreeLinks>(visit, tree, tree.size()); }
};
template <typename... Ts>
struct OwnedBy<std::map<Ts...>> : OwnedByTree<std::map<Ts...>> {};
template <typename... Ts>
struct OwnedBy<std::multimap<Ts...>> : OwnedByTree<std::multimap<Ts...>> {};
template <typename... Ts>
struct OwnedBy<std::set<Ts...>> : OwnedByTree<std::set<Ts...>> {};
template <typename... Ts>
struct OwnedBy<std::multiset<Ts...>> : OwnedByTree<std::multiset<Ts...>> {};

// A hash table: one block per element, which keeps the hash where libstdc++ finds computing it slow or
// throwing, and the array of buckets, of which a single one lives inside the table.
template <typename Table>
struct OwnedByTable {
  using Value = typename Table::value_type;
  using Hasher = typename Table::hasher;
  static constexpr bool kKeepsHash =
#ifdef __GLIBCXX__
      !(std::__is_fast_hash<Hasher>::value &&
        std::is_nothrow_invocable_v<const Hasher&, const typename Table::key_type&>);
#else
      true;
#endif
  static constexpr std::size_t kNode = kKeepsHash ? sizeof(HashedNode<Value>) : sizeof(Node<ForwardListLinks, Value>);

  static void Visit(SizeVisitor& visit, const Table& table) {
    if (table.bucket_count() > 1) {
      visit.AddBlock(table.bucket_count() * sizeof(void*));
    }
    VisitNodes<ForwardListLinks>(visit, table, table.size(), kNode);
  }
};
template <typename... Ts>
struct OwnedBy<std::unordered_map<Ts...>> : OwnedByTable<std::unordered_map<Ts...>> {};
template <typename... Ts>
struct OwnedBy<std::unordered_multimap<Ts...>> : OwnedByTable<std::unordered_multimap<Ts...>> {};
template <typename... Ts>
struct OwnedBy<std::unordered_set<Ts...>> : OwnedByTable<std::unordered_set<Ts...>> {};
template <typename... Ts>
struct OwnedBy<std::unordered_multiset<Ts...>> : OwnedByTable<std::unordered_multiset<Ts...>> {};

// The container inside an adaptor, which is a protected member of it.
template <typename Adaptor>
struct OwnedByAdaptor {
  struct Opened : Adaptor {
    static const typename Adaptor::container_type& ContainerOf(const Adaptor& adaptor) { return adaptor.*&Opened::c; }
  };
  static void Visit(SizeVisitor& visit, const Adaptor& adaptor) { visit(Opened::ContainerOf(adaptor)); }
};
template <typename... Ts>
struct OwnedBy<std::stack<Ts...>> : OwnedByAdaptor<std::stack<Ts...>> {};
template <typename... Ts>
struct OwnedBy<std::queue<Ts...>> : OwnedByAdaptor<std::queue<Ts...>> {};
template <typename... Ts>
struct OwnedBy<std::priority_queue<Ts...>> : OwnedByAdaptor<std::priority_queue<Ts...>> {};

template <typename T>
struct OwnedBy<std::optional<T>> {
  static void Visit(SizeVisitor& visit, const std::optional<T>& value) {
    if (value.has_value()) {
      visit(*value);
    }
  }
};

template <typename... Ts>
struct OwnedBy<std::variant<Ts...>> {
  static void Visit(SizeVisitor& visit, const std::variant<Ts...>& value) {
    if (!value.valueless_by_exception()) {
      std::visit([&](const auto& alternative) { visit(alternative); }, value);
    }
  }
};

template <typename First, typename Second>
struct OwnedBy<std::pair<First, Second>> {
  static void Visit(SizeVisitor& visit, const std::pair<First, Second>& value) { visit(value.first, value.second); }
};

template <typename... Ts>
struct OwnedBy<std::tuple<Ts...>> {
  static void Visit(SizeVisitor& visit, const std::tuple<Ts...>& value) {
    std::apply([&](const auto&... members) { visit(members...); }, value);
  }
};

template <typename T, std::size_t kSize>
struct OwnedBy<std::array<T, kSize>> {
  static void Visit(SizeVisitor& visit, const std::array<T, kSize>& values) { VisitElements(visit, values); }
};

template <typename T, std::size_t kSize>
struct OwnedBy<T[kSize]> {
  static void Visit(SizeVisitor& visit, const T (&values)[kSize]) {
    for (const T& value : values) {
      visit(value);
    }
  }
};

template <typename T, typename Deleter>
struct OwnedBy<std::unique_ptr<T, Deleter>> {
  static void Visit(SizeVisitor& visit, const std::unique_ptr<T, Deleter>& pointer) {
    if (pointer == nullptr) {
      return;
    }
    if constexpr (std::is_polymorphic_v<T> && std::is_same_v<Deleter, std::default_delete<T>>) {
      visit.AddBytes(HeapBlockSizeOf(dynamic_cast<const void*>(pointer.get())));
    } else if constexpr (kOverAligned<T> && std::is_same_v<Deleter, std::default_delete<T>>) {
      visit.AddBytes(HeapBlockSizeOf(pointer.get()));
    } else {
      visit.AddBlock(sizeof(T));
    }
    visit.Later(*pointer);
  }
};

// An array does not say how long it is: the heap does, and for elements with destructors the count that
// the C++ ABI (Itanium, 2.7 "Array operator new cookies") puts in front of them.
template <typename T, typename Deleter>
struct OwnedBy<std::unique_ptr<T[], Deleter>> {
  static_assert(std::is_same_v<Deleter, std::default_delete<T[]>>, "how long this array is, only its deleter knows");
  static void Visit(SizeVisitor& visit, const std::unique_ptr<T[], Deleter>& pointer) {
    if (pointer == nullptr) {
      return;
    }
    if constexpr (std::is_trivially_destructible_v<T>) {
      static_assert(kOwnsNothing<T>, "nobody knows how long this array is: hold these in a vector");
      visit.AddBytes(HeapBlockSizeOf(pointer.get()));
    } else {
      constexpr std::size_t kCookie = alignof(T) > sizeof(std::size_t) ? alignof(T) : sizeof(std::size_t);
      const std::byte* elements = reinterpret_cast<const std::byte*>(pointer.get());
      std::size_t count = 0;
      std::memcpy(&count, elements - sizeof(count), sizeof(count));
      visit.AddBytes(HeapBlockSizeOf(elements - kCookie));
      for (std::size_t i = 0; i < count; ++i) {
        visit.Later(pointer[i]);
      }
    }
  }
};

// A control block has a vtable and two counts. make_shared puts the object right behind them; otherwise both have a
// block of their own. The second word of a shared_ptr is where the control block is: the heap knows how much of the
// object it holds, whatever type the pointer shows.
template <typename T>
struct OwnedBy<std::shared_ptr<T>> {
  static_assert(sizeof(std::shared_ptr<T>) == 2 * sizeof(void*));
  static_assert(!std::is_array_v<T>, "the length of a shared array is not known; share a vector");

  static const std::byte* ControlBlock(const std::shared_ptr<T>& pointer) {
    std::array<const std::byte*, 2> words{};
    std::memcpy(words.data(), static_cast<const void*>(&pointer), sizeof(words));
    return words[1];
  }

  static void Visit(SizeVisitor& visit, const std::shared_ptr<T>& pointer) {
    if (pointer.use_count() == 0 || !visit.FirstOwner(pointer)) {
      return;
    }
    const std::byte* const control = ControlBlock(pointer);
    const Bytes block = HeapBlockSizeOf(control);
    visit.AddBytes(block);
    const auto* const object = reinterpret_cast<const std::byte*>(pointer.get());
    const bool in_one_block = object >= control && object < control + (block.count() - kHeapHeader);
    if constexpr (!std::is_void_v<T>) {
      if (object == nullptr) {
        return;
      }
      if (!in_one_block) {
        AddObject(visit, *pointer);
      }
      visit.Later(*pointer);
    }
  }

  template <typename Object>
  static void AddObject(SizeVisitor& visit, const Object& object) {
    if constexpr (std::is_polymorphic_v<Object>) {
      visit.AddBytes(HeapBlockSizeOf(dynamic_cast<const void*>(std::addressof(object))));
    } else {
      visit.AddBlock(sizeof(Object));
    }
  }
};

template <typename T>
struct OwnedBy<std::weak_ptr<T>> {
  static void Visit(SizeVisitor&, const std::weak_ptr<T>&) {}
};

}  // namespace internal

template <typename... Ts>
void SizeVisitor::operator()(const Ts&... values) {
  (internal::OwnedBy<std::remove_cv_t<Ts>>::Visit(*this, values), ...);
}

template <typename T>
void SizeVisitor::Later(const T& value) {
  if constexpr (!internal::kOwnsNothing<T>) {
    pending_.push_back(
        {std::addressof(value), [](SizeVisitor& visit, const void* later) { visit(*static_cast<const T*>(later)); }});
  }
}

// What `value` owns, without its own sizeof.
template <typename T>
Bytes OwnedSize(const T& value, OwnerSet& owners) {
  SizeVisitor visit(owners);
  visit(value);
  return visit.Finish();
}
template <typename T>
Bytes OwnedSize(const T& value) {
  OwnerSet owners;
  return OwnedSize(value, owners);
}

// sizeof(value) and everything that it owns.
template <typename T>
Bytes DeepSize(const T& value, OwnerSet& owners) {
  return Bytes(sizeof(T)) + OwnedSize(value, owners);
}
template <typename T>
Bytes DeepSize(const T& value) {
  OwnerSet owners;
  return DeepSize(value, owners);
}

}  // namespace attune::memory
