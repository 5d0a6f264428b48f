// SPDX-License-Identifier: MIT
#include "base/arrow.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mxseal {
namespace {

constexpr std::int64_t kNullable = 2;  // ARROW_FLAG_NULLABLE

// What an exported struct points to; each owns its children, and arrays hold the table.
struct SchemaNode {
  std::string format;
  std::string name;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> child_pointers;
  ArrowSchema dictionary{};
};

struct ArrayNode {
  std::shared_ptr<const Table> table;
  std::vector<const void*> buffers;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> child_pointers;
  ArrowArray dictionary{};
};

template <typename Struct, typename Node>
void release(Struct* exported) {
  auto* node = static_cast<Node*>(exported->private_data);
  for (Struct& child : node->children) {
    if (child.release != nullptr) child.release(&child);
  }
  if (node->dictionary.release != nullptr) node->dictionary.release(&node->dictionary);
  delete node;
  exported->release = nullptr;
}

template <typename Struct, typename Node>
void finish(Struct* out, std::unique_ptr<Node> node, bool has_dictionary) {
  for (Struct& child : node->children) node->child_pointers.push_back(&child);
  out->n_children = static_cast<std::int64_t>(node->children.size());
  out->children = node->child_pointers.data();
  out->dictionary = has_dictionary ? &node->dictionary : nullptr;
  out->release = release<Struct, Node>;
  out->private_data = node.release();
}

void export_schema(const Layout& layout, std::string name, ArrowSchema* out) {
  auto node = std::make_unique<SchemaNode>();
  node->format = layout.format;
  node->name = std::move(name);
  node->children.resize(layout.children.size());
  for (std::size_t i = 0; i < layout.children.size(); ++i)
    export_schema(layout.children[i].column->layout(), std::string(layout.children[i].name),
                  &node->children[i]);
  if (layout.dictionary != nullptr)
    export_schema(layout.dictionary->layout(), "", &node->dictionary);
  *out = {};
  out->format = node->format.c_str();
  out->name = node->name.c_str();
  out->flags = kNullable;
  finish(out, std::move(node), layout.dictionary != nullptr);
}

void export_array(const std::shared_ptr<const Table>& table, const Layout& layout,
                  ArrowArray* out) {
  auto node = std::make_unique<ArrayNode>();
  node->table = table;
  node->buffers = layout.buffers;
  node->children.resize(layout.children.size());
  for (std::size_t i = 0; i < layout.children.size(); ++i)
    export_array(table, layout.children[i].column->layout(), &node->children[i]);
  if (layout.dictionary != nullptr)
    export_array(table, layout.dictionary->layout(), &node->dictionary);
  *out = {};
  out->length = layout.length;
  out->null_count = layout.null_count;
  out->n_buffers = static_cast<std::int64_t>(node->buffers.size());
  out->buffers = node->buffers.data();
  finish(out, std::move(node), layout.dictionary != nullptr);
}

struct StreamNode {
  std::shared_ptr<const Table> table;
  bool done = false;
};

StreamNode& node_of(ArrowArrayStream* stream) {
  return *static_cast<StreamNode*>(stream->private_data);
}

// A table is a struct of its columns.
int get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  const Table& table = *node_of(stream).table;
  auto node = std::make_unique<SchemaNode>();
  node->format = "+s";
  node->children.resize(table.fields.size());
  for (std::size_t i = 0; i < table.fields.size(); ++i) {
    export_schema(table.fields[i].column->layout(), table.fields[i].name, &node->children[i]);
  }
  *out = {};
  out->format = node->format.c_str();
  out->name = "";
  finish(out, std::move(node), false);
  return 0;
}

int get_next(ArrowArrayStream* stream, ArrowArray* out) {
  StreamNode& state = node_of(stream);
  *out = {};
  if (std::exchange(state.done, true)) return 0;
  auto node = std::make_unique<ArrayNode>();
  node->table = state.table;
  node->buffers = {nullptr};
  node->children.resize(state.table->fields.size());
  for (std::size_t i = 0; i < node->children.size(); ++i) {
    export_array(state.table, state.table->fields[i].column->layout(), &node->children[i]);
  }
  out->length = state.table->rows;
  out->n_buffers = 1;
  out->buffers = node->buffers.data();
  finish(out, std::move(node), false);
  return 0;
}

}  // namespace

void export_stream(std::shared_ptr<const Table> table, ArrowArrayStream* out) {
  *out = {};
  out->get_schema = get_schema;
  out->get_next = get_next;
  out->get_last_error = [](ArrowArrayStream*) -> const char* { return nullptr; };
  out->release = [](ArrowArrayStream* stream) {
    delete &node_of(stream);
    stream->release = nullptr;
  };
  out->private_data = new StreamNode{std::move(table)};
}

}  // namespace mxseal
