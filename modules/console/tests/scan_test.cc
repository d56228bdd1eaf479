#include "attune/console/scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace attune::console {
namespace {

std::string_view Text(std::string_view text, const Passage& passage) {
  return text.substr(passage.byte_begin, passage.byte_end - passage.byte_begin);
}

// What the header promises of every result.
void CheckInvariants(std::string_view text, const ScannedDocument& document, const ScanLimits& limits = {}) {
  std::uint32_t at = 0;
  for (const Passage& passage : document.passages) {
    ASSERT_EQ(passage.byte_begin, at) << "no gap, no overlap";
    ASSERT_GT(passage.byte_end, passage.byte_begin);
    at = passage.byte_end;
    const std::string_view before = text.substr(0, passage.byte_begin);
    const auto line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    ASSERT_EQ(passage.line_begin, line);
    ASSERT_LE(passage.line_begin, passage.line_end);
    const std::string_view own = Text(text, passage);
    const std::size_t blank = own.find_last_not_of(" \t\r\n");
    if (blank != std::string_view::npos) {
      ASSERT_LE(own.substr(0, blank + 1).size(), limits.passage_bytes_max);
    }
  }
  ASSERT_EQ(at, text.size());
}

std::vector<std::string> Symbols(const ScannedDocument& document) {
  std::vector<std::string> symbols;
  for (const Passage& passage : document.passages) {
    symbols.push_back(passage.symbol + ":" + std::to_string(passage.line_begin) + "-" +
                      std::to_string(passage.line_end));
  }
  return symbols;
}

std::string Body(int lines) {
  std::string body;
  for (int i = 0; i < lines; ++i) body += "    value = compute(value, " + std::to_string(i) + ");\n";
  return body;
}

std::string Indented(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at) + 1;
    result += "    " + text.substr(at, end - at);
    at = end;
  }
  return result;
}

TEST(Passages, TheEmptyTextHasNone) {
  const ScannedDocument document = ScanDocument(Language::kCpp, "");
  EXPECT_TRUE(document.passages.empty());
  EXPECT_TRUE(document.definitions.empty());
  EXPECT_EQ(document.line_count, 0U);
}

TEST(Passages, ATextWithoutALineEndIsOnePassage) {
  const ScannedDocument document = ScanDocument(Language::kPlainText, "hello");
  ASSERT_EQ(document.passages.size(), 1U);
  EXPECT_EQ(document.passages[0].line_end, 1U);
  EXPECT_EQ(document.line_count, 1U);
}

TEST(Passages, EachFunctionOfSomeSizeStandsAloneWithItsComments) {
  const std::string text = "#include <a.h>\n\n// Adds.\n// Really.\nint Add(int value) {\n" + Body(12) +
                           "}\n\n/* Takes\n   away. */\nint Subtract(int value) {\n" + Body(12) + "}\n";
  const ScannedDocument document = ScanDocument(Language::kCpp, text);
  CheckInvariants(text, document);
  EXPECT_EQ(Symbols(document), (std::vector<std::string>{"Add:1-19", "Subtract:20-35"}));
  EXPECT_EQ(Text(text, document.passages[1]).substr(0, 8), "/* Takes");
}

TEST(Passages, MembersOfAClassArePassagesOfTheirOwn) {
  const std::string text = "class Pool:\n    \"\"\"A pool.\"\"\"\n\n    def acquire(self):\n" + Indented(Body(12)) +
                           "\n    @property\n    def size(self):\n" + Indented(Body(12)) + "\n\ndef last():\n" +
                           Body(12);
  const ScannedDocument document = ScanDocument(Language::kPython, text);
  CheckInvariants(text, document);
  EXPECT_EQ(Symbols(document),
            (std::vector<std::string>{"Pool:1-3", "Pool.acquire:4-17", "Pool.size:18-33", "last:34-46"}));
  EXPECT_EQ(document.passages[1].symbol_kind, SymbolKind::kMethod);
}

TEST(Passages, SmallNeighboursShareOne) {
  const std::string text = "int one() { return 1; }\nint two() { return 2; }\nint three() { return 3; }\n";
  const ScannedDocument document = ScanDocument(Language::kCpp, text);
  CheckInvariants(text, document);
  EXPECT_EQ(Symbols(document), (std::vector<std::string>{"one:1-3"}));
  EXPECT_EQ(document.definitions.size(), 3U);
}

TEST(Passages, ALargeFunctionContinuesUnderItsSymbol) {
  std::string text = "void Large(int value) {\n";
  for (int i = 0; i < 20; ++i) text += Body(10) + "\n";
  text += "}\n";
  const ScannedDocument document = ScanDocument(Language::kCpp, text);
  CheckInvariants(text, document);
  EXPECT_GT(document.passages.size(), 3U);
  for (const Passage& passage : document.passages) {
    EXPECT_EQ(passage.symbol, "Large");
    EXPECT_LE(passage.line_end - passage.line_begin, 80U);
  }
  for (std::size_t i = 0; i + 1 < document.passages.size(); ++i) {
    EXPECT_TRUE(Text(text, document.passages[i]).ends_with("\n\n")) << "cut at blank lines";
  }
}

TEST(Passages, WithoutBlankLinesTheLargestSizeDivides) {
  const std::string text = Body(1000);
  const ScannedDocument document = ScanDocument(Language::kPlainText, text);
  CheckInvariants(text, document);
  for (const Passage& passage : document.passages) EXPECT_LE(passage.line_end - passage.line_begin + 1, 120U);
}

TEST(Passages, OneLongLineIsDividedAtSpacesOrCharacters) {
  std::string words;
  while (words.size() < 20000) words += "word ";
  std::string umlauts;
  while (umlauts.size() < 20001) umlauts += "ü";
  for (const std::string& text : {words, umlauts}) {
    const ScannedDocument document = ScanDocument(Language::kPlainText, text);
    EXPECT_GT(document.passages.size(), 2U);
    std::uint32_t at = 0;
    for (const Passage& passage : document.passages) {
      EXPECT_EQ(passage.byte_begin, at);
      EXPECT_LE(passage.byte_end - passage.byte_begin, 6144U);
      EXPECT_EQ(passage.line_begin, 1U);
      EXPECT_NE(static_cast<unsigned char>(text[passage.byte_begin]) & 0xC0U, 0x80U) << "no character is torn";
      at = passage.byte_end;
    }
    EXPECT_EQ(at, text.size());
  }
}

TEST(Passages, ProseIsCutByItsHeadings) {
  const std::string paragraph(400, 'x');
  const std::string text = "# Guide\n" + paragraph + "\n\n## Install\n" + paragraph + "\n\n## Use\n" + paragraph + "\n";
  const ScannedDocument document = ScanDocument(Language::kMarkdown, text);
  CheckInvariants(text, document);
  EXPECT_EQ(document.title, "Guide");
  EXPECT_EQ(Symbols(document), (std::vector<std::string>{"Guide:1-3", "Guide > Install:4-6", "Guide > Use:7-8"}));
}

TEST(Passages, CodeHasNoTitle) { EXPECT_EQ(ScanDocument(Language::kC, "int f(void) {\n}\n").title, ""); }

TEST(Definitions, BeyondTheLimitTheyAreCounted) {
  std::string text;
  for (int i = 0; i < 10; ++i) text += "int f" + std::to_string(i) + "() { return 0; }\n";
  ScanLimits limits;
  limits.definitions_max = 4;
  const ScannedDocument document = ScanDocument(Language::kCpp, text, limits);
  EXPECT_EQ(document.definitions.size(), 4U);
  EXPECT_EQ(document.definitions_dropped, 6U);
  CheckInvariants(text, document);
}

TEST(Definitions, BranchesOfAConditionalDoNotUnbalanceEachOther) {
  const ScannedDocument document = ScanDocument(Language::kC, R"(
void f(int a) {
#ifdef X
  if (a) {
#else
  if (!a) {
#endif
    g();
  }
}
#if 0
void dead(void) { " unbalanced
#endif
void after(void) { }
)");
  ASSERT_EQ(document.definitions.size(), 2U);
  EXPECT_EQ(document.definitions[0].symbol, "f");
  EXPECT_EQ(document.definitions[0].line_end, 10U);
  EXPECT_EQ(document.definitions[1].symbol, "after");
}

TEST(Definitions, AMacroThatHidesABraceLosesOneFunctionNotAll) {
  const ScannedDocument document = ScanDocument(Language::kC, R"(
void first(void) {
  FOR_EACH(x)
    use(x);
  }
}
void second(void) {
  BEGIN {
}
void third(void) {
}
)");
  std::vector<std::string> names;
  for (const Definition& definition : document.definitions) names.push_back(definition.symbol);
  EXPECT_EQ(names, (std::vector<std::string>{"first", "second", "third"}));
}

TEST(Definitions, AVeryLongQualifiedNameKeepsItsLastPart) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "namespace part_of_a_long_name { ";
  text += "int f() { return 0; }";
  const ScannedDocument document = ScanDocument(Language::kCpp, text);
  ASSERT_FALSE(document.definitions.empty());
  for (const Definition& definition : document.definitions) EXPECT_LE(definition.symbol.size(), 256U);
  EXPECT_EQ(document.definitions.back().name(), "f");
}

// --- Hostile texts -------------------------------------------------------------------------------------------------

const std::vector<std::string_view>& HostilePieces() {
  static const std::vector<std::string_view> pieces = {
      "{",       "(",   "[",        "}",         "\"",     "'",         "`",        "/*",       "#if X\n",
      "#if 0\n", "<",   "class A ", "class A {", "f(",     "impl ",     "func (\n", "def f(\n", "template<",
      "R\"(",    "R\"", "${",       "`${",       "<<<A\n", "\"\"\"",    "'''",      "enum A {", "=> ",
      "x = (",   "@a",  "@a(",      "type A = ", "fn f",   "operator ", "a::",      "a<",       "#else\n",
      "r#",      "\\(", "/",        "# a\n",     "=\n=\n", "[a]\n",     "a:\n",     "case 1: {"};
  return pieces;
}

constexpr Language kScanned[] = {Language::kC,
                                 Language::kCpp,
                                 Language::kPython,
                                 Language::kJavaScript,
                                 Language::kTypeScript,
                                 Language::kJava,
                                 Language::kGo,
                                 Language::kRust,
                                 Language::kRuby,
                                 Language::kPhp,
                                 Language::kCSharp,
                                 Language::kKotlin,
                                 Language::kSwift,
                                 Language::kScala,
                                 Language::kShell,
                                 Language::kPerl,
                                 Language::kLua,
                                 Language::kSql,
                                 Language::kJson,
                                 Language::kYaml,
                                 Language::kMakefile,
                                 Language::kMarkdown,
                                 Language::kRestructuredText,
                                 Language::kLatex,
                                 Language::kCss};

// A quadratic scanner would take minutes over these; the test's time limit is the bound.
TEST(Hostile, OnePieceRepeatedIsReadInLinearTime) {
  for (const std::string_view piece : HostilePieces()) {
    std::string text;
    while (text.size() < 40'000) text += piece;
    for (const Language language : kScanned) {
      const ScannedDocument document = ScanDocument(language, text);
      std::uint32_t at = 0;
      for (const Passage& passage : document.passages) {
        ASSERT_EQ(passage.byte_begin, at) << piece << " in " << ToString(language);
        at = passage.byte_end;
      }
      ASSERT_EQ(at, text.size()) << piece << " in " << ToString(language);
    }
  }
}

TEST(Hostile, RandomMixturesAreCoveredInEveryLanguage) {
  constexpr std::uint64_t kSeed = 20261121;
  std::mt19937_64 random(kSeed);
  const auto& pieces = HostilePieces();
  for (int round = 0; round < 200; ++round) {
    std::string text;
    const std::size_t count = random() % 60;
    for (std::size_t i = 0; i < count; ++i) {
      text += random() % 4 == 0 ? "\n" : pieces[random() % pieces.size()];
    }
    for (const Language language : kScanned) {
      SCOPED_TRACE("seed " + std::to_string(kSeed) + ", round " + std::to_string(round));
      CheckInvariants(text, ScanDocument(language, text));
    }
  }
}

}  // namespace
}  // namespace attune::console
