// attune cache replay: what each cache policy would have made of a recorded trace.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "attune/cache/hit_ratio_chart.h"
#include "attune/cache/prefetch_replay.h"
#include "attune/cache/replay.h"
#include "attune/cache/trace.h"
#include "attune/state/json.h"
#include "attune/sys/file_system.h"
#include "command_context.h"
#include "print.h"

namespace attune::app {
namespace {

using cache::KeyHash;
using cache::PolicyKind;
using cache::PrefetchChoice;
using cache::PrefetchReplayResult;
using cache::ReplayResult;
using state::Array;
using state::Object;
using state::Value;

constexpr std::string_view kSelfChoosing = "auto";
constexpr std::size_t kSizesMax = 64;                                           // a chart with more would be a blot
constexpr std::size_t kEntriesMax = std::size_t{1} << 28U;                      // 16 GiB of keys and links
constexpr std::array<std::size_t, 7> kLadder = {8, 16, 32, 64, 128, 256, 512};  // in 64ths of the one size given

// A policy's name and, unless it is the self-choosing cache, its kind.
struct Contender {
  std::string name;
  std::optional<PolicyKind> kind;
};

struct Row {
  std::string name;
  ReplayResult result;
};

// One policy with and without loading ahead.
struct PrefetchRow {
  std::string policy;
  std::uint64_t hits_without = 0;
  PrefetchReplayResult with;
};

struct SizeReport {
  std::size_t entries = 0;
  std::uint64_t optimal_hits = 0;
  std::vector<Row> rows;
  std::vector<PrefetchRow> prefetch_rows;  // none without --prefetch
};

struct Prefetching {
  PrefetchChoice choice = PrefetchChoice::kNone;
  cache::KeySpace ids = cache::KeySpace::kOpaque;
};

// One file, and how it was read.
struct Source {
  std::string path;
  cache::TraceFormat format = cache::TraceFormat::kText;
  std::size_t requests = 0;
  std::uint64_t lines_skipped = 0;
};

struct Workload {
  std::string name;
  std::vector<Source> sources;  // each file once
  std::vector<KeyHash> requests;
  std::vector<std::uint64_t> keys;  // of the requests; empty where nothing is loaded ahead

  double Ratio(std::uint64_t hits) const { return static_cast<double>(hits) / static_cast<double>(requests.size()); }
  double NsPerRequest(Duration time) const {
    return static_cast<double>(time.count()) / static_cast<double>(requests.size());
  }
};

// Which format was told from the content is not always what the user sees in it.
Error WithFormatsNamed(const Error& error) {
  return {error.code(), error.message() + "; --format text, u64, u32 or oracle-general reads it as that"};
}

Result<cache::Trace> ReadSource(const std::string& path, const cache::TraceOptions& options) {
  auto trace = ReadTrace(sys::RealFileSystem(), path, options);
  const bool told = !options.format.has_value() && !trace.ok() && trace.error().code() == ErrorCode::kInvalidArgument;
  return told ? WithFormatsNamed(trace.error()) : std::move(trace);
}

// The files one after the other. A file that is named twice is read once, and its keys come back.
Result<Workload> ReadWorkload(const ReplayFlags& flags, PrefetchChoice prefetch) {
  cache::TraceOptions options;
  if (!flags.format.empty()) {
    ATTUNE_ASSIGN_OR_RETURN(options.format, cache::ParseTraceFormat(flags.format));
  }
  std::map<std::string, std::pair<std::size_t, cache::Trace>> read;
  Workload workload;
  std::vector<cache::ChainPart> parts;
  std::size_t requests = 0;
  for (const std::string& path : flags.traces) {
    auto found = read.find(path);
    if (found == read.end()) {
      ATTUNE_ASSIGN_OR_RETURN(cache::Trace trace, ReadSource(path, options));
      workload.sources.push_back({path, trace.format, trace.keys.size(), trace.lines_skipped});
      found = read.try_emplace(path, read.size(), std::move(trace)).first;
    }
    const auto& [source, trace] = found->second;
    requests += trace.keys.size();
    if (requests > options.requests_max) {
      return Error(ErrorCode::kExhausted,
                   path + ": the chain exceeds the limit of " + std::to_string(options.requests_max) + " requests");
    }
    parts.push_back({trace.keys, source});
    workload.name += (workload.name.empty() ? "" : " + ") + std::filesystem::path(path).filename().string();
  }
  workload.requests = cache::Chain(parts);
  if (prefetch != PrefetchChoice::kNone) workload.keys = cache::ChainKeys(parts);
  return workload;
}

Result<std::vector<Contender>> Contenders(const std::vector<std::string>& names) {
  std::vector<Contender> contenders;
  const auto add = [&contenders](const Contender& contender) {
    const bool known = std::ranges::find(contenders, contender.name, &Contender::name) != contenders.end();
    if (!known) contenders.push_back(contender);
  };
  for (const std::string& name : names) {
    if (name == "all") {
      for (const PolicyKind kind : cache::kPolicyKinds) add({std::string(ToString(kind)), kind});
      add({std::string(kSelfChoosing), std::nullopt});
    } else if (name == kSelfChoosing) {
      add({name, std::nullopt});
    } else {
      const auto kind = cache::ParsePolicyKind(name);
      if (!kind.ok()) {
        return Error(kind.error().code(), kind.error().message() + "; 'all' runs each of them, 'auto' chooses");
      }
      add({std::string(ToString(*kind)), *kind});
    }
  }
  return contenders;
}

Result<Prefetching> ParsePrefetching(const ReplayFlags& flags) {
  Prefetching prefetching;
  ATTUNE_ASSIGN_OR_RETURN(prefetching.choice, cache::ParsePrefetchChoice(flags.prefetch));
  if (flags.ids == "spatial") {
    prefetching.ids = cache::KeySpace::kSpatial;
  } else if (flags.ids != "opaque") {
    return Error(ErrorCode::kInvalidArgument, "--ids is spatial or opaque, not '" + flags.ids + "'");
  }
  if (prefetching.choice == PrefetchChoice::kStride && prefetching.ids == cache::KeySpace::kOpaque) {
    return Error(ErrorCode::kInvalidArgument, "--prefetch stride is for keys with neighbours; add --ids spatial");
  }
  return prefetching;
}

Result<std::size_t> ParseSize(const std::string& text) {
  std::size_t entries = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), entries);
  if (error != std::errc() || stop != text.data() + text.size() || entries == 0 || entries > kEntriesMax) {
    return Error(ErrorCode::kInvalidArgument,
                 "--size '" + text + "' is not a whole number of entries from 1 to " + std::to_string(kEntriesMax));
  }
  return entries;
}

Result<std::vector<std::size_t>> Sizes(const std::vector<std::string>& wanted) {
  std::vector<std::size_t> sizes;
  for (const std::string& text : wanted) {
    ATTUNE_ASSIGN_OR_RETURN(const std::size_t entries, ParseSize(text));
    sizes.push_back(entries);
  }
  std::ranges::sort(sizes);
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  if (sizes.empty() || sizes.size() > kSizesMax) {
    return Error(ErrorCode::kInvalidArgument, "--size takes 1 to " + std::to_string(kSizesMax) + " sizes");
  }
  return sizes;
}

SizeReport Replay(const Workload& workload, std::size_t entries, const std::vector<Contender>& contenders) {
  SizeReport report{entries, cache::OptimalHits(workload.requests, entries), {}, {}};
  for (const Contender& contender : contenders) {
    report.rows.push_back(
        {contender.name, contender.kind.has_value()
                             ? cache::ReplayPolicy(workload.requests, entries, *contender.kind, SystemClock())
                             : cache::ReplaySelfChoosing(workload.requests, entries, SystemClock())});
  }
  return report;
}

// LRU as the yardstick, then the fixed policies that were asked for. The self-choosing cache is left out: its
// miniatures see requests and not loads.
Result<std::vector<PrefetchRow>> ReplayAhead(const Workload& workload, std::size_t entries,
                                             const std::vector<Contender>& contenders, Prefetching prefetching) {
  std::vector<PolicyKind> kinds = {PolicyKind::kLru};
  for (const Contender& contender : contenders) {
    if (contender.kind.has_value() && *contender.kind != PolicyKind::kLru) kinds.push_back(*contender.kind);
  }
  std::vector<PrefetchRow> rows;
  for (const PolicyKind kind : kinds) {
    const cache::PrefetchReplayOptions options{
        .entries_max = entries, .policy = kind, .choice = prefetching.choice, .gate = {.key_space = prefetching.ids}};
    ATTUNE_ASSIGN_OR_RETURN(PrefetchReplayResult with, ReplayPrefetching(workload.keys, options, SystemClock()));
    rows.push_back({std::string(ToString(kind)), ReplayPolicy(workload.requests, entries, kind, SystemClock()).hits,
                    std::move(with)});
  }
  return rows;
}

std::string Decimal(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string Percent(double ratio) { return Decimal(100 * ratio, 2) + " %"; }
std::string Kibibytes(Bytes bytes) { return Decimal(static_cast<double>(bytes.count()) / 1024, 1) + " KiB"; }

// The fixed policy with the most hits; null where none was asked for.
const Row* BestFixed(const SizeReport& report) {
  const Row* best = nullptr;
  for (const Row& row : report.rows) {
    const bool better = best == nullptr || row.result.hits > best->result.hits;
    if (row.name != kSelfChoosing && better) best = &row;
  }
  return best;
}

// Of the best fixed policy's hits; empty where it has none.
std::string OfBest(const Row& row, const Row* best) {
  if (best == nullptr || best->result.hits == 0) return "";
  return Percent(static_cast<double>(row.result.hits) / static_cast<double>(best->result.hits));
}

// What the self-choosing cache has learned, and from how much.
void PrintLearning(const Workload& workload, const SizeReport& report) {
  const auto choosing = std::ranges::find(report.rows, kSelfChoosing, &Row::name);
  if (choosing == report.rows.end()) return;
  const ReplayResult& result = choosing->result;
  const double simulated = static_cast<double>(result.simulated) / static_cast<double>(workload.requests.size());
  std::string line = "auto";
  if (const Row* best = BestFixed(report); best != nullptr && best->result.hits > 0) {
    line += " has " + OfBest(*choosing, best) + " of the hits of " + best->name + ", the best fixed policy; it";
  }
  std::printf("%s\n", (line + " learned in " + Thousands(result.episodes) + " episodes, with " + Decimal(simulated, 2) +
                       " simulated accesses a request")
                          .c_str());
}

std::string SourceLine(const Source& source) {
  std::string line = source.path + ": " + Thousands(source.requests) + " requests, read as ";
  line += ToString(source.format);
  if (source.lines_skipped > 0) line += ", " + Thousands(source.lines_skipped) + " lines skipped (blank, or of '*')";
  return line;
}

void PrintWorkload(const Workload& workload) {
  for (const Source& source : workload.sources) std::printf("%s\n", SourceLine(source).c_str());
  if (workload.requests.size() == workload.sources.front().requests) return;  // a single file, once
  std::printf("%s: %s requests\n", workload.name.c_str(), Thousands(workload.requests.size()).c_str());
}

void PrintReport(const Workload& workload, const SizeReport& report) {
  std::printf("\n%s\n", Bold(Thousands(report.entries) + " entries").c_str());
  std::vector<std::vector<std::string>> rows = {
      {"policy", "hit ratio", "of optimum", "of best", "ns/op", "+ simulation", "policy memory", "all memory", "moves"},
      {"optimum", Percent(workload.Ratio(report.optimal_hits)), "", "", "", "", "", "", ""}};
  const Row* best = BestFixed(report);
  for (const Row& row : report.rows) {
    const ReplayResult& result = row.result;
    const bool choosing = row.name == kSelfChoosing;
    rows.push_back({row.name, Percent(workload.Ratio(result.hits)),
                    report.optimal_hits == 0
                        ? ""
                        : Percent(static_cast<double>(result.hits) / static_cast<double>(report.optimal_hits)),
                    OfBest(row, best), Decimal(workload.NsPerRequest(result.access_time), 1),
                    choosing ? Decimal(workload.NsPerRequest(result.access_time + result.simulation_time), 1) : "",
                    Kibibytes(result.policy_bytes + result.selector_bytes), Kibibytes(result.total_bytes),
                    choosing ? std::to_string(result.moves.size()) : ""});
  }
  std::printf("%s", Table(rows).c_str());
  PrintLearning(workload, report);
}

void PrintPrefetching(const Workload& workload, const SizeReport& report) {
  if (report.prefetch_rows.empty()) return;
  std::vector<std::vector<std::string>> rows = {
      {"policy", "hit ratio", "with prefetch", "precision", "issued/request", "ns/op", "prefetch memory"}};
  for (const PrefetchRow& row : report.prefetch_rows) {
    rows.push_back({row.policy, Percent(workload.Ratio(row.hits_without)), Percent(row.with.hit_ratio()),
                    row.with.statistics.issued == 0 ? "" : Percent(row.with.statistics.precision()),
                    Decimal(row.with.issued_per_request(), 3), Decimal(workload.NsPerRequest(row.with.access_time), 1),
                    Kibibytes(row.with.prefetch_bytes)});
  }
  std::printf("\n%s", Table(rows).c_str());
}

void PrintMoves(const SizeReport& report) {
  constexpr std::size_t kMovesShown = 20;  // the rest is in --json
  for (const Row& row : report.rows) {
    const auto& moves = row.result.moves;
    for (std::size_t i = 0; i < std::min(moves.size(), kMovesShown); ++i) {
      std::printf("%s\n", Dim("  at " + Thousands(moves[i].request) + ": " + moves[i].change.Reason()).c_str());
    }
    if (moves.size() > kMovesShown) {
      std::printf("%s\n", Dim("  and " + Thousands(moves.size() - kMovesShown) + " moves more; see --json").c_str());
    }
  }
}

Array JsonOf(const std::vector<Source>& sources) {
  Array json;
  for (const Source& source : sources) {
    json.push_back(Object{{"path", source.path},
                          {"format", std::string(ToString(source.format))},
                          {"requests", source.requests},
                          {"lines_skipped", source.lines_skipped}});
  }
  return json;
}

Value JsonOf(const Workload& workload, const SizeReport& report) {
  Array policies;
  for (const Row& row : report.rows) {
    const ReplayResult& result = row.result;
    Array moves;
    for (const ReplayResult::Move& move : result.moves) {
      moves.push_back(Object{{"request", move.request},
                             {"from", std::string(ToString(move.change.from))},
                             {"to", std::string(ToString(move.change.to))},
                             {"reason", move.change.Reason()}});
    }
    policies.push_back(
        Object{{"policy", row.name},
               {"hits", result.hits},
               {"hit_ratio", workload.Ratio(result.hits)},
               {"ns_per_operation", workload.NsPerRequest(result.access_time)},
               {"ns_per_operation_with_simulation", workload.NsPerRequest(result.access_time + result.simulation_time)},
               {"policy_bytes", result.policy_bytes.count()},
               {"selector_bytes", result.selector_bytes.count()},
               {"total_bytes", result.total_bytes.count()},
               {"simulated_accesses", result.simulated},
               {"episodes", result.episodes},
               {"last_policy", std::string(ToString(result.policy))},
               {"moves", moves}});
  }
  Array prefetching;
  for (const PrefetchRow& row : report.prefetch_rows) {
    prefetching.push_back(Object{{"policy", row.policy},
                                 {"hit_ratio_without", workload.Ratio(row.hits_without)},
                                 {"hit_ratio", row.with.hit_ratio()},
                                 {"precision", row.with.statistics.precision()},
                                 {"issued", row.with.statistics.issued},
                                 {"used", row.with.statistics.used},
                                 {"issued_per_request", row.with.issued_per_request()},
                                 {"ns_per_operation", workload.NsPerRequest(row.with.access_time)},
                                 {"prefetch_bytes", row.with.prefetch_bytes.count()}});
  }
  return Object{{"entries", report.entries},
                {"prefetch", prefetching},
                {"optimum_hits", report.optimal_hits},
                {"optimum_hit_ratio", workload.Ratio(report.optimal_hits)},
                {"policies", policies}};
}

cache::HitRatioChart ChartOf(const Workload& workload, const std::vector<SizeReport>& reports) {
  cache::HitRatioChart chart{.title = workload.name};
  chart.lines.push_back({.name = "optimum", .reference = true});
  for (const Row& row : reports.front().rows) {
    chart.lines.push_back({.name = row.name, .emphasised = row.name == kSelfChoosing});
  }
  for (const SizeReport& report : reports) {
    chart.sizes.push_back(report.entries);
    chart.lines.front().ratios.push_back(workload.Ratio(report.optimal_hits));
    for (std::size_t i = 0; i < report.rows.size(); ++i) {
      chart.lines[i + 1].ratios.push_back(workload.Ratio(report.rows[i].result.hits));
    }
  }
  return chart;
}

// One size makes no line: the chart then covers an eighth to eight times of it.
std::vector<std::size_t> Ladder(std::size_t size) {
  std::vector<std::size_t> sizes;
  for (const std::size_t part : kLadder) sizes.push_back(std::clamp(size * part / 64, std::size_t{1}, kEntriesMax));
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

// A replay may take minutes, and is to fail before them where its picture cannot be written. An older picture stays
// until there is a new one.
Status CheckWritable(const std::string& path) {
  if (path.empty()) return OkStatus();
  sys::FileSystem& files = sys::RealFileSystem();
  const auto there = files.Stat(path);
  if (there.ok() && there->kind == sys::FileKind::kDirectory) {
    return Error(ErrorCode::kInvalidArgument, "--chart " + path + " is a folder; name a file in it");
  }
  const std::string probe = path + ".part";
  if (const Status written = files.WriteAtomically(probe, ""); !written.ok()) {
    return Error(written.error().code(), "--chart " + path + " cannot be written: " + written.error().message());
  }
  return files.Remove(probe);
}

Status WriteChart(const std::string& path, const Workload& workload, const std::vector<SizeReport>& reports,
                  const std::vector<Contender>& contenders) {
  if (reports.size() > 1) {
    return sys::RealFileSystem().WriteAtomically(path, RenderSvg(ChartOf(workload, reports)));
  }
  std::vector<SizeReport> ladder;
  for (const std::size_t entries : Ladder(reports.front().entries)) {
    ladder.push_back(entries == reports.front().entries ? reports.front() : Replay(workload, entries, contenders));
  }
  return sys::RealFileSystem().WriteAtomically(path, RenderSvg(ChartOf(workload, ladder)));
}

}  // namespace

Status RunCacheReplay(const CommandContext& context, const ReplayFlags& flags) {
  ATTUNE_ASSIGN_OR_RETURN(const auto sizes, Sizes(flags.sizes));
  ATTUNE_ASSIGN_OR_RETURN(const auto contenders, Contenders(flags.policies));
  ATTUNE_ASSIGN_OR_RETURN(const Prefetching prefetching, ParsePrefetching(flags));
  ATTUNE_RETURN_IF_ERROR(CheckWritable(flags.chart));
  ATTUNE_ASSIGN_OR_RETURN(const Workload workload, ReadWorkload(flags, prefetching.choice));
  if (!context.json) PrintWorkload(workload);
  std::vector<SizeReport> reports;
  Array json;
  for (const std::size_t entries : sizes) {
    reports.push_back(Replay(workload, entries, contenders));
    if (prefetching.choice != PrefetchChoice::kNone) {
      ATTUNE_ASSIGN_OR_RETURN(reports.back().prefetch_rows, ReplayAhead(workload, entries, contenders, prefetching));
    }
    if (context.json) {
      json.push_back(JsonOf(workload, reports.back()));
    } else {
      PrintReport(workload, reports.back());
      PrintMoves(reports.back());
      PrintPrefetching(workload, reports.back());
    }
  }
  if (context.json) {
    const Object answer{{"trace", workload.name},
                        {"sources", JsonOf(workload.sources)},
                        {"requests", workload.requests.size()},
                        {"sizes", json}};
    std::printf("%s\n", state::PrintJson(Value(answer), {.indent = 2}).c_str());
  }
  if (flags.chart.empty()) return OkStatus();
  return WriteChart(flags.chart, workload, reports, contenders);
}

}  // namespace attune::app
