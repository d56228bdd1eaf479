#include "attune/server/assets.h"

#include <algorithm>
#include <array>

#include "embedded_assets.h"

namespace attune::server {
namespace {

constexpr std::string_view kPlainPage = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>attune</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }</style>
<h1>attune is running</h1>
<p>This binary was built without its page. To have it, install Node.js 18 or newer and npm, and build again with
<code>-DATTUNE_BUILD_WEB=ON</code>.</p>
<p>Everything else works: <a href="/v1/search?q=hello">/v1/search?q=…</a>, <a href="/v1/status">/v1/status</a>,
<a href="/v1/openapi.json">/v1/openapi.json</a>, <a href="/metrics">/metrics</a>.</p>
</html>
)";

constexpr std::array kPlainAssets = std::to_array<Asset>({
    {.path = "/", .content_type = "text/html; charset=utf-8", .etag = "\"plain-1\"", .bytes = kPlainPage},
});

}  // namespace

bool HasRealPage() { return !EmbeddedAssets().empty(); }

std::span<const Asset> Assets() { return HasRealPage() ? EmbeddedAssets() : std::span<const Asset>(kPlainAssets); }

const Asset* FindAsset(std::string_view path) {
  if (path == "/index.html") path = "/";
  const auto found = std::ranges::find(Assets(), path, &Asset::path);
  return found == Assets().end() ? nullptr : &*found;
}

}  // namespace attune::server
