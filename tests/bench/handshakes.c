// SPDX-License-Identifier: MIT
// The unit of the benchmark of checks: bare verified TLS handshakes, one after the other, by OpenSSL alone.
//
//     handshakes ADDRESS PORT ROOTS.pem < names
//
// Connects for each name on standard input, with it as SNI; verifies chain and name; closes. Roots are loaded once. Prints the CPU
// seconds (user and system) of all handshakes, and how many there were; anything that fails ends it.
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static double cpu(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void must(int good, const char* what) {
  if (good) return;
  fprintf(stderr, "handshakes: %s\n", what);
  ERR_print_errors_fp(stderr);
  exit(1);
}

int main(int count, char** arguments) {
  must(count == 4, "ADDRESS PORT ROOTS.pem");
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(arguments[2]))};
  must(inet_pton(AF_INET, arguments[1], &to.sin_addr) == 1, "no address");
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  must(SSL_CTX_load_verify_locations(context, arguments[3], NULL), "no roots");

  char name[256];
  int handshakes = 0;
  double begun = 0;
  while (scanf("%255s", name) == 1) {
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    must(connect(connection, (struct sockaddr*)&to, sizeof to) == 0, "cannot connect");
    SSL* tls = SSL_new(context);
    SSL_set_fd(tls, connection);
    SSL_set_tlsext_host_name(tls, name);
    SSL_set1_host(tls, name);
    must(SSL_connect(tls) == 1, name);
    SSL_shutdown(tls);
    SSL_free(tls);
    close(connection);
    // The first fills what OpenSSL keeps.
    if (handshakes++ == 0) begun = cpu();
  }
  printf("%.6f %d\n", cpu() - begun, handshakes - 1);
  SSL_CTX_free(context);
  return 0;
}
