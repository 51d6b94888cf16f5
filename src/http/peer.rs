//! Where a request comes from, also behind reverse proxies.
//!
//! `X-Forwarded-For` is believed only as far as trusted proxies wrote it: it is read from the
//! right, and the first address that is not a trusted proxy is the client. What stands further left
//! is the client's own claim and never used.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// The networks whose `X-Forwarded-For` is believed.
#[derive(Clone, Debug, Default)]
pub struct Proxies(pub Vec<IpNet>);

impl Proxies {
    /// The client's address.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = canonical(peer);
        let lines: Vec<&str> =
            headers.get_all("x-forwarded-for").filter_map(|v| v.to_str().ok()).collect();
        for claim in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            if !self.trusts(client) {
                return client;
            }
            let Some(address) = parse(claim.trim()) else { return client };
            client = canonical(address);
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }
}

/// An IPv4 address that arrived on an IPv6 socket is that IPv4 address, or no network would match.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Some proxies add the port.
fn parse(claim: &str) -> Option<IpAddr> {
    claim.parse().ok().or_else(|| claim.parse::<SocketAddr>().ok().map(|a| a.ip()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            let name = HeaderName::from_static("x-forwarded-for");
            headers.append(name, HeaderValue::from_str(line).unwrap());
        }
        let proxies = Proxies(vec!["10.0.0.0/8".parse().unwrap()]);
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_claim_is_believed_only_from_a_trusted_proxy() {
        assert_eq!(client("203.0.113.9", &["192.0.2.1"]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("::ffff:10.0.0.1", &["192.0.2.1:4711"]), "192.0.2.1");
    }

    #[test]
    fn what_stands_left_of_the_client_is_his_own_claim() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7, 192.0.2.1, 10.0.0.2"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7", "192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["192.0.2.1, nonsense"]), "10.0.0.1");
    }
}
