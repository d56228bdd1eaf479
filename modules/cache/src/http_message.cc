#include "attune/cache/http_message.h"

#include <algorithm>

#include "attune/base/ascii.h"

namespace attune::cache {

bool SameFieldName(std::string_view a, std::string_view b) noexcept { return EqualsIgnoringCase(a, b); }

bool HttpFields::Has(std::string_view name) const noexcept {
  return std::ranges::any_of(fields_, [name](const HttpField& field) { return SameFieldName(field.name, name); });
}

std::optional<std::string> HttpFields::Combined(std::string_view name) const {
  std::optional<std::string> combined;
  for (const HttpField& field : fields_) {
    if (!SameFieldName(field.name, name)) continue;
    if (combined.has_value()) {
      combined->append(", ").append(field.value);
    } else {
      combined = field.value;
    }
  }
  return combined;
}

void HttpFields::Remove(std::string_view name) {
  std::erase_if(fields_, [name](const HttpField& field) { return SameFieldName(field.name, name); });
}

void HttpFields::Set(std::string_view name, std::string value) {
  Remove(name);
  Add(std::string(name), std::move(value));
}

}  // namespace attune::cache
