// SPDX-License-Identifier: MIT
#include "pki/trust_store.hpp"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <system_error>
#include <utility>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mxseal::pki {
namespace {

constexpr std::string_view kBundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",  // Debian
    "/etc/pki/tls/certs/ca-bundle.crt",    // Fedora
    "/etc/ssl/cert.pem",                   // Alpine, BSD
};

Result<std::vector<Certificate>> read_file(const std::string& path) {
  const auto failed = [&path](const std::string& why) {
    return Error{Errc::trust_store, path + ": " + why, -1};
  };
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown))
    return failed("a folder: name a PEM file of roots");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return failed(std::generic_category().message(errno) + ": name a PEM file of roots");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Result<std::vector<Certificate>> roots = Certificate::read_pem(text);
  if (!roots) return failed(roots.error().detail);
  return roots;
}

// In a folder of roots the name of each is the hash of its subject and a number: 0a1b2c3d.0 (openssl-rehash(1)).
bool is_hash_name(std::string_view name) {
  Cursor cursor(name);
  const bool hash = cursor.take_while(ascii::is_hex).size() == 8;
  return hash && cursor.take('.') && !cursor.take_while(ascii::is_digit).empty() && cursor.at_end();
}

// As OpenSSL does, passes over what cannot be read: a folder of the system may have a dead link.
void add_folder(const std::string& folder, std::vector<Certificate>& roots) {
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    if (!is_hash_name(at->path().filename().native())) continue;
    Result<std::vector<Certificate>> found = read_file(at->path().native());
    if (found) std::move(found->begin(), found->end(), std::back_inserter(roots));
  }
}

}  // namespace

Result<TrustStore> TrustStore::of(std::vector<Certificate> roots) {
  std::shared_ptr<X509_STORE> store(X509_STORE_new(), X509_STORE_free);
  if (store == nullptr) throw std::bad_alloc();  // untested: memory
  for (const Certificate& root : roots) {
    if (X509_STORE_add_cert(store.get(), root.native()) != 1)
      throw std::bad_alloc();  // untested: memory
  }
  // A root that is given twice is in the store once; the search for paths must not meet it twice either.
  std::ranges::sort(roots, {}, &Certificate::sha256);
  // (Not std::ranges::unique: clang 14 cannot read that of libstdc++ 12.)
  roots.erase(std::unique(roots.begin(), roots.end()), roots.end());
  return TrustStore(std::move(store),
                    std::make_shared<const std::vector<Certificate>>(std::move(roots)));
}

Result<TrustStore> TrustStore::from_pem(std::string_view text) {
  Result<std::vector<Certificate>> roots = Certificate::read_pem(text);
  if (!roots) return Error{Errc::trust_store, roots.error().detail, -1};
  return of(*std::move(roots));
}

Result<TrustStore> TrustStore::from_file(const std::string& path) {
  Result<std::vector<Certificate>> roots = read_file(path);
  if (!roots) return roots.error();
  return of(*std::move(roots));
}

Result<TrustStore> TrustStore::system() {
  // NOLINTBEGIN(concurrency-mt-unsafe): nothing here sets the environment
  const char* const file = std::getenv("SSL_CERT_FILE");
  const char* const folders = std::getenv("SSL_CERT_DIR");
  // NOLINTEND(concurrency-mt-unsafe)
  std::vector<Certificate> roots;
  std::string looked;  // where, for the error
  const auto look = [&](const std::string& path) {
    looked += (looked.empty() ? "" : ", ") + path;
    return read_file(path);
  };
  if (file != nullptr && *file != '\0') {
    Result<std::vector<Certificate>> named = look(file);
    if (!named) return named.error();
    roots = *std::move(named);
  }
  if (folders != nullptr) {
    for (Cursor cursor(folders); !cursor.at_end(); cursor.take(':')) {
      const std::string folder(cursor.take_until(':'));
      looked += (looked.empty() ? "" : ", ") + folder;
      add_folder(folder, roots);
    }
  }
  if (looked.empty()) {
    std::vector<std::string> bundles{X509_get_default_cert_file()};
    bundles.insert(bundles.end(), std::begin(kBundles), std::end(kBundles));
    for (const std::string& bundle : bundles) {
      Result<std::vector<Certificate>> found = look(bundle);
      if (!found) continue;
      roots = *std::move(found);
      break;
    }
  }
  if (roots.empty())
    return Error{Errc::trust_store,
                 "none in " + looked + ": install ca-certificates, or name a PEM file of roots",
                 -1};
  return of(std::move(roots));
}

}  // namespace mxseal::pki
