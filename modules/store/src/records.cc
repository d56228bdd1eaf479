#include "attune/store/records.h"

#include <string_view>

namespace attune::store {

std::string_view ToString(SourceKind kind) noexcept {
  switch (kind) {
    case SourceKind::kFolder:
      return "folder";
    case SourceKind::kChat:
      return "chat";
    case SourceKind::kNotes:
      return "notes";
  }
  return "unknown";
}

std::string_view ToString(DocumentKind kind) noexcept {
  switch (kind) {
    case DocumentKind::kOther:
      return "other";
    case DocumentKind::kCode:
      return "code";
    case DocumentKind::kProse:
      return "prose";
    case DocumentKind::kPage:
      return "page";
    case DocumentKind::kData:
      return "data";
  }
  return "unknown";
}

}  // namespace attune::store
