#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "store_fixture.h"

namespace attune::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Documents : public StoreTest {};

TEST_F(Documents, ASourceIsFoundByItsNameAndKeepsItsId) {
  const SourceId id = PutFolder("notes");
  clock_.Advance(std::chrono::seconds(5));
  const WallTime read_at = clock_.WallNow();
  EXPECT_EQ(Must(store_->Write(PutSource{.name = "notes", .root_path = "/elsewhere", .last_read_at = read_at})), id);
  EXPECT_EQ(Must(store_->Write(PutSource{.name = "notes", .root_path = "/elsewhere", .config_json = "{}"})), id);
  const Source source = Must(store_->FindSource("notes")).value();
  EXPECT_EQ(source.root_path, "/elsewhere");
  EXPECT_EQ(source.last_read_at, read_at);
  EXPECT_EQ(source.config_json, "{}");
  EXPECT_LT(source.added_at, read_at);
  EXPECT_FALSE(Must(store_->FindSource("other")).has_value());
  EXPECT_FALSE(store_->Write(PutSource{}).ok());
}

TEST_F(Documents, AreReadBackAsTheyWereStored) {
  const SourceId source = PutFolder();
  NewDocument document = MakeDocument("src/a\nb\xff.cc", 100);
  document.title = "a title";
  const NewDocument original = document;
  const StoredDocument stored = PutOne(source, std::move(document));
  EXPECT_EQ(stored.added.count, 10U);
  EXPECT_TRUE(stored.removed.empty());

  const Document read = Must(store_->ReadDocument(stored.id)).value();
  EXPECT_EQ(read.text, original.text);
  EXPECT_EQ(read.info.path, original.path);
  EXPECT_EQ(read.info.title, "a title");
  EXPECT_EQ(read.info.kind, DocumentKind::kCode);
  EXPECT_EQ(read.info.size, original.size);
  EXPECT_EQ(read.info.modified_ns, original.modified_ns);
  EXPECT_EQ(read.info.content_hash, original.content_hash);
  EXPECT_EQ(read.info.line_count, 100U);
  EXPECT_EQ(read.info.passages, stored.added);
  EXPECT_EQ(read.info.read_at, clock_.WallNow());
  EXPECT_EQ(Must(store_->FindDocument(source, original.path))->id, stored.id);
  EXPECT_FALSE(Must(store_->FindDocument(source, "src/a")).has_value());
  EXPECT_FALSE(Must(store_->ReadDocument(DocumentId{99})).has_value());

  const auto passages = Must(store_->ReadPassages(stored.id));
  ASSERT_EQ(passages.size(), 10U);
  EXPECT_EQ(passages[3].id, stored.added[3]);
  EXPECT_EQ(passages[3].line_begin, 31U);
  EXPECT_EQ(passages[3].symbol, "alpha30");
}

TEST_F(Documents, TextsOfEverySizeSurvivePacking) {
  const SourceId source = PutFolder();
  std::mt19937_64 random(7);
  for (const std::size_t size : {0UL, 1UL, 127UL, 128UL, 129UL, 4096UL, 1'000'003UL}) {
    for (const bool noise : {false, true}) {
      NewDocument document{.path = "f" + std::to_string(size) + (noise ? "n" : "t")};
      for (std::size_t i = 0; i < size; ++i) document.text.push_back(noise ? static_cast<char>(random()) : 'a');
      const std::string text = document.text;
      const StoredDocument stored = PutOne(source, std::move(document));
      EXPECT_EQ(Must(store_->ReadDocument(stored.id))->text, text) << size << noise;
    }
  }
}

TEST_F(Documents, AReplacedDocumentKeepsItsIdAndGetsNewPassages) {
  const SourceId source = PutFolder();
  const StoredDocument first = PutOne(source, MakeDocument("a.cc", 50));
  const StoredDocument second = PutOne(source, MakeDocument("a.cc", 30, "beta"));
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.removed, first.added);
  EXPECT_EQ(second.added.count, 3U);
  EXPECT_GT(second.added.first_row, first.added[4].row());
  EXPECT_FALSE(Must(store_->ReadPassage(first.added[0])).has_value());
  EXPECT_THAT(Must(store_->ReadPassage(second.added[0]))->text, HasSubstr("beta0"));
}

TEST_F(Documents, PassageIdsAreNotReusedAfterRemovalAndReopening) {
  const SourceId source = PutFolder();
  const StoredDocument first = PutOne(source, MakeDocument("a.cc", 50));
  const auto removed = Must(store_->Write(RemoveDocuments{.source = source, .paths = {"a.cc", "unknown"}}));
  ASSERT_EQ(removed.size(), 2U);
  EXPECT_EQ(removed[0].passages, first.added);
  EXPECT_FALSE(removed[1].existed);
  Reopen();
  const StoredDocument second = PutOne(source, MakeDocument("a.cc", 10));
  EXPECT_GT(second.id, first.id);
  EXPECT_EQ(second.added.first_row, first.added[4].row() + 1);
}

TEST_F(Documents, ASkippedFileIsARowWithAReasonAndIsCounted) {
  const SourceId source = PutFolder();
  Put(source, {{.path = "big.bin", .size = 5'000, .modified_ns = 3, .skip_reason = "binary"},
               {.path = "b.bin", .size = 7, .skip_reason = "binary"},
               {.path = "huge.txt", .size = 9'000'000, .skip_reason = "too large"},
               MakeDocument("a.cc", 10)});
  const auto counts = Must(store_->CountSkipped(source));
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts[0].reason, "binary");
  EXPECT_EQ(counts[0].files, 2U);
  EXPECT_EQ(counts[0].bytes, 5'007U);
  EXPECT_EQ(counts[1].reason, "too large");
  EXPECT_EQ(Must(store_->CountSkipped()).size(), 2U);
  EXPECT_TRUE(Must(store_->CountSkipped(SourceId{77})).empty());
  EXPECT_EQ(Must(store_->FindDocument(source, "big.bin"))->skip_reason, "binary");

  const StoreCounts all = Must(store_->Count());
  EXPECT_EQ(all.documents, 1U);
  EXPECT_EQ(all.skipped, 3U);
  EXPECT_EQ(all.passages, 1U);
}

TEST_F(Documents, ASourceIsCountedByItselfAndItsSkippedFilesAreNamed) {
  const SourceId source = PutFolder();
  const SourceId other = PutFolder("other");
  EXPECT_EQ(Must(store_->CountSource(source)).documents, 0U);
  Put(source, {MakeDocument("a.cc", 20),
               MakeDocument("b.cc", 30),
               {.path = "a.bin", .title = "holds bytes that no text has", .skip_reason = "binary"},
               {.path = "b.bin", .skip_reason = "binary"}});
  Put(other, {MakeDocument("a.cc", 10), {.path = "c.bin", .skip_reason = "binary"}});
  EXPECT_EQ(Must(store_->CountSource(source)).documents, 2U);
  EXPECT_EQ(Must(store_->CountSource(source)).passages, 5U);
  EXPECT_EQ(Must(store_->CountSource(other)).documents, 1U);
  EXPECT_EQ(Must(store_->CountSource(SourceId{77})).passages, 0U);

  const auto skipped = Must(store_->CountSkipped(source, 1));
  ASSERT_EQ(skipped.size(), 1U);
  EXPECT_EQ(skipped[0].files, 2U);
  ASSERT_EQ(skipped[0].examples.size(), 1U) << "as many as were asked for";
  EXPECT_EQ(skipped[0].examples[0].path, "a.bin");
  EXPECT_EQ(skipped[0].examples[0].detail, "holds bytes that no text has");
  EXPECT_EQ(Must(store_->CountSkipped({}, 5))[0].examples.size(), 3U);
}

TEST_F(Documents, EveryWriteTellsWhatWasThereBefore) {
  const SourceId source = PutFolder();
  EXPECT_TRUE(PutOne(source, MakeDocument("a.cc", 20)).is_new);
  const StoredDocument skipped = PutOne(source, {.path = "a.cc", .skip_reason = "binary"});
  EXPECT_FALSE(skipped.is_new);
  EXPECT_EQ(skipped.skip_reason_before, "");
  EXPECT_EQ(PutOne(source, MakeDocument("a.cc", 20)).skip_reason_before, "binary");
  PutOne(source, {.path = "b", .skip_reason = "empty"});
  const auto removed = Must(store_->Write(RemoveDocuments{.source = source, .paths = {"b", "a.cc", "b"}}));
  ASSERT_EQ(removed.size(), 3U);
  EXPECT_TRUE(removed[0].existed);
  EXPECT_EQ(removed[0].skip_reason, "empty");
  EXPECT_EQ(removed[1].skip_reason, "");
  EXPECT_EQ(removed[1].passages.count, 2U);
  EXPECT_FALSE(removed[2].existed);
}

TEST_F(Documents, AFileThatIsSkippedNowLosesItsTextAndPassages) {
  const SourceId source = PutFolder();
  const StoredDocument read = PutOne(source, MakeDocument("a.cc", 20));
  const StoredDocument skipped = PutOne(source, {.path = "a.cc", .size = 1, .skip_reason = "binary"});
  EXPECT_EQ(skipped.id, read.id);
  EXPECT_EQ(skipped.removed, read.added);
  EXPECT_EQ(Must(store_->ReadDocument(read.id))->text, "");
  const StoredDocument again = PutOne(source, MakeDocument("a.cc", 20));
  EXPECT_TRUE(again.removed.empty());
  EXPECT_TRUE(Must(store_->CountSkipped()).empty());
}

TEST_F(Documents, TouchingChangesTheStampOnly) {
  const SourceId source = PutFolder();
  const StoredDocument stored = PutOne(source, MakeDocument("a.cc", 20));
  const Hash128 hash = MakeDocument("a.cc", 20).content_hash;
  const auto touched =
      Must(store_->Write(TouchDocuments{.documents = {{stored.id, hash, 11, 22}, {DocumentId{99}, hash, 1, 1}}}));
  EXPECT_EQ(touched, 1U) << "the other one is unknown";
  const DocumentInfo info = Must(store_->ReadDocumentInfo(stored.id)).value();
  EXPECT_EQ(info.size, 11U);
  EXPECT_EQ(info.modified_ns, 22);
  EXPECT_EQ(info.passages, stored.added);
  EXPECT_EQ(Must(store_->Write(TouchDocuments{.documents = {{stored.id, ContentHash("others"), 5, 5}}})), 0U);
  EXPECT_EQ(Must(store_->ReadDocumentInfo(stored.id))->size, 11U) << "it has other bytes by now";
  EXPECT_EQ(Must(store_->Write(TouchDocuments{})), 0U);
}

TEST_F(Documents, OneBadDocumentDoesNotHinderTheOthers) {
  const SourceId source = PutFolder();
  NewDocument outside = MakeDocument("outside.cc", 10);
  outside.passages[0].byte_end = outside.text.size() + 1;
  NewDocument reversed = MakeDocument("reversed.cc", 10);
  reversed.passages[0].byte_begin = reversed.passages[0].byte_end + 1;
  NewDocument skipped_with_text{.path = "both", .text = "text", .skip_reason = "why"};
  NewDocument bad_words{.path = "scan", .text = "ab", .page_words = {{.words = {{.confidence = 101}}}}};
  const auto outcome =
      Put(source, {MakeDocument("a.cc", 10), std::move(outside), std::move(reversed), std::move(skipped_with_text),
                   NewDocument{}, std::move(bad_words), MakeDocument("b.cc", 10)});
  ASSERT_EQ(outcome.size(), 7U);
  EXPECT_TRUE(outcome[0].ok());
  for (std::size_t i = 1; i < 6; ++i) {
    ASSERT_FALSE(outcome[i].ok()) << i;
    EXPECT_EQ(outcome[i].error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_THAT(outcome[1].error().message(), HasSubstr("outside.cc"));
  EXPECT_TRUE(outcome[6].ok());
  EXPECT_EQ(Must(store_->Count()).documents, 2U);
}

TEST_F(Documents, AnUnknownSourceIsAnErrorOfEachDocument) {
  const auto outcome = Put(SourceId{5}, {MakeDocument("a.cc", 10)});
  ASSERT_FALSE(outcome[0].ok());
  EXPECT_EQ(outcome[0].error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(store_->Write(RemoveSource{.source = SourceId{5}}).error().code(), ErrorCode::kNotFound);
}

TEST_F(Documents, RemovingASourceRemovesWhatItHadAndNothingElse) {
  const SourceId one = PutFolder("one");
  const SourceId two = PutFolder("two");
  std::vector<NewDocument> many;
  for (int i = 0; i < 50; ++i) many.push_back(MakeDocument("f" + std::to_string(i), 20));
  Put(one, std::move(many));
  PutOne(two, MakeDocument("f1", 20));
  EXPECT_EQ(Must(store_->Write(RemoveSource{.source = one})).size(), 50U);
  const StoreCounts counts = Must(store_->Count());
  EXPECT_EQ(counts.sources, 1U);
  EXPECT_EQ(counts.documents, 1U);
  EXPECT_EQ(counts.passages, 2U);
}

TEST_F(Documents, StampsOfASourceAreVisitedOnceEach) {
  const SourceId one = PutFolder("one");
  const SourceId two = PutFolder("two");
  std::vector<NewDocument> documents;
  for (int i = 0; i < 2'500; ++i) documents.push_back({.path = "f" + std::to_string(i), .size = 3, .modified_ns = i});
  Put(one, std::move(documents));
  PutOne(two, {.path = "f1", .skip_reason = "binary"});
  std::map<std::string, std::int64_t> seen;
  Must(store_->ForEachDocument(one, [&](const DocumentStamp& stamp) {
    EXPECT_TRUE(seen.emplace(stamp.path, stamp.modified_ns).second) << stamp.path;
    EXPECT_EQ(stamp.size, 3U);
    EXPECT_EQ(stamp.skip_reason, "");
  }));
  EXPECT_EQ(seen.size(), 2'500U);
  EXPECT_EQ(seen["f2499"], 2'499);
  std::size_t others = 0;
  Must(store_->ForEachDocument(two, [&](const DocumentStamp& stamp) {
    EXPECT_EQ(stamp.skip_reason, "binary");
    ++others;
  }));
  EXPECT_EQ(others, 1U);
}

TEST_F(Documents, PageWordsBelongToTheirDocument) {
  const SourceId source = PutFolder();
  PageWords words{.page = 2, .width = 2'480, .height = 3'508};
  words.words = {{.byte_begin = 0, .byte_end = 5, .left = 10, .top = 20, .width = 300, .height = 40, .confidence = 97},
                 {.byte_begin = 6, .byte_end = 9, .left = 400, .top = 20, .width = 90, .height = 40, .confidence = 0}};
  NewDocument document{.path = "scan.pdf", .kind = DocumentKind::kPage, .text = "hello abc", .page_words = {words}};
  const NewDocument copy = document;
  const StoredDocument stored = PutOne(source, std::move(document));
  EXPECT_EQ(Must(store_->ReadPageWords(stored.id, 2)), words);
  EXPECT_FALSE(Must(store_->ReadPageWords(stored.id, 1)).has_value());
  PutOne(source, copy);  // replaced, not doubled
  EXPECT_EQ(Must(store_->ReadPageWords(stored.id, 2)), words);
  Must(store_->Write(RemoveDocuments{.source = source, .paths = {"scan.pdf"}}));
  EXPECT_FALSE(Must(store_->ReadPageWords(stored.id, 2)).has_value());
}

class SmallTexts : public StoreTest {
  StoreConfig Config() const override { return {.path = folder_ / "attune.db", .text_bytes_max = 100_B}; }
};

TEST_F(SmallTexts, ATextAboveTheLimitIsRefusedAndOneAtTheLimitIsNot) {
  const SourceId source = PutFolder();
  const auto outcome = Put(
      source, {{.path = "fits", .text = std::string(100, 'x')}, {.path = "does not", .text = std::string(101, 'x')}});
  EXPECT_TRUE(outcome[0].ok());
  ASSERT_FALSE(outcome[1].ok());
  EXPECT_EQ(outcome[1].error().code(), ErrorCode::kExhausted);
  EXPECT_THAT(outcome[1].error().message(), HasSubstr("does not"));
  const ChatId chat = NewChat();
  const auto message = store_->Write(AppendMessage{.chat = chat, .role = "user", .content = std::string(1'000, 'x')});
  EXPECT_EQ(message.error().code(), ErrorCode::kExhausted);
}

// Random puts and removals against a std::map, through closing and opening.
TEST_F(Documents, BehaveLikeAMapOfTexts) {
  const SourceId source = PutFolder();
  std::mt19937_64 random(20'261);
  std::map<std::string, std::string> twin;
  for (int round = 0; round < 300; ++round) {
    const std::string path = "f" + std::to_string(random() % 20);
    if (random() % 4 == 0) {
      Must(store_->Write(RemoveDocuments{.source = source, .paths = {path}}));
      twin.erase(path);
    } else {
      NewDocument document = MakeDocument(path, random() % 60, "w" + std::to_string(round));
      twin[path] = document.text;
      PutOne(source, std::move(document));
    }
    if (round % 100 == 99) Reopen();
  }
  std::size_t seen = 0;
  std::size_t passages = 0;
  Must(store_->ForEachDocument(source, [&](const DocumentStamp& stamp) {
    ++seen;
    const std::string& expected = twin.at(std::string(stamp.path));
    EXPECT_EQ(stamp.content_hash, ContentHash(expected));
    EXPECT_EQ(Must(store_->ReadDocument(stamp.id))->text, expected);
    passages += Must(store_->ReadPassages(stamp.id)).size();
  }));
  EXPECT_EQ(seen, twin.size());
  EXPECT_EQ(Must(store_->Count()).passages, passages);
  EXPECT_EQ(Must(store_->LivePassageIds(PassageKind::kDocument)).size(), passages);
}

}  // namespace
}  // namespace attune::store
