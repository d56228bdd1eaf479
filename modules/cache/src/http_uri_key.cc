#include "http_uri_key.h"

#include <algorithm>
#include <cstddef>

#include "attune/base/ascii.h"

namespace attune::cache {
namespace {

// Without the fragment, which never leaves the client. What is absent differs from what is empty.
struct Uri {
  std::optional<std::string> scheme;
  std::optional<std::string> authority;
  std::string path;
  std::optional<std::string> query;
};

bool IsScheme(std::string_view text) {
  return !text.empty() && IsLetter(text.front()) && std::ranges::all_of(text, [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '+' || c == '-' || c == '.';
  });
}

// Takes it off the front of `rest`.
std::string_view TakeUntil(std::string_view& rest, std::string_view ends) {
  const std::string_view taken = rest.substr(0, rest.find_first_of(ends));
  rest.remove_prefix(taken.size());
  return taken;
}

Uri ParseUri(std::string_view text) {
  Uri uri;
  text = text.substr(0, text.find('#'));
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos && IsScheme(text.substr(0, colon))) {
    uri.scheme = std::string(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    uri.authority = std::string(TakeUntil(text, "/?"));
  }
  uri.path = std::string(TakeUntil(text, "?"));
  if (!text.empty()) uri.query = std::string(text.substr(1));
  return uri;
}

std::string ToText(const Uri& uri) {
  std::string text;
  if (uri.scheme.has_value()) text.append(*uri.scheme).append(":");
  if (uri.authority.has_value()) text.append("//").append(*uri.authority);
  if (!uri.authority.has_value() && uri.path.starts_with("//")) text.append("/.");  // or it would read as a host
  text.append(uri.path);
  if (uri.query.has_value()) text.append("?").append(*uri.query);
  return text;
}

void LowerCase(std::string& text, std::size_t from = 0) {
  std::transform(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(),
                 text.begin() + static_cast<std::ptrdiff_t>(from), ToLower);
}

// RFC 3986 5.2.4, of a path that begins with '/'.
std::string WithoutDotSegments(std::string_view path) {
  std::string kept;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = TakeUntil(path, "/");
    const bool up = segment == "..";
    if (up) kept.resize(std::min(kept.rfind('/'), kept.size()));
    if (!up && segment != ".") {
      kept.append("/").append(segment);
    } else if (path.empty()) {
      kept.append("/");  // what the dots name is a directory
    }
  }
  return kept;
}

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = ToLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The character that "%7e" at this place stands for; -1 for anything else.
int EscapedAt(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size()) return -1;
  const int high = HexValue(text[at + 1]);
  const int low = HexValue(text[at + 2]);
  return high < 0 || low < 0 ? -1 : 16 * high + low;
}

bool IsWellEscaped(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (EscapedAt(text, at) < 0) return false;
  }
  return true;
}

// Letters, digits and -._~ mean the same with a percent sign and without; of others, the case of the digits is nothing.
// REQUIRES: IsWellEscaped.
std::string WithoutNeedlessEscapes(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      plain.push_back(text[at]);
      continue;
    }
    const int code = EscapedAt(text, at);
    const char c = static_cast<char>(code);
    at += 2;
    if (IsLetter(c) || IsDigit(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
      plain.push_back(c);
    } else {
      plain.append("%").append(1, kDigits[static_cast<std::size_t>(code) / 16]);
      plain.append(1, kDigits[static_cast<std::size_t>(code) % 16]);
    }
  }
  return plain;
}

// Lower case, and without a port that goes without saying. What stands in front of '@' keeps its case.
void NormaliseAuthority(std::string& authority, std::string_view scheme) {
  const std::size_t host = authority.rfind('@') + 1;  // 0 where there is none
  LowerCase(authority, host);
  const bool literal = authority.find('[', host) == host;  // an address with colons of its own
  const std::size_t end = literal ? authority.find(']', host) + 1 : authority.find(':', host);
  if (end >= authority.size() || authority[end] != ':') return;
  const std::string_view port = std::string_view(authority).substr(end + 1);
  if (port.empty() || (scheme == "http" && port == "80") || (scheme == "https" && port == "443")) {
    authority.resize(end);
  }
}

void Normalise(Uri& uri) {
  if (uri.scheme.has_value()) LowerCase(*uri.scheme);
  if (uri.authority.has_value()) NormaliseAuthority(*uri.authority, uri.scheme.value_or(""));
  if (uri.authority.has_value() && uri.path.empty()) uri.path = "/";
  // What has a percent sign that escapes nothing is no URI, and stays as it is.
  if (uri.path.starts_with('/') && IsWellEscaped(uri.path))
    uri.path = WithoutDotSegments(WithoutNeedlessEscapes(uri.path));
  if (uri.query.has_value() && IsWellEscaped(*uri.query)) uri.query = WithoutNeedlessEscapes(*uri.query);
}

// RFC 3986 5.2.3.
std::string Merged(const Uri& base, std::string_view path) {
  if (base.authority.has_value() && base.path.empty()) return "/" + std::string(path);
  return base.path.substr(0, base.path.rfind('/') + 1).append(path);
}

// RFC 3986 5.2.2.
Uri Resolved(const Uri& base, Uri reference) {
  if (reference.scheme.has_value()) return reference;
  reference.scheme = base.scheme;
  if (reference.authority.has_value()) return reference;
  reference.authority = base.authority;
  if (reference.path.empty()) {
    reference.path = base.path;
    if (!reference.query.has_value()) reference.query = base.query;
  } else if (!reference.path.starts_with('/')) {
    reference.path = Merged(base, reference.path);
  }
  return reference;
}

}  // namespace

std::string HttpUriKey(std::string_view text) {
  Uri uri = ParseUri(text);
  Normalise(uri);
  return ToText(uri);
}

std::optional<std::string> SameOriginKey(std::string_view base_text, std::string_view reference) {
  Uri base = ParseUri(base_text);
  Uri named = Resolved(base, ParseUri(reference));
  Normalise(base);
  Normalise(named);
  if (named.scheme != base.scheme || named.authority != base.authority) return std::nullopt;
  return ToText(named);
}

}  // namespace attune::cache
