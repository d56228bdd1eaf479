// Python: a definition lasts as long as the lines are indented further than its own.

#include <algorithm>
#include <array>
#include <vector>

#include "scanners.h"
#include "source_lexer.h"

namespace attune::console {
namespace {

constexpr std::size_t kPythonNestingMax = 64;  // definitions within each other; deeper ones belong to their parents

constexpr std::array<bool, 256> MakePythonStops() {
  std::array<bool, 256> stops{};
  for (const char c : {'"', '\'', '#', '(', ')', '[', ']', '{', '}', '\n', '\\'}) {
    stops.at(static_cast<unsigned char>(c)) = true;
  }
  return stops;
}
constexpr std::array<bool, 256> kPythonStops = MakePythonStops();

class PythonScanner {
 public:
  PythonScanner(std::string_view text, DefinitionList& found) : text_(text), found_(found) {}

  void Run() {
    while (at_ < text_.size()) {
      BeginLine();
      SkipLogicalLine();
    }
    CloseFrom(0);
  }

 private:
  struct Open {
    std::uint32_t definition;
    std::uint32_t indent;
  };

  static std::uint32_t Offset(std::size_t at) { return static_cast<std::uint32_t>(at); }
  char At(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  // At the first byte of a line outside of strings and brackets.
  void BeginLine() {
    const std::size_t line = at_;
    while (At(at_) == ' ' || At(at_) == '\t' || At(at_) == '\f') ++at_;
    const char first = At(at_);
    if (first == '\n' || first == '\r' || first == '#' || at_ >= text_.size()) return;
    const std::uint32_t indent = Offset(at_ - line);
    CloseFrom(indent);
    if (first == '@') {
      if (!decorated_ || decorator_indent_ != indent) decorator_at_ = Offset(at_);
      decorated_ = true;
      decorator_indent_ = indent;
      return;
    }
    if (first == 'd' || first == 'c' || first == 'a') Define(indent);
    decorated_ = false;
  }

  bool TakeWord(std::string_view word) {
    if (text_.compare(at_, word.size(), word) != 0) return false;
    const char next = At(at_ + word.size());
    if (next != ' ' && next != '\t') return false;
    at_ += word.size();
    while (At(at_) == ' ' || At(at_) == '\t') ++at_;
    return true;
  }

  // def name, async def name, class Name; anything else leaves only the position behind its first words.
  void Define(std::uint32_t indent) {
    const std::uint32_t begin = decorated_ && decorator_indent_ == indent ? decorator_at_ : Offset(at_);
    const bool function = TakeWord("def") || (TakeWord("async") && TakeWord("def"));
    if (!function && !TakeWord("class")) return;
    if (!IsWordStart(At(at_))) return;
    std::size_t end = at_;
    while (IsWordByte(At(end))) ++end;
    const std::uint32_t parent = open_.empty() ? kNoDefinition : open_.back().definition;
    const bool method = function && found_.KindOf(parent) == SymbolKind::kClass;
    const SymbolKind kind = !function ? SymbolKind::kClass : method ? SymbolKind::kMethod : SymbolKind::kFunction;
    const std::uint32_t definition = found_.Open(kind, {text_.substr(at_, end - at_), Offset(at_), begin, parent});
    if (open_.size() < kPythonNestingMax) {
      open_.push_back({definition, indent});
    } else {
      found_.Close(definition, Offset(end));
    }
    at_ = end;
  }

  // Ends what is indented as far as `indent` or further.
  void CloseFrom(std::uint32_t indent) {
    while (!open_.empty() && open_.back().indent >= indent) {
      found_.Close(open_.back().definition, code_end_);
      open_.pop_back();
    }
  }

  // To behind the line end that is in no string and no bracket.
  void SkipLogicalLine() {
    std::uint32_t brackets = 0;
    const std::size_t start = at_;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (!kPythonStops[static_cast<unsigned char>(c)]) continue;
      switch (c) {
        case '(':
        case '[':
        case '{':
          ++brackets;
          break;
        case ')':
        case ']':
        case '}':
          if (brackets > 0) --brackets;
          break;
        case '#':
          if (at_ > start) code_end_ = Offset(at_);
          at_ = std::min(text_.find('\n', at_), text_.size()) - 1;
          break;
        case '\\':
          at_ += At(at_ + 1) == '\r' ? 2U : 1U;
          break;
        case '\n':
          if (brackets > 0 && !DefinesAt(at_ + 1)) break;
          if (at_ > start && !OnlyComment(start)) code_end_ = Offset(at_);
          ++at_;
          return;
        default:
          SkipString(c);
      }
    }
    at_ = std::min(at_, text_.size());
    code_end_ = Offset(at_);
  }

  bool OnlyComment(std::size_t start) const { return At(start) == '#' || At(start) == '\r'; }

  // A bracket that was never closed ends where a definition begins at the left margin.
  bool DefinesAt(std::size_t at) const {
    const std::string_view rest = text_.substr(at, 10);
    return rest.starts_with("def ") || rest.starts_with("class ") || rest.starts_with("async def ");
  }

  // At the opening quote; stops at the last byte of the string.
  void SkipString(char quote) {
    const bool triple = At(at_ + 1) == quote && At(at_ + 2) == quote;
    if (!triple) {
      for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
        if (text_[at_] == '\\') {
          ++at_;
        } else if (text_[at_] == '\n') {
          --at_;
          return;
        }
      }
      return;
    }
    for (at_ += 3; at_ < text_.size(); ++at_) {
      at_ = std::min(text_.find(quote, at_), text_.size());
      if (At(at_ + 1) == quote && At(at_ + 2) == quote && !IsEscaped(at_)) {
        at_ += 2;
        return;
      }
    }
  }

  bool IsEscaped(std::size_t at) const {
    std::size_t backslashes = 0;
    while (backslashes < at && text_[at - backslashes - 1] == '\\') ++backslashes;
    return backslashes % 2 == 1;
  }

  std::string_view text_;
  DefinitionList& found_;
  std::size_t at_ = 0;
  std::vector<Open> open_;
  std::uint32_t code_end_ = 0;  // behind the last code
  bool decorated_ = false;
  std::uint32_t decorator_at_ = 0;
  std::uint32_t decorator_indent_ = 0;
};

}  // namespace

void ScanPython(std::string_view text, DefinitionList& found) { PythonScanner(text, found).Run(); }

}  // namespace attune::console
