#include "passage_cutter.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "attune/base/ascii.h"

namespace attune::console {
namespace {

constexpr std::size_t kSymbolBytesMax = 256;     // of a qualified symbol; a longer one keeps its own name only
constexpr std::uint32_t kLeadingLinesMax = 200;  // a comment above a definition; more is a text of its own

// Below this a piece does not stand alone.
constexpr std::uint32_t kSmallBytes = 320;
constexpr std::uint32_t kSmallLines = 6;

// Whether a line is a comment (or a decorator) by how it begins.
bool BeginsLikeComment(std::string_view trimmed, Language language) {
  if (trimmed.empty()) return false;
  switch (language) {
    case Language::kPython:
    case Language::kRuby:
    case Language::kShell:
    case Language::kPerl:
    case Language::kYaml:
    case Language::kToml:
    case Language::kMakefile:
    case Language::kCmake:
    case Language::kDockerfile:
      return trimmed[0] == '#' || trimmed[0] == '@';
    case Language::kIni:
      return trimmed[0] == '#' || trimmed[0] == ';';
    case Language::kSql:
    case Language::kLua:
      return trimmed.starts_with("--");
    case Language::kLatex:
      return trimmed[0] == '%';
    default:
      return trimmed.starts_with("//") || trimmed.starts_with("/*") || trimmed.starts_with("*/") ||
             trimmed.starts_with("* ") || trimmed == "*" || trimmed[0] == '@' || trimmed.starts_with("#[");
  }
}

// Part of a text with one owner.
struct Piece {
  std::uint32_t line_begin = 0;
  std::uint32_t line_end = 0;           // inclusive
  std::uint32_t owner = kNoDefinition;  // whose lines these are
  bool begins = false;                  // the owner begins here
};

class PassageCutter {
 public:
  PassageCutter(const CutSource& source, const ScanLimits& limits)
      : source_(source), lines_(source.lines), limits_(limits) {}

  std::vector<Passage> Run() {
    MakePieces();
    JoinPieces();
    return std::move(passages_);
  }

 private:
  struct OpenPiece {
    std::uint32_t owner;
    std::uint32_t line_end;
    bool begins;
  };

  // Definitions that are in no code, in the order of the text.
  std::vector<std::uint32_t> Units() const {
    const auto& found = source_.found;
    std::vector<bool> is_unit(found.size());
    std::vector<std::uint32_t> units;
    for (std::uint32_t i = 0; i < found.size(); ++i) {
      const std::uint32_t parent = found[i].parent;
      is_unit[i] = parent == kNoDefinition || (is_unit[parent] && IsContainer(found[parent].kind));
      if (is_unit[i] && !found[i].name.empty()) units.push_back(i);
    }
    std::sort(units.begin(), units.end(), [&](std::uint32_t a, std::uint32_t b) {
      const std::uint32_t begin_a = source_.definitions[a].byte_begin;
      const std::uint32_t begin_b = source_.definitions[b].byte_begin;
      return begin_a != begin_b ? begin_a < begin_b : a < b;
    });
    return units;
  }

  void MakePieces() {
    std::vector<OpenPiece> open;
    std::uint32_t next = 1;  // the first line that no piece has yet
    const auto emit_to = [&](std::uint32_t line, bool pop) {
      if (line >= next) {
        const bool owned = !open.empty();
        pieces_.push_back({next, line, owned ? open.back().owner : kNoDefinition, owned && open.back().begins});
        if (owned) open.back().begins = false;
        next = line + 1;
      }
      if (pop) open.pop_back();
    };
    for (const std::uint32_t unit : Units()) {
      const Definition& definition = source_.definitions[unit];
      while (!open.empty() && open.back().line_end < definition.line_begin) emit_to(open.back().line_end, true);
      const std::uint32_t begin = LeadingLine(definition.line_begin, next);
      if (definition.line_end < next) continue;  // shares its only line with what is there already
      if (begin > next) emit_to(begin - 1, false);
      const std::uint32_t end_max = open.empty() ? lines_.count() : open.back().line_end;
      open.push_back({unit, std::min(definition.line_end, end_max), true});
    }
    while (!open.empty()) emit_to(open.back().line_end, true);
    emit_to(lines_.count(), false);
  }

  // Up over the comments that stand directly above `line`, at most to `first`.
  std::uint32_t LeadingLine(std::uint32_t line, std::uint32_t first) const {
    const std::uint32_t lowest = std::max(first, line > kLeadingLinesMax ? line - kLeadingLinesMax : 1);
    std::uint32_t top = line;
    while (top > lowest) {
      const std::string_view above = Trim(lines_.Line(top - 1));
      if (BeginsLikeComment(above, source_.language)) {
        --top;
        continue;
      }
      if (!above.ends_with("*/")) break;
      std::uint32_t open = top - 1;  // a block comment whose lines begin with nothing special
      while (open > lowest && lines_.Line(open).find("/*") == std::string_view::npos) --open;
      if (lines_.Line(open).find("/*") == std::string_view::npos) break;
      if (!Trim(lines_.Line(open)).starts_with("/*")) break;  // code with a comment behind it
      top = open;
    }
    return std::max(top, std::min(first, line));
  }

  std::uint32_t BytesOf(std::uint32_t line_begin, std::uint32_t line_end) const {
    return lines_.Begin(line_end + 1) - lines_.Begin(line_begin);
  }
  bool IsSmall(std::uint32_t line_begin, std::uint32_t line_end) const {
    return line_end - line_begin < kSmallLines && BytesOf(line_begin, line_end) < kSmallBytes;
  }
  bool AllBlank(std::uint32_t line_begin, std::uint32_t line_end) const {
    for (std::uint32_t line = line_begin; line <= line_end; ++line) {
      if (!IsBlank(lines_.Line(line))) return false;
    }
    return true;
  }

  // What is being collected for the next passage.
  struct Group {
    std::uint32_t line_begin = 0;
    std::uint32_t line_end = 0;
    std::uint32_t owner = kNoDefinition;
    bool only_small = true;
    bool empty = true;
  };

  bool Joins(const Group& group, const Piece& piece) const {
    if (group.empty) return true;
    const bool small = IsSmall(piece.line_begin, piece.line_end);
    if (!small && !(group.owner == kNoDefinition && IsSmall(group.line_begin, group.line_end))) return false;
    const bool fits = BytesOf(group.line_begin, piece.line_end) <= limits_.passage_bytes_target &&
                      piece.line_end - group.line_begin < limits_.passage_lines_target;
    if (!piece.begins)
      return fits || IsSmall(piece.line_begin, piece.line_end);  // "}" and the like stay with what they end
    const bool opens_container =
        IsContainer(source_.found[piece.owner].kind) && source_.definitions[piece.owner].line_end > piece.line_end;
    if (opens_container && group.owner != kNoDefinition) return false;
    return fits && (group.only_small || group.owner == kNoDefinition);
  }

  void JoinPieces() {
    Group group;
    for (const Piece& piece : pieces_) {
      const bool blank = !group.empty && !piece.begins && AllBlank(piece.line_begin, piece.line_end);
      if (!blank && !Joins(group, piece)) {
        Divide(group);
        group = {};
      }
      if (group.empty) group.line_begin = piece.line_begin;
      if (group.owner == kNoDefinition) group.owner = piece.owner;
      if (!blank) group.only_small = group.only_small && IsSmall(piece.line_begin, piece.line_end);
      group.line_end = piece.line_end;
      group.empty = false;
    }
    if (!group.empty) Divide(group);
  }

  // --- Dividing ----------------------------------------------------------------------------------------------------

  void Divide(const Group& group) {
    std::uint32_t begin = group.line_begin;
    while (begin <= group.line_end) {
      const std::uint32_t end = PartEnd(begin, group.line_end);
      AddLines(begin, end, group.owner);
      begin = end + 1;
    }
  }

  bool Exceeds(std::uint32_t bytes, std::uint32_t line_count, std::uint32_t tenths) const {
    return std::uint64_t{bytes} * 10 > std::uint64_t{limits_.passage_bytes_target} * tenths ||
           std::uint64_t{line_count} * 10 > std::uint64_t{limits_.passage_lines_target} * tenths;
  }

  // The last line of the part that begins at `begin`: the first blank line after the target, the largest that is
  // allowed if there is none. Blank lines at the end come for free.
  std::uint32_t PartEnd(std::uint32_t begin, std::uint32_t last) const {
    constexpr std::uint32_t kWhole = 15;  // up to 1.5 times the target nothing is divided
    std::uint32_t bytes = 0;
    std::uint32_t count = 0;
    std::uint32_t rest_bytes = BytesOf(begin, last);
    for (std::uint32_t line = begin; line <= last; ++line) {
      const std::string_view text = lines_.Line(line);
      const auto size = static_cast<std::uint32_t>(text.size());
      const bool blank = IsBlank(text);
      const bool full =
          count > 0 && !blank && (bytes + size > limits_.passage_bytes_max || count >= limits_.passage_lines_max);
      if (full) return line - 1;
      bytes += size;
      rest_bytes -= size;
      if (!blank) ++count;
      const bool large_rest = Exceeds(rest_bytes, last - line, 3);
      if (blank && Exceeds(bytes, count, 10) && large_rest &&
          Exceeds(bytes + rest_bytes, count + (last - line), kWhole)) {
        return SkipBlank(line, last);
      }
    }
    return last;
  }

  std::uint32_t SkipBlank(std::uint32_t line, std::uint32_t last) const {
    while (line < last && IsBlank(lines_.Line(line + 1))) ++line;
    return line;
  }

  void AddLines(std::uint32_t line_begin, std::uint32_t line_end, std::uint32_t owner) {
    const std::uint32_t begin = lines_.Begin(line_begin);
    const std::uint32_t end = lines_.Begin(line_end + 1);
    if (line_begin == line_end && end - begin > limits_.passage_bytes_max) return AddLongLine(line_begin, owner);
    Add(begin, end, line_begin, line_end, owner);
  }

  // One line alone is too long: at white space where there is some, never inside of a character.
  void AddLongLine(std::uint32_t line, std::uint32_t owner) {
    std::uint32_t begin = lines_.Begin(line);
    const std::uint32_t end = lines_.Begin(line + 1);
    const std::string_view text = lines_.text();
    const std::uint32_t step = std::max<std::uint32_t>(limits_.passage_bytes_max, 16);
    while (end - begin > step) {
      std::uint32_t cut = begin + step;
      const std::size_t space = text.substr(begin, step).find_last_of(" \t");
      if (space != std::string_view::npos && space >= step / 2) {
        cut = begin + static_cast<std::uint32_t>(space) + 1;
      } else {
        while (cut > begin + 1 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
      }
      Add(begin, cut, line, line, owner);
      begin = cut;
    }
    Add(begin, end, line, line, owner);
  }

  void Add(std::uint32_t begin, std::uint32_t end, std::uint32_t line_begin, std::uint32_t line_end,
           std::uint32_t owner) {
    Passage passage{begin, end, line_begin, line_end, {}, SymbolKind::kNone};
    if (owner != kNoDefinition) {
      passage.symbol = source_.definitions[owner].symbol;
      passage.symbol_kind = source_.definitions[owner].kind;
    }
    passages_.push_back(std::move(passage));
  }

  const CutSource& source_;
  const LineTable& lines_;
  const ScanLimits& limits_;
  std::vector<Piece> pieces_;
  std::vector<Passage> passages_;
};

// "Pool<T>::Get" -> "Pool::Get", "operator ()" -> "operator()"; a heading keeps its words.
std::string TidyName(std::string_view name, SymbolKind kind) {
  if (kind == SymbolKind::kHeading || kind == SymbolKind::kSection) {
    std::string text;
    for (const char c : name) {
      const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
      if (!space) text += c;
      if (space && !text.empty() && text.back() != ' ') text += ' ';
    }
    return text;
  }
  if (name.find_first_of("< \t\n\r\\") == std::string_view::npos || name.starts_with("operator") ||
      name.starts_with('"'))
    return std::string(name);
  std::string text;
  std::size_t angles = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (name.substr(i).starts_with("operator")) {
      text += name.substr(i);
      break;
    }
    if (c == '<') ++angles;
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (angles == 0 && !space) text += c;
    if (c == '>' && angles > 0) --angles;
  }
  return text.empty() ? std::string(name) : text;
}

// Not more than `bytes_max` bytes, not in the middle of a character.
void Shorten(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0U) == 0x80U) --bytes_max;
  text.resize(bytes_max);
}

std::string_view SeparatorOf(Language language) {
  switch (language) {
    case Language::kC:
    case Language::kCpp:
    case Language::kRust:
    case Language::kPerl:
    case Language::kPhp:
      return "::";
    default:
      return IsProse(language) ? " > " : ".";
  }
}

}  // namespace

std::vector<Passage> CutPassages(const CutSource& source, const ScanLimits& limits) {
  if (source.lines.count() == 0) return {};
  return PassageCutter(source, limits).Run();
}

std::vector<Definition> DescribeDefinitions(const LineTable& lines, const std::vector<FoundDefinition>& found,
                                            std::string_view separator) {
  const auto text_end = static_cast<std::uint32_t>(lines.text().size());
  std::vector<Definition> definitions(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const FoundDefinition& raw = found[i];
    Definition& out = definitions[i];
    out.kind = raw.kind;
    out.byte_begin = std::min(raw.begin, text_end - 1);
    out.byte_end = raw.end == 0 ? text_end : std::clamp(raw.end, out.byte_begin + 1, text_end);
    out.line = lines.LineOf(std::min(raw.name_at, text_end - 1));
    out.line_begin = lines.LineOf(out.byte_begin);
    out.line_end = lines.LineOf(out.byte_end - 1);
    if (raw.name.empty()) {
      if (raw.parent != kNoDefinition) {  // anonymous: its members belong to what is around it
        out.symbol = definitions[raw.parent].symbol;
        out.name_begin = static_cast<std::uint32_t>(out.symbol.size());
      }
      continue;
    }
    std::string name = TidyName(raw.name, raw.kind);
    Shorten(name, kSymbolBytesMax);
    std::string owner = raw.parent != kNoDefinition ? definitions[raw.parent].symbol : std::string();
    if (!raw.qualifier.empty()) {
      if (!owner.empty()) owner += separator;
      owner += TidyName(raw.qualifier, SymbolKind::kClass);
    }
    if (!owner.empty() && owner.size() + separator.size() + name.size() <= kSymbolBytesMax) {
      out.symbol = std::move(owner);
      out.symbol += separator;
    }
    out.name_begin = static_cast<std::uint32_t>(out.symbol.size());
    out.symbol += name;
  }
  return definitions;
}

ScannedDocument AssembleDocument(Language language, const LineTable& lines, const DefinitionList& found,
                                 const ScanLimits& limits) {
  ScannedDocument document;
  document.line_count = lines.count();
  document.definitions_dropped = found.dropped();
  if (lines.count() == 0) return document;
  document.definitions = DescribeDefinitions(lines, found.all(), SeparatorOf(language));
  document.passages = CutPassages({lines, found.all(), document.definitions, language}, limits);
  std::erase_if(document.definitions, [](const Definition& definition) { return definition.name().empty(); });
  std::sort(document.definitions.begin(), document.definitions.end(), [](const Definition& a, const Definition& b) {
    if (a.byte_begin != b.byte_begin) return a.byte_begin < b.byte_begin;
    return a.byte_end != b.byte_end ? a.byte_end > b.byte_end : a.symbol < b.symbol;
  });
  if (IsProse(language) && !document.definitions.empty()) {
    document.title = std::string(document.definitions.front().name());
  }
  return document;
}

}  // namespace attune::console
