#pragma once
// JSON text to Value and back.
//
//   ATTUNE_ASSIGN_OR_RETURN(const Value body, ParseJson(text, {.size_max = 1_MiB}));
//   std::string answer = PrintJson(body, {.indent = 2});
//
// Accepts    RFC 8259, nothing more: one value, optionally after a UTF-8 byte order mark
//            and between white space. Duplicate keys: the last value wins, in the place of the first.
// Numbers    without fraction and exponent they are integers and must fit 64 bits (signed, or
//            unsigned above 2^63 - 1); "-0" is the integer 0. Others are correctly rounded
//            doubles; one that overflows ("1e400") is an error, one that underflows is 0.
// Threads    pure functions.
// Cost       parsing takes about 14 bytes of scratch a byte of text while it runs, plus the value.
// Errors     kInvalidArgument with line:column and what is wrong there: bad syntax,
//            invalid UTF-8, half a surrogate pair, a number out of range, nesting deeper
//            than depth_max, text after the value. kExhausted when the text is larger than size_max.

#include <cstddef>
#include <string>
#include <string_view>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/state/json_writer.h"
#include "attune/state/value.h"

namespace attune::state {

struct ParseLimits {
  // Arrays and objects inside each other. Building the value recurses this deep, so at most kDepthLimit.
  std::size_t depth_max = 256;
  Bytes size_max = 64_MiB;  // of text; the scratch memory is a multiple of it

  static constexpr std::size_t kDepthLimit = 1024;
};

// REQUIRES: 1 <= limits.depth_max <= ParseLimits::kDepthLimit.
Result<Value> ParseJson(std::string_view text, const ParseLimits& limits = {});

// Never fails; see json_writer.h for escaping and numbers. Any depth.
std::string PrintJson(const Value& value, JsonWriterConfig config = {});

// A place in a text as editors count it: both from 1, columns in bytes.
struct TextPosition {
  std::size_t line = 1;
  std::size_t column = 1;
};
TextPosition PositionAt(std::string_view text, std::size_t offset) noexcept;

}  // namespace attune::state
