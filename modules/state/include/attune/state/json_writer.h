#pragma once
// JsonWriter: writes JSON text piece by piece onto the end of a string, without a tree.
//
//   std::string out;
//   JsonWriter json(out);
//   json.BeginObject();
//   json.Key("hits").BeginArray();
//   for (const Hit& hit : hits) json.String(hit.path);
//   json.EndArray();
//   json.Key("took_ms").Double(0.4);
//   json.EndObject();
//
// Ownership  borrows the string, which outlives the writer and may hold text before.
// Threads    none; one writer, one thread.
// Cost       a byte copy plus a scan of every string; no allocation besides the growth of the string, down to 15
// levels. Errors     none at run time. Calls in an order that is not JSON (a value without a
//            key, an end that closes nothing, a second top-level value) are bugs and CHECK.
//
// Strings    bytes that are not UTF-8 are written as U+FFFD, one for each maximal
//            broken part, so that the output is always valid. Control characters,
//            '"' and '\' are escaped; everything else stands as it is.
// Numbers    the shortest text that reads back as the same double; a whole double keeps
//            ".0" so that it stays a double. NaN and infinities are written as null.

#include <cstdint>
#include <string>
#include <string_view>

namespace attune::state {

class Value;

struct JsonWriterConfig {
  int indent = 0;  // spaces a level and a line for every element; 0 writes everything on one line
};

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out, JsonWriterConfig config = {}) : out_(out), config_(config) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);

  JsonWriter& String(std::string_view text);
  JsonWriter& Int(std::int64_t number);
  JsonWriter& Uint(std::uint64_t number);
  JsonWriter& Double(double number);
  JsonWriter& Bool(bool flag);
  JsonWriter& Null();
  JsonWriter& Write(const Value& value);  // a whole tree
  // Text that is JSON already. Not checked: the caller vouches for it.
  JsonWriter& Raw(std::string_view json);

  // Whether exactly one complete value has been written.
  bool complete() const noexcept { return open_.empty() && root_written_; }

 private:
  void BeforeValue();
  void Open(char bracket);
  void Close(char bracket);
  void NewLine();

  std::string& out_;
  JsonWriterConfig config_;
  std::string open_;   // '{' or '[' for each open container; short strings live inside the object
  bool first_ = true;  // nothing stands in the innermost container yet
  bool key_pending_ = false;
  bool root_written_ = false;
};

// Appends `text` with quotes, escaped as above.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace attune::state
