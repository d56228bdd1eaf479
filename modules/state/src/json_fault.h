#pragma once
// FindJsonFault: where and why a text is not acceptable JSON.
//
// The fast parser only says that something is wrong. This slow, plain reading of RFC 8259
// runs after it has failed, and finds the first fault.
//
// Cost       one pass over the text, one byte of memory a level of nesting.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace attune::state {

struct JsonFault {
  std::size_t offset = 0;
  std::string what;
};

// nullopt when the text is one JSON value of at most this depth.
std::optional<JsonFault> FindJsonFault(std::string_view text, std::size_t depth_max);

}  // namespace attune::state
