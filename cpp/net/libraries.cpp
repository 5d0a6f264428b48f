// SPDX-License-Identifier: MIT
#include "net/libraries.hpp"

#include <ares.h>
#include <curl/curl.h>
#include <openssl/crypto.h>

namespace mxseal::net {

std::vector<std::pair<std::string, std::string>> libraries() {
  return {{"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
          {"libcurl", curl_version_info(CURLVERSION_NOW)->version},
          {"c-ares", ares_version(nullptr)}};
}

}  // namespace mxseal::net
