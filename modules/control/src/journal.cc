#include "attune/control/journal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "attune/base/check.h"

namespace attune::control {
namespace {

// Cuts at the last whole UTF-8 character that fits, and says so.
void Bound(std::string& text) {
  if (text.size() <= kDecisionTextMax) return;
  constexpr std::string_view kMark = "…";
  std::size_t size = kDecisionTextMax - kMark.size();
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
  text.resize(size);
  text += kMark;
  text.shrink_to_fit();
}

void Bound(Decision& decision) {
  for (std::string* text : {&decision.knob, &decision.from, &decision.to, &decision.controller, &decision.reason}) {
    Bound(*text);
  }
  if (decision.inputs.size() > kDecisionInputsMax) decision.inputs.resize(kDecisionInputsMax);
  for (DecisionInput& input : decision.inputs) Bound(input.key);
}

}  // namespace

std::string ToString(const Decision& decision) {
  std::string text = decision.knob + " " + decision.from + " -> " + decision.to + " by " + decision.controller;
  for (const DecisionInput& input : decision.inputs) {
    std::array<char, 32> number{};
    const auto [end, failure] = std::to_chars(number.data(), number.data() + number.size(), input.value);
    text += (&input == decision.inputs.data() ? " (" : " ") + input.key + "=";
    text.append(number.data(), failure == std::errc{} ? end : number.data());
  }
  if (!decision.inputs.empty()) text += ")";
  return decision.reason.empty() ? text : text + ": " + decision.reason;
}

Journal::Journal(std::size_t capacity) : capacity_(capacity) { ATTUNE_CHECK(capacity >= 1, "room for one decision"); }

std::uint64_t Journal::Append(Decision decision) {
  Bound(decision);
  const std::scoped_lock lock(mutex_);
  decision.sequence = ++sequence_last_;
  if (decisions_.size() == capacity_) decisions_.pop_front();
  decisions_.push_back(std::move(decision));
  return sequence_last_;
}

std::vector<Decision> Journal::Since(std::uint64_t sequence, std::size_t count_max) const {
  const std::scoped_lock lock(mutex_);
  if (sequence >= sequence_last_) return {};
  const std::uint64_t sequence_first = sequence_last_ - decisions_.size() + 1;
  const std::uint64_t skipped = sequence + 1 > sequence_first ? sequence + 1 - sequence_first : 0;
  const std::size_t count = std::min<std::size_t>(decisions_.size() - skipped, count_max);
  const auto begin = decisions_.begin() + static_cast<std::ptrdiff_t>(skipped);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

std::vector<Decision> Journal::Before(std::uint64_t sequence, std::size_t count_max,
                                      std::string_view knob_prefix) const {
  const std::scoped_lock lock(mutex_);
  std::vector<Decision> before;
  for (auto at = decisions_.rbegin(); at != decisions_.rend() && before.size() < count_max; ++at) {
    const bool older = sequence == 0 || at->sequence < sequence;
    if (older && at->knob.starts_with(knob_prefix)) before.push_back(*at);
  }
  return before;
}

std::vector<Decision> Journal::Latest(std::string_view knob, std::size_t count_max) const {
  const std::scoped_lock lock(mutex_);
  std::vector<Decision> latest;
  for (auto at = decisions_.rbegin(); at != decisions_.rend() && latest.size() < count_max; ++at) {
    if (at->knob == knob) latest.push_back(*at);
  }
  return latest;
}

std::uint64_t Journal::last_sequence() const {
  const std::scoped_lock lock(mutex_);
  return sequence_last_;
}

}  // namespace attune::control
