#include "attune/console/html.h"

#include <gtest/gtest.h>
#include <gumbo.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace attune::console {
namespace {

std::string Words(std::string_view text) {
  std::string words;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
    if (!space) words += c;
    if (space && !words.empty() && words.back() != ' ') words += ' ';
  }
  if (words.ends_with(' ')) words.pop_back();
  return words;
}

TEST(Html, MarkupGoesAndTextStays) {
  EXPECT_EQ(ReadHtml("<p>Hello <b>wor</b>ld</p><p>again</p>").text, "Hello world again ");
  EXPECT_EQ(ReadHtml("").text, "");
  EXPECT_EQ(ReadHtml("no markup").text, "no markup");
}

TEST(Html, EveryLineStaysOnItsLine) {
  const HtmlText page =
      ReadHtml("<html>\n<head><script>\nvar x = '<p>';\n</script>\n<!-- a\nb -->\n<body\nclass=x>\nhere");
  EXPECT_EQ(std::count(page.text.begin(), page.text.end(), '\n'), 8);
  EXPECT_EQ(page.text, "\n\n\n\n\n\n\n\nhere");
}

TEST(Html, ScriptsAndStylesSayNothing) {
  EXPECT_EQ(Words(ReadHtml("a<script>if (a</b) x();</scripty></script >b<STYLE>p{}</STYLE>c").text), "a b c");
  EXPECT_EQ(Words(ReadHtml("a<script>never closed").text), "a");
}

TEST(Html, ReferencesBecomeCharacters) {
  EXPECT_EQ(ReadHtml("&lt;&amp;&gt;&quot;&eacute;&#65;&#x263A;&hellip;").text, "<&>\"é\x41☺…");
  EXPECT_EQ(ReadHtml("&copy 2026 &amp").text, "© 2026 &");
  EXPECT_EQ(ReadHtml("AT&T &nosuch; &; &#; &#x; & ").text, "AT&T &nosuch; &; &#; &#x; & ");
  EXPECT_EQ(ReadHtml("&#128;&#0;&#xD800;&#99999999999;").text, "€\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(ReadHtml("a&nbsp;b").text, "a b");
}

TEST(Html, TheTitleIsTheTitleOrTheFirstHeading) {
  EXPECT_EQ(ReadHtml("<title> A &amp;\n B </title><h1>C</h1>").title, "A & B");
  EXPECT_EQ(ReadHtml("<h2>First <i>one</i></h2><h1>C</h1>").title, "First one");
  EXPECT_EQ(ReadHtml("<p>nothing").title, "");
}

TEST(Html, HeadingsHaveLevelsAndPlaces) {
  const HtmlText page = ReadHtml("<h1>One</h1>\n<p>x</p><h3 id='a'> Two\n words </h3><h2></h2><h2>open");
  ASSERT_EQ(page.headings.size(), 3U);
  const auto text = [&](std::size_t i) {
    return page.text.substr(page.headings[i].byte_begin, page.headings[i].byte_end - page.headings[i].byte_begin);
  };
  EXPECT_EQ(text(0), "One");
  EXPECT_EQ(text(1), "Two\nwords");
  EXPECT_EQ(page.headings[1].level, 3U);
  EXPECT_EQ(text(2), "open");
}

TEST(Html, AttributesAreNotText) {
  EXPECT_EQ(Words(ReadHtml("<a href=\"x>y\" title='a>b'>link</a><img src=x alt=\"a picture &gt;\">").text),
            "link a picture >");
  EXPECT_EQ(Words(ReadHtml("<a b=\"never closed>text</a>").text), "text");
}

TEST(Html, WhatIsNoTagIsText) {
  EXPECT_EQ(ReadHtml("1 < 2 and <3 </ x").text, "1 < 2 and <3 </ x");
  EXPECT_EQ(ReadHtml("a<b").text, "a");
}

TEST(Html, PreformattedTextKeepsItsSpaces) { EXPECT_EQ(ReadHtml("<pre>a  b\n  c</pre>d  e").text, "a  b\n  c d e"); }

TEST(Html, DeepNestingCostsNothing) {
  std::string html;
  for (int i = 0; i < 500'000; ++i) html += "<div>";
  html += "deep";
  EXPECT_EQ(Words(ReadHtml(html).text), "deep");
}

TEST(Html, UnclosedFormattingOverManyParagraphsStaysLinear) {
  std::string html;
  for (int i = 0; i < 2'000; ++i) html += "<b id=" + std::to_string(i) + ">";
  for (int i = 0; i < 100'000; ++i) html += "<p>";
  for (int i = 0; i < 100'000; ++i) html += "<a b=\"";
  EXPECT_LE(ReadHtml(html).text.size(), html.size());
}

// --- The same text as the reference parser --------------------------------------------------------------------------

// A stray "</h2>" separates words here and is dropped by a parser that builds a tree: white space is not compared.
std::string Squeezed(std::string_view text) {
  std::string squeezed;
  for (const char c : Words(text)) {
    if (c != ' ') squeezed += c;
  }
  return squeezed;
}

// Text in document order.
void Collect(const GumboNode* node, std::string& text) {
  if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE) {
    text += node->v.text.text;
    return;
  }
  if (node->type != GUMBO_NODE_ELEMENT && node->type != GUMBO_NODE_TEMPLATE) return;
  const GumboTag tag = node->v.element.tag;
  if (tag == GUMBO_TAG_SCRIPT || tag == GUMBO_TAG_STYLE) return;
  for (unsigned i = 0; i < node->v.element.children.length; ++i) {
    Collect(static_cast<const GumboNode*>(node->v.element.children.data[i]), text);
  }
}

std::string TextOfGumbo(const std::string& html) {
  GumboOutput* output = gumbo_parse_with_options(&kGumboDefaultOptions, html.data(), html.size());
  std::string text;
  Collect(output->root, text);
  gumbo_destroy_output(&kGumboDefaultOptions, output);
  return text;
}

TEST(Html, RandomPagesHaveTheTextThatTheReferenceParserSees) {
  const std::vector<std::string> pieces = {"<p>",
                                           "</p>",
                                           "<b>",
                                           "</b>",
                                           "<i class='x y'>",
                                           "</i>",
                                           "<div>",
                                           "</div>",
                                           "<li>",
                                           "</ul>",
                                           "<h2>",
                                           "</h2>",
                                           "word",
                                           "two words",
                                           "&amp;",
                                           "&lt;p>",
                                           "&eacute;",
                                           "&#x41;",
                                           "&copy",
                                           "&nothing;",
                                           "<br/>",
                                           "\n",
                                           "  ",
                                           "<!-- c -->",
                                           "<!x>",
                                           "<?pi?>",
                                           "<span>",
                                           "</span>",
                                           "<script>x<y</script>",
                                           "<style>p</style>",
                                           "<a href=\"x>y\">",
                                           "</a>",
                                           "1 < 2",
                                           "<code>",
                                           "</code>",
                                           "<em\n>",
                                           "</em >",
                                           "<hr>",
                                           "<DIV ID=a>",
                                           "&#128;",
                                           "<section>",
                                           "naïve"};
  constexpr std::uint64_t kSeed = 20261121;
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 3000; ++round) {
    std::string html = "<!DOCTYPE html><title>t</title><body>";
    const std::size_t count = random() % 25;
    for (std::size_t i = 0; i < count; ++i) html += pieces[random() % pieces.size()];
    ASSERT_EQ(Squeezed(ReadHtml(html).text), Squeezed(TextOfGumbo(html)))
        << "seed " << kSeed << ", round " << round << ": " << html;
  }
}

}  // namespace
}  // namespace attune::console
