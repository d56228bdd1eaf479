// Any bytes are a page: the text has the page's lines and its headings lie inside of it.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/console/html.h"

namespace {

constexpr std::array<std::string_view, 37> kPieces = {"<",
                                                      ">",
                                                      "</",
                                                      "/>",
                                                      "<p>",
                                                      "</p>",
                                                      "<h1>",
                                                      "</h1>",
                                                      "<h6 class=\"x\">",
                                                      "<script>",
                                                      "</script>",
                                                      "<style>",
                                                      "</style >",
                                                      "<!--",
                                                      "-->",
                                                      "<!doctype html>",
                                                      "<title>",
                                                      "</title>",
                                                      "&amp;",
                                                      "&#65;",
                                                      "&#x41",
                                                      "&#xFFFFFFF;",
                                                      "&nbsp",
                                                      "&",
                                                      "\n",
                                                      " ",
                                                      "\r\n",
                                                      "\"",
                                                      "'",
                                                      "=",
                                                      "a",
                                                      "<pre>",
                                                      "</pre>",
                                                      "<img alt=\"x\ny\">",
                                                      "<textarea>",
                                                      "\xC3\xA9",
                                                      "<![CDATA["};

void CheckPage(std::string_view html) {
  const auto page = attune::console::ReadHtml(html);
  ATTUNE_CHECK(std::count(page.text.begin(), page.text.end(), '\n') == std::count(html.begin(), html.end(), '\n'),
               "line for line");
  ATTUNE_CHECK(page.text.size() <= html.size(), "text is no longer than its page");
  for (const auto& heading : page.headings) {
    ATTUNE_CHECK(heading.byte_begin < heading.byte_end && heading.byte_end <= page.text.size(), "inside of the text");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string html;
  for (std::size_t i = 0; i < size; ++i) html += kPieces.at(data[i] % kPieces.size());
  CheckPage(html);
  CheckPage({reinterpret_cast<const char*>(data), size});
  return 0;
}
