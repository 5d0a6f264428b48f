// SPDX-License-Identifier: MIT
#include "pki/trust_store.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "pki/chain.hpp"
#include "pki/issue.hpp"

namespace mxseal::pki {
namespace {

using test::kNow;

// Sets a variable of the environment for one test.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old, was_set_ = true;
    setenv(name, value.c_str(), 1);
  }
  ~Environment() { was_set_ ? setenv(name_, old_.c_str(), 1) : unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::string old_;
  bool was_set_ = false;
};

class TrustStoreTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.native();
  }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) /
                                  testing::UnitTest::GetInstance()->current_test_info()->name();
  test::Issued root_ = test::authority("Root");
  test::Issued other_ = test::authority("Other");
};

TEST_F(TrustStoreTest, a_file) {
  const auto found =
      TrustStore::from_file(file("roots.pem", root_.pem() + other_.pem() + root_.pem()));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->roots().size(), 2U) << "what is given twice counts once";
}

TEST_F(TrustStoreTest, an_error_says_the_path_and_why) {
  struct Row {
    std::string path;
    const char* says;
  };
  for (const Row& row : {
           Row{(folder_ / "none.pem").native(), "No such file"},
           Row{folder_.native(), "a folder: name a PEM file"},
           Row{file("empty.pem", ""), "no PEM of a certificate"},
           Row{file("broken.pem", root_.pem() + root_.pem().substr(0, 100)), "broken PEM"},
       }) {
    const auto found = TrustStore::from_file(row.path);
    ASSERT_FALSE(found) << row.says;
    EXPECT_EQ(found.error().code, Errc::trust_store);
    EXPECT_TRUE(found.error().detail.starts_with(row.path)) << found.error().detail;
    EXPECT_NE(found.error().detail.find(row.says), std::string::npos) << found.error().detail;
  }
}

TEST_F(TrustStoreTest, the_environment_names_other_roots) {
  std::filesystem::create_directories(folder_ / "a");
  std::filesystem::create_directories(folder_ / "b");
  file("a/0123abcd.0", root_.pem());
  file("a/README", other_.pem());
  file("b/0123abcd.1", other_.pem());
  file("b/89abcdef.0", "junk");
  const Environment folders(
      "SSL_CERT_DIR", (folder_ / "a").native() + ":/no/such/folder:" + (folder_ / "b").native());
  {
    const Environment none("SSL_CERT_FILE", "");
    EXPECT_EQ(TrustStore::system()->roots().size(), 2U);
  }
  const test::Issued third = test::authority("Third");
  const Environment named("SSL_CERT_FILE", file("roots.pem", third.pem()));
  EXPECT_EQ(TrustStore::system()->roots().size(), 3U) << "both are heeded";
}

TEST_F(TrustStoreTest, nowhere_a_root) {
  const Environment none("SSL_CERT_FILE", "");
  const Environment folders("SSL_CERT_DIR", folder_.native());
  const auto found = TrustStore::system();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::trust_store);
  EXPECT_EQ(found.error().detail, "none in " + folder_.native() +
                                      ": install ca-certificates, or name a PEM file of roots");
}

TEST_F(TrustStoreTest, a_named_file_that_is_missing_is_no_reason_to_trust_others) {
  const Environment named("SSL_CERT_FILE", (folder_ / "none.pem").native());
  EXPECT_FALSE(TrustStore::system());
}

// TRUSTED CERTIFICATE: what "openssl x509 -addtrust" and "-addreject" write.
std::string trusted_pem(const Certificate& certificate, int trust, int reject) {
  X509* marked = X509_dup(certificate.native());
  if (trust != NID_undef) X509_add1_trust_object(marked, OBJ_nid2obj(trust));
  if (reject != NID_undef) X509_add1_reject_object(marked, OBJ_nid2obj(reject));
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509_AUX(out.get(), marked);
  X509_free(marked);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

TEST_F(TrustStoreTest, what_a_root_is_trusted_for) {
  const Certificate leaf = test::issue({}, &root_).certificate;
  struct Row {
    int trust;
    int reject;
    bool ok;
    const char* why;
  };
  for (const Row& row : {
           Row{NID_undef, NID_undef, true, "says nothing"},
           Row{NID_server_auth, NID_undef, true, "for servers"},
           Row{NID_undef, NID_client_auth, true, "not for clients"},
           Row{NID_undef, NID_server_auth, false, "not for servers"},
           Row{NID_email_protect, NID_undef, false, "for mails alone"},
       }) {
    const TrustStore roots =
        *TrustStore::from_pem(other_.pem() + trusted_pem(root_.certificate, row.trust, row.reject));
    const Verification found = verify(std::vector{leaf}, "mx.example.com", roots, kNow);
    EXPECT_EQ(found.ok, row.ok) << row.why;
    if (!row.ok) {
      EXPECT_EQ(found.errors.at(0).fault, Fault::untrusted) << row.why;
    }
  }
}

TEST_F(TrustStoreTest, threads_share_it) {
  const test::Issued intermediate = test::authority("Intermediate", &root_);
  const std::vector chain{test::issue({}, &intermediate).certificate, intermediate.certificate};
  const TrustStore roots = *TrustStore::from_pem(root_.pem() + other_.pem());
  std::vector<int> good(4);
  std::vector<std::thread> threads;
  for (int& count : good) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) count += verify(chain, "mx.example.com", roots, kNow).ok ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, std::vector<int>(4, 50));
}

}  // namespace
}  // namespace mxseal::pki
