package remote

import (
	"net"
	"net/url"
)

// Local says whether an address is this machine, whatever a name server says.
func Local(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// remembered is what a Spec tells of an address: nothing of the provider's
// own; all of one on this machine, where it may be used again; of others only
// scheme and host, because a path may hold a secret and they are not used
// again without being named.
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
