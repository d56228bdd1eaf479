#pragma once
// HttpRequest and HttpResponse: what a cache needs to see of a message, bound to no HTTP library.
//
//   HttpResponse response{.status = 200, .fields = {{"ETag", "\"a1\""}}, .body = "..."};
//   response.fields.Combined("etag");  // "\"a1\""
//
// Threads    plain values.
// Names      compare without regard to the case of ASCII letters.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/memory/deep_size.h"

namespace attune::cache {

struct HttpField {
  std::string name;
  std::string value;

  friend bool operator==(const HttpField&, const HttpField&) = default;
  friend void AttuneVisitOwned(memory::SizeVisitor& visit, const HttpField& field) { visit(field.name, field.value); }
};

bool SameFieldName(std::string_view a, std::string_view b) noexcept;

class HttpFields {
 public:
  HttpFields() = default;
  HttpFields(std::initializer_list<HttpField> fields) : fields_(fields) {}
  explicit HttpFields(std::vector<HttpField> fields) : fields_(std::move(fields)) {}

  bool Has(std::string_view name) const noexcept;
  // All values under this name in their order, with ", " between them; none when there is no such field.
  std::optional<std::string> Combined(std::string_view name) const;

  void Add(std::string name, std::string value) { fields_.push_back({std::move(name), std::move(value)}); }
  void Set(std::string_view name, std::string value);  // the only one of this name afterwards
  void Remove(std::string_view name);

  const std::vector<HttpField>& all() const noexcept { return fields_; }

  friend bool operator==(const HttpFields&, const HttpFields&) = default;
  friend void AttuneVisitOwned(memory::SizeVisitor& visit, const HttpFields& fields) { visit(fields.fields_); }

 private:
  std::vector<HttpField> fields_;
};

struct HttpRequest {
  std::string method = "GET";
  std::string uri;  // absolute, as the client means it
  HttpFields fields;
};

struct HttpResponse {
  int status = 200;
  HttpFields fields;
  std::string body;

  friend bool operator==(const HttpResponse&, const HttpResponse&) = default;
  friend void AttuneVisitOwned(memory::SizeVisitor& visit, const HttpResponse& response) {
    visit(response.fields, response.body);
  }
};

}  // namespace attune::cache
