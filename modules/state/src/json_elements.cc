#include "attune/state/json_elements.h"

#include <algorithm>
#include <utility>

#include "attune/base/check.h"
#include "byte_scan.h"

namespace attune::state {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The first byte that matters inside a string.
std::size_t FindInString(std::string_view text, std::size_t from) {
  const auto has_special = [](std::uint64_t word) {
    return ZeroBytes(word ^ RepeatByte('"')) | ZeroBytes(word ^ RepeatByte('\\')) | ZeroBytes(word ^ RepeatByte('\n'));
  };
  return FindByte(text, from, has_special, [](char c) { return c == '"' || c == '\\' || c == '\n'; });
}

std::string At(std::uint64_t offset) { return "byte " + std::to_string(offset); }

}  // namespace

JsonElementReader::JsonElementReader(ChunkSource source, JsonElementReaderConfig config)
    : source_(std::move(source)), config_(config), framing_(config.framing) {
  ATTUNE_CHECK(config_.chunk_size.count() > 0, "chunk_size must be positive");
  ATTUNE_CHECK(config_.element_size_max.count() > 0, "element_size_max must be positive");
  ATTUNE_CHECK(config_.depth_max > 0, "depth_max must be positive");
}

Error JsonElementReader::Fail(ErrorCode code, std::uint64_t at, const std::string& what) {
  done_ = true;
  return {code, "JSON element " + std::to_string(elements_) + " at " + At(at) + ": " + what};
}

// Makes room by dropping what lies behind the element in hand, then asks for one chunk.
Result<bool> JsonElementReader::Fill() {
  if (input_ended_) {
    return false;
  }
  const std::size_t keep_from = in_element_ && !skipping_ ? start_ : position_;
  if (keep_from > 0) {
    window_.erase(0, keep_from);
    base_ += keep_from;
    size_ -= keep_from;
    position_ -= keep_from;
    start_ -= std::min(start_, keep_from);
  }
  const std::size_t chunk = config_.chunk_size.count();
  if (window_.size() < size_ + chunk) {
    window_.resize(size_ + chunk);
  }
  auto filled = source_(std::span(window_).subspan(size_, chunk));
  if (!filled.ok()) {
    done_ = true;
    return std::move(filled).error();
  }
  ATTUNE_CHECK(*filled <= chunk, "a chunk source filled more than its buffer");
  size_ += *filled;
  input_ended_ = *filled == 0;
  return !input_ended_;
}

Result<bool> JsonElementReader::SkipSpace() {
  while (true) {
    while (position_ < size_ && IsSpace(window_[position_])) {
      ++position_;
    }
    if (position_ < size_) {
      return true;
    }
    ATTUNE_ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) {
      return false;
    }
  }
}

Status JsonElementReader::Begin() {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  while (size_ < kByteOrderMark.size() && !input_ended_) {
    ATTUNE_RETURN_IF_ERROR(Fill());
  }
  if (std::string_view(window_).substr(0, size_).starts_with(kByteOrderMark)) {
    position_ = kByteOrderMark.size();
  }
  place_ = Place::kBeforeElement;
  ATTUNE_ASSIGN_OR_RETURN(const bool more, SkipSpace());
  const bool array = more && window_[position_] == '[';
  if (framing_ == Framing::kAuto && array) {
    framing_ = Framing::kArray;
  }
  if (framing_ != Framing::kArray) {
    return OkStatus();
  }
  if (!more) {
    return Fail(ErrorCode::kCorruption, offset(), "truncated at " + At(offset()) + " after 0 elements");
  }
  if (!array) {
    return Fail(ErrorCode::kInvalidArgument, offset(), "expected '[' at the begin of an array of elements");
  }
  ++position_;
  place_ = Place::kBeforeFirst;
  return OkStatus();
}

Result<bool> JsonElementReader::FindElement() {
  if (place_ == Place::kStart) {
    ATTUNE_RETURN_IF_ERROR(Begin());
  }
  ATTUNE_ASSIGN_OR_RETURN(bool more, SkipSpace());
  if (framing_ != Framing::kArray) {
    done_ = !more;
    return more;
  }
  const auto truncated = [this] {
    return Fail(ErrorCode::kCorruption, offset(),
                "truncated at " + At(offset()) + " after " + std::to_string(elements_) + " elements");
  };
  if (place_ == Place::kAfterElement || place_ == Place::kBeforeFirst) {
    if (!more) {
      return truncated();
    }
    const char c = window_[position_];
    if (c == ']') {
      ++position_;
      ATTUNE_ASSIGN_OR_RETURN(const bool trailing, SkipSpace());
      if (trailing) {
        return Fail(ErrorCode::kInvalidArgument, offset(), "text after the end of the array");
      }
      done_ = true;
      return false;
    }
    if (place_ == Place::kAfterElement) {
      if (c != ',') {
        return Fail(ErrorCode::kInvalidArgument, offset(), "expected ',' or ']' after an element");
      }
      ++position_;
      ATTUNE_ASSIGN_OR_RETURN(more, SkipSpace());
    }
    place_ = Place::kBeforeElement;
  }
  if (!more) {
    return truncated();
  }
  if (window_[position_] == ',' || window_[position_] == ']') {
    return Fail(ErrorCode::kInvalidArgument, offset(), "expected an element");
  }
  return true;
}

JsonElementReader::Found JsonElementReader::Next() {
  if (done_) {
    return std::optional<JsonElement>();
  }
  ATTUNE_ASSIGN_OR_RETURN(const bool found, FindElement());
  if (!found) {
    return std::optional<JsonElement>();
  }
  return ReadElement();
}

JsonElementReader::Found JsonElementReader::ReadElement() {
  start_ = position_;
  element_offset_ = offset();
  open_.clear();
  in_string_ = escaped_ = skipping_ = false;
  in_element_ = true;
  while (true) {
    const Scan scan = by_line() ? ScanLine() : ScanElement();
    if (scan == Scan::kWhole) {
      return FinishElement(position_);
    }
    if (scan == Scan::kBroken) {
      const bool deep = open_.size() >= config_.depth_max;
      return Fail(
          ErrorCode::kInvalidArgument, offset(),
          deep ? "nesting deeper than " + std::to_string(config_.depth_max) + " levels" : "a bracket closes nothing");
    }
    skipping_ = skipping_ || offset() - element_offset_ > config_.element_size_max.count();
    ATTUNE_ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) {
      return EndInsideElement();
    }
  }
}

JsonElementReader::Scan JsonElementReader::ScanLine() {
  const std::size_t newline = std::string_view(window_).substr(0, size_).find('\n', position_);
  position_ = std::min(newline, size_);
  return newline == std::string_view::npos ? Scan::kMore : Scan::kWhole;
}

JsonElementReader::Scan JsonElementReader::ScanElement() {
  const std::string_view text = std::string_view(window_).substr(0, size_);
  while (position_ < size_) {
    if (in_string_ && !escaped_) {
      position_ = FindInString(text, position_);  // most bytes of most exports are inside strings
      if (position_ == size_) {
        break;
      }
    }
    const Scan scan = ScanByte(text[position_]);
    if (scan != Scan::kMore) {
      return scan;
    }
    ++position_;
  }
  return Scan::kMore;
}

// kWhole: the element ended before this byte.
JsonElementReader::Scan JsonElementReader::ScanByte(char c) {
  if (framing_ == Framing::kAuto && c == '\n') {
    // The first line decides: one that leaves something open is part of a value over many lines.
    framing_ = open_.empty() || in_string_ ? Framing::kLines : Framing::kValues;
  }
  if (by_line() && c == '\n') {
    return Scan::kWhole;
  }
  if (in_string_) {
    in_string_ = escaped_ || c != '"';
    escaped_ = !escaped_ && c == '\\';
    return Scan::kMore;
  }
  switch (c) {
    case '"':
      in_string_ = true;
      return Scan::kMore;
    case '{':
    case '[':
      if (open_.empty() && framing_ == Framing::kValues && offset() != element_offset_) {
        return Scan::kWhole;  // "{}{}": the next value begins without white space
      }
      if (open_.size() == config_.depth_max) {
        return Scan::kBroken;
      }
      open_.push_back(c);
      return Scan::kMore;
    case '}':
    case ']':
      if (open_.empty()) {
        return framing_ == Framing::kArray && c == ']' ? Scan::kWhole : Scan::kBroken;
      }
      if (open_.back() != (c == '}' ? '{' : '[')) {
        return Scan::kBroken;
      }
      open_.pop_back();
      return Scan::kMore;
    case ',':
      return open_.empty() && framing_ == Framing::kArray ? Scan::kWhole : Scan::kMore;
    default:
      // A value in a row of values ends at white space.
      return open_.empty() && framing_ == Framing::kValues && IsSpace(c) ? Scan::kWhole : Scan::kMore;
  }
}

JsonElementReader::Found JsonElementReader::EndInsideElement() {
  const bool whole = framing_ != Framing::kArray && (by_line() || (open_.empty() && !in_string_));
  if (whole) {
    return FinishElement(position_);
  }
  in_element_ = false;
  return Fail(ErrorCode::kCorruption, element_offset_,
              "truncated at " + At(offset()) + " after " + std::to_string(elements_) + " elements");
}

JsonElementReader::Found JsonElementReader::FinishElement(std::size_t end) {
  in_element_ = false;
  place_ = Place::kAfterElement;
  const std::uint64_t size = base_ + end - element_offset_;
  if (size > config_.element_size_max.count()) {
    return Error(ErrorCode::kExhausted, "JSON element " + std::to_string(elements_++) + " at " + At(element_offset_) +
                                            " has " + std::to_string(size) + " bytes, more than element_size_max " +
                                            ToString(config_.element_size_max) + "; it is skipped");
  }
  std::string_view text = std::string_view(window_).substr(start_, end - start_);
  while (!text.empty() && IsSpace(text.back())) {
    text.remove_suffix(1);
  }
  return std::optional(JsonElement{text, element_offset_, elements_++});
}

}  // namespace attune::state
