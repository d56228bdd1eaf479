// Random documents against nlohmann::json, which shares no code with ours.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "attune/state/json.h"
#include "json_fault.h"

namespace attune::state {
namespace {

using Oracle = nlohmann::ordered_json;

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Oracle Document(int depth = 0) {
    switch (random_() % (depth < 6 ? 9 : 6)) {
      case 0:
        return nullptr;
      case 1:
        return random_() % 2 == 0;
      case 2:
        return static_cast<std::int64_t>(random_());
      case 3:
        return random_() >> (random_() % 64);
      case 4:
        return Double();
      case 5:
        return String();
      case 6: {
        Oracle array = Oracle::array();
        for (std::uint64_t i = random_() % 6; i > 0; --i) {
          array.push_back(Document(depth + 1));
        }
        return array;
      }
      default: {
        Oracle object = Oracle::object();
        for (std::uint64_t i = random_() % (random_() % 10 == 0 ? 40 : 6); i > 0; --i) {
          object[String()] = Document(depth + 1);
        }
        return object;
      }
    }
  }

  std::string Mutated(std::string text) {
    constexpr std::string_view kLikely = "{}[]\",:\\u0d8-+.eE1 \ntfn\xC3\xED\xA0";
    for (std::uint64_t i = 1 + random_() % 3; i > 0; --i) {
      const std::size_t at = text.empty() ? 0 : random_() % text.size();
      switch (random_() % 4) {
        case 0:
          text.insert(at, 1, kLikely[random_() % kLikely.size()]);
          break;
        case 1:
          text.erase(at, 1 + random_() % 3);
          break;
        case 2:
          text.resize(at);
          break;
        default:
          if (!text.empty()) {
            text[at] = kLikely[random_() % kLikely.size()];
          }
      }
    }
    return text;
  }

 private:
  double Double() {
    double number = std::bit_cast<double>(random_());
    return std::isfinite(number) ? number : 0.25;
  }
  std::string String() {
    constexpr const char* kPieces[] = {"a",    "key", "\"", "\\", "\n",   "\x01",       "é",
                                       "日本", "😀",  "/",  " ",  "\x7f", "longer text"};
    std::string text;
    for (std::uint64_t i = random_() % 6; i > 0; --i) {
      text += kPieces[random_() % std::size(kPieces)];
    }
    return text;
  }

  std::mt19937_64 random_;
};

void ExpectSame(const Value& ours, const Oracle& theirs) {
  switch (ours.kind()) {
    case Kind::kNull:
      EXPECT_TRUE(theirs.is_null());
      return;
    case Kind::kBool:
      EXPECT_EQ(*ours.AsBool(), theirs.get<bool>());
      return;
    case Kind::kInt:
      ASSERT_TRUE(theirs.is_number_integer());
      EXPECT_EQ(*ours.AsInt(), theirs.get<std::int64_t>());
      return;
    case Kind::kUint:
      EXPECT_EQ(*ours.AsUint(), theirs.get<std::uint64_t>());
      return;
    case Kind::kDouble:
      ASSERT_TRUE(theirs.is_number_float());
      EXPECT_EQ(*ours.AsDouble(), theirs.get<double>());
      return;
    case Kind::kString:
      EXPECT_EQ(*ours.AsString(), theirs.get<std::string>());
      return;
    case Kind::kArray:
      ASSERT_EQ(ours.AsArray()->size(), theirs.size());
      for (std::size_t i = 0; i < theirs.size(); ++i) {
        ExpectSame(*ours.At(i), theirs[i]);
      }
      return;
    case Kind::kObject:
      break;
  }
  ASSERT_EQ(ours.AsObject()->size(), theirs.size());
  auto member = ours.AsObject()->begin();
  for (const auto& [key, value] : theirs.items()) {
    EXPECT_EQ(member->key, key);
    ExpectSame(member->value, value);
    ++member;
  }
}

TEST(JsonOracleTest, ReadsWhatTheOracleWrites) {
  Generator generator(1);
  for (int i = 0; i < 500; ++i) {
    const Oracle document = generator.Document();
    const std::string text = document.dump(i % 2 == 0 ? -1 : 2, ' ', i % 3 == 0);
    const auto parsed = ParseJson(text);
    ASSERT_TRUE(parsed.ok()) << text << parsed.error().ToString();
    ExpectSame(*parsed, document);
  }
}

TEST(JsonOracleTest, WritesWhatTheOracleReads) {
  Generator generator(2);
  for (int i = 0; i < 500; ++i) {
    const auto value = ParseJson(generator.Document().dump());
    ASSERT_TRUE(value.ok());
    const std::string text = PrintJson(*value, {.indent = i % 3});
    ExpectSame(*value, Oracle::parse(text));
    const auto again = ParseJson(text);
    ASSERT_TRUE(again.ok()) << text;
    EXPECT_EQ(*again, *value) << text;
  }
}

// Whether a text holds what we refuse on purpose and the oracle reads as a double.
bool RefusedOnPurpose(const std::string& message) { return message.find("does not fit 64 bits") != std::string::npos; }

TEST(JsonOracleTest, BrokenTextIsAcceptedByBothOrByNeither) {
  Generator generator(3);
  int rejected = 0;
  for (int i = 0; i < 6000; ++i) {
    const std::string text = generator.Mutated(generator.Document().dump());
    const auto ours = ParseJson(text);
    const Oracle theirs = Oracle::parse(text, nullptr, false);
    if (ours.ok()) {
      ASSERT_FALSE(theirs.is_discarded()) << text;
      continue;
    }
    ++rejected;
    ASSERT_TRUE(theirs.is_discarded() || RefusedOnPurpose(ours.error().message())) << text << ours.error().message();
  }
  EXPECT_GT(rejected, 1500);
}

TEST(JsonOracleTest, TheFaultFinderAgreesWithTheParserOnEveryText) {
  Generator generator(4);
  for (int i = 0; i < 6000; ++i) {
    const std::string text = generator.Mutated(generator.Document().dump());
    const auto fault = FindJsonFault(text, 8);
    ASSERT_EQ(ParseJson(text, {.depth_max = 8}).ok(), !fault.has_value()) << text << (fault ? fault->what : "");
    if (fault) {
      EXPECT_LE(fault->offset, text.size());
    }
  }
}

}  // namespace
}  // namespace attune::state
