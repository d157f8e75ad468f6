//! Addresses in a network, as people write them.

/// Whether a text names a host and a port: `HOST:PORT`, an IPv6 address in brackets.
#[must_use]
pub fn is_host_and_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_host_and_a_port() {
        for good in ["10.0.0.2:4433", "station.local:4433", "[fe80::1]:4433"] {
            assert!(is_host_and_port(good), "{good}");
        }
        for bad in [
            "",
            "10.0.0.2",
            "10.0.0.2:",
            ":4433",
            "10.0.0.2:0",
            "10.0.0.2:70000",
        ] {
            assert!(!is_host_and_port(bad), "{bad}");
        }
    }
}
