#pragma once
// FindEntity: the character that a named reference such as "eacute" stands for.

#include <optional>
#include <string_view>

namespace attune::console {

std::optional<char32_t> FindEntity(std::string_view name) noexcept;

}  // namespace attune::console
