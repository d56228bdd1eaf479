// Parse and print against nlohmann::json on the same document: about 1 MB of chats,
// strings with escapes and text that is not ASCII, numbers, nested objects.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "attune/state/json.h"
#include "attune/state/json_elements.h"

namespace {

using namespace attune::state;

const std::string& Document() {
  static const std::string text = [] {
    Array chats;
    for (int i = 0; i < 250; ++i) {
      Array messages;
      for (int j = 0; j < 12; ++j) {
        messages.push_back(Object{{"id", "msg-" + std::to_string(i * 100 + j)},
                                  {"role", j % 2 == 0 ? "user" : "assistant"},
                                  {"create_time", 1.7e9 + i * 0.37 + j},
                                  {"tokens", i * j},
                                  {"content", "Why does \"main.cc\" fail at line " + std::to_string(j) +
                                                  "?\n\tThe cache is größer than expected, see §3 of the design — "
                                                  "it keeps 64 entries and then evicts the least recently used one."},
                                  {"metadata", Object{{"model", "local"}, {"finish", true}, {"parent", nullptr}}}});
      }
      chats.push_back(Object{{"title", "Chat number " + std::to_string(i)}, {"messages", std::move(messages)}});
    }
    return PrintJson(Value(std::move(chats)));
  }();
  return text;
}

void SetBytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(Document().size()));
}

void BM_ParseOurs(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(ParseJson(Document()));
  }
  SetBytes(state);
}
BENCHMARK(BM_ParseOurs);

void BM_ParseNlohmann(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(nlohmann::ordered_json::parse(Document()));
  }
  SetBytes(state);
}
BENCHMARK(BM_ParseNlohmann);

void BM_PrintOurs(benchmark::State& state) {
  const Value value = *ParseJson(Document());
  for (auto _ : state) {
    benchmark::DoNotOptimize(PrintJson(value));
  }
  SetBytes(state);
}
BENCHMARK(BM_PrintOurs);

void BM_PrintNlohmann(benchmark::State& state) {
  const auto value = nlohmann::ordered_json::parse(Document());
  for (auto _ : state) {
    benchmark::DoNotOptimize(value.dump());
  }
  SetBytes(state);
}
BENCHMARK(BM_PrintNlohmann);

// One search hit, as the server answers it.
template <typename Write>
void AnswerLoop(benchmark::State& state, Write write) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    write(out);
    benchmark::DoNotOptimize(out.data());
  }
}

void BM_AnswerWithWriter(benchmark::State& state) {
  AnswerLoop(state, [](std::string& out) {
    JsonWriter json(out);
    json.BeginObject().Key("path").String("modules/state/src/value.cc").Key("line").Int(120);
    json.Key("score").Double(12.75).Key("snippet").String("Value& Object::Set(std::string_view key, Value value) {");
    json.EndObject();
  });
}
BENCHMARK(BM_AnswerWithWriter);

void BM_AnswerWithNlohmann(benchmark::State& state) {
  AnswerLoop(state, [](std::string& out) {
    nlohmann::ordered_json json;
    json["path"] = "modules/state/src/value.cc";
    json["line"] = 120;
    json["score"] = 12.75;
    json["snippet"] = "Value& Object::Set(std::string_view key, Value value) {";
    out = json.dump();
  });
}
BENCHMARK(BM_AnswerWithNlohmann);

void BM_ParseSmallBody(benchmark::State& state) {
  const std::string body = R"({"query":"where is the cache","limit":10,"source":"docs"})";
  for (auto _ : state) {
    benchmark::DoNotOptimize(ParseJson(body));
  }
}
BENCHMARK(BM_ParseSmallBody);

// Finding the borders alone, without parsing the elements.
void BM_StreamElements(benchmark::State& state) {
  for (auto _ : state) {
    std::size_t at = 0;
    JsonElementReader reader([&](std::span<char> buffer) -> attune::Result<std::size_t> {
      const std::size_t count = std::min(buffer.size(), Document().size() - at);
      std::copy_n(Document().data() + at, count, buffer.data());
      at += count;
      return count;
    });
    while ((*reader.Next()).has_value()) {
    }
    benchmark::DoNotOptimize(reader.elements());
  }
  SetBytes(state);
}
BENCHMARK(BM_StreamElements);

}  // namespace
