#include "attune/server/to_json.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "time_text.h"

namespace attune::server {

using state::JsonWriter;

namespace {

void WriteStrings(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.Key(key).BeginArray();
  for (const std::string& text : texts) json.String(text);
  json.EndArray();
}

void WriteBytes(JsonWriter& json, std::string_view key, Bytes amount) { json.Key(key).Uint(amount.count()); }

void WriteBytesOrNull(JsonWriter& json, std::string_view key, std::optional<Bytes> amount) {
  if (amount.has_value()) {
    WriteBytes(json, key, *amount);
  } else {
    json.Key(key).Null();
  }
}

// Null: not known.
void WriteMillisecondsOrNull(JsonWriter& json, std::optional<Duration> time) {
  if (time.has_value()) {
    WriteMilliseconds(json, *time);
  } else {
    json.Null();
  }
}

// Scores need no more digits than tell them apart; a float as a double would print seventeen.
double Rounded(float value) { return std::round(static_cast<double>(value) * 1e4) / 1e4; }

void WriteId(JsonWriter& json, std::string_view key, char kind, std::int64_t id) {
  json.Key(key);
  if (id == 0) {
    json.Null();
  } else {
    json.String(IdText(kind, id));
  }
}

void WritePlace(JsonWriter& json, const engine::SearchHit& hit) {
  json.Key("id").String(hit.id).Key("kind").String(hit.kind);
  json.Key("source").String(hit.source).Key("path").String(hit.path);
  json.Key("language").String(hit.language).Key("symbol").String(hit.symbol).Key("role").String(hit.role);
  json.Key("line_begin").Uint(hit.line_begin).Key("line_end").Uint(hit.line_end).Key("page").Uint(hit.page);
  json.Key("time");
  WriteTime(json, hit.time);
}

// The snippet once more, cut at its highlights, so that clients need no byte offsets.
void WriteSnippetParts(JsonWriter& json, const engine::SearchHit& hit) {
  const std::string_view text = hit.snippet;
  std::size_t position = 0;
  const auto part = [&](std::size_t begin, std::size_t end, bool match) {
    if (begin == end) return;
    json.BeginObject().Key("text").String(text.substr(begin, end - begin)).Key("match").Bool(match).EndObject();
  };
  json.Key("snippet_parts").BeginArray();
  for (const engine::ByteRange& range : hit.highlights) {
    const std::size_t begin = std::clamp<std::size_t>(range.begin, position, text.size());
    const std::size_t end = std::clamp<std::size_t>(range.end, begin, text.size());
    part(position, begin, false);
    part(begin, end, true);
    position = end;
  }
  part(position, text.size(), false);
  json.EndArray();
}

void WriteReading(JsonWriter& json, const engine::ReadingStatus& reading) {
  json.Key("reading").BeginObject();
  json.Key("active").Bool(reading.active);
  json.Key("files_done").Uint(reading.files_done).Key("files_total").Uint(reading.files_total);
  json.Key("bytes_done").Uint(reading.bytes_done).Key("bytes_total").Uint(reading.bytes_total);
  json.Key("bytes_per_second").Double(reading.bytes_per_second);
  WriteMillisecondsOrNull(json.Key("remaining_ms"), reading.remaining);
  json.Key("current").String(reading.current).Key("share").Double(reading.share);
  json.EndObject();
}

void WriteImports(JsonWriter& json, const std::vector<engine::ImportStatus>& imports) {
  json.Key("imports").BeginArray();
  for (const engine::ImportStatus& import : imports) {
    json.BeginObject().Key("name").String(import.name);
    json.Key("bytes_done").Uint(import.bytes_done).Key("bytes_total").Uint(import.bytes_total);
    WriteMilliseconds(json.Key("running_ms"), import.running);
    json.EndObject();
  }
  json.EndArray();
}

void WriteLatency(JsonWriter& json, const engine::LatencyStatus& search) {
  json.Key("search").BeginObject().Key("count").Uint(search.count);
  WriteMilliseconds(json.Key("p50_ms"), search.p50);
  WriteMilliseconds(json.Key("p95_ms"), search.p95);
  WriteMilliseconds(json.Key("p99_ms"), search.p99);
  WriteMilliseconds(json.Key("max_ms"), search.max);
  json.Key("rejected").Uint(search.rejected);
  WriteMilliseconds(json.Key("promised_ms"), search.promised);
  json.EndObject();
}

void WriteMemory(JsonWriter& json, const engine::MemoryStatus& memory) {
  json.Key("memory").BeginObject();
  WriteBytes(json, "limit_bytes", memory.limit);
  WriteBytes(json, "limit_now_bytes", memory.limit_now);
  WriteBytes(json, "rss_bytes", memory.rss);
  WriteBytes(json, "rss_peak_bytes", memory.rss_peak);
  WriteBytes(json, "reserved_bytes", memory.reserved);
  json.Key("consumers").BeginArray();
  for (const engine::MemoryConsumer& consumer : memory.consumers) {
    json.BeginObject().Key("name").String(consumer.name);
    WriteBytes(json, "bytes", consumer.bytes);
    WriteBytes(json, "minimum_bytes", consumer.minimum);
    json.Key("benefit").Double(consumer.benefit);
    WriteBytes(json, "shrunk_total_bytes", consumer.shrunk_total);
    WriteBytesOrNull(json, "target_bytes", consumer.target);
    json.EndObject();
  }
  json.EndArray().EndObject();
}

void WriteCache(JsonWriter& json, const engine::CacheStatus& cache) {
  json.BeginObject().Key("name").String(cache.name).Key("policy").String(cache.policy);
  json.Key("entries").Uint(cache.entries).Key("entries_max").Uint(cache.entries_max);
  WriteBytes(json, "bytes", cache.bytes);
  WriteBytes(json, "bytes_max", cache.bytes_max);
  WriteBytesOrNull(json, "target_bytes", cache.target);
  json.Key("hits").Uint(cache.hits).Key("misses").Uint(cache.misses).Key("insertions").Uint(cache.insertions);
  json.Key("evictions").Uint(cache.evictions).Key("expirations").Uint(cache.expirations);
  json.Key("refused").Uint(cache.refused).Key("loads").Uint(cache.loads);
  json.Key("loads_failed").Uint(cache.loads_failed).Key("loads_joined").Uint(cache.loads_joined);
  WriteMillisecondsOrNull(json.Key("load_mean_ms"), cache.load_time_mean);
  json.Key("policy_changes").Uint(cache.policy_changes).Key("bypassed").Uint(cache.bypassed);
  json.Key("bypassing").Bool(cache.bypassing).EndObject();
}

void WriteCachesAndPools(JsonWriter& json, const engine::EngineStatus& status) {
  json.Key("caches").BeginArray();
  for (const engine::CacheStatus& cache : status.caches) WriteCache(json, cache);
  json.EndArray().Key("pools").BeginArray();
  for (const engine::PoolStatus& pool : status.pools) {
    json.BeginObject().Key("name").String(pool.name).Key("in_use").Uint(pool.in_use).Key("idle").Uint(pool.idle);
    json.Key("capacity").Uint(pool.capacity);
    WriteBytes(json, "bytes", pool.bytes);
    json.Key("acquired").Uint(pool.acquired).Key("reused").Uint(pool.reused).EndObject();
  }
  json.EndArray();
}

void WriteIndexAndStore(JsonWriter& json, const engine::IndexStatus& index, const engine::StoreStatus& store) {
  json.Key("index").BeginObject().Key("passages").Uint(index.passages).Key("terms").Uint(index.terms);
  json.Key("segments").Uint(index.segments);
  WriteBytes(json, "on_disk_bytes", index.on_disk);
  WriteBytes(json, "in_memory_bytes", index.in_memory);
  json.EndObject();
  json.Key("store").BeginObject().Key("documents").Uint(store.documents).Key("passages").Uint(store.passages);
  json.Key("notes").Uint(store.notes).Key("chats").Uint(store.chats).Key("messages").Uint(store.messages);
  WriteBytes(json, "on_disk_bytes", store.on_disk);
  json.Key("durability").String(store.durability);
  json.Key("commits").Uint(store.commits).Key("operations").Uint(store.operations).EndObject();
}

}  // namespace

std::string IdText(char kind, std::int64_t id) { return kind + std::to_string(id); }

void WriteTime(JsonWriter& json, WallTime time) {
  if (time == WallTime()) {
    json.Null();
  } else {
    json.String(FormatTime(time));
  }
}

void WriteMilliseconds(JsonWriter& json, Duration time) {
  // Microseconds are enough to read and keep the numbers short.
  json.Double(static_cast<double>(std::chrono::duration_cast<std::chrono::microseconds>(time).count()) / 1e3);
}

void WriteJson(JsonWriter& json, const engine::SearchHit& hit) {
  json.BeginObject();
  WritePlace(json, hit);
  json.Key("snippet").String(hit.snippet).Key("snippet_line").Uint(hit.snippet_line);
  json.Key("highlights").BeginArray();
  for (const engine::ByteRange& range : hit.highlights) {
    json.BeginArray().Uint(range.begin).Uint(range.end).EndArray();
  }
  json.EndArray();
  WriteSnippetParts(json, hit);
  json.Key("score").Double(Rounded(hit.score));
  json.Key("score_parts").BeginObject();
  json.Key("body").Double(Rounded(hit.parts.body)).Key("stem").Double(Rounded(hit.parts.stem));
  json.Key("symbol").Double(Rounded(hit.parts.symbol)).Key("path").Double(Rounded(hit.parts.path));
  json.EndObject().EndObject();
}

void WriteJson(JsonWriter& json, const engine::SearchResponse& response) {
  json.BeginObject().Key("hits").BeginArray();
  for (const engine::SearchHit& hit : response.hits) WriteJson(json, hit);
  json.EndArray();
  json.Key("matched").Uint(response.matched).Key("matched_is_exact").Bool(response.matched_is_exact);
  WriteStrings(json, "notes", response.notes);
  WriteMilliseconds(json.Key("took_ms"), response.took);
  json.Key("reading").Bool(response.reading).EndObject();
}

void WriteJson(JsonWriter& json, const engine::Passage& passage) {
  json.BeginObject();
  WritePlace(json, passage.where);
  json.Key("title").String(passage.title).Key("text").String(passage.text);
  json.Key("absolute_path").String(passage.absolute_path);
  json.Key("before").String(passage.before).Key("after").String(passage.after);
  json.Key("words").BeginArray();
  for (const engine::WordBox& word : passage.words) {
    json.BeginObject().Key("text").String(word.text).Key("confidence").Double(Rounded(word.confidence));
    json.Key("box").BeginArray().Uint(word.left).Uint(word.top).Uint(word.right).Uint(word.bottom).EndArray();
    json.EndObject();
  }
  json.EndArray().EndObject();
}

void WriteJson(JsonWriter& json, const engine::Note& note) {
  json.BeginObject();
  WriteId(json, "id", 'n', note.id);
  json.Key("title").String(note.title).Key("text").String(note.text);
  WriteStrings(json, "tags", note.tags);
  WriteTime(json.Key("created"), note.created);
  json.EndObject();
}

void WriteJson(JsonWriter& json, const engine::ChatSummary& chat) {
  json.BeginObject();
  WriteId(json, "id", 'c', chat.id);
  json.Key("title").String(chat.title).Key("origin").String(chat.origin).Key("model").String(chat.model);
  WriteTime(json.Key("created"), chat.created);
  WriteTime(json.Key("updated"), chat.updated);
  json.Key("messages").Uint(chat.messages).Key("branches").Uint(chat.branches).EndObject();
}

void WriteJson(JsonWriter& json, const engine::Message& message) {
  json.BeginObject();
  WriteId(json, "id", 'm', message.id);
  WriteId(json, "parent", 'm', message.parent);
  json.Key("role").String(message.role).Key("content").String(message.content).Key("model").String(message.model);
  WriteTime(json.Key("created"), message.created);
  json.Key("metadata").Raw(message.metadata_json.empty() ? "{}" : message.metadata_json);
  json.EndObject();
}

void WriteJson(JsonWriter& json, const engine::ChatPage& page) {
  json.BeginObject();
  WriteJson(json.Key("chat"), page.chat);
  json.Key("messages").BeginArray();
  for (const engine::Message& message : page.messages) WriteJson(json, message);
  json.EndArray();
  WriteId(json, "next_before", 'm', page.next_before);
  json.EndObject();
}

void WriteJson(JsonWriter& json, const engine::ImportReport& report) {
  json.BeginObject().Key("format").String(report.format);
  json.Key("chats_added").Uint(report.chats_added).Key("chats_updated").Uint(report.chats_updated);
  json.Key("chats_unchanged").Uint(report.chats_unchanged).Key("messages_added").Uint(report.messages_added);
  WriteStrings(json, "problems", report.problems);
  json.Key("problems_count").Uint(report.problems_count).EndObject();
}

void WriteJson(JsonWriter& json, const engine::SourceStatus& source) {
  json.BeginObject().Key("id").Int(source.id).Key("name").String(source.name).Key("root").String(source.root);
  json.Key("state").String(source.state);
  json.Key("files_found").Uint(source.files_found).Key("files_read").Uint(source.files_read);
  json.Key("files_unchanged").Uint(source.files_unchanged).Key("files_pending").Uint(source.files_pending);
  json.Key("files_removed").Uint(source.files_removed);
  WriteBytes(json, "bytes_read", source.bytes_read);
  json.Key("documents").Uint(source.documents).Key("passages").Uint(source.passages);
  json.Key("skipped").BeginArray();
  for (const engine::SkipCount& skip : source.skipped) {
    json.BeginObject().Key("reason").String(skip.reason).Key("files").Uint(skip.files);
    json.Key("remedy").String(skip.remedy);
    WriteStrings(json, "examples", skip.examples);
    json.EndObject();
  }
  json.EndArray().Key("watch").String(source.watch).EndObject();
}

void WriteJson(JsonWriter& json, const engine::KnobStatus& knob) {
  json.BeginObject().Key("name").String(knob.name).Key("value").String(knob.value);
  json.Key("default").String(knob.default_value).Key("unit").String(knob.unit).Key("domain").String(knob.domain);
  json.Key("applies").String(knob.applies).Key("help").String(knob.help).Key("pinned").Bool(knob.pinned);
  json.Key("changed_by").String(knob.changed_by).EndObject();
}

void WriteJson(JsonWriter& json, const engine::Decision& decision) {
  json.BeginObject();
  WriteId(json, "id", 'd', decision.id);
  WriteTime(json.Key("time"), decision.time);
  json.Key("what").String(decision.what).Key("from").String(decision.from).Key("to").String(decision.to);
  json.Key("by").String(decision.by).Key("inputs").BeginObject();
  for (const auto& [name, value] : decision.inputs) json.Key(name).Double(value);
  json.EndObject().Key("reason").String(decision.reason).EndObject();
}

void WriteJson(JsonWriter& json, const engine::EngineStatus& status) {
  json.BeginObject().Key("version").String(status.version).Key("data_dir").String(status.data_dir);
  json.Key("name").String(status.name).Key("pid").Int(status.pid).Key("address").String(status.address);
  WriteMilliseconds(json.Key("uptime_ms"), status.uptime);
  json.Key("ready").Bool(status.ready);
  WriteReading(json, status.reading);
  json.Key("sources").BeginArray();
  for (const engine::SourceStatus& source : status.sources) WriteJson(json, source);
  json.EndArray();
  WriteImports(json, status.imports);
  WriteLatency(json, status.search);
  WriteMemory(json, status.memory);
  WriteCachesAndPools(json, status);
  WriteIndexAndStore(json, status.index, status.store);
  WriteStrings(json, "warnings", status.warnings);
  json.EndObject();
}

}  // namespace attune::server
