#include "attune/state/json.h"

#include <simdjson.h>

#include <algorithm>

#include "json_fault.h"

namespace attune::state {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Error FaultAt(std::string_view text, std::size_t offset, const std::string& what) {
  const TextPosition position = PositionAt(text, offset);
  return {ErrorCode::kInvalidArgument,
          "JSON " + std::to_string(position.line) + ":" + std::to_string(position.column) + ": " + what};
}

// simdjson 3.0 turns "\udc00" alone into the three bytes that UTF-8 forbids. In valid
// input those can come from nowhere else.
bool HoldsHalfSurrogate(std::string_view text) {
  for (std::size_t at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) {
      return true;
    }
  }
  return false;
}

// Copies the parsed document into values. Recursion is bounded by the depth that the parser has checked.
class Builder {
 public:
  explicit Builder(std::size_t depth_max) : depth_left_(depth_max) {}

  Value Build(const simdjson::dom::element& element) {
    using simdjson::dom::element_type;
    switch (element.type()) {
      case element_type::ARRAY:
        return BuildArray(element.get_array().value_unsafe());
      case element_type::OBJECT:
        return BuildObject(element.get_object().value_unsafe());
      case element_type::INT64:
        return element.get_int64().value_unsafe();
      case element_type::UINT64:
        return element.get_uint64().value_unsafe();
      case element_type::DOUBLE:
        return element.get_double().value_unsafe();
      case element_type::STRING:
        return Checked(element.get_string().value_unsafe());
      case element_type::BOOL:
        return element.get_bool().value_unsafe();
      case element_type::NULL_VALUE:
        break;
    }
    return {};
  }

  // Whether the document holds something that the parser lets pass and we refuse.
  bool refused() const { return refused_; }

 private:
  std::string_view Checked(std::string_view text) {
    refused_ = refused_ || HoldsHalfSurrogate(text);
    return text;
  }

  // The parser does not count the level of an empty container.
  void Enter() {
    refused_ = refused_ || depth_left_ == 0;
    --depth_left_;
  }

  Value BuildArray(const simdjson::dom::array& from) {
    Enter();
    Array items;
    items.reserve(from.size());
    for (const simdjson::dom::element item : from) {
      items.push_back(Build(item));
    }
    ++depth_left_;
    return items;
  }

  Value BuildObject(const simdjson::dom::object& from) {
    Enter();
    Object members;
    members.Reserve(from.size());
    for (const simdjson::dom::key_value_pair member : from) {
      members.Set(Checked(member.key), Build(member.value));
    }
    ++depth_left_;
    return members;
  }

  std::size_t depth_left_;
  bool refused_ = false;
};

}  // namespace

Result<Value> ParseJson(std::string_view text, const ParseLimits& limits) {
  ATTUNE_CHECK(limits.depth_max >= 1 && limits.depth_max <= ParseLimits::kDepthLimit, "depth_max out of range");
  if (text.size() > limits.size_max.count()) {
    return Error(ErrorCode::kExhausted,
                 "JSON text of " + std::to_string(text.size()) + " bytes is larger than " + ToString(limits.size_max));
  }
  const std::string_view whole = text;
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const auto explain = [&](simdjson::error_code code) {
    const auto fault = FindJsonFault(text, limits.depth_max);
    const std::size_t skipped = whole.size() - text.size();
    return fault ? FaultAt(whole, skipped + fault->offset, fault->what)
                 : FaultAt(whole, skipped, simdjson::error_message(code));
  };

  simdjson::dom::parser parser;
  // One level more than asked for: the parser wants to stay below its limit.
  if (parser.allocate(text.size(), limits.depth_max + 1) != simdjson::SUCCESS) {
    return Error(ErrorCode::kExhausted, "no memory to parse JSON text of " + std::to_string(text.size()) + " bytes");
  }
  simdjson::dom::element root;
  // simdjson copies from the pointer of an empty text as well, so it must not be null.
  const char* const begin = text.empty() ? "" : text.data();
  if (const auto code = parser.parse(begin, text.size()).get(root); code != simdjson::SUCCESS) {
    return explain(code);
  }
  Builder builder(limits.depth_max);
  Value value = builder.Build(root);
  if (builder.refused()) {
    return explain(simdjson::STRING_ERROR);
  }
  return value;
}

std::string PrintJson(const Value& value, JsonWriterConfig config) {
  std::string out;
  JsonWriter(out, config).Write(value);
  return out;
}

TextPosition PositionAt(std::string_view text, std::size_t offset) noexcept {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1, before.size() - line_start + 1};
}

}  // namespace attune::state
