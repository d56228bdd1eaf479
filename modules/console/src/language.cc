#include "attune/console/language.h"

#include <algorithm>
#include <array>

#include "attune/base/ascii.h"

namespace attune::console {
namespace {

struct Named {
  std::string_view key;
  Language language;
};

using enum Language;

constexpr std::array<std::string_view, kLanguageCount> kNames = {
    "text", "c",    "cpp",      "python", "javascript", "typescript", "java",     "go",    "rust",
    "ruby", "php",  "csharp",   "kotlin", "swift",      "scala",      "shell",    "perl",  "lua",
    "sql",  "json", "yaml",     "toml",   "xml",        "ini",        "makefile", "cmake", "dockerfile",
    "css",  "html", "markdown", "rst",    "asciidoc",   "latex",      "csv"};

// Extensions without the dot, lower case, sorted.
constexpr Named kExtensions[] = {{"adoc", kAsciiDoc},
                                 {"asciidoc", kAsciiDoc},
                                 {"awk", kPlainText},
                                 {"bash", kShell},
                                 {"bat", kPlainText},
                                 {"c", kC},
                                 {"c++", kCpp},
                                 {"cc", kCpp},
                                 {"cfg", kIni},
                                 {"cgi", kPerl},
                                 {"cjs", kJavaScript},
                                 {"cls", kLatex},
                                 {"cmake", kCmake},
                                 {"conf", kIni},
                                 {"cpp", kCpp},
                                 {"cs", kCSharp},
                                 {"csh", kShell},
                                 {"css", kCss},
                                 {"csv", kCsv},
                                 {"csx", kCSharp},
                                 {"cts", kTypeScript},
                                 {"cu", kCpp},
                                 {"cuh", kCpp},
                                 {"cxx", kCpp},
                                 {"dash", kShell},
                                 {"dockerfile", kDockerfile},
                                 {"es6", kJavaScript},
                                 {"fish", kShell},
                                 {"geojson", kJson},
                                 {"go", kGo},
                                 {"gradle", kKotlin},
                                 {"h", kC},
                                 {"h++", kCpp},
                                 {"hh", kCpp},
                                 {"hpp", kCpp},
                                 {"htm", kHtml},
                                 {"html", kHtml},
                                 {"hxx", kCpp},
                                 {"inc", kPlainText},
                                 {"ini", kIni},
                                 {"inl", kCpp},
                                 {"ipp", kCpp},
                                 {"java", kJava},
                                 {"js", kJavaScript},
                                 {"json", kJson},
                                 {"json5", kJson},
                                 {"jsonc", kJson},
                                 {"jsonl", kJson},
                                 {"jsx", kJavaScript},
                                 {"ksh", kShell},
                                 {"kt", kKotlin},
                                 {"kts", kKotlin},
                                 {"less", kCss},
                                 {"lua", kLua},
                                 {"mak", kMakefile},
                                 {"markdown", kMarkdown},
                                 {"md", kMarkdown},
                                 {"mdown", kMarkdown},
                                 {"mdx", kMarkdown},
                                 {"mjs", kJavaScript},
                                 {"mk", kMakefile},
                                 {"mkd", kMarkdown},
                                 {"mts", kTypeScript},
                                 {"ndjson", kJson},
                                 {"php", kPhp},
                                 {"php3", kPhp},
                                 {"php5", kPhp},
                                 {"phtml", kPhp},
                                 {"pl", kPerl},
                                 {"plist", kXml},
                                 {"pm", kPerl},
                                 {"pod", kPerl},
                                 {"properties", kIni},
                                 {"psgi", kPerl},
                                 {"py", kPython},
                                 {"pyi", kPython},
                                 {"pyw", kPython},
                                 {"pyx", kPython},
                                 {"rake", kRuby},
                                 {"rb", kRuby},
                                 {"rs", kRust},
                                 {"rss", kXml},
                                 {"rst", kRestructuredText},
                                 {"sass", kCss},
                                 {"sbt", kScala},
                                 {"sc", kScala},
                                 {"scala", kScala},
                                 {"scss", kCss},
                                 {"sh", kShell},
                                 {"sql", kSql},
                                 {"sty", kLatex},
                                 {"svg", kXml},
                                 {"swift", kSwift},
                                 {"t", kPerl},
                                 {"tcc", kCpp},
                                 {"tex", kLatex},
                                 {"text", kPlainText},
                                 {"toml", kToml},
                                 {"tpp", kCpp},
                                 {"ts", kTypeScript},
                                 {"tsv", kCsv},
                                 {"tsx", kTypeScript},
                                 {"txt", kPlainText},
                                 {"vcxproj", kXml},
                                 {"webmanifest", kJson},
                                 {"xhtml", kHtml},
                                 {"xml", kXml},
                                 {"xsd", kXml},
                                 {"xsl", kXml},
                                 {"xslt", kXml},
                                 {"yaml", kYaml},
                                 {"yml", kYaml},
                                 {"zsh", kShell}};

// Whole file names, lower case, sorted.
constexpr Named kFileNames[] = {{".bash_profile", kShell},
                                {".bashrc", kShell},
                                {".clang-format", kYaml},
                                {".clang-tidy", kYaml},
                                {".editorconfig", kIni},
                                {".gitconfig", kIni},
                                {".profile", kShell},
                                {".zshrc", kShell},
                                {"cargo.lock", kToml},
                                {"cmakelists.txt", kCmake},
                                {"containerfile", kDockerfile},
                                {"dockerfile", kDockerfile},
                                {"gemfile", kRuby},
                                {"gnumakefile", kMakefile},
                                {"jenkinsfile", kJava},
                                {"makefile", kMakefile},
                                {"pipfile", kToml},
                                {"pkgbuild", kShell},
                                {"podfile", kRuby},
                                {"rakefile", kRuby},
                                {"vagrantfile", kRuby}};

// What a "#!" line runs, without path and version digits, sorted.
constexpr Named kInterpreters[] = {
    {"ash", kShell},         {"bash", kShell},  {"bun", kJavaScript}, {"dash", kShell},    {"deno", kTypeScript},
    {"ksh", kShell},         {"lua", kLua},     {"luajit", kLua},     {"make", kMakefile}, {"node", kJavaScript},
    {"nodejs", kJavaScript}, {"perl", kPerl},   {"php", kPhp},        {"pypy", kPython},   {"python", kPython},
    {"ruby", kRuby},         {"scala", kScala}, {"sh", kShell},       {"swift", kSwift},   {"ts-node", kTypeScript},
    {"zsh", kShell}};

template <std::size_t N>
constexpr bool IsSorted(const Named (&rows)[N]) {
  return std::is_sorted(rows, rows + N, [](const Named& a, const Named& b) { return a.key < b.key; });
}
static_assert(IsSorted(kExtensions) && IsSorted(kFileNames) && IsSorted(kInterpreters));

template <std::size_t N>
std::optional<Language> Find(const Named (&rows)[N], std::string_view key) {
  const auto* row = std::lower_bound(rows, rows + N, key, [](const Named& a, std::string_view b) { return a.key < b; });
  if (row == rows + N || row->key != key) return std::nullopt;
  return row->language;
}

constexpr std::size_t kHeaderBytes = 64 * 1024;  // of a ".h" file are looked at: licences and includes come first
constexpr std::size_t kKeyMax = 24;              // longer than every key above

// `text` in lower case, in `buffer`; empty if it is longer than any key.
std::string_view Lowered(std::string_view text, std::array<char, kKeyMax>& buffer) {
  if (text.size() > kKeyMax) return {};
  std::transform(text.begin(), text.end(), buffer.begin(), ToLower);
  return {buffer.data(), text.size()};
}

std::string_view FirstLine(std::string_view head) { return head.substr(0, std::min(head.find('\n'), head.size())); }

// "#!/usr/bin/env -S python3.11 -u" -> "python"
std::string_view Interpreter(std::string_view head) {
  if (!head.starts_with("#!")) return {};
  std::string_view line = FirstLine(head).substr(2);
  while (!line.empty()) {
    const std::size_t start = std::min(line.find_first_not_of(" \t\r"), line.size());
    line.remove_prefix(start);
    const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
    std::string_view word = line.substr(0, end);
    line.remove_prefix(end);
    word = word.substr(word.rfind('/') + 1);
    if (word.empty() || word == "env" || word[0] == '-' || word.find('=') != std::string_view::npos) continue;
    return word.substr(0, word.find_last_not_of("0123456789.") + 1);
  }
  return {};
}

bool ContainsWord(std::string_view head, std::string_view word) {
  for (std::size_t at = head.find(word); at != std::string_view::npos; at = head.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !IsLetter(head[at - 1])) && (end == head.size() || !IsLetter(head[end]))) return true;
  }
  return false;
}

// Whether a line begins with `word`.
bool ContainsLine(std::string_view head, std::string_view word) {
  for (std::size_t at = head.find(word); at != std::string_view::npos; at = head.find(word, at + 1)) {
    const std::size_t before = at == 0 ? std::string_view::npos : head.find_last_not_of(" \t", at - 1);
    if (before == std::string_view::npos || head[before] == '\n') return true;
  }
  return false;
}

// A ".h" file is C++ if a line in its head begins as only a line of C++ does. Comments rarely do.
Language LanguageOfHeader(std::string_view head) {
  constexpr std::string_view kOnlyCpp[] = {"namespace ", "template <", "template<",  "class ",   "constexpr ",
                                           "public:",    "private:",   "protected:", "virtual ", "using "};
  const std::string_view top = head.substr(0, kHeaderBytes);
  for (const std::string_view word : kOnlyCpp) {
    if (ContainsLine(top, word)) return kCpp;
  }
  return top.find("std::") != std::string_view::npos ? kCpp : kC;
}

// -*- C++ -*- in the first line: how libraries mark headers that have no extension.
std::optional<Language> LanguageOfModeline(std::string_view head) {
  const std::string_view line = FirstLine(head.substr(0, 256));
  const std::size_t open = line.find("-*-");
  if (open == std::string_view::npos) return std::nullopt;
  const std::size_t close = line.find("-*-", open + 3);
  if (close == std::string_view::npos) return std::nullopt;
  std::string_view mode = line.substr(open + 3, close - open - 3);
  if (const std::size_t named = mode.find("mode:"); named != std::string_view::npos) mode.remove_prefix(named + 5);
  mode = mode.substr(0, mode.find(';'));
  mode.remove_prefix(std::min(mode.find_first_not_of(' '), mode.size()));
  mode = mode.substr(0, mode.find_last_not_of(' ') + 1);
  std::array<char, kKeyMax> buffer{};
  const std::string_view name = Lowered(mode, buffer);
  if (name == "c++") return kCpp;
  return LanguageFromName(name);
}

Language LanguageOfContent(std::string_view head) {
  if (const auto found = Find(kInterpreters, Interpreter(head))) return *found;
  if (const auto found = LanguageOfModeline(head)) return *found;
  std::string_view text = head.substr(0, 1024);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n\xEF\xBB\xBF"), text.size()));
  if (StartsWithIgnoringCase(text, "<!doctype html") || StartsWithIgnoringCase(text, "<html")) return kHtml;
  if (text.starts_with("<?xml")) return kXml;
  if (text.starts_with("<?php")) return kPhp;
  return kPlainText;
}

}  // namespace

std::string_view ToString(Language language) noexcept {
  const auto index = static_cast<std::size_t>(language);
  return kNames[index < kLanguageCount ? index : 0];
}

std::optional<Language> LanguageFromName(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kLanguageCount; ++i) {
    if (kNames[i] == name) return static_cast<Language>(i);
  }
  return std::nullopt;
}

Language DetectLanguage(std::string_view path, std::string_view head) noexcept {
  const std::string_view file = path.substr(path.rfind('/') + 1);
  std::array<char, kKeyMax> buffer{};
  if (const auto found = Find(kFileNames, Lowered(file, buffer))) return *found;
  if (StartsWithIgnoringCase(file, "dockerfile.") || StartsWithIgnoringCase(file, "containerfile.")) return kDockerfile;
  if (StartsWithIgnoringCase(file, "makefile.")) return kMakefile;
  const std::size_t dot = file.rfind('.');
  const bool has_extension = dot != std::string_view::npos && dot != 0;
  std::string_view extension = has_extension ? file.substr(dot + 1) : std::string_view();
  if (extension == "in" && dot > 0) {  // "config.h.in" is a header with holes
    const std::string_view stem = file.substr(0, dot);
    const std::size_t inner = stem.rfind('.');
    extension = inner == std::string_view::npos ? std::string_view() : stem.substr(inner + 1);
  }
  if (extension == "C" || extension == "H") return kCpp;
  if (extension.empty()) return LanguageOfContent(head);
  const auto found = Find(kExtensions, Lowered(extension, buffer));
  if (!found || *found == kPlainText) {
    const bool says_text = StartsWithIgnoringCase(extension, "txt");
    return says_text ? kPlainText : LanguageOfContent(head);
  }
  if (*found == kC && ToLower(extension[0]) == 'h') return LanguageOfHeader(head);
  if (extension == "t" && !head.starts_with("#!") && !ContainsWord(head.substr(0, 4096), "use")) return kPlainText;
  if (extension == "cls" && !ContainsWord(head.substr(0, 4096), "\\ProvidesClass")) return kPlainText;
  return *found;
}

bool IsProse(Language language) noexcept {
  switch (language) {
    case kPlainText:
    case kHtml:
    case kMarkdown:
    case kRestructuredText:
    case kAsciiDoc:
    case kLatex:
      return true;
    default:
      return false;
  }
}

}  // namespace attune::console
