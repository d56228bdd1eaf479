#pragma once
// The OpenAPI 3.1 document of the HTTP interface, made from the table of operations.
//
//   std::string json = OpenApiDocument("0.1.0");
//
// Threads    a pure function. Cost  about 50 us and 40 KiB.

#include <string>
#include <string_view>

namespace attune::server {

std::string OpenApiDocument(std::string_view version);

}  // namespace attune::server
