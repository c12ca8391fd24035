package remote

import (
	"net"
	"net/url"
)

// Local reports whether an address is this machine, without asking a name server.
func Local(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// remembered is what a Spec records of an address. The provider's own is not recorded.
// An address on this machine is recorded in full, since it may be used again. Of any
// other only scheme and host are, because a path may hold a secret and the address is
// not used again unless it is named.
func remembered(p Provider, address string) string {
	if address == known[p].baseURL {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || Local(address) {
		return address
	}
	return u.Scheme + "://" + u.Host
}
