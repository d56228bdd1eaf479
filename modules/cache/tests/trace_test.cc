#include "attune/cache/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <limits>
#include <string>

#include "attune/sys/in_memory_file_system.h"

namespace attune::cache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Gzip(const std::string& content) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string input = content;
  std::string output(content.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(output.data());
  stream.avail_out = static_cast<uInt>(output.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  output.resize(stream.total_out);
  deflateEnd(&stream);
  return output;
}

std::string Number(std::uint64_t value, int bytes, bool big_endian) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    const int shift = 8 * (big_endian ? bytes - 1 - i : i);
    text += static_cast<char>(value >> static_cast<unsigned>(shift) & 0xFFU);
  }
  return text;
}

std::string Record(std::uint32_t time, std::uint64_t key, std::int64_t next) {
  return Number(time, 4, false) + Number(key, 8, false) + Number(4096, 4, false) +
         Number(static_cast<std::uint64_t>(next), 8, false);
}

TEST(Trace, ReadsDecimalKeysWithEitherLineEnd) {
  const auto trace = ParseTrace("5\n7\r\n*\n\n18446744073709551615", "t");
  ASSERT_TRUE(trace.ok()) << trace.error().message();
  EXPECT_EQ(trace->format, TraceFormat::kText);
  EXPECT_THAT(trace->keys, ElementsAre(5, 7, std::numeric_limits<std::uint64_t>::max()));
  EXPECT_EQ(trace->lines_skipped, 2U);
}

TEST(Trace, ReadsBigEndianKeys) {
  const std::string bytes = Number(0x8000'0000'0000'0001U, 8, true) + Number(2, 8, true);
  const auto trace = ParseTrace(bytes, "t");
  ASSERT_TRUE(trace.ok()) << trace.error().message();
  EXPECT_EQ(trace->format, TraceFormat::kU64);
  EXPECT_THAT(trace->keys, ElementsAre(0x8000'0000'0000'0001U, 2));
  const auto halves = ParseTrace(bytes, "t", {.format = TraceFormat::kU32});
  EXPECT_THAT(halves->keys, ElementsAre(0x8000'0000U, 1, 0, 2));
}

TEST(Trace, KeysThatContainALineFeedAreNoLines) {
  const std::string bytes = Number(0x0A0A'4142'4344'4546U, 8, true) + Number(0x0A01'0A41'4242'4242U, 8, true);
  const auto trace = ParseTrace(bytes, "t");
  ASSERT_TRUE(trace.ok()) << trace.error().message();
  EXPECT_EQ(trace->format, TraceFormat::kU64);
}

TEST(Trace, ABadLineBehindWhatIsLookedAtIsNamedAsWell) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "7\n";
  EXPECT_THAT(ParseTrace(text + "x\n", "t").error().message(), HasSubstr("line 3001 (byte 6000) is 'x'"));
}

TEST(Trace, SmallKeysAreNoRecords) {
  std::string bytes;
  for (std::uint64_t key = 1; key <= 300; ++key) bytes += Number(1 + key % 100, 8, true);
  const auto trace = ParseTrace(bytes, "t");
  ASSERT_TRUE(trace.ok()) << trace.error().message();
  EXPECT_EQ(trace->format, TraceFormat::kU64);
  EXPECT_EQ(trace->keys.size(), 300U);
  EXPECT_EQ(trace->keys.front(), 2U);
}

TEST(Trace, RecordsOfATraceThatWasCutAreRecords) {
  EXPECT_EQ(ParseTrace(Record(10, 77, 5'000'000'000) + Record(10, 88, -1), "t")->format, TraceFormat::kOracleGeneral);
}

TEST(Trace, AKeyThatBeginsLikeGzipIsAKey) {
  for (const std::uint64_t key : {0x1f8b'0000'0000'0007U, 0x1f8b'08ff'0000'0007U}) {
    EXPECT_THAT(ParseTrace(Number(key, 8, true), "t", {.format = TraceFormat::kU64})->keys, ElementsAre(key));
  }
}

TEST(Trace, ReadsTheKeysOfOracleGeneralRecords) {
  const std::string bytes = Record(10, 77, 2) + Record(10, 88, -1) + Record(11, 77, -1);
  const auto trace = ParseTrace(bytes, "t");
  ASSERT_TRUE(trace.ok()) << trace.error().message();
  EXPECT_EQ(trace->format, TraceFormat::kOracleGeneral);
  EXPECT_THAT(trace->keys, ElementsAre(77, 88, 77));
}

TEST(Trace, UnpacksGzipMemberByMember) {
  const std::string first = Gzip("1\n2\n");
  const auto trace = ParseTrace(first + Gzip("3\n"), "t");
  ASSERT_TRUE(trace.ok()) << trace.error().message();
  EXPECT_THAT(trace->keys, ElementsAre(1, 2, 3));
  for (std::size_t length = 2; length < first.size(); ++length) {
    EXPECT_FALSE(ParseTrace(first.substr(0, length), "t").ok()) << "cut after " << length << " bytes";
  }
}

TEST(Trace, ASmallFileCannotFillTheMemory) {
  const auto trace = ParseTrace(Gzip(std::string(1U << 20U, '\n')), "t", {.bytes_max = 64_KiB});
  ASSERT_FALSE(trace.ok());
  EXPECT_EQ(trace.error().code(), ErrorCode::kExhausted);
}

TEST(Trace, AnErrorNamesFilePlaceAndContent) {
  EXPECT_THAT(ParseTrace("1\n2\nx9\n", "a.trace", {.format = TraceFormat::kText}).error().message(),
              HasSubstr("a.trace: line 3 (byte 4) is 'x9'"));
  EXPECT_THAT(ParseTrace("18446744073709551616\n", "a.trace").error().message(), HasSubstr("below 2^64"));
  EXPECT_THAT(ParseTrace("12 13\n", "a.trace").error().message(), HasSubstr("'12 13'"));
  EXPECT_THAT(ParseTrace("1\n2\nx\n3\n", "a.trace").error().message(),  // eight bytes, as one key of u64 has
              HasSubstr("a.trace: line 3 (byte 4) is 'x', not a decimal key"));
  EXPECT_THAT(ParseTrace("7\nklíč\n", "a.trace").error().message(), HasSubstr("a.trace: line 2 (byte 2) is 'kl"));
  EXPECT_THAT(ParseTrace("100,4096\n", "a.csv").error().message(), HasSubstr("a.csv: line 1 (byte 0) is '100,4096'"));
  EXPECT_THAT(ParseTrace(std::string(13, 'a'), "b.bin").error().message(),
              HasSubstr("b.bin: ends at byte 13 with 5 bytes of a record of 8 (u64)"));
  EXPECT_THAT(ParseTrace("", "empty").error().message(), HasSubstr("empty: holds no request"));
  EXPECT_THAT(ParseTrace("*\n", "stars").error().message(), HasSubstr("no request"));
}

TEST(Trace, RequestsAreBounded) {
  EXPECT_TRUE(ParseTrace("1\n2\n3\n", "t", {.requests_max = 3}).ok());
  const auto text = ParseTrace("1\n2\n3\n", "t", {.requests_max = 2});
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code(), ErrorCode::kExhausted);
  EXPECT_FALSE(ParseTrace(std::string(24, 'a'), "t", {.format = TraceFormat::kU64, .requests_max = 2}).ok());
}

TEST(Trace, ComesFromAFile) {
  const ManualClock clock;
  sys::InMemoryFileSystem files(clock);
  ASSERT_TRUE(files.WriteAtomically("/a.trace.gz", Gzip("42\n")).ok());
  EXPECT_THAT(ReadTrace(files, "/a.trace.gz")->keys, ElementsAre(42));
  EXPECT_EQ(ReadTrace(files, "/absent").error().code(), ErrorCode::kNotFound);
}

TEST(Trace, FormatsHaveNames) {
  for (const TraceFormat format :
       {TraceFormat::kText, TraceFormat::kU64, TraceFormat::kU32, TraceFormat::kOracleGeneral}) {
    EXPECT_EQ(*ParseTraceFormat(ToString(format)), format);
  }
  EXPECT_THAT(ParseTraceFormat("csv").error().message(), HasSubstr("known are text, u64, u32, oracle-general"));
}

}  // namespace
}  // namespace attune::cache
