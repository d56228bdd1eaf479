#include "attune/console/path_text.h"

#include <cstddef>

#include "attune/console/text_encoding.h"

namespace attune::console {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void AppendEscaped(char c, std::string& text) {
  const auto octet = static_cast<unsigned char>(c);
  switch (c) {
    case '\n':
      text += "\\n";
      return;
    case '\t':
      text += "\\t";
      return;
    case '\r':
      text += "\\r";
      return;
    case '\\':
      text += "\\\\";
      return;
    default:
      text += "\\x";
      text += kHex[octet >> 4U];
      text += kHex[octet & 15U];
  }
}

bool IsControl(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet < 0x20 || octet == 0x7F;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string ToPathText(std::string_view path) {
  std::string text;
  text.reserve(path.size());
  while (!path.empty()) {
    const std::size_t valid = ValidUtf8Prefix(path);
    for (const char c : path.substr(0, valid)) {
      if (IsControl(c) || c == '\\') {
        AppendEscaped(c, text);
      } else {
        text += c;
      }
    }
    if (valid == path.size()) break;
    AppendEscaped(path[valid], text);
    path.remove_prefix(valid + 1);
  }
  return text;
}

Result<std::string> FromPathText(std::string_view text) {
  std::string path;
  path.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      path += text[i];
      continue;
    }
    const char kind = i + 1 < text.size() ? text[i + 1] : '\0';
    ++i;
    if (kind == 'n') {
      path += '\n';
    } else if (kind == 't') {
      path += '\t';
    } else if (kind == 'r') {
      path += '\r';
    } else if (kind == '\\') {
      path += '\\';
    } else if (kind == 'x' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0) {
      path += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      return Error(ErrorCode::kInvalidArgument, "path '" + std::string(text) + "' has an unknown escape at byte " +
                                                    std::to_string(i - 1) + "; known are \\n \\t \\r \\\\ and \\xHH");
    }
  }
  return path;
}

}  // namespace attune::console
