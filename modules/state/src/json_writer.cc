#include "attune/state/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "attune/base/utf8.h"
#include "attune/state/value.h"
#include "byte_scan.h"

namespace attune::state {
namespace {

bool IsPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

std::size_t PlainPrefix(std::string_view text) {
  const auto has_special = [](std::uint64_t word) {
    const std::uint64_t control_or_not_ascii = ((word - RepeatByte(0x20)) | word) & RepeatByte(0x80);
    return control_or_not_ascii | ZeroBytes(word ^ RepeatByte('"')) | ZeroBytes(word ^ RepeatByte('\\'));
  };
  return FindByte(text, 0, has_special, [](char c) { return !IsPlain(c); });
}

void AppendEscaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    case '\b':
      out.append("\\b");
      return;
    case '\f':
      out.append("\\f");
      return;
    default:
      break;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out.append("\\u00");
  out.push_back(kHex[byte >> 4U]);
  out.push_back(kHex[byte & 0xFU]);
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  if (const std::size_t wanted = out.size() + text.size() + 2; out.capacity() < wanted) {
    out.reserve(std::max(wanted, out.capacity() * 2));  // one growth instead of one for each piece
  }
  out.push_back('"');
  while (!text.empty()) {
    const std::size_t plain = PlainPrefix(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    // Text that is not ASCII rarely returns to it after one character.
    while (!text.empty() && !IsPlain(text.front())) {
      const Utf8Step step = DecodeUtf8Step(text);
      if (!step.valid) {
        out.append(kReplacement);
      } else if (step.size == 1) {
        AppendEscaped(out, text.front());
      } else {
        out.append(text.substr(0, step.size));
      }
      text.remove_prefix(step.size);
    }
  }
  out.push_back('"');
}

void JsonWriter::NewLine() {
  if (config_.indent > 0) {
    out_.push_back('\n');
    out_.append(open_.size() * static_cast<std::size_t>(config_.indent), ' ');
  }
}

void JsonWriter::BeforeValue() {
  if (open_.empty()) {
    ATTUNE_CHECK(!root_written_, "a second top-level JSON value");
    root_written_ = true;
    return;
  }
  if (open_.back() == '{') {
    ATTUNE_CHECK(key_pending_, "a value inside a JSON object needs a key first");
    key_pending_ = false;
    return;
  }
  if (!first_) {
    out_.push_back(',');
  }
  first_ = false;
  NewLine();
}

void JsonWriter::Open(char bracket) {
  BeforeValue();
  out_.push_back(bracket);
  open_.push_back(bracket);
  first_ = true;
}

void JsonWriter::Close(char bracket) {
  ATTUNE_CHECK(!open_.empty() && open_.back() == (bracket == '}' ? '{' : '['), "this end closes nothing that is open");
  ATTUNE_CHECK(!key_pending_, "a JSON key without a value");
  open_.pop_back();
  if (!first_) {
    NewLine();
  }
  out_.push_back(bracket);
  first_ = false;
}

JsonWriter& JsonWriter::BeginObject() {
  Open('{');
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  Close('}');
  return *this;
}

JsonWriter& JsonWriter::BeginArray() {
  Open('[');
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  Close(']');
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  ATTUNE_CHECK(!open_.empty() && open_.back() == '{', "a JSON key outside an object");
  ATTUNE_CHECK(!key_pending_, "two JSON keys in a row");
  if (!first_) {
    out_.push_back(',');
  }
  first_ = false;
  NewLine();
  AppendJsonString(out_, key);
  out_.append(config_.indent > 0 ? ": " : ":");
  key_pending_ = true;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view text) {
  BeforeValue();
  AppendJsonString(out_, text);
  return *this;
}

JsonWriter& JsonWriter::Int(std::int64_t number) {
  BeforeValue();
  std::array<char, 24> text;  // -9223372036854775808 has 20
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out_.append(text.data(), end);
  return *this;
}

JsonWriter& JsonWriter::Uint(std::uint64_t number) {
  BeforeValue();
  std::array<char, 24> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out_.append(text.data(), end);
  return *this;
}

JsonWriter& JsonWriter::Double(double number) {
  if (!std::isfinite(number)) {
    return Null();
  }
  BeforeValue();
  std::array<char, 32> buffer;  // the longest shortest form, -2.2250738585072014e-308, has 24
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  out_.append(text);
  if (text.find_first_of(".e") == std::string_view::npos) {
    out_.append(".0");
  }
  return *this;
}

JsonWriter& JsonWriter::Bool(bool flag) {
  BeforeValue();
  out_.append(flag ? "true" : "false");
  return *this;
}

JsonWriter& JsonWriter::Null() {
  BeforeValue();
  out_.append("null");
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  BeforeValue();
  out_.append(json);
  return *this;
}

namespace {

// What remains to be written of one open container.
struct Frame {
  const Value* container;
  std::size_t next = 0;
};

// Writes a scalar, or opens a container and answers true.
bool WriteOrOpen(JsonWriter& json, const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      json.Null();
      return false;
    case Kind::kBool:
      json.Bool(value.AsBool().value_or(false));
      return false;
    case Kind::kInt:
      json.Int(value.AsInt().value_or(0));
      return false;
    case Kind::kUint:
      json.Uint(value.AsUint().value_or(0));
      return false;
    case Kind::kDouble:
      json.Double(value.AsDouble().value_or(0));
      return false;
    case Kind::kString:
      json.String(value.AsString().value_or(std::string_view()));
      return false;
    case Kind::kArray:
      json.BeginArray();
      return true;
    case Kind::kObject:
      json.BeginObject();
      return true;
  }
  return false;
}

}  // namespace

JsonWriter& JsonWriter::Write(const Value& value) {
  std::vector<Frame> frames;  // explicit, so that depth costs memory and never stack
  if (WriteOrOpen(*this, value)) {
    frames.push_back({&value});
  }
  while (!frames.empty()) {
    Frame& frame = frames.back();
    const Value* child = nullptr;
    if (const Array* items = frame.container->AsArray()) {
      if (frame.next == items->size()) {
        EndArray();
        frames.pop_back();
        continue;
      }
      child = &(*items)[frame.next];
    } else {
      const auto members = frame.container->AsObject()->members();
      if (frame.next == members.size()) {
        EndObject();
        frames.pop_back();
        continue;
      }
      Key(members[frame.next].key);
      child = &members[frame.next].value;
    }
    ++frame.next;
    if (WriteOrOpen(*this, *child)) {
      frames.push_back({child});
    }
  }
  return *this;
}

}  // namespace attune::state
