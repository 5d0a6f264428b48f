// SPDX-License-Identifier: MIT

// Contestant: mox's packages (Go): record, policy, TLS-RPT, MX hosts, STARTTLS with verification.
//
//	mox_check < domains
//
// The resolver is that of resolv.conf, the roots are those of SSL_CERT_FILE.
package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/mjl-/mox/dns"
	"github.com/mjl-/mox/mtasts"
	"github.com/mjl-/mox/smtpclient"
	"github.com/mjl-/mox/tlsrpt"
)

const atOnce = 100

type found struct {
	Records  int `json:"records"`
	Policies int `json:"policies"`
	TLSRPT   int `json:"tlsrpt"`
	STARTTLS int `json:"starttls"`
}

var log = slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError}))

func secured(ctx context.Context, host, helo dns.Domain, ip net.IP) bool {
	conn, err := net.Dial("tcp", net.JoinHostPort(ip.String(), "25"))
	if err != nil {
		return false
	}
	client, err := smtpclient.New(ctx, log, conn, smtpclient.TLSRequiredStartTLS, true, helo, host, smtpclient.Opts{})
	if err != nil {
		conn.Close()
		return false
	}
	client.Close()
	return true
}

func check(ctx context.Context, name string) (f found) {
	resolver := dns.StrictResolver{Log: log}
	domain, err := dns.ParseDomain(name)
	if err != nil {
		return f
	}
	record, policy, _, _ := mtasts.Get(ctx, log, resolver, domain)
	if record != nil {
		f.Records++
	}
	if policy != nil {
		f.Policies++
	}
	if record, _, err := tlsrpt.Lookup(ctx, log, resolver, domain); err == nil && record != nil {
		f.TLSRPT++
	}
	helo, _ := dns.ParseDomain("bench.lab")
	mxs, _, _ := resolver.LookupMX(ctx, name+".")
	for _, mx := range mxs {
		host, err := dns.ParseDomain(strings.TrimSuffix(mx.Host, "."))
		if err != nil {
			continue
		}
		ips, _, _ := resolver.LookupIP(ctx, "ip", mx.Host)
		for _, ip := range ips {
			if secured(ctx, host, helo, ip) {
				f.STARTTLS++
			}
		}
	}
	return f
}

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var sum found
	var lock sync.Mutex
	var group sync.WaitGroup
	limit := make(chan struct{}, atOnce)
	for _, name := range strings.Fields(string(text)) {
		limit <- struct{}{}
		group.Add(1)
		go func() {
			f := check(context.Background(), name)
			lock.Lock()
			sum.Records += f.Records
			sum.Policies += f.Policies
			sum.TLSRPT += f.TLSRPT
			sum.STARTTLS += f.STARTTLS
			lock.Unlock()
			<-limit
			group.Done()
		}()
	}
	group.Wait()
	if err := json.NewEncoder(os.Stdout).Encode(sum); err != nil {
		panic(err)
	}
}
