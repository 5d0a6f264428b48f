// SPDX-License-Identifier: MIT
// replay: gives inputs to a fuzz target once, without libFuzzer, so that what was ever found is
// tried again in every test run.
//
//   NAME_replay PATH...                a file is one input, a .jsonl file one input a row, a folder
//                                      all that lies in it; a path that is not there is an error
//   NAME_replay --save FOLDER PATH...  writes the inputs to files that libFuzzer can start from
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "rows.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Path = std::filesystem::path;
using Use = std::function<void(const std::string& input)>;

std::string whole_file(const Path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot be read: " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void each_input(const Path& path, const Use& use) {
  if (std::filesystem::is_directory(path)) {
    std::vector<Path> inside{std::filesystem::directory_iterator(path), {}};
    std::sort(inside.begin(), inside.end());  // the same order on every machine
    for (const Path& entry : inside) each_input(entry, use);
  } else if (path.extension() == ".jsonl") {
    mxseal::test::each_row(path, [&](const mxseal::test::Json& row, const std::string&) {
      use(mxseal::test::input_of(row));
    });
  } else {
    use(whole_file(path));
  }
}

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  Use use = run;
  std::size_t count = 0;
  if (arguments.size() > 1 && arguments[0] == "--save") {
    const Path folder = arguments[1];
    arguments.erase(arguments.begin(), arguments.begin() + 2);
    use = [&count, folder](const std::string& input) {
      std::ofstream(folder / ("seed-" + std::to_string(count)), std::ios::binary) << input;
    };
  }
  for (const std::string& path : arguments) {
    each_input(path, [&](const std::string& input) {
      use(input);
      ++count;
    });
  }
  std::cout << count << " inputs\n";
  return count > 0 ? 0 : 1;
}
