#pragma once
// Loaded<V>: what a loader brings, and RunLoader, which accepts loaders of several shapes.
//
//   cache.GetOrLoad(key, [&] { return Compute(key); });                       // V
//   cache.GetOrLoad(key, [&] { return Fetch(key); });                         // Result<V>
//   cache.GetOrLoad(key, [&]() -> std::optional<V> { return Look(key); });    // none: it does not exist
//   cache.GetOrLoad(key, [&] { return Loaded<V>{answer, 30s}; });             // with its own time to live
//
// An Error with kNotFound says that the value does not exist, as an empty optional does, and is remembered without its
// message. A loader that answers Result<Loaded<V>> can say both: there it is an error like any other, not kept.

#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::cache {

template <typename V>
struct Loaded {
  std::optional<V> value;                // none: it does not exist
  std::optional<Duration> time_to_live;  // none: the cache's own. 0: answer, but do not store
};

namespace internal {

template <typename V>
Result<Loaded<V>> ToLoaded(Loaded<V> loaded) {
  return loaded;
}
template <typename V>
Result<Loaded<V>> ToLoaded(Result<Loaded<V>> loaded) {
  return loaded;
}
template <typename V>
Result<Loaded<V>> ToLoaded(std::optional<V> value) {
  return Loaded<V>{std::move(value), std::nullopt};
}
template <typename V>
Result<Loaded<V>> ToLoaded(Result<V> value) {
  if (value.ok()) {
    return Loaded<V>{*std::move(value), std::nullopt};
  }
  if (value.error().code() == ErrorCode::kNotFound) {
    return Loaded<V>{};
  }
  return std::move(value).error();
}

}  // namespace internal

// Runs it. An exception becomes kUnavailable.
template <typename V, typename Loader>
Result<Loaded<V>> RunLoader(Loader& loader) {
  using Answer = std::remove_cvref_t<std::invoke_result_t<Loader&>>;
  try {
    if constexpr (std::is_same_v<Answer, Loaded<V>> || std::is_same_v<Answer, Result<Loaded<V>>> ||
                  std::is_same_v<Answer, Result<V>> || std::is_same_v<Answer, std::optional<V>>) {
      return internal::ToLoaded<V>(loader());
    } else {
      return Loaded<V>{V(loader()), std::nullopt};
    }
  } catch (const std::exception& thrown) {
    return Error(ErrorCode::kUnavailable, std::string("the loader threw: ") + thrown.what());
  } catch (...) {
    return Error(ErrorCode::kUnavailable, "the loader threw something that is no std::exception");
  }
}

}  // namespace attune::cache
