#include "path_glob.h"

#include <array>
#include <limits>

namespace attune::console {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kSetsMax = std::numeric_limits<std::uint16_t>::max();  // Token::set is 16 bits wide

unsigned char OctetOf(char c) { return static_cast<unsigned char>(c); }

// The C locale's classes, whatever locale the process runs in.
bool IsInNamedClass(std::string_view name, unsigned c, bool& known) {
  const bool upper = c >= 'A' && c <= 'Z';
  const bool lower = c >= 'a' && c <= 'z';
  const bool digit = c >= '0' && c <= '9';
  const bool graph = c > 0x20 && c < 0x7F;
  const struct {
    std::string_view name;
    bool member;
  } classes[] = {
      {"alnum", upper || lower || digit},
      {"alpha", upper || lower},
      {"blank", c == ' ' || c == '\t'},
      {"cntrl", c < 0x20 || c == 0x7F},
      {"digit", digit},
      {"graph", graph},
      {"lower", lower},
      {"print", graph || c == ' '},
      {"punct", graph && !(upper || lower || digit)},
      {"space", c == ' ' || (c >= '\t' && c <= '\r')},
      {"upper", upper},
      {"xdigit", digit || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f')},
  };
  for (const auto& entry : classes) {
    if (entry.name == name) {
      known = true;
      return entry.member;
    }
  }
  known = false;
  return false;
}

bool AddNamedClass(std::string_view name, std::bitset<256>& set) {
  bool known = false;
  for (unsigned c = 0; c < 256; ++c) {
    if (IsInNamedClass(name, c, known)) set.set(c);
    if (!known) return false;
  }
  return true;
}

}  // namespace

PathGlob::PathGlob(std::string_view pattern) {
  for (std::size_t at = 0; at < pattern.size() && !never_;) {
    switch (pattern[at]) {
      case '*':
        CompileStars(pattern, at);
        continue;
      case '[':
        never_ = !CompileSet(pattern, at);
        break;
      case '?':
        tokens_.push_back({Op::kAny, 0, 0});
        ++at;
        break;
      case '\\':
        if (++at == pattern.size()) {
          never_ = true;
          return;
        }
        [[fallthrough]];
      default:
        tokens_.push_back({Op::kByte, pattern[at], 0});
        ++at;
    }
    ++length_min_;
  }
}

// `at` is at a '*'; consumes the run of stars and, for "**/", the slash.
void PathGlob::CompileStars(std::string_view pattern, std::size_t& at) {
  const bool starts_component = at == 0 || pattern[at - 1] == '/';
  const std::size_t first = at;
  while (at < pattern.size() && pattern[at] == '*') ++at;
  const std::string_view rest = pattern.substr(at);
  const bool ends_component = rest.empty() || rest[0] == '/' || rest.substr(0, 2) == "\\/";
  if (at - first == 1 || !starts_component || !ends_component) {
    tokens_.push_back({Op::kStar, 0, 0});
    return;
  }
  if (rest.empty() || rest[0] == '\\') {
    tokens_.push_back({Op::kGlobstar, 0, 0});
    return;
  }
  ++at;
  if (tokens_.empty() || tokens_.back().op != Op::kGlobstarSlash) tokens_.push_back({Op::kGlobstarSlash, 0, 0});
}

// `at` is at a '['; returns false if the class is not well formed.
bool PathGlob::CompileSet(std::string_view pattern, std::size_t& at) {
  if (sets_.size() >= kSetsMax) return false;
  std::bitset<256> set;
  const auto byte = [&](std::size_t i) { return i < pattern.size() ? pattern[i] : '\0'; };
  std::size_t i = at + 1;
  const bool negated = byte(i) == '!' || byte(i) == '^';
  if (negated) ++i;
  char previous = 0;  // the possible beginning of a range
  bool first = true;
  for (; first || byte(i) != ']'; ++i, first = false) {
    char c = byte(i);
    if (c == '\0') return false;
    if (c == '-' && previous != 0 && byte(i + 1) != '\0' && byte(i + 1) != ']') {
      c = byte(++i);
      if (c == '\\' && (c = byte(++i)) == '\0') return false;
      for (unsigned member = OctetOf(previous); member <= OctetOf(c); ++member) set.set(member);
      previous = 0;
      continue;
    }
    if (c == '[' && byte(i + 1) == ':') {
      const std::size_t close = pattern.find(']', i + 2);
      if (close == std::string_view::npos) return false;
      if (close > i + 2 && pattern[close - 1] == ':') {
        if (!AddNamedClass(pattern.substr(i + 2, close - 1 - (i + 2)), set)) return false;
        i = close;
        previous = 0;
        continue;
      }
    }
    if (c == '\\' && (c = byte(++i)) == '\0') return false;
    set.set(OctetOf(c));
    previous = c;
  }
  if (negated) set.flip();
  set.reset('/');
  tokens_.push_back({Op::kSet, 0, static_cast<std::uint16_t>(sets_.size())});
  sets_.push_back(set);
  at = i + 1;
  return true;
}

bool PathGlob::MatchesByte(const Token& token, char byte) const {
  switch (token.op) {
    case Op::kByte:
      return token.byte == byte;
    case Op::kAny:
      return byte != '/';
    case Op::kSet:
      return sets_[token.set].test(OctetOf(byte));
    default:
      return false;
  }
}

// Two places to come back to are enough. A later star makes an earlier one of the same component superfluous, because
// no token but a slash crosses a component; a later globstar makes everything before it superfluous, because it can
// take whatever a longer match before it would have taken.
bool PathGlob::Matches(std::string_view text) const {
  if (never_ || text.size() < length_min_) return false;
  if (!tokens_.empty() && !text.empty()) {  // most candidates end differently
    const Token& last = tokens_.back();
    if (last.op <= Op::kSet && !MatchesByte(last, text.back())) return false;
  }
  std::size_t token = 0;
  std::size_t at = 0;
  std::size_t star_token = kNone;
  std::size_t star_at = 0;
  std::size_t globstar_token = kNone;
  std::size_t globstar_at = 0;
  for (;;) {
    if (token < tokens_.size()) {
      const Token& now = tokens_[token];
      if (now.op == Op::kStar) {
        star_token = token++;
        star_at = at;
        continue;
      }
      if (now.op == Op::kGlobstar || now.op == Op::kGlobstarSlash) {
        star_token = kNone;
        globstar_token = token++;
        globstar_at = at;
        continue;
      }
      if (at < text.size() && MatchesByte(now, text[at])) {
        ++token;
        ++at;
        continue;
      }
    } else if (at == text.size()) {
      return true;
    }
    if (star_token != kNone && star_at < text.size() && text[star_at] != '/') {
      at = ++star_at;
      token = star_token + 1;
      continue;
    }
    if (globstar_token == kNone || globstar_at >= text.size()) return false;
    star_token = kNone;
    if (tokens_[globstar_token].op == Op::kGlobstar) {
      at = ++globstar_at;
    } else {
      const std::size_t slash = text.find('/', globstar_at);
      if (slash == std::string_view::npos) return false;
      at = globstar_at = slash + 1;
    }
    token = globstar_token + 1;
  }
}

}  // namespace attune::console
