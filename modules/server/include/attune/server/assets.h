#pragma once
// Assets: the files of the web page inside the binary.
//
//   if (const Asset* asset = FindAsset("/assets/index-4f3a.js")) Serve(*asset);
//
// The build puts them there (cmake/EmbedAssets.cmake); without Node the only one is "/", a page
// that says how to build the real one.
// Ownership  the bytes live as long as the program.
// Threads    everything is constant.

#include <span>
#include <string>
#include <string_view>

namespace attune::server {

struct Asset {
  std::string_view path;          // "/", "/assets/index-4f3a.js"
  std::string_view content_type;  // "text/html; charset=utf-8"
  std::string_view etag;          // with its quotes; changes with the content
  std::string_view bytes;         // as they are sent
  bool gzipped = false;           // `bytes` are compressed; see Inflate
  bool immutable = false;         // the name carries a hash of the content
};

std::span<const Asset> Assets();
const Asset* FindAsset(std::string_view path);  // null when there is none
bool HasRealPage();                             // false: only the built-in one

}  // namespace attune::server
