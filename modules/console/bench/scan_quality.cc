// How many of the definitions that universal-ctags finds does the scanner find (recall), and how many of those that the
// scanner finds does ctags know (precision)? ctags runs as a process of its own; without it this says so and ends.
//
//   console_scan_quality [--misses N] [--max-mb N] DIR...
//
// Files in which ctags finds nothing at all (it does not know C++ headers without an extension) are left out.
// Compared by file, line and name: functions, methods, classes, structs, unions, enums, interfaces, traits.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "attune/console/language.h"
#include "attune/console/text_document.h"

namespace {

using attune::console::Language;
using attune::console::SymbolKind;
using Tag = std::tuple<std::string, std::uint32_t, std::string>;  // file, line, name

struct Counts {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::set<Tag> ours;
  std::set<Tag> theirs;
  std::set<Tag> theirs_of_any_kind;  // ctags calls "const f = () => 1" a constant and a typedef of a struct a type
};

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool IsCompared(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::kFunction:
    case SymbolKind::kMethod:
    case SymbolKind::kClass:
    case SymbolKind::kStruct:
    case SymbolKind::kUnion:
    case SymbolKind::kEnum:
    case SymbolKind::kInterface:
    case SymbolKind::kTrait:
      return true;
    default:
      return false;
  }
}

bool IsCompared(std::string_view kind) {
  for (const std::string_view known : {"function", "method", "class", "struct", "union", "enum", "interface", "trait",
                                       "singletonMethod", "subroutine", "func", "generator", "getter", "setter"}) {
    if (kind == known) return true;
  }
  return false;
}

// The last part of a qualified name, without white space.
std::string PlainName(std::string_view name) {
  if (name.find("operator") == std::string_view::npos) {
    for (const std::string_view separator : {"::", ".", ":"}) {
      const std::size_t at = name.rfind(separator);
      if (at != std::string_view::npos && at + separator.size() < name.size())
        name = name.substr(at + separator.size());
    }
  } else {
    name = name.substr(name.find("operator"));
  }
  std::string plain;
  std::copy_if(name.begin(), name.end(), std::back_inserter(plain),
               [](char c) { return c != ' ' && c != '\n' && c != '#'; });
  return plain;
}

void AddOurs(const std::filesystem::path& path, std::map<Language, Counts>& counts,
             std::map<std::string, Language>& files, std::uint64_t bytes_max) {
  std::string bytes = ReadFile(path);
  const Language language = attune::console::DetectLanguage(path.string(), bytes);
  Counts& count = counts[language];
  if (count.bytes > bytes_max) return;
  const std::uint64_t size = bytes.size();
  auto reading = attune::console::ReadTextDocument(path.string(), std::move(bytes), {});
  const auto* document = std::get_if<attune::console::TextDocument>(&reading);
  if (document == nullptr || document->encoding != attune::console::TextEncoding::kUtf8) return;
  files.emplace(path.string(), language);
  ++count.files;
  count.bytes += size;
  for (const auto& definition : document->definitions) {
    if (IsCompared(definition.kind)) {
      count.ours.emplace(path.string(), definition.line, PlainName(definition.name()));
    }
  }
}

// ctags calls a method of Python a member, like a field of C, and an object of JavaScript a class.
bool IsCompared(std::string_view kind, Language language, const std::string& line) {
  if (language == Language::kPython) {
    return kind == "class" || ((kind == "member" || kind == "function") && line.find("def ") != std::string::npos);
  }
  if (language == Language::kJavaScript && kind == "class") return line.find("class") != std::string::npos;
  return IsCompared(kind);
}

std::vector<std::string> SplitTabs(std::string_view line) {
  std::vector<std::string> fields;
  for (std::size_t tab = 0; tab != std::string_view::npos;) {
    tab = line.find('\t');
    fields.emplace_back(line.substr(0, tab));
    line.remove_prefix(std::min(tab == std::string_view::npos ? line.size() : tab + 1, line.size()));
  }
  return fields;
}

std::vector<std::string> SplitLines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Lines of ctags: name, file, line;", kind, separated by tabs; those of one file follow each other.
void AddTheirs(const std::map<std::string, Language>& files, std::map<Language, Counts>& counts) {
  const std::string list = std::filesystem::temp_directory_path() / ("scan_quality." + std::to_string(getpid()));
  {
    std::ofstream out(list);
    for (const auto& [file, language] : files) out << file << '\n';
  }
  const std::string command =
      "ctags -f - --sort=no --excmd=number --fields=K --map-TypeScript=+.tsx -L '" + list + "' 2>/dev/null";
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return;
  char* line = nullptr;
  std::size_t capacity = 0;
  std::string file;
  std::vector<std::string> lines;
  while (getline(&line, &capacity, pipe) > 0) {
    std::string_view text(line);
    while (text.ends_with('\n')) text.remove_suffix(1);
    const std::vector<std::string> fields = SplitTabs(text);
    const auto language = fields.size() < 4 ? files.end() : files.find(fields[1]);
    if (language == files.end() || fields[0].starts_with("__anon") || fields[0].find("nonymous") != std::string::npos) {
      continue;
    }
    if (fields[1] != file) {
      file = fields[1];
      lines = SplitLines(ReadFile(file));
    }
    const auto number = static_cast<std::uint32_t>(std::strtoul(fields[2].c_str(), nullptr, 10));
    Counts& count = counts[language->second];
    const Tag tag(file, number, PlainName(fields[0]));
    count.theirs_of_any_kind.insert(tag);
    if (number >= 1 && number <= lines.size() && IsCompared(fields[3], language->second, lines[number - 1])) {
      count.theirs.insert(tag);
    }
  }
  std::free(line);
  pclose(pipe);
  std::filesystem::remove(list);
}

void DropUnknownFiles(Counts& count) {
  std::set<std::string> known;
  for (const Tag& tag : count.theirs_of_any_kind) known.insert(std::get<0>(tag));
  std::erase_if(count.ours, [&](const Tag& tag) { return known.count(std::get<0>(tag)) == 0; });
}

std::size_t CountBoth(const std::set<Tag>& a, const std::set<Tag>& b) {
  return static_cast<std::size_t>(std::count_if(a.begin(), a.end(), [&](const Tag& tag) { return b.count(tag) != 0; }));
}

double Percent(std::size_t part, std::size_t all) {
  return all == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(all);
}

void Show(const char* what, const std::set<Tag>& from, const std::set<Tag>& without, std::size_t count_max) {
  std::vector<Tag> missing;
  std::set_difference(from.begin(), from.end(), without.begin(), without.end(), std::back_inserter(missing));
  const std::size_t step = std::max<std::size_t>(1, missing.size() / std::max<std::size_t>(1, count_max));
  for (std::size_t i = 0; i < missing.size() && count_max > 0; i += step) {
    const auto& [file, line, name] = missing[i];
    std::printf("  %s %s:%u %s\n", what, file.c_str(), line, name.c_str());
  }
}

void Print(const std::map<Language, Counts>& counts, std::size_t misses_max) {
  std::printf("%-12s %7s %8s %8s %8s %8s %9s\n", "language", "files", "MB", "ctags", "ours", "recall", "precision");
  for (const auto& [language, count] : counts) {
    if (count.theirs.empty()) continue;
    std::printf("%-12.*s %7llu %8.1f %8zu %8zu %7.2f%% %8.2f%%\n", static_cast<int>(ToString(language).size()),
                ToString(language).data(), static_cast<unsigned long long>(count.files),
                static_cast<double>(count.bytes) / 1e6, count.theirs.size(), count.ours.size(),
                Percent(CountBoth(count.theirs, count.ours), count.theirs.size()),
                Percent(CountBoth(count.ours, count.theirs_of_any_kind), count.ours.size()));
    Show("missed", count.theirs, count.ours, misses_max);
    Show("extra ", count.ours, count.theirs_of_any_kind, misses_max);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t misses_max = 0;
  std::uint64_t bytes_max = 64'000'000;
  std::map<Language, Counts> counts;
  std::map<std::string, Language> files;
  if (std::system("ctags --version >/dev/null 2>&1") != 0) {
    std::puts("ctags is not installed: nothing to compare with");
    return 0;
  }
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--misses" && i + 1 < argc) {
      misses_max = std::strtoul(argv[++i], nullptr, 10);
    } else if (arg == "--max-mb" && i + 1 < argc) {
      bytes_max = std::strtoull(argv[++i], nullptr, 10) * 1'000'000;
    } else if (std::filesystem::is_regular_file(arg)) {
      AddOurs(arg, counts, files, bytes_max);
    } else {
      for (auto it = std::filesystem::recursive_directory_iterator(
               arg, std::filesystem::directory_options::skip_permission_denied);
           it != std::filesystem::recursive_directory_iterator(); ++it) {
        if (it->is_regular_file() && !it->is_symlink()) AddOurs(it->path(), counts, files, bytes_max);
      }
    }
  }
  AddTheirs(files, counts);
  for (auto& [language, count] : counts) DropUnknownFiles(count);
  Print(counts, misses_max);
}
