#pragma once
// Task: something to be done once, perhaps by another thread. Move-only.
//
//   Task plain = [&] { Work(); };
//   Task answered([request] { Serve(request); },
//                 [request](const Error& why) { Refuse(request, why); });
//
// Whoever accepts a task calls exactly one of Run and Drop, once; with a second function
// the submitter thereby always learns the end of it. Without one, Drop does nothing.
//
// Ownership  owns both functions and what they captured.
// Threads    runs where the executor says; the two functions run never both.
// Cost       64 bytes; captures of up to 48 bytes together allocate nothing.
// Errors     the functions must not throw: an exception that leaves one ends the process.

#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "attune/base/check.h"
#include "attune/base/result.h"

namespace attune::exec {

class Task {
 public:
  Task() noexcept = default;

  template <typename Run>
    requires(std::is_invocable_v<Run&> && !std::is_same_v<std::remove_cvref_t<Run>, Task>)
  Task(Run run)  // NOLINT(google-explicit-constructor): a lambda is a task
      : Task(std::move(run), NothingOnDrop{}) {}

  template <typename Run, typename Dropped>
    requires(std::is_invocable_v<Run&> && std::is_invocable_v<Dropped&, const Error&>)
  Task(Run run, Dropped dropped) {
    Emplace(Pair<Run, Dropped>{std::move(run), std::move(dropped)});
  }

  Task(Task&& other) noexcept { Steal(other); }
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      Clear();
      Steal(other);
    }
    return *this;
  }
  ~Task() { Clear(); }

  explicit operator bool() const noexcept { return operations_ != nullptr; }

  // REQUIRES: not empty. Empty afterwards, before the function begins.
  void Run() noexcept {
    ATTUNE_CHECK(operations_ != nullptr, "an empty task runs");
    Task now(std::move(*this));
    now.operations_->run(now.bytes_);
  }
  void Drop(const Error& why) noexcept {
    ATTUNE_CHECK(operations_ != nullptr, "an empty task is dropped");
    Task now(std::move(*this));
    now.operations_->drop(now.bytes_, why);
  }

 private:
  static constexpr std::size_t kInlineMax = 48;

  struct NothingOnDrop {
    void operator()(const Error&) const noexcept {}
  };
  template <typename RunType, typename DroppedType>
  struct Pair {
    [[no_unique_address]] RunType run;
    [[no_unique_address]] DroppedType dropped;
  };
  struct Operations {
    void (*run)(void* bytes);
    void (*drop)(void* bytes, const Error& why);
    void (*relocate)(void* from, void* to) noexcept;  // null: copying the bytes is enough
    void (*destroy)(void* bytes) noexcept;            // null: nothing to do
  };

  template <typename Functions>
  struct Inline {
    static constexpr bool kFits = sizeof(Functions) <= kInlineMax && alignof(Functions) <= alignof(std::max_align_t) &&
                                  std::is_nothrow_move_constructible_v<Functions>;
    static Functions& At(void* bytes) { return *std::launder(static_cast<Functions*>(bytes)); }
    static void Run(void* bytes) { At(bytes).run(); }
    static void Drop(void* bytes, const Error& why) { At(bytes).dropped(why); }
    static void Relocate(void* from, void* to) noexcept {
      ::new (to) Functions(std::move(At(from)));
      At(from).~Functions();
    }
    static void Destroy(void* bytes) noexcept { At(bytes).~Functions(); }
    static constexpr Operations kOperations{Run, Drop, std::is_trivially_copyable_v<Functions> ? nullptr : Relocate,
                                            std::is_trivially_destructible_v<Functions> ? nullptr : Destroy};
  };

  template <typename Functions>
  struct OnHeap {
    static Functions* At(void* bytes) {
      Functions* functions = nullptr;
      std::memcpy(&functions, bytes, sizeof(functions));
      return functions;
    }
    static void Run(void* bytes) { At(bytes)->run(); }
    static void Drop(void* bytes, const Error& why) { At(bytes)->dropped(why); }
    static void Destroy(void* bytes) noexcept { delete At(bytes); }
    static constexpr Operations kOperations{Run, Drop, nullptr, Destroy};
  };

  template <typename Functions>
  void Emplace(Functions functions) {
    if constexpr (Inline<Functions>::kFits) {
      ::new (static_cast<void*>(bytes_)) Functions(std::move(functions));
      operations_ = &Inline<Functions>::kOperations;
    } else {
      auto* held = new Functions(std::move(functions));
      std::memcpy(bytes_, &held, sizeof(held));
      operations_ = &OnHeap<Functions>::kOperations;
    }
  }

  void Steal(Task& other) noexcept {
    operations_ = std::exchange(other.operations_, nullptr);
    if (operations_ == nullptr) {
      return;
    }
    if (operations_->relocate == nullptr) {
      std::memcpy(bytes_, other.bytes_, kInlineMax);
    } else {
      operations_->relocate(other.bytes_, bytes_);
    }
  }

  void Clear() noexcept {
    if (operations_ != nullptr && operations_->destroy != nullptr) {
      operations_->destroy(bytes_);
    }
    operations_ = nullptr;
  }

  alignas(std::max_align_t) unsigned char bytes_[kInlineMax] = {};
  const Operations* operations_ = nullptr;
};
static_assert(sizeof(Task) == 64);

}  // namespace attune::exec
