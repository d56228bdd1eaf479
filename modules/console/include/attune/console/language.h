#pragma once
// Language: what a text file is written in, by its name, its first line and its
// first bytes.
//
//   DetectLanguage("src/main.rs", head)        // kRust
//   DetectLanguage("bin/deploy", "#!/bin/sh")  // kShell
//   DetectLanguage("LICENSE", head)            // kPlainText
//
// Threads    pure functions.
// Cost       O(path) for most names; at most the first 64 KiB are looked at (for ".h": C or C++?). Never allocates.
// Errors     none: what is not recognised is plain text.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace attune::console {

enum class Language : std::uint8_t {
  kPlainText,
  kC,
  kCpp,
  kPython,
  kJavaScript,  // with JSX
  kTypeScript,  // with TSX
  kJava,
  kGo,
  kRust,
  kRuby,
  kPhp,
  kCSharp,
  kKotlin,
  kSwift,
  kScala,
  kShell,
  kPerl,
  kLua,
  kSql,
  kJson,
  kYaml,
  kToml,
  kXml,
  kIni,
  kMakefile,
  kCmake,
  kDockerfile,
  kCss,
  kHtml,
  kMarkdown,
  kRestructuredText,
  kAsciiDoc,
  kLatex,
  kCsv,
};
inline constexpr std::size_t kLanguageCount = 34;

// The stable lower-case name that filters and stored documents use: "cpp", "csharp", "text".
std::string_view ToString(Language language) noexcept;
std::optional<Language> LanguageFromName(std::string_view name) noexcept;

// `head` is the beginning of the file, or all of it; less is fine where the name says enough.
Language DetectLanguage(std::string_view path, std::string_view head) noexcept;

// Text for people, where stemming helps and identifiers are rare.
bool IsProse(Language language) noexcept;

}  // namespace attune::console
