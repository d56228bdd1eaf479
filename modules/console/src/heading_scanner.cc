// Headings of marked-up prose. A heading's section lasts until the next heading of its level or above, so that sections
// nest as their headings do.

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "attune/base/ascii.h"
#include "scanners.h"

namespace attune::console {
namespace {

constexpr std::size_t kHeadingBytesMax = 300;  // longer lines are text
constexpr std::uint32_t kLevelsMax = 8;

// The byte that the whole line repeats, 0 if it is no such line.
char Underline(std::string_view line, std::size_t length_min) {
  line = line.substr(0, line.find_last_not_of(" \t\r\n") + 1);
  if (line.size() < length_min || line.empty()) return 0;
  const char c = line[0];
  constexpr std::string_view kMarks = "=-~^\"'`#*+:.<>_!$%&,/;?@|";
  if (kMarks.find(c) == std::string_view::npos) return 0;
  return std::all_of(line.begin(), line.end(), [c](char x) { return x == c; }) ? c : '\0';
}

class HeadingScanner {
 public:
  HeadingScanner(Language language, const LineTable& lines, DefinitionList& found)
      : language_(language), lines_(lines), found_(found) {}

  void Run() {
    std::uint32_t line = 1;
    if (language_ == Language::kMarkdown) line = SkipFrontMatter();
    first_line_ = line;
    for (; line <= lines_.count(); ++line) {
      const std::string_view text = lines_.Line(line);
      if (IsFence(text)) continue;
      switch (language_) {
        case Language::kMarkdown:
          Markdown(line, text);
          break;
        case Language::kRestructuredText:
          Restructured(line, text);
          break;
        case Language::kAsciiDoc:
          Marked(line, text, '=');
          break;
        default:
          Latex(line, text);
      }
    }
    CloseFrom(0, static_cast<std::uint32_t>(lines_.text().size()));
  }

 private:
  struct Section {
    std::uint32_t definition;
    std::uint32_t level;
  };

  // --- (YAML) --- at the very beginning
  std::uint32_t SkipFrontMatter() const {
    if (lines_.count() < 2 || Trim(lines_.Line(1)) != "---") return 1;
    constexpr std::uint32_t kFrontMatterMax = 200;
    for (std::uint32_t line = 2; line <= std::min(lines_.count(), kFrontMatterMax); ++line) {
      if (Trim(lines_.Line(line)) == "---") return line + 1;
    }
    return 1;
  }

  // Within ``` or ~~~ of Markdown and ---- or .... of AsciiDoc nothing is a heading.
  bool IsFence(std::string_view text) {
    std::size_t indent = std::min(text.find_first_not_of(' '), text.size());
    const std::string_view line = text.substr(indent);
    char mark = 0;
    std::size_t length = 0;
    if (!line.empty()) {
      mark = line[0];
      length = std::min(line.find_first_not_of(mark), line.size());
    }
    if (language_ == Language::kMarkdown) {
      const bool fence = indent < 4 && (mark == '`' || mark == '~') && length >= 3;
      return FollowFence(fence, mark, length, Trim(line.substr(length)).empty());
    }
    if (language_ == Language::kAsciiDoc) {
      const bool fence = indent == 0 && (mark == '-' || mark == '.' || mark == '+' || mark == '/') && length >= 4 &&
                         Trim(line.substr(length)).empty();
      return FollowFence(fence, mark, length, true);
    }
    return false;
  }

  bool FollowFence(bool fence, char mark, std::size_t length, bool bare) {
    if (fence_ == 0) {
      if (!fence) return false;
      fence_ = mark;
      fence_length_ = length;
      return true;
    }
    if (fence && mark == fence_ && length >= fence_length_ && bare) fence_ = 0;
    return true;
  }

  void Markdown(std::uint32_t line, std::string_view text) {
    const std::size_t indent = std::min(text.find_first_not_of(' '), text.size());
    if (indent >= 4) return;
    if (text.substr(indent).starts_with('#')) return Marked(line, text.substr(indent), '#');
    const bool may_be_title = line < lines_.count() && !Trim(text).empty() && text[indent] != '>' &&
                              text[indent] != '-' && text[indent] != '*' && text[indent] != '|';
    if (!may_be_title || (line > first_line_ && !Trim(lines_.Line(line - 1)).empty())) return;
    const char under = Underline(lines_.Line(line + 1), 2);
    if (under == '=' || under == '-') Add(line, Trim(text), under == '=' ? 1 : 2);
  }

  // "## Title ##"
  void Marked(std::uint32_t line, std::string_view text, char mark) {
    const std::size_t level = std::min(text.find_first_not_of(mark), text.size());
    if (level == 0 || level > 6 || level == text.size()) return;
    if (text[level] != ' ' && text[level] != '\t') return;
    std::string_view title = Trim(text.substr(level));
    const std::size_t last = title.find_last_not_of(mark);
    if (last != std::string_view::npos && last + 1 < title.size() && title[last] == ' ')
      title = Trim(title.substr(0, last));
    Add(line, title, static_cast<std::uint32_t>(level));
  }

  // A line over a line of marks at least as long; which mark stands for which level is decided by the first use.
  void Restructured(std::uint32_t line, std::string_view text) {
    const std::string_view title = Trim(text);
    if (title.empty() || line == lines_.count() || text[0] == ' ' || text[0] == '\t' || Underline(text, 1) != 0) return;
    if (line == underlined_) return;
    constexpr std::size_t kShortTitle = 3;
    const char under = Underline(lines_.Line(line + 1), std::min(title.size(), kShortTitle));
    if (under == 0 || Trim(lines_.Line(line + 1)).size() + 2 < title.size() || title.starts_with("..")) return;
    const bool over = line > 1 && Underline(lines_.Line(line - 1), std::min(title.size(), kShortTitle)) == under;
    if (line > 1 && !over && !Trim(lines_.Line(line - 1)).empty() && !Trim(lines_.Line(line - 1)).starts_with(".."))
      return;
    const auto style = static_cast<std::uint16_t>(static_cast<unsigned char>(under) | (over ? 0x100U : 0U));
    auto known = std::find(styles_.begin(), styles_.end(), style);
    if (known == styles_.end()) {
      if (styles_.size() == kLevelsMax) return;
      styles_.push_back(style);
      known = styles_.end() - 1;
    }
    underlined_ = line + 1;
    Add(over ? line - 1 : line, title, static_cast<std::uint32_t>(known - styles_.begin()) + 1);
  }

  // \section{Title}
  void Latex(std::uint32_t line, std::string_view text) {
    constexpr std::array<std::string_view, 6> kCommands = {"\\part",       "\\chapter",       "\\section",
                                                           "\\subsection", "\\subsubsection", "\\paragraph"};
    const std::string_view trimmed = Trim(text);
    for (std::size_t i = 0; i < kCommands.size(); ++i) {
      if (!trimmed.starts_with(kCommands.at(i))) continue;
      std::string_view rest = trimmed.substr(kCommands.at(i).size());
      if (rest.starts_with('*')) rest.remove_prefix(1);
      if (!rest.starts_with('{')) continue;
      Add(line, Trim(rest.substr(1, rest.find('}') - 1)), static_cast<std::uint32_t>(i) + 1);
      return;
    }
  }

  void Add(std::uint32_t line, std::string_view title, std::uint32_t level) {
    if (title.empty() || title.size() > kHeadingBytesMax) return;
    const std::uint32_t begin = lines_.Begin(line);
    CloseFrom(level, begin);
    const std::uint32_t parent = open_.empty() ? kNoDefinition : open_.back().definition;
    const auto at = static_cast<std::uint32_t>(title.data() - lines_.text().data());
    open_.push_back({found_.Open(SymbolKind::kHeading, {title, at, begin, parent}), level});
  }

  // Levels grow along the stack, so it never holds more than kLevelsMax.
  void CloseFrom(std::uint32_t level, std::uint32_t end) {
    while (!open_.empty() && open_.back().level >= level) {
      found_.Close(open_.back().definition, end);
      open_.pop_back();
    }
  }

  Language language_;
  const LineTable& lines_;
  DefinitionList& found_;
  std::vector<Section> open_;
  std::vector<std::uint16_t> styles_;  // of reStructuredText, by level
  std::uint32_t first_line_ = 1;       // behind the front matter
  std::uint32_t underlined_ = 0;       // the last line of marks
  char fence_ = 0;
  std::size_t fence_length_ = 0;
};

}  // namespace

void ScanHeadings(Language language, const LineTable& lines, DefinitionList& found) {
  HeadingScanner(language, lines, found).Run();
}

}  // namespace attune::console
