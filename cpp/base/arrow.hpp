// SPDX-License-Identifier: MIT
// A table handed out through the Arrow C stream interface: pyarrow, polars and DuckDB read the
// columns where they lie. https://arrow.apache.org/docs/format/CDataInterface.html and
// CStreamInterface.html give these structs to be copied as they are.
#pragma once

#include <cstdint>
#include <memory>

#include "base/columns.hpp"

extern "C" {

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};

struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
  int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
  const char* (*get_last_error)(struct ArrowArrayStream*);
  void (*release)(struct ArrowArrayStream*);
  void* private_data;
};

}  // extern "C"

namespace mxseal {

/// Fills `out` with a stream of one batch over the table, which stays alive as long as anybody
/// holds what came from it.
void export_stream(std::shared_ptr<const Table> table, ArrowArrayStream* out);

}  // namespace mxseal
