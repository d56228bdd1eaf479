#include "json_fault.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "attune/base/utf8.h"

namespace attune::state {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexDigit(char c) {
  if (IsDigit(c)) {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string ShowByte(char c) {
  if (c > 0x20 && c < 0x7F) {
    return std::string("'") + c + "'";
  }
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  return std::string("byte 0x") + kHex[byte >> 4U] + kHex[byte & 0xFU];
}

// Every step answers whether to go on; false leaves the first fault in fault_.
class Checker {
 public:
  Checker(std::string_view text, std::size_t depth_max) : text_(text), depth_max_(depth_max) {}

  std::optional<JsonFault> Run() {
    if (Document()) {
      return std::nullopt;
    }
    return fault_;
  }

 private:
  bool Fail(std::size_t offset, std::string what) {
    fault_ = {offset, std::move(what)};
    return false;
  }
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  std::string Found() const { return at_end() ? "the end of the text" : ShowByte(text_[at_]); }

  void SkipSpace() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) {
      ++at_;
    }
  }

  bool Document() {
    SkipSpace();
    if (at_end()) {
      return Fail(at_, "the text is empty; a JSON value was expected");
    }
    if (!ValueAndItsRest()) {
      return false;
    }
    SkipSpace();
    return at_end() || Fail(at_, "text after the end of the value: " + Found());
  }

  // One value; open_ keeps the brackets around the place, so that no depth overflows the stack.
  bool ValueAndItsRest() {
    while (true) {
      bool opened = false;
      if (!BeginValue(opened)) {
        return false;
      }
      if (!opened && !CloseWhatEnds()) {
        return false;
      }
      if (open_.empty()) {
        return true;
      }
    }
  }

  // Reads a scalar or an empty container, or goes to the first value inside a container.
  bool BeginValue(bool& opened) {
    SkipSpace();
    if (peek() != '{' && peek() != '[') {
      return Scalar();
    }
    if (open_.size() == depth_max_) {
      return Fail(at_, "nesting deeper than " + std::to_string(depth_max_) + " levels (byte " + std::to_string(at_) +
                           " opens one more)");
    }
    const char bracket = text_[at_++];
    SkipSpace();
    if (peek() == (bracket == '{' ? '}' : ']')) {
      ++at_;
      return true;
    }
    open_.push_back(bracket);
    opened = true;
    return bracket == '[' || KeyAndColon();
  }

  // After a value: the commas and closing brackets up to where the next value begins.
  bool CloseWhatEnds() {
    while (!open_.empty()) {
      SkipSpace();
      const bool in_object = open_.back() == '{';
      if (peek() == ',') {
        ++at_;
        SkipSpace();
        return !in_object || KeyAndColon();
      }
      if (peek() != (in_object ? '}' : ']')) {
        return Fail(at_, std::string("expected ',' or '") + (in_object ? "}" : "]") + "', found " + Found());
      }
      ++at_;
      open_.pop_back();
    }
    return true;
  }

  bool KeyAndColon() {
    if (peek() != '"') {
      return Fail(at_, "expected a key in quotes, found " + Found());
    }
    if (!String()) {
      return false;
    }
    SkipSpace();
    if (peek() != ':') {
      return Fail(at_, "expected ':' after a key, found " + Found());
    }
    ++at_;
    return true;
  }

  bool Scalar() {
    const char c = peek();
    if (c == '"') {
      return String();
    }
    if (c == '-' || IsDigit(c)) {
      return Number();
    }
    for (const std::string_view word : {"true", "false", "null"}) {
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return WordEnds();
      }
    }
    return Fail(at_, "expected a value, found " + Found());
  }

  bool WordEnds() {
    constexpr std::string_view kMayFollow = " \t\r\n,:]}[{";
    return at_end() || kMayFollow.find(peek()) != std::string_view::npos || Fail(at_, "unexpected " + Found());
  }

  bool String() {
    const std::size_t opening = at_++;
    while (!at_end() && peek() != '"') {
      const auto byte = static_cast<unsigned char>(peek());
      if (byte == '\\') {
        if (!Escape()) {
          return false;
        }
      } else if (byte < 0x20) {
        return Fail(at_, "a control character (" + ShowByte(peek()) + ") inside a string must be escaped");
      } else {
        const Utf8Step step = DecodeUtf8Step(text_.substr(at_));
        if (!step.valid) {
          return Fail(at_, "invalid UTF-8 (" + ShowByte(peek()) + ")");
        }
        at_ += step.size;
      }
    }
    if (at_end()) {
      return Fail(opening, "a string that is never closed");
    }
    ++at_;
    return true;
  }

  // The four digits at `from`, or -1.
  std::int32_t CodeUnit(std::size_t from) const {
    std::int32_t unit = 0;
    for (std::size_t i = from; i < from + 4; ++i) {
      const int digit = i < text_.size() ? HexDigit(text_[i]) : -1;
      if (digit < 0) {
        return -1;
      }
      unit = unit * 16 + digit;
    }
    return unit;
  }

  bool Escape() {
    const std::size_t begin = at_++;
    if (at_end()) {
      return Fail(begin, "a string that is never closed");
    }
    if (peek() != 'u') {
      constexpr std::string_view kSimple = "\"\\/bfnrt";
      if (kSimple.find(peek()) == std::string_view::npos) {
        return Fail(begin, "unknown escape: a backslash and " + Found());
      }
      ++at_;
      return true;
    }
    const std::int32_t unit = CodeUnit(begin + 2);
    if (unit < 0) {
      return Fail(begin, "\\u must be followed by four hexadecimal digits");
    }
    at_ = begin + 6;
    if (unit < 0xD800 || unit > 0xDFFF) {
      return true;
    }
    const bool pair = unit < 0xDC00 && text_.substr(at_, 2) == "\\u" && (CodeUnit(at_ + 2) & 0x1FFC00) == 0xDC00;
    if (!pair) {
      return Fail(begin, "half a surrogate pair: " + std::string(text_.substr(begin, 6)));
    }
    at_ += 6;
    return true;
  }

  bool Digits() {
    if (!IsDigit(peek())) {
      return Fail(at_, "expected a digit, found " + Found());
    }
    while (IsDigit(peek())) {
      ++at_;
    }
    return true;
  }

  bool Number() {
    const std::size_t begin = at_;
    bool whole = true;
    if (peek() == '-') {
      ++at_;
    }
    if (peek() == '0') {
      ++at_;
      if (IsDigit(peek())) {
        return Fail(begin, "a number must not begin with 0");
      }
    } else if (!Digits()) {
      return false;
    }
    if (peek() == '.') {
      whole = false;
      ++at_;
      if (!Digits()) {
        return false;
      }
    }
    if (peek() == 'e' || peek() == 'E') {
      whole = false;
      ++at_;
      if (peek() == '+' || peek() == '-') {
        ++at_;
      }
      if (!Digits()) {
        return false;
      }
    }
    return NumberFits(begin, text_.substr(begin, at_ - begin), whole) && WordEnds();
  }

  bool NumberFits(std::size_t begin, std::string_view number, bool whole) {
    constexpr std::size_t kShownMax = 40;
    const std::string shown = std::string(number.substr(0, kShownMax)) + (number.size() > kShownMax ? "…" : "");
    const char* end = number.data() + number.size();
    if (whole) {
      std::int64_t fits_signed = 0;
      std::uint64_t fits_unsigned = 0;
      const bool fits = std::from_chars(number.data(), end, fits_signed).ec == std::errc() ||
                        std::from_chars(number.data(), end, fits_unsigned).ec == std::errc();
      return fits || Fail(begin, "the integer " + shown + " does not fit 64 bits");
    }
    double parsed = 0;
    const auto result = std::from_chars(number.data(), end, parsed);
    const bool overflows = result.ec == std::errc::result_out_of_range && DecimalExponent(number) > 0;
    return !overflows || Fail(begin, "the number " + shown + " is too large for a double");
  }

  // The power of ten of the first significant digit, about: from_chars reports underflow
  // and overflow alike, and the sign of this tells them apart.
  static std::int64_t DecimalExponent(std::string_view number) {
    const std::size_t exponent_at = std::min(number.find_first_of("eE"), number.size());
    const std::string_view mantissa = number.substr(0, exponent_at);
    const std::size_t significant = mantissa.find_first_of("123456789");
    if (significant == std::string_view::npos) {
      return 0;
    }
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    const std::int64_t shift = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(significant);
    if (exponent_at == number.size()) {
      return shift;
    }
    std::string_view digits = number.substr(exponent_at + 1);
    digits.remove_prefix(digits.front() == '+' ? 1 : 0);
    std::int64_t exponent = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec != std::errc()) {
      constexpr std::int64_t kBeyondAnyText = std::int64_t{1} << 62U;
      exponent = digits.front() == '-' ? -kBeyondAnyText : kBeyondAnyText;
    }
    return shift + exponent;
  }

  std::string_view text_;
  std::size_t depth_max_;
  std::size_t at_ = 0;
  std::string open_;
  JsonFault fault_;
};

}  // namespace

std::optional<JsonFault> FindJsonFault(std::string_view text, std::size_t depth_max) {
  return Checker(text, depth_max).Run();
}

}  // namespace attune::state
