#include "attune/cache/http_response_cache.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "attune/base/ascii.h"
#include "attune/base/check.h"
#include "attune/cache/budgeted_cache.h"
#include "http_invalidations.h"
#include "http_kept_response.h"
#include "http_uri_key.h"

namespace attune::cache {
namespace {

using Seconds = std::chrono::seconds;

// The responses to one URI, the newest in front.
using Variants = std::vector<std::shared_ptr<const KeptResponse>>;
// Immutable: a change makes a new one, so that the cache always knows its size.
using VariantsPtr = std::shared_ptr<const Variants>;

CacheConfig ConfigOf(const HttpResponseCacheConfig& config) {
  // Old responses stay: they may be validated. A network is never cheaper than a lookup.
  return {.name = config.name,
          .entries_max = config.entries_max,
          .bytes_max = config.bytes_max,
          .may_bypass = false,
          .worth = {.load_cost = config.origin_cost}};
}

std::string_view WithoutWeak(std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; }

// RFC 9111 4.3.4: a 304 with a validator speaks of the response that has the same. None in it: of whatever is kept.
bool SpeaksOf(const HttpResponse& not_modified, const HttpResponse& kept) {
  const auto tag = not_modified.fields.Combined("ETag");
  const auto tag_kept = kept.fields.Combined("ETag");
  if (tag.has_value() && tag_kept.has_value()) return WithoutWeak(*tag) == WithoutWeak(*tag_kept);
  const auto modified = not_modified.fields.Combined("Last-Modified");
  const auto modified_kept = kept.fields.Combined("Last-Modified");
  if (modified.has_value() && modified_kept.has_value()) return Trim(*modified) == Trim(*modified_kept);
  return !tag.has_value() && !modified.has_value();
}

bool ServerFailed(int status) { return status == 500 || status == 502 || status == 503 || status == 504; }

HttpCacheAnswer Reply(HttpResponse response) {
  return {.outcome = HttpCacheOutcome::kFresh, .response = std::move(response), .to_origin = std::nullopt};
}

HttpRequest Conditional(const HttpRequest& request, const KeptResponse& kept) {
  HttpRequest conditional = request;
  conditional.method = "GET";  // what comes back refreshes the kept response, whole
  if (const auto tag = kept.response.fields.Combined("ETag")) conditional.fields.Set("If-None-Match", *tag);
  if (const auto modified = kept.response.fields.Combined("Last-Modified")) {
    conditional.fields.Set("If-Modified-Since", *modified);
  }
  return conditional;
}

}  // namespace

Status Validate(const HttpResponseCacheConfig& config) {
  if (!(config.heuristic_share >= 0 && config.heuristic_share <= 1)) {
    return Error(ErrorCode::kInvalidArgument,
                 "heuristic_share is " + std::to_string(config.heuristic_share) + "; it must be 0 to 1");
  }
  if (config.heuristic_max < Duration(0) || config.stale_if_error < Duration(0) || config.origin_cost < Duration(0) ||
      config.refresh_timeout <= Duration(0)) {
    return Error(ErrorCode::kInvalidArgument,
                 "heuristic_max, stale_if_error and origin_cost must not be negative, and refresh_timeout must be "
                 "positive");
  }
  return Validate(ConfigOf(config));
}

class HttpResponseCache::Store {
 public:
  Store(const Clock& clock, HttpResponseCacheConfig config, ReadyCacheHooks hooks)
      : clock_(clock), config_(std::move(config)), kept_(clock, ConfigOf(config_), std::move(hooks)) {}

  // All of these REQUIRE mutex.
  HttpCacheAnswer Find(const HttpRequest& request);
  HttpCacheAnswer OnResponse(const HttpRequest& request, const HttpResponse& response, TimePoint asked_at);
  std::optional<HttpResponse> Rescue(const HttpRequest& request);
  void Forget(const std::string& uri);
  void Clear();

  std::mutex mutex;  // taken before the locks of kept()
  HttpCacheStats stats;
  BudgetedCache<std::string, VariantsPtr>& kept() { return kept_; }

 private:
  using KeptPtr = std::shared_ptr<const KeptResponse>;

  KeptPtr Select(const HttpRequest& request);
  HttpCacheAnswer Answer(const HttpRequest& request, const CacheControl& asked, const KeptResponse& kept);
  HttpCacheAnswer AnswerStale(const HttpRequest& request, const CacheControl& asked, const KeptResponse& kept,
                              Duration staleness);
  HttpCacheAnswer Forward(const HttpRequest& request);
  bool ClaimRefresh(const std::string& key);
  HttpCacheAnswer OnNotModified(const HttpRequest& request, const HttpResponse& response, TimePoint asked_at);
  void Keep(const HttpRequest& request, const HttpResponse& response, TimePoint asked_at);
  void Put(const std::string& key, KeptResponse fresh, TimePoint asked_at);
  std::optional<HttpResponse> Refresh(const HttpRequest& request, const HttpResponse& not_modified, TimePoint asked_at);
  void Drop(const HttpRequest& request);
  bool NoteChange(std::string_view key);
  void Invalidate(const HttpRequest& request, const HttpResponse& response);
  HttpResponse ReplyWith(const HttpRequest& request, const KeptResponse& kept) const;
  HttpExchange ExchangeOf(TimePoint asked_at) const { return {asked_at, clock_.Now(), clock_.WallNow()}; }

  const Clock& clock_;
  const HttpResponseCacheConfig config_;
  BudgetedCache<std::string, VariantsPtr> kept_;
  HttpInvalidations changes_;
  std::vector<std::pair<std::string, TimePoint>> refreshing_;  // keys and until when; at most kRefreshingMax
  static constexpr std::size_t kRefreshingMax = 64;            // more refreshes at once would be a stampede themselves
};

HttpResponse HttpResponseCache::Store::ReplyWith(const HttpRequest& request, const KeptResponse& kept) const {
  HttpResponse reply{.status = kept.response.status, .fields = kept.response.fields, .body = {}};
  if (request.method != "HEAD") reply.body = kept.response.body;
  const auto age = std::chrono::floor<Seconds>(AgeOf(kept, clock_.Now()));
  reply.fields.Set("Age", std::to_string(std::min(age, kDeltaSecondsMax).count()));
  return reply;
}

HttpResponseCache::Store::KeptPtr HttpResponseCache::Store::Select(const HttpRequest& request) {
  const auto variants = kept_.Get(HttpUriKey(request.uri));
  if (!variants.has_value()) return nullptr;
  const auto found = std::ranges::find_if(**variants, [&](const KeptPtr& kept) { return Suits(*kept, request); });
  if (found == (*variants)->end()) return nullptr;
  const bool withheld = config_.shared && request.fields.Has("Authorization") && !AnswersAuthorized((*found)->control);
  return withheld ? nullptr : *found;
}

HttpCacheAnswer HttpResponseCache::Store::Find(const HttpRequest& request) {
  const CacheControl asked = ControlOf(request.fields);
  const KeptPtr kept = NeedsOrigin(request) ? nullptr : Select(request);
  if (kept != nullptr) {
    HttpCacheAnswer answer = Answer(request, asked, *kept);
    if (answer.response.has_value() || !asked.only_if_cached) {
      stats.validations += answer.to_origin.has_value() ? 1U : 0U;
      return answer;
    }
  }
  if (asked.only_if_cached) {
    return {.outcome = HttpCacheOutcome::kUnsatisfied,
            .response = HttpResponse{.status = 504, .fields = {}, .body = {}}};
  }
  return Forward(request);
}

HttpCacheAnswer HttpResponseCache::Store::Answer(const HttpRequest& request, const CacheControl& asked,
                                                 const KeptResponse& kept) {
  const Duration age = AgeOf(kept, clock_.Now());
  const bool validate = asked.no_cache || kept.control.no_cache || (asked.max_age.has_value() && age > *asked.max_age);
  const Duration staleness = age - kept.lifetime;
  if (!validate && staleness + asked.min_fresh.value_or(Seconds(0)) < Duration(0)) {
    ++stats.fresh;
    return {.outcome = HttpCacheOutcome::kFresh, .response = ReplyWith(request, kept)};
  }
  if (!validate && !asked.min_fresh.has_value() && !ForbidsStale(config_, kept.control)) {
    if (HttpCacheAnswer answer = AnswerStale(request, asked, kept, staleness); answer.response.has_value()) {
      return answer;
    }
  }
  return {.outcome = HttpCacheOutcome::kValidate, .response = std::nullopt, .to_origin = Conditional(request, kept)};
}

HttpCacheAnswer HttpResponseCache::Store::AnswerStale(const HttpRequest& request, const CacheControl& asked,
                                                      const KeptResponse& kept, Duration staleness) {
  const bool accepted = asked.max_stale.has_value() && staleness <= *asked.max_stale;
  const bool refresh =
      kept.control.stale_while_revalidate.has_value() && staleness <= *kept.control.stale_while_revalidate;
  if (!accepted && !refresh) return {};
  ++stats.stale;
  if (!refresh || !ClaimRefresh(HttpUriKey(request.uri))) {
    return {.outcome = HttpCacheOutcome::kStale, .response = ReplyWith(request, kept)};
  }
  return {.outcome = HttpCacheOutcome::kStaleRefresh,
          .response = ReplyWith(request, kept),
          .to_origin = Conditional(request, kept)};
}

bool HttpResponseCache::Store::ClaimRefresh(const std::string& key) {
  const TimePoint now = clock_.Now();
  std::erase_if(refreshing_, [now](const auto& claim) { return claim.second <= now; });
  const bool running = std::ranges::any_of(refreshing_, [&](const auto& claim) { return claim.first == key; });
  if (running || refreshing_.size() == kRefreshingMax) return false;
  refreshing_.emplace_back(key, now + config_.refresh_timeout);
  return true;
}

HttpCacheAnswer HttpResponseCache::Store::OnResponse(const HttpRequest& request, const HttpResponse& response,
                                                     TimePoint asked_at) {
  const std::string key = HttpUriKey(request.uri);
  std::erase_if(refreshing_, [&](const auto& claim) { return claim.first == key; });
  if (UnsafeMethod(request.method)) {
    if (response.status >= 200 && response.status < 400) Invalidate(request, response);
    return Reply(response);
  }
  if (NeedsOrigin(request)) return Reply(response);
  if (response.status == 304) return OnNotModified(request, response, asked_at);
  if (ServerFailed(response.status)) {
    if (auto rescued = Rescue(request)) {
      return {.outcome = HttpCacheOutcome::kStale, .response = std::move(rescued), .to_origin = std::nullopt};
    }
  }
  if (!changes_.IsOld(key, asked_at)) Keep(request, response, asked_at);
  HttpResponse reply = response;
  if (request.method == "HEAD") reply.body.clear();
  return Reply(std::move(reply));
}

HttpCacheAnswer HttpResponseCache::Store::OnNotModified(const HttpRequest& request, const HttpResponse& response,
                                                        TimePoint asked_at) {
  // It speaks of what was kept before the change.
  if (changes_.IsOld(HttpUriKey(request.uri), asked_at)) return Forward(request);
  if (auto refreshed = Refresh(request, response, asked_at)) return Reply(*std::move(refreshed));
  Drop(request);  // or the next one asks with the same condition, and gets no further
  return Forward(request);
}

void HttpResponseCache::Store::Keep(const HttpRequest& request, const HttpResponse& response, TimePoint asked_at) {
  HttpRequest as_get = request;
  // With a body it was sent as GET, to validate. Without one nobody can say, and an empty body must not replace one.
  if (request.method == "HEAD" && !response.body.empty()) as_get.method = "GET";
  if (Storable(config_, as_get, response)) {
    Put(HttpUriKey(request.uri), MakeKept(config_, as_get, response, ExchangeOf(asked_at)), asked_at);
  } else if (request.method == "GET" && !ServerFailed(response.status) && !ForItselfAlone(config_, request)) {
    Drop(request);  // the origin has something newer that must not be kept
  }
}

HttpCacheAnswer HttpResponseCache::Store::Forward(const HttpRequest& request) {
  ++stats.forwarded;
  return {.outcome = HttpCacheOutcome::kForward, .response = std::nullopt, .to_origin = request};
}

void HttpResponseCache::Store::Put(const std::string& key, KeptResponse fresh, TimePoint asked_at) {
  auto variants = std::make_shared<Variants>();
  variants->reserve(kHttpVariantsMax);
  variants->push_back(std::make_shared<const KeptResponse>(std::move(fresh)));
  if (const auto before = kept_.Peek(key)) {
    for (const KeptPtr& kept : **before) {
      // Responses to one URI may name different fields in Vary; what the newest one can stand for leaves.
      const bool replaces = kept->varies_by == variants->front()->varies_by;
      if (replaces && IsOvertaken(*variants->front(), asked_at, *kept)) return;
      if (replaces || variants->size() == kHttpVariantsMax) continue;
      variants->push_back(kept);
    }
  }
  if (Stored(kept_.Put(key, std::move(variants)))) ++stats.stored;
}

std::optional<HttpResponse> HttpResponseCache::Store::Refresh(const HttpRequest& request,
                                                              const HttpResponse& not_modified, TimePoint asked_at) {
  const KeptPtr kept = Select(request);
  if (kept == nullptr || !SpeaksOf(not_modified, kept->response)) return std::nullopt;
  const HttpResponse updated = WithFieldsOf(kept->response, not_modified);
  HttpRequest as_get = request;
  as_get.method = "GET";
  ++stats.revalidated;
  KeptResponse fresh = MakeKept(config_, as_get, updated, ExchangeOf(asked_at));
  HttpResponse reply = ReplyWith(request, fresh);
  if (Storable(config_, as_get, updated)) {
    Put(HttpUriKey(request.uri), std::move(fresh), asked_at);
  } else if (!ForItselfAlone(config_, request)) {
    Drop(request);
  }
  return reply;
}

std::optional<HttpResponse> HttpResponseCache::Store::Rescue(const HttpRequest& request) {
  const KeptPtr kept = NeedsOrigin(request) ? nullptr : Select(request);
  if (kept == nullptr || ForbidsStale(config_, kept->control)) return std::nullopt;
  const CacheControl asked = ControlOf(request.fields);
  if (asked.no_cache) return std::nullopt;
  Duration allowed = config_.stale_if_error;
  if (kept->control.stale_if_error.has_value()) allowed = *kept->control.stale_if_error;
  if (asked.stale_if_error.has_value()) allowed = std::max<Duration>(allowed, *asked.stale_if_error);
  if (AgeOf(*kept, clock_.Now()) - kept->lifetime > allowed) return std::nullopt;
  ++stats.rescued;
  return ReplyWith(request, *kept);
}

void HttpResponseCache::Store::Drop(const HttpRequest& request) {
  const std::string key = HttpUriKey(request.uri);
  const auto before = kept_.Peek(key);
  if (!before.has_value()) return;
  auto variants = std::make_shared<Variants>(**before);
  std::erase_if(*variants, [&](const KeptPtr& kept) { return Suits(*kept, request); });
  if (variants->empty()) {
    kept_.Erase(key);
  } else {
    kept_.Put(key, std::move(variants));
  }
}

bool HttpResponseCache::Store::NoteChange(std::string_view key) {
  changes_.Note(key, clock_.Now());
  return kept_.Erase(key);
}

void HttpResponseCache::Store::Invalidate(const HttpRequest& request, const HttpResponse& response) {
  std::vector<std::string> keys = {HttpUriKey(request.uri)};
  for (const std::string_view name : {"Location", "Content-Location"}) {
    const auto reference = response.fields.Combined(name);
    if (!reference.has_value()) continue;
    if (auto key = SameOriginKey(request.uri, *reference)) keys.push_back(*std::move(key));
  }
  for (const std::string& key : keys) {
    if (NoteChange(key)) ++stats.invalidated;
  }
}

void HttpResponseCache::Store::Forget(const std::string& uri) { NoteChange(HttpUriKey(uri)); }

void HttpResponseCache::Store::Clear() {
  changes_.NoteAll(clock_.Now());
  kept_.Clear();
}

HttpResponseCache::HttpResponseCache(const Clock& clock, HttpResponseCacheConfig config, ReadyCacheHooks hooks) {
  ATTUNE_CHECK(Validate(config).ok(), "invalid HttpResponseCacheConfig");
  store_ = std::make_unique<Store>(clock, std::move(config), std::move(hooks));
}

HttpResponseCache::~HttpResponseCache() = default;

HttpCacheAnswer HttpResponseCache::Find(const HttpRequest& request) {
  const std::scoped_lock lock(store_->mutex);
  return store_->Find(request);
}

HttpCacheAnswer HttpResponseCache::OnResponse(const HttpRequest& request, const HttpResponse& response,
                                              TimePoint asked_at) {
  const std::scoped_lock lock(store_->mutex);
  return store_->OnResponse(request, response, asked_at);
}

std::optional<HttpResponse> HttpResponseCache::OnNoResponse(const HttpRequest& request) {
  const std::scoped_lock lock(store_->mutex);
  return store_->Rescue(request);
}

void HttpResponseCache::Forget(const std::string& uri) {
  const std::scoped_lock lock(store_->mutex);
  store_->Forget(uri);
}

void HttpResponseCache::Clear() {
  const std::scoped_lock lock(store_->mutex);
  store_->Clear();
}

std::size_t HttpResponseCache::size() const noexcept { return store_->kept().size(); }
Bytes HttpResponseCache::bytes() const noexcept { return store_->kept().bytes(); }
memory::Consumer& HttpResponseCache::consumer() noexcept { return store_->kept().consumer(); }
void HttpResponseCache::Maintain() { store_->kept().Maintain(); }

HttpCacheStats HttpResponseCache::Stats() const {
  const std::scoped_lock lock(store_->mutex);
  return store_->stats;
}

}  // namespace attune::cache
