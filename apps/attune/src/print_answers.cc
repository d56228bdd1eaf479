// How answers of operations look to people.
#include <array>
#include <cstdio>
#include <string>

#include "print.h"

namespace attune::app {
namespace {

using state::Array;
using state::Value;

void Say(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

bool Flag(const Value& object, std::string_view key) {
  const Value* const value = object.Find(key);
  return value != nullptr && value->AsBool().value_or(false);
}

const Value& Part(const Value& object, std::string_view key) {
  static const Value nothing;
  const Value* const value = object.Find(key);
  return value != nullptr ? *value : nothing;
}

std::uint64_t Count(const Value& object, std::string_view key) {
  return static_cast<std::uint64_t>(Number(object, key));
}

std::string Milliseconds(double ms) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), ms < 10 ? "%.2f ms" : "%.0f ms", ms);
  return out.data();
}

std::string PlaceOf(const Value& hit) {
  std::string place = Bold(Text(hit, "path"));
  if (const auto line = Count(hit, "line_begin"); line > 0) {
    place += ":" + std::to_string(line) + "-" + std::to_string(Count(hit, "line_end"));
  }
  if (const auto page = Count(hit, "page"); page > 0) place += " page " + std::to_string(page);
  if (const std::string symbol = Text(hit, "symbol"); !symbol.empty()) place += "  " + symbol;
  if (const std::string role = Text(hit, "role"); !role.empty()) place += "  " + role;
  return place;
}

// The snippet with its matches marked, every line indented.
std::string SnippetOf(const Value& hit) {
  std::string marked;
  for (const Value& part : List(hit, "snippet_parts")) {
    const std::string text = Text(part, "text");
    if (!Flag(part, "match")) {
      marked += text;
      continue;
    }
    marked += Accent(text);
  }
  std::string out = "    ";
  for (const char c : marked) {
    out += c;
    if (c == '\n') out += "    ";
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '\n')) out.pop_back();
  return out;
}

bool IsKnown(const Value& object, std::string_view key) {
  const Value* const value = object.Find(key);
  return value != nullptr && !value->is_null();
}

std::vector<std::string> CacheRow(const Value& cache) {
  const auto hits = Count(cache, "hits");
  const auto asked = hits + Count(cache, "misses");
  return {Text(cache, "name"),
          Text(cache, "policy"),
          Thousands(Count(cache, "entries")),
          Megabytes(Number(cache, "bytes")),
          Megabytes(Number(cache, IsKnown(cache, "target_bytes") ? "target_bytes" : "bytes_max")),
          asked == 0 ? "-" : std::to_string(hits * 100 / asked) + "%",
          Thousands(asked),
          Thousands(Count(cache, "loads")),
          IsKnown(cache, "load_mean_ms") ? Milliseconds(Number(cache, "load_mean_ms")) : "-",
          Flag(cache, "bypassing") ? Dim("stands aside: it would not pay") : ""};
}

void PrintCachesAndPools(const Value& status) {
  std::vector<std::vector<std::string>> rows = {
      {"cache", "policy", "entries", "memory", "may have", "hits", "of", "loads", "each", ""}};
  for (const Value& cache : List(status, "caches")) rows.push_back(CacheRow(cache));
  if (rows.size() > 1) Say("\n" + Table(rows));
  rows = {{"pool", "in use", "idle", "memory", "reused", "of"}};
  for (const Value& pool : List(status, "pools")) {
    const auto acquired = Count(pool, "acquired");
    rows.push_back({Text(pool, "name"), Thousands(Count(pool, "in_use")), Thousands(Count(pool, "idle")),
                    Megabytes(Number(pool, "bytes")),
                    acquired == 0 ? "-" : std::to_string(Count(pool, "reused") * 100 / acquired) + "%",
                    Thousands(acquired)});
  }
  if (rows.size() > 1) Say("\n" + Table(rows));
}

// Said where it is less than what was promised.
std::string AllowedNow(const Value& memory) {
  const double now = Number(memory, "limit_now_bytes");
  return now < Number(memory, "limit_bytes") ? ", the system allows " + Megabytes(now) : "";
}

}  // namespace

void PrintHits(const Value& answer) {
  for (const Value& hit : List(answer, "hits")) {
    Say(PlaceOf(hit) + "  " + Dim(Text(hit, "source") + " " + Text(hit, "id")) + "\n");
    Say(SnippetOf(hit) + "\n\n");
  }
  const auto matched = Count(answer, "matched");
  std::string summary = matched == 0 ? "Nothing matches." : Thousands(matched) + " match";
  if (matched > 0) summary += matched == 1 ? "es" : "";
  if (!Flag(answer, "matched_is_exact") && matched > 0) summary = "At least " + summary;
  Say(Dim(summary + ", " + Milliseconds(Number(answer, "took_ms"))) + "\n");
  for (const Value& note : List(answer, "notes")) Say(Dim("note: " + std::string(note.AsString().value_or(""))) + "\n");
  if (Flag(answer, "reading")) Say(Dim("Sources are still being read; there may be more in a moment.") + "\n");
}

void PrintStatus(const Value& status) {
  Say(Bold(Text(status, "name")) + "  " + Text(status, "data_dir") + "\n");
  const std::string address = Text(status, "address");
  Say(address.empty() ? "no server runs\n" : address + "  process " + std::to_string(Count(status, "pid")) + "\n");
  std::vector<std::vector<std::string>> sources = {{"source", "state", "files", "passages", "skipped", "folder"}};
  for (const Value& source : List(status, "sources")) {
    std::uint64_t skipped = 0;
    for (const Value& skip : List(source, "skipped")) skipped += Count(skip, "files");
    sources.push_back({Text(source, "name"), Text(source, "state"), Thousands(Count(source, "documents")),
                       Thousands(Count(source, "passages")), Thousands(skipped), Text(source, "root")});
  }
  if (sources.size() > 1) Say("\n" + Table(sources));
  std::vector<std::vector<std::string>> skips;
  for (const Value& source : List(status, "sources")) {
    for (const Value& skip : List(source, "skipped")) {
      skips.push_back({"  " + Thousands(Count(skip, "files")), Text(skip, "reason"), Dim(Text(skip, "remedy"))});
      const Array& examples = List(skip, "examples");
      if (examples.empty()) continue;  // one is enough to know what is meant; --json has them all
      skips.push_back({"", "", Dim("such as " + std::string(examples.front().AsString().value_or("")))});
    }
  }
  if (!skips.empty()) Say("\nskipped\n" + Table(skips));
  const Value& store = Part(status, "store");
  const Value& memory = Part(status, "memory");
  const Value& search = Part(status, "search");
  Say("\n" +
      Table({{"remembered", Thousands(Count(store, "documents")) + " documents, " +
                                Thousands(Count(store, "passages")) + " passages, " + Thousands(Count(store, "notes")) +
                                " notes, " + Thousands(Count(store, "chats")) + " chats with " +
                                Thousands(Count(store, "messages")) + " messages"},
             {"on disk", Megabytes(Number(store, "on_disk_bytes")) + " database, " +
                             Megabytes(Number(Part(status, "index"), "on_disk_bytes")) + " index"},
             {"memory", Megabytes(Number(memory, "rss_bytes")) + " of " + Megabytes(Number(memory, "limit_bytes")) +
                            " promised, peak " + Megabytes(Number(memory, "rss_peak_bytes")) + AllowedNow(memory)},
             {"searches", Thousands(Count(search, "count")) + " in the last minute, p99 " +
                              Milliseconds(Number(search, "p99_ms")) + " of " +
                              Milliseconds(Number(search, "promised_ms")) + " promised, " +
                              Thousands(Count(search, "rejected")) + " refused"}}));
  PrintCachesAndPools(status);
  for (const Value& warning : List(status, "warnings")) {
    Say(Alarm("warning ") + std::string(warning.AsString().value_or("")) + "\n");
  }
}

void PrintKnobs(const Value& answer) {
  std::vector<std::vector<std::string>> rows = {{"knob", "value", "default", "allowed", "set by"}};
  for (const Value& knob : List(answer, "knobs")) {
    rows.push_back({Text(knob, "name"), Bold(Text(knob, "value")), Text(knob, "default"), Text(knob, "domain"),
                    Text(knob, "changed_by") + (Flag(knob, "pinned") ? " (pinned)" : "")});
    rows.push_back({Dim("  " + Text(knob, "help"))});
  }
  // The help takes the whole line, so it must not widen the first column.
  std::vector<std::vector<std::string>> table;
  for (const auto& row : rows) {
    if (row.size() > 1) table.push_back(row);
  }
  const std::string aligned = Table(table);
  std::size_t begin = 0;
  for (const auto& row : rows) {
    if (row.size() == 1) {
      Say(row.front() + "\n");
      continue;
    }
    const std::size_t end = aligned.find('\n', begin) + 1;
    Say(aligned.substr(begin, end - begin));
    begin = end;
  }
}

void PrintJournal(const Value& answer) {
  std::vector<std::vector<std::string>> rows = {{"", "when", "what", "from", "to", "by", "why"}};
  for (const Value& decision : List(answer, "decisions")) {
    rows.push_back({Dim(Text(decision, "id")), Text(decision, "time").substr(0, 19), Text(decision, "what"),
                    Text(decision, "from"), Bold(Text(decision, "to")), Text(decision, "by"),
                    Text(decision, "reason")});
  }
  if (rows.size() == 1) return Say("Nothing of this was decided since the start.\n");
  Say(Table(rows));
}

void PrintChats(const Value& answer) {
  std::vector<std::vector<std::string>> rows = {{"chat", "updated", "messages", "from", "title"}};
  for (const Value& chat : List(answer, "chats")) {
    rows.push_back({Text(chat, "id"), Text(chat, "updated").substr(0, 16), Thousands(Count(chat, "messages")),
                    Text(chat, "origin"), Text(chat, "title")});
  }
  if (rows.size() == 1) return Say("No chats yet. Import some: attune chat import FILE\n");
  Say(Table(rows));
}

void PrintChat(const Value& answer) {
  Say(Bold(Text(Part(answer, "chat"), "title")) + "\n");
  for (const Value& message : List(answer, "messages")) {
    Say("\n" + Bold(Text(message, "role")) + "  " + Dim(Text(message, "created") + "  " + Text(message, "id")) + "\n");
    Say(Text(message, "content") + "\n");
  }
  const std::string next = Text(answer, "next_before");
  if (!next.empty()) Say(Dim("\nThere is more above: --before " + next) + "\n");
}

void PrintImport(const Value& report) {
  Say(Text(report, "format") + " export: " + Thousands(Count(report, "chats_added")) + " chats added, " +
      Thousands(Count(report, "chats_updated")) + " updated, " + Thousands(Count(report, "chats_unchanged")) +
      " unchanged, " + Thousands(Count(report, "messages_added")) + " messages\n");
  for (const Value& problem : List(report, "problems")) {
    Say(Alarm("problem ") + std::string(problem.AsString().value_or("")) + "\n");
  }
  const auto problems = Count(report, "problems_count");
  const auto shown = List(report, "problems").size();
  if (problems > shown) Say("and " + Thousands(problems - shown) + " more problems\n");
}

}  // namespace attune::app
