// SPDX-License-Identifier: MIT
// The core's Error becomes mxseal.ParseError, here and nowhere else. For calls that have one value
// to give; bulk calls carry their errors in rows.
#pragma once

#include "bindings/pybind.hpp"

#include <type_traits>
#include <utility>

#include "base/result.hpp"

namespace mxseal::bindings {

/// Raises mxseal.ParseError with code, message, detail and offset (None where the error has none).
[[noreturn]] void raise(const Error& error);

/// The value of a result, or its error raised.
template <typename T>
T unwrap(Result<T> result) {
  if (!result) raise(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

}  // namespace mxseal::bindings
