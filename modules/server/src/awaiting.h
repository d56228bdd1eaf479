#pragma once
// How the files that talk to sockets await: what fails arrives as a value, the first of a tuple, and nothing throws.
// Includes Boost.Asio: for .cc files alone.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

namespace attune::server {

using ErrorOf = boost::system::error_code;

inline constexpr auto kAsTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace attune::server
