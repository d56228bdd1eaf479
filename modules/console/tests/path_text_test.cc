#include "attune/console/path_text.h"

#include <gtest/gtest.h>

namespace attune::console {
namespace {

TEST(PathText, PlainPathsStayAsTheyAre) {
  EXPECT_EQ(ToPathText("src/pool.cc"), "src/pool.cc");
  EXPECT_EQ(ToPathText("Übung/naïve.txt"), "Übung/naïve.txt");
  EXPECT_EQ(ToPathText(""), "");
}

TEST(PathText, WhatCannotBeShownIsEscaped) {
  EXPECT_EQ(ToPathText("a\nb\tc\rd\\e"), "a\\nb\\tc\\rd\\\\e");
  EXPECT_EQ(ToPathText("\xFF/\x01"), "\\xff/\\x01");
  EXPECT_EQ(ToPathText("\x7F"), "\\x7f");
  EXPECT_EQ(ToPathText("\xC3"), "\\xc3") << "an unfinished character";
}

TEST(PathText, EveryByteComesBack) {
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  const auto back = FromPathText(ToPathText(every));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, every);
}

TEST(PathText, UnknownEscapesAreNamed) {
  for (const char* text : {"a\\q", "a\\", "\\x1", "\\xzz"}) {
    const auto path = FromPathText(text);
    ASSERT_FALSE(path.ok()) << text;
    EXPECT_EQ(path.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(path.error().message().find(text), std::string::npos);
  }
}

}  // namespace
}  // namespace attune::console
