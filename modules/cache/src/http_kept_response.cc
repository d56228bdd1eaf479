#include "http_kept_response.h"

#include <algorithm>
#include <array>
#include <utility>

#include "attune/base/ascii.h"
#include "attune/cache/http_date.h"

namespace attune::cache {
namespace {

using Seconds = std::chrono::seconds;

// RFC 9110 15.1, without 206: partial content is not kept.
constexpr std::array kHeuristicStatus = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501};

// They belong to one connection (RFC 9110 7.6.1) or to the one exchange with a proxy.
constexpr std::array<std::string_view, 9> kHopByHop = {"Connection",
                                                       "Keep-Alive",
                                                       "Proxy-Authenticate",
                                                       "Proxy-Authentication-Info",
                                                       "Proxy-Connection",
                                                       "TE",
                                                       "Trailer",
                                                       "Transfer-Encoding",
                                                       "Upgrade"};

std::vector<std::string> ListOf(const std::optional<std::string>& text) {
  std::vector<std::string> items;
  if (!text.has_value()) return items;
  std::string item;
  const auto finish = [&] {
    if (!item.empty()) items.push_back(std::exchange(item, {}));
  };
  for (const char c : *text) {
    if (c == ',') {
      finish();
    } else if (c != ' ' && c != '\t') {
      item.push_back(c);
    }
  }
  finish();
  return items;
}

bool VariesByAll(const HttpResponse& response) {
  const std::vector<std::string> names = ListOf(response.fields.Combined("Vary"));
  return std::ranges::find(names, "*") != names.end();
}

std::optional<WallTime> DateIn(const HttpFields& fields, std::string_view name, WallTime now) {
  const auto text = fields.Combined(name);
  return text.has_value() ? ParseHttpDate(Trim(*text), now) : std::nullopt;
}

// Years ahead or behind, as in Expires: Fri, 31 Dec 9999: nanoseconds do not reach that far. No lifetime and no age is
// larger than RFC 9111 asks to count, nor negative.
Duration Counted(std::chrono::milliseconds span) {
  return std::clamp<std::chrono::milliseconds>(span, Seconds(0), kDeltaSecondsMax);
}

// RFC 9111 5.1: of several, the first counts.
Duration StatedAge(const HttpFields& fields) {
  const std::string ages = fields.Combined("Age").value_or("");
  const std::string_view first = Trim(std::string_view(ages).substr(0, ages.find(',')));
  return ParseDeltaSeconds(first).value_or(Seconds(0));
}

Duration LifetimeOf(const HttpResponseCacheConfig& config, const KeptResponse& kept, WallTime now) {
  const CacheControl& control = kept.control;
  if (config.shared && control.s_maxage.has_value()) return *control.s_maxage;
  if (control.max_age.has_value()) return *control.max_age;
  const HttpFields& fields = kept.response.fields;
  if (fields.Has("Expires")) {  // one that is no date, such as 0, is in the past
    const auto expires = DateIn(fields, "Expires", now);
    return expires.has_value() ? Counted(*expires - kept.date) : Duration(0);
  }
  const bool heuristic =
      control.is_public || std::ranges::find(kHeuristicStatus, kept.response.status) != kHeuristicStatus.end();
  const auto modified = DateIn(fields, "Last-Modified", now);
  if (!heuristic || !modified.has_value() || *modified >= kept.date) return Duration(0);
  const auto share = std::chrono::duration<double, std::milli>((kept.date - *modified) * config.heuristic_share);
  return std::min(Counted(std::chrono::floor<Seconds>(share)), config.heuristic_max);
}

}  // namespace

CacheControl ControlOf(const HttpFields& fields) {
  if (const auto text = fields.Combined("Cache-Control")) return ParseCacheControl(*text);
  CacheControl control;
  if (const auto pragma = fields.Combined("Pragma")) control.no_cache = ParseCacheControl(*pragma).no_cache;
  return control;
}

bool UnsafeMethod(const std::string& method) {
  constexpr std::array<std::string_view, 4> kSafe = {"GET", "HEAD", "OPTIONS", "TRACE"};
  return std::ranges::find(kSafe, method) == kSafe.end();
}

bool NeedsOrigin(const HttpRequest& request) {
  constexpr std::array<std::string_view, 6> kOwn = {"Range",    "If-Match",          "If-None-Match",
                                                    "If-Range", "If-Modified-Since", "If-Unmodified-Since"};
  return (request.method != "GET" && request.method != "HEAD") ||
         std::ranges::any_of(kOwn, [&](std::string_view name) { return request.fields.Has(name); });
}

bool ForItselfAlone(const HttpResponseCacheConfig& config, const HttpRequest& request) {
  return ControlOf(request.fields).no_store || (config.shared && request.fields.Has("Authorization"));
}

bool AnswersAuthorized(const CacheControl& control) {
  return control.is_public || control.must_revalidate || control.s_maxage.has_value();
}

bool Storable(const HttpResponseCacheConfig& config, const HttpRequest& request, const HttpResponse& response) {
  const CacheControl control = ControlOf(response.fields);
  if (request.method != "GET" || request.fields.Has("Range")) return false;
  if (response.status < 200 || response.status == 206 || response.status == 304) return false;
  if (control.no_store || ControlOf(request.fields).no_store || VariesByAll(response)) return false;
  if (config.shared) {
    if (control.is_private) return false;
    if (request.fields.Has("Authorization") && !AnswersAuthorized(control)) return false;
  }
  return control.is_public || control.is_private || control.max_age.has_value() || response.fields.Has("Expires") ||
         (config.shared && control.s_maxage.has_value()) ||
         std::ranges::find(kHeuristicStatus, response.status) != kHeuristicStatus.end();
}

KeptResponse MakeKept(const HttpResponseCacheConfig& config, const HttpRequest& request, HttpResponse response,
                      const HttpExchange& exchange) {
  KeptResponse kept;
  for (const std::string& name : ListOf(response.fields.Combined("Connection"))) response.fields.Remove(name);
  for (const std::string_view name : kHopByHop) response.fields.Remove(name);
  for (std::string& name : ListOf(response.fields.Combined("Vary"))) {
    std::string value = request.fields.Combined(name).value_or("");
    kept.varies_by.push_back({std::move(name), std::move(value)});
  }
  kept.control = ControlOf(response.fields);
  kept.date = DateIn(response.fields, "Date", exchange.received_wall).value_or(exchange.received_wall);
  kept.received_at = exchange.received_at;
  const Duration apparent = Counted(exchange.received_wall - kept.date);
  kept.age_initial = std::max(apparent, StatedAge(response.fields) + (exchange.received_at - exchange.asked_at));
  kept.response = std::move(response);
  kept.lifetime = LifetimeOf(config, kept, exchange.received_wall);
  return kept;
}

HttpResponse WithFieldsOf(HttpResponse kept, const HttpResponse& not_modified) {
  constexpr std::array<std::string_view, 4> kOfTheBody = {"Content-Length", "Content-Encoding", "Content-Type",
                                                          "Content-Range"};
  const auto replaces = [&](const HttpField& field) {
    return std::ranges::none_of(kOfTheBody, [&](std::string_view name) { return SameFieldName(name, field.name); });
  };
  for (const HttpField& field : not_modified.fields.all()) {
    if (replaces(field)) kept.fields.Remove(field.name);
  }
  // Age belongs to the old response: the new one comes without it when it comes from the origin itself. So does Date:
  // where the new one has none, it is as old as its receipt (RFC 9110 6.6.1).
  kept.fields.Remove("Age");
  kept.fields.Remove("Date");
  for (const HttpField& field : not_modified.fields.all()) {
    if (replaces(field)) kept.fields.Add(field.name, field.value);
  }
  return kept;
}

bool Suits(const KeptResponse& kept, const HttpRequest& request) {
  return std::ranges::all_of(kept.varies_by, [&](const HttpField& field) {
    return request.fields.Combined(field.name).value_or("") == field.value;
  });
}

bool IsOvertaken(const KeptResponse& late, TimePoint asked_at, const KeptResponse& kept) {
  return asked_at < kept.received_at && late.date < kept.date;
}

Duration AgeOf(const KeptResponse& kept, TimePoint now) { return kept.age_initial + (now - kept.received_at); }

bool ForbidsStale(const HttpResponseCacheConfig& config, const CacheControl& control) {
  return control.must_revalidate || control.no_cache ||
         (config.shared && (control.proxy_revalidate || control.s_maxage.has_value()));
}

}  // namespace attune::cache
