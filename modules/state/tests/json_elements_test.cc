#include "attune/state/json_elements.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "attune/state/json.h"

namespace attune::state {
namespace {

// Gives out a text in pieces of at most `piece` bytes.
ChunkSource Pieces(std::string text, std::size_t piece) {
  return [text = std::move(text), piece, at = std::size_t{0}](std::span<char> buffer) mutable -> Result<std::size_t> {
    const std::size_t count = std::min({piece, buffer.size(), text.size() - at});
    std::copy_n(text.data() + at, count, buffer.data());
    at += count;
    return count;
  };
}

struct Reading {
  std::vector<std::string> texts;
  std::vector<std::uint64_t> offsets;
  std::vector<std::string> errors;
};

Reading ReadAll(const std::string& text, JsonElementReaderConfig config = {}, std::size_t piece = 1 << 20) {
  JsonElementReader reader(Pieces(text, piece), config);
  Reading reading;
  while (true) {
    const auto next = reader.Next();
    if (!next.ok()) {
      reading.errors.push_back(next.error().ToString());
      if (reader.done()) {
        break;
      }
      continue;
    }
    if (!next->has_value()) {
      break;
    }
    reading.texts.emplace_back((*next)->text);
    reading.offsets.push_back((*next)->offset);
  }
  EXPECT_TRUE(reader.done());
  EXPECT_FALSE(reader.Next()->has_value());
  return reading;
}

using Texts = std::vector<std::string>;

TEST(JsonElementReaderTest, DeliversTheElementsOfAnArrayWithTheirOffsets) {
  const std::string text = " [ {\"a\":[1,2]} , \"x,]\\\"\" ,3,null ]\n";
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 100U}) {
    const Reading reading = ReadAll(text, {}, piece);
    EXPECT_EQ(reading.texts, (Texts{"{\"a\":[1,2]}", "\"x,]\\\"\"", "3", "null"}));
    EXPECT_EQ(reading.offsets, (std::vector<std::uint64_t>{3, 17, 26, 28}));
    EXPECT_TRUE(reading.errors.empty());
  }
}

TEST(JsonElementReaderTest, AnEmptyArrayHasNoElements) {
  EXPECT_TRUE(ReadAll("[]").texts.empty());
  EXPECT_TRUE(ReadAll(" [ \n ] ").errors.empty());
}

TEST(JsonElementReaderTest, EmptyInputIsNoElementsUnlessAnArrayWasAskedFor) {
  EXPECT_TRUE(ReadAll("").errors.empty());
  EXPECT_TRUE(ReadAll("\n \n").errors.empty());
  EXPECT_EQ(ReadAll("", {.framing = Framing::kArray}).errors,
            (Texts{"CORRUPTION: JSON element 0 at byte 0: truncated at byte 0 after 0 elements"}));
}

TEST(JsonElementReaderTest, TruncationSaysWhereAndDeliversWhatCameBefore) {
  const std::string text = "[{\"a\":1},{\"b\":2},{\"c\":";
  const Reading reading = ReadAll(text, {}, 5);
  EXPECT_EQ(reading.texts, (Texts{"{\"a\":1}", "{\"b\":2}"}));
  EXPECT_EQ(reading.errors, (Texts{"CORRUPTION: JSON element 2 at byte 17: truncated at byte 22 after 2 elements"}));
}

TEST(JsonElementReaderTest, EveryPrefixOfAnArrayIsTruncatedAndNeverBroken) {
  const std::string text = R"([{"a":[1,{"b":"]\\"}]},"x\"y", -1.5e3,true])";
  const Texts whole = ReadAll(text).texts;
  for (std::size_t size = 1; size < text.size(); ++size) {
    const Reading reading = ReadAll(text.substr(0, size), {}, 3);
    ASSERT_EQ(reading.errors.size(), 1U) << size;
    EXPECT_NE(reading.errors[0].find("truncated at byte " + std::to_string(size)), std::string::npos)
        << reading.errors[0];
    ASSERT_LE(reading.texts.size(), whole.size());
    EXPECT_TRUE(std::equal(reading.texts.begin(), reading.texts.end(), whole.begin()));
  }
}

TEST(JsonElementReaderTest, BrokenSeparatorsAreErrorsWithTheirOffset) {
  EXPECT_NE(ReadAll("[1,,2]").errors.at(0).find("byte 3: expected an element"), std::string::npos);
  EXPECT_NE(ReadAll("[,1]").errors.at(0).find("byte 1: expected an element"), std::string::npos);
  EXPECT_NE(ReadAll("[1,]").errors.at(0).find("byte 3: expected an element"), std::string::npos);
  EXPECT_NE(ReadAll("[1] 2").errors.at(0).find("byte 4: text after the end"), std::string::npos);
  EXPECT_NE(ReadAll("[{]}]").errors.at(0).find("byte 2: a bracket closes nothing"), std::string::npos);
  EXPECT_NE(ReadAll("{}", {.framing = Framing::kArray}).errors.at(0).find("expected '['"), std::string::npos);
}

TEST(JsonElementReaderTest, NestingIsBounded) {
  const std::string deep = "[" + std::string(100'000, '[');
  EXPECT_NE(ReadAll(deep).errors.at(0).find("nesting deeper than 256 levels"), std::string::npos);
}

TEST(JsonElementReaderTest, LinesAreReadOneByOneAndABrokenOneSpoilsNoOther) {
  const std::string text = "{\"a\":1}\n\n{\"torn\":\"x{\"\n[1,2]\r\n  {\"b\":\n\"last\"";
  for (const std::size_t piece : {1U, 4U, 1000U}) {
    const Reading reading = ReadAll(text, {}, piece);
    EXPECT_EQ(reading.texts, (Texts{"{\"a\":1}", "{\"torn\":\"x{\"", "[1,2]", "{\"b\":", "\"last\""}));
    EXPECT_TRUE(reading.errors.empty());
  }
}

TEST(JsonElementReaderTest, AValueOverManyLinesIsOneElement) {
  const std::string text = "{\n  \"a\": 1\n}\n{\n  \"b\": 2\n}{}\n7 8";
  for (const std::size_t piece : {1U, 4U, 1000U}) {
    const Reading reading = ReadAll(text, {}, piece);
    EXPECT_EQ(reading.texts, (Texts{"{\n  \"a\": 1\n}", "{\n  \"b\": 2\n}", "{}", "7", "8"}));
  }
}

TEST(JsonElementReaderTest, ABrokenFirstLineStillMeansLines) {
  EXPECT_EQ(ReadAll("{\"torn\":\"x\n{\"a\":1}\n").texts, (Texts{"{\"torn\":\"x", "{\"a\":1}"}));
}

TEST(JsonElementReaderTest, AnArrayALineCanBeAskedFor) {
  EXPECT_EQ(ReadAll("[1]\n[2,\n", {.framing = Framing::kLines}).texts, (Texts{"[1]", "[2,"}));
}

TEST(JsonElementReaderTest, AByteOrderMarkIsSkipped) {
  const Reading reading = ReadAll("\xEF\xBB\xBF[1]", {}, 1);
  EXPECT_EQ(reading.texts, (Texts{"1"}));
  EXPECT_EQ(reading.offsets, (std::vector<std::uint64_t>{4}));
}

TEST(JsonElementReaderTest, ATooLargeElementIsSkippedAndCountedAndTheRestGoesOn) {
  const std::string text = "[\"ok\",\"" + std::string(100'000, 'x') + "\",\"after\"]";
  const Reading reading = ReadAll(text, {.element_size_max = 1000_B, .chunk_size = 64_B}, 64);
  EXPECT_EQ(reading.texts, (Texts{"\"ok\"", "\"after\""}));
  EXPECT_EQ(reading.errors, (Texts{"EXHAUSTED: JSON element 1 at byte 6 has 100002 bytes, more than element_size_max "
                                   "1000; it is skipped"}));
}

TEST(JsonElementReaderTest, AnElementOfExactlyTheLimitPasses) {
  const std::string element = "\"" + std::string(98, 'x') + "\"";
  const std::string text = "[" + element + "," + element + "]";
  EXPECT_EQ(ReadAll(text, {.element_size_max = 100_B}, 7).texts.size(), 2U);
  EXPECT_EQ(ReadAll(text, {.element_size_max = 99_B}, 7).errors.size(), 2U);
}

TEST(JsonElementReaderTest, TheWindowStaysSmallHoweverLongTheInput) {
  std::string text = "[";
  for (int i = 0; i < 20'000; ++i) {
    text += "{\"id\":" + std::to_string(i) + ",\"text\":\"" + std::string(100, 'x') + "\"},";
  }
  text += "0]";
  JsonElementReader reader(Pieces(text, 1 << 20), {.chunk_size = 1_KiB});
  std::uint64_t count = 0;
  while ((*reader.Next()).has_value()) {
    ++count;
    ASSERT_LE(reader.window_bytes(), 4_KiB);
  }
  EXPECT_EQ(count, 20'001U);
  EXPECT_EQ(reader.offset(), text.size());
}

TEST(JsonElementReaderTest, AnErrorOfTheSourceIsPassedOn) {
  JsonElementReader reader(
      [](std::span<char>) -> Result<std::size_t> { return Error(ErrorCode::kUnavailable, "the disk went away"); });
  EXPECT_EQ(reader.Next().error().message(), "the disk went away");
  EXPECT_TRUE(reader.done());
}

}  // namespace
}  // namespace attune::state
