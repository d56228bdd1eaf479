#include "attune/store/passage_id.h"

#include <gtest/gtest.h>

#include <string>

namespace attune::store {
namespace {

TEST(PassageId, KeepsKindAndRow) {
  for (const PassageKind kind : {PassageKind::kDocument, PassageKind::kNote, PassageKind::kMessage}) {
    for (const std::int64_t row : {std::int64_t{1}, std::int64_t{2}, std::int64_t{1} << 40U, PassageId::kRowMax}) {
      const PassageId id = PassageId::Of(kind, row);
      EXPECT_EQ(id.kind(), kind);
      EXPECT_EQ(id.row(), row);
      EXPECT_TRUE(PassageId::IsValid(id.value()));
      EXPECT_EQ(PassageId::FromValue(id.value()), id);
    }
  }
}

TEST(PassageId, PrintsALetterAndTheRow) {
  EXPECT_EQ(ToString(PassageId::Of(PassageKind::kDocument, 123)), "p123");
  EXPECT_EQ(ToString(PassageId::Of(NoteId{7})), "n7");
  EXPECT_EQ(ToString(PassageId::Of(MessageId{42})), "m42");
  EXPECT_EQ(ToString(PassageId()), "none");
}

TEST(PassageId, ParsesWhatItPrints) {
  for (const char* text : {"p1", "n7", "m42", "p2305843009213693951"}) {
    const auto id = ParsePassageId(text);
    ASSERT_TRUE(id.ok()) << text;
    EXPECT_EQ(ToString(*id), text);
  }
}

TEST(PassageId, RejectsEverythingElseAndNamesIt) {
  for (const char* text : {"", "p", "p0", "p-1", "p+1", "p01", "x1", "P1", "p1 ", " p1", "p1x", "1", "none",
                           "p2305843009213693952", "p99999999999999999999"}) {
    const auto id = ParsePassageId(text);
    ASSERT_FALSE(id.ok()) << text;
    EXPECT_EQ(id.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(id.error().message().find(std::string("'") + text + "'"), std::string::npos) << id.error().message();
  }
}

TEST(PassageId, OfOneKindAscendsWithTheRow) {
  EXPECT_LT(PassageId::Of(PassageKind::kNote, 1), PassageId::Of(PassageKind::kNote, 2));
  EXPECT_LT(PassageId::Of(PassageKind::kMessage, 1), PassageId::Of(PassageKind::kDocument, 2));
}

TEST(PassageId, TheFourthKindIsNotValid) {
  EXPECT_FALSE(PassageId::IsValid(7));
  EXPECT_FALSE(PassageId::IsValid(0));
  EXPECT_FALSE(PassageId::IsValid(3));
  EXPECT_TRUE(PassageId::IsValid(4));
}

TEST(PassageRange, NamesConsecutivePassages) {
  const PassageRange range{10, 3};
  EXPECT_EQ(range.size(), 3U);
  EXPECT_EQ(range[0].row(), 10);
  EXPECT_EQ(range[2].row(), 12);
  EXPECT_TRUE(PassageRange().empty());
}

}  // namespace
}  // namespace attune::store
