//! Which address holds how many of the connections that there may be, so that none holds so many that another gets none.
//!
//! An address may hold its equal share, and one share is always left for an address that holds none yet. One that is alone may so
//! hold half of all.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Weak,
};

/// The connections of each address, each by something that is there as long as it is.
pub struct Shares<T> {
    most: usize,
    held: HashMap<IpAddr, Vec<Weak<T>>>,
    /// Connections in `held`, also those that have ended since it was last looked through.
    noted: usize,
}

impl<T> Shares<T> {
    /// Shares of `most` connections.
    pub fn of(most: usize) -> Self {
        Self {
            most,
            held: HashMap::new(),
            noted: 0,
        }
    }

    /// Whether `address` may have one more.
    pub fn allow(&mut self, address: SocketAddr) -> bool {
        let source = source(address);
        if self.noted < self.most && self.is_within(source) {
            return true;
        }
        self.forget_ended();
        self.is_within(source)
    }

    /// Notes that `address` has one more, as long as `connection` is there.
    pub fn hold(&mut self, address: SocketAddr, connection: Weak<T>) {
        self.held
            .entry(source(address))
            .or_default()
            .push(connection);
        self.noted += 1;
    }

    fn is_within(&self, source: IpAddr) -> bool {
        let own = self.held.get(&source).map_or(0, Vec::len);
        let sources = self.held.len() + usize::from(own == 0);
        own < self.most / (sources + 1)
    }

    fn forget_ended(&mut self) {
        self.held.retain(|_, connections| {
            connections.retain(|connection| connection.strong_count() > 0);
            !connections.is_empty()
        });
        self.noted = self.held.values().map(Vec::len).sum();
    }
}

/// What counts as one address: of IPv6 the network, since whoever has one address there has the 2^64 of its network.
pub fn source(address: SocketAddr) -> IpAddr {
    match address.ip().to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6((ip.to_bits() >> 64 << 64).into()),
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn address(n: u8) -> SocketAddr {
        ([10, 0, 0, n], 4433).into()
    }

    /// As many connections as `address` gets, at most `wanted`.
    fn take(shares: &mut Shares<()>, address: SocketAddr, wanted: usize) -> Vec<Arc<()>> {
        let mut got = Vec::new();
        while got.len() < wanted && shares.allow(address) {
            let connection = Arc::new(());
            shares.hold(address, Arc::downgrade(&connection));
            got.push(connection);
        }
        got
    }

    #[test]
    fn one_address_gets_half_of_all_and_each_further_one_its_equal_share_of_what_is_left() {
        let mut shares = Shares::of(60);
        let first = take(&mut shares, address(1), 100);
        assert_eq!(first.len(), 30);
        let second = take(&mut shares, address(2), 100);
        assert_eq!(second.len(), 20);
        let third = take(&mut shares, address(3), 100);
        assert_eq!(third.len(), 15);
        // Those before hold more than their share now, and get no more until they hold less.
        assert!(!shares.allow(address(1)) && !shares.allow(address(2)));
        drop(first);
        assert_eq!(take(&mut shares, address(1), 100).len(), 15);
    }

    #[test]
    fn what_has_ended_counts_no_more() {
        let mut shares = Shares::of(60);
        for _ in 0..10 {
            assert_eq!(take(&mut shares, address(1), 100).len(), 30);
        }
        assert!(shares.noted <= 60, "{}", shares.noted);
    }

    #[test]
    fn whatever_the_others_do_an_address_that_holds_none_gets_one() {
        let mut shares = Shares::of(60);
        let mut held = Vec::new();
        for other in 0..58 {
            held.push(take(&mut shares, address(other), 100));
            assert!(shares.allow(address(100)), "{other}");
        }
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one_and_ipv4_in_ipv6_as_ipv4() {
        let of = |text: &str| source(SocketAddr::new(text.parse().unwrap(), 4433));
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::9"));
        assert_ne!(of("2001:db8:1:2::9"), of("2001:db8:1:3::9"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
    }
}
