#include "attune/console/html.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "attune/base/ascii.h"
#include "attune/base/check.h"
#include "attune/base/utf8.h"
#include "html_entities.h"
#include "words.h"

namespace attune::console {
namespace {

constexpr std::size_t kTagNameMax = 16;            // longer names are of no element that matters here
constexpr std::size_t kReferenceMax = 32;          // bytes between '&' and ';'
constexpr std::size_t kOldEntityMax = 6;           // "Aacute", the longest of HTML 2
constexpr std::size_t kHtmlHeadingBytesMax = 300;  // a heading that is never closed ends here
constexpr std::size_t kHeadingsMax = 20'000;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\n'; }

// Elements whose edges separate words. Everything else flows.
bool Separates(std::string_view name) {
  return !IsOneOf(name, {"a",      "abbr",   "b",   "bdi", "bdo",  "big",  "cite", "code", "data", "dfn",   "del",
                         "em",     "font",   "i",   "ins", "kbd",  "mark", "q",    "s",    "samp", "small", "span",
                         "strike", "strong", "sub", "sup", "time", "tt",   "u",    "var",  "wbr"});
}

// What "&#128;" to "&#159;" mean: Windows-1252, as every browser has it.
constexpr std::array<char32_t, 32> kWindows1252 = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                   0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                                   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                   0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

char32_t Sanitised(char32_t code) {
  if (code >= 0x80 && code < 0xA0) return kWindows1252.at(code - 0x80);
  const bool none = code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000);
  return none ? 0xFFFD : code;
}

class HtmlReader {
 public:
  explicit HtmlReader(std::string_view html) : html_(html) { page_.text.reserve(html.size()); }

  HtmlText Run() {
    while (at_ < html_.size()) {
      const char c = html_[at_];
      if (c == '<') {
        if (!ReadMarkup()) AddByte('<');
      } else if (c == '&') {
        AddReference(html_.size());
      } else {
        AddByte(c);
      }
    }
    EndHeading();
    if (page_.title.empty() && !page_.headings.empty()) {
      const HtmlHeading& first = page_.headings.front();
      page_.title = Collapsed(std::string_view(page_.text).substr(first.byte_begin, first.byte_end - first.byte_begin));
    }
    return std::move(page_);
  }

 private:
  char At(std::size_t i) const { return i < html_.size() ? html_[i] : '\0'; }

  // --- Output: every line end of the source is a line end of the text ----------------------------------------------

  void AddByte(char c) {
    ++at_;
    if (c == '\r') return;
    if (c == '\n') {
      page_.text += '\n';
    } else if (!IsSpace(c)) {
      page_.text += c;
    } else if (in_pre_) {
      page_.text += c;
    } else {
      Separate();
    }
  }

  void Separate() {
    if (!page_.text.empty() && page_.text.back() != ' ' && page_.text.back() != '\n') page_.text += ' ';
  }

  void KeepLines(std::size_t begin, std::size_t end) {
    const std::string_view skipped = html_.substr(begin, end - begin);
    page_.text.append(static_cast<std::size_t>(std::count(skipped.begin(), skipped.end(), '\n')), '\n');
  }

  static std::string Collapsed(std::string_view text) {
    std::string result;
    for (const char c : text) {
      if (!IsSpace(c)) {
        result += c;
      } else if (!result.empty() && result.back() != ' ') {
        result += ' ';
      }
    }
    if (result.ends_with(' ')) result.pop_back();
    return result;
  }

  // The oldest references do without the ';' and end wherever their name is complete: "&copy2026", "&notit".
  static std::size_t OldEntityLength(std::string_view name) {
    for (std::size_t length = std::min(name.size(), kOldEntityMax); length >= 2; --length) {
      const std::string_view candidate = name.substr(0, length);
      const auto code = FindEntity(candidate);
      const bool latin = code && *code >= 0xA0 && *code < 0x100;
      if (latin || IsOneOf(candidate, {"amp", "lt", "gt", "quot"})) return length;
    }
    return 0;
  }

  // At '&'. What is no reference stays as it stands.
  void AddReference(std::size_t limit) {
    const std::size_t start = at_ + 1;
    std::size_t end = start;
    const std::size_t last = std::min(limit, start + kReferenceMax);
    std::optional<char32_t> code;
    if (At(start) == '#') {
      const bool hex = ToLower(At(start + 1)) == 'x';
      end = start + (hex ? 2 : 1);
      const std::size_t digits = end;
      char32_t value = 0;
      for (; end < last; ++end) {
        const char c = ToLower(html_[end]);
        if (!IsDigit(c) && !(hex && c >= 'a' && c <= 'f')) break;
        value = std::min<char32_t>(value * (hex ? 16 : 10) + static_cast<char32_t>(IsDigit(c) ? c - '0' : c - 'a' + 10),
                                   0x110000);
      }
      if (end > digits) code = Sanitised(value);
    } else {
      while (end < last && (IsLetter(html_[end]) || IsDigit(html_[end]))) ++end;
      const std::string_view name = html_.substr(start, end - start);
      if (At(end) == ';') code = FindEntity(name);
      if (!code) {
        const std::size_t length = OldEntityLength(name);
        if (length > 0) code = FindEntity(name.substr(0, length));
        end = start + length;
      }
    }
    if (!code) return AddByte('&');
    if (At(end) == ';' && end < limit) ++end;
    at_ = end;
    if (*code == 0xA0) {
      page_.text += ' ';
    } else if (*code == '\n' || *code == '\r') {
      Separate();  // it ends no line of the source
    } else {
      AppendUtf8(*code, page_.text);
    }
  }

  // --- Markup ------------------------------------------------------------------------------------------------------

  // At '<'. False if it is only a character.
  bool ReadMarkup() {
    const char next = At(at_ + 1);
    if (next == '!' || next == '?') {
      SkipDeclaration();
      return true;
    }
    const bool closing = next == '/';
    const std::size_t name_at = at_ + (closing ? 2 : 1);
    if (!IsLetter(At(name_at))) return false;
    std::array<char, kTagNameMax> buffer{};
    std::size_t length = 0;
    std::size_t i = name_at;
    for (; i < html_.size() && !IsSpace(html_[i]) && html_[i] != '>' && html_[i] != '/'; ++i) {
      if (length < buffer.size()) buffer.at(length++) = ToLower(html_[i]);
    }
    const std::string_view name(buffer.data(), i - name_at > buffer.size() ? 0 : length);
    const std::size_t begin = at_;
    const bool image = !closing && name == "img";
    const bool separates = Separates(name);
    if (separates) Separate();
    at_ = i;
    SkipAttributes(image);
    KeepLines(begin, at_);
    OnTag(name, closing);
    return true;
  }

  // Comments, <!DOCTYPE>, <?processing instructions>.
  void SkipDeclaration() {
    const std::size_t begin = at_;
    std::size_t end = 0;
    if (html_.substr(at_, 4) == "<!--") {
      const bool abrupt = html_.substr(at_ + 4, 1) == ">" || html_.substr(at_ + 4, 2) == "->";
      end = abrupt ? html_.find('>', at_) : html_.find("-->", at_ + 4);
      end = end == std::string_view::npos ? html_.size() : end + (abrupt ? 1 : 3);
    } else {
      end = html_.find('>', at_);
      end = end == std::string_view::npos ? html_.size() : end + 1;
    }
    at_ = end;
    KeepLines(begin, end);
  }

  // To behind the '>' of the tag. A quote counts only where a value begins.
  void SkipAttributes(bool image) {
    while (at_ < html_.size() && html_[at_] != '>') {
      if (html_[at_] != '=') {
        ++at_;
        continue;
      }
      const std::size_t equals = at_;
      ++at_;
      while (at_ < html_.size() && IsSpace(html_[at_])) ++at_;
      const char quote = At(at_);
      if (quote != '"' && quote != '\'') continue;
      const std::size_t close = FindQuote(quote, at_ + 1);
      if (close == std::string_view::npos) continue;
      if (image && IsAlt(equals)) AddAlt(at_ + 1, close);
      at_ = close + 1;
    }
    if (at_ < html_.size()) ++at_;
  }

  // npos once there are no more, without looking again.
  std::size_t FindQuote(char quote, std::size_t from) {
    bool& none_left = quote == '"' ? no_double_left_ : no_single_left_;
    if (none_left) return std::string_view::npos;
    const std::size_t found = html_.find(quote, from);
    none_left = found == std::string_view::npos;
    return found;
  }

  bool IsAlt(std::size_t equals) const {
    return equals >= 4 && IsSpace(html_[equals - 4]) && ToLower(html_[equals - 3]) == 'a' &&
           ToLower(html_[equals - 2]) == 'l' && ToLower(html_[equals - 1]) == 't';
  }

  void AddAlt(std::size_t begin, std::size_t end) {
    at_ = begin;
    while (at_ < end) {
      if (html_[at_] == '&') {
        AddReference(end);
      } else if (IsSpace(html_[at_])) {  // its line ends are kept with those of the tag
        Separate();
        ++at_;
      } else {
        page_.text += html_[at_++];
      }
    }
    Separate();
  }

  void OnTag(std::string_view name, bool closing) {
    if (name == "pre") in_pre_ = !closing;
    if (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6') {
      EndHeading();
      if (!closing) BeginHeading(static_cast<std::uint32_t>(name[1] - '0'));
    }
    if (closing) return;
    if (name == "title") return ReadTitle();
    if (IsOneOf(name, {"script", "style", "iframe", "noembed", "noframes"})) {
      const std::size_t begin = at_;
      at_ = FindClosing(name);
      KeepLines(begin, at_);
    } else if (IsOneOf(name, {"textarea", "xmp"})) {
      const std::size_t end = FindClosing(name);
      while (at_ < end) AddByte(html_[at_]);
    }
  }

  // Where "</name" begins, or the end.
  std::size_t FindClosing(std::string_view name) const {
    for (std::size_t i = html_.find("</", at_); i != std::string_view::npos; i = html_.find("</", i + 2)) {
      const std::string_view candidate = html_.substr(i + 2, name.size());
      const bool same = EqualsIgnoringCase(candidate, name);
      const char after = At(i + 2 + name.size());
      if (same && (IsSpace(after) || after == '>' || after == '/')) return i;
    }
    return html_.size();
  }

  void ReadTitle() {
    const std::size_t end = FindClosing("title");
    const std::size_t begin = page_.text.size();
    while (at_ < end) {
      if (html_[at_] == '&') {
        AddReference(end);
      } else {
        AddByte(html_[at_]);
      }
    }
    if (page_.title.empty()) page_.title = Collapsed(std::string_view(page_.text).substr(begin));
  }

  void BeginHeading(std::uint32_t level) {
    heading_level_ = level;
    heading_begin_ = page_.text.size();
  }

  void EndHeading() {
    if (heading_level_ == 0) return;
    std::size_t begin = heading_begin_;
    std::size_t end = page_.text.size();
    while (begin < end && IsSpace(page_.text[begin])) ++begin;
    if (end - begin > kHtmlHeadingBytesMax) {
      end = begin + kHtmlHeadingBytesMax;
      while (end > begin && (static_cast<unsigned char>(page_.text[end]) & 0xC0U) == 0x80U) --end;
    }
    while (end > begin && IsSpace(page_.text[end - 1])) --end;
    if (end > begin && page_.headings.size() < kHeadingsMax) {
      page_.headings.push_back({heading_level_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
    }
    heading_level_ = 0;
  }

  std::string_view html_;
  std::size_t at_ = 0;
  HtmlText page_;
  bool in_pre_ = false;
  bool no_double_left_ = false;
  bool no_single_left_ = false;
  std::uint32_t heading_level_ = 0;  // 0: not in a heading
  std::size_t heading_begin_ = 0;
};

}  // namespace

HtmlText ReadHtml(std::string_view html) {
  ATTUNE_CHECK(html.size() < std::numeric_limits<std::uint32_t>::max(), "offsets have 32 bits");
  return HtmlReader(html).Run();
}

}  // namespace attune::console
