//! Connecting to a name with several addresses, as RFC 8305 has it ("Happy Eyeballs"): one after the other and a little apart, IPv6 and
//! IPv4 by turns, and the first that answers wins. So no address that swallows packets holds up one that works.

use std::{net::SocketAddr, time::Duration};

use tokio::task::JoinSet;

/// From the beginning of one attempt to that of the next (RFC 8305, section 8: "Connection Attempt Delay").
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The addresses in the order in which they are tried: families by turns, that of the first one first, and otherwise as they came.
pub fn by_turns(addresses: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut addresses: Vec<_> = addresses.into_iter().collect();
    let Some(first) = addresses.first().map(SocketAddr::is_ipv6) else {
        return addresses;
    };
    let (mut same, mut other) = (0, 0);
    addresses.sort_by_cached_key(|address| {
        let (turn, second) = if address.is_ipv6() == first {
            (&mut same, false)
        } else {
            (&mut other, true)
        };
        *turn += 1;
        (*turn, second)
    });
    addresses
}

/// What the first attempt that succeeds gives; the others are dropped. `None` once all have failed; of each that fails, `failed` is told
/// why. An attempt begins when the one before has failed, or after the delay.
pub async fn race<T, E, A>(
    addresses: Vec<SocketAddr>,
    attempt: impl Fn(SocketAddr) -> A,
    mut failed: impl FnMut(E),
) -> Option<T>
where
    T: Send + 'static,
    E: Send + 'static,
    A: Future<Output = Result<T, E>> + Send + 'static,
{
    let mut attempts = JoinSet::new();
    for address in addresses {
        attempts.spawn(attempt(address));
        let result = tokio::time::timeout(ATTEMPT_DELAY, attempts.join_next()).await;
        match result {
            Ok(Some(Ok(Ok(won)))) => return Some(won),
            Ok(Some(Ok(Err(error)))) => failed(error),
            _ => {}
        }
    }
    while let Some(result) = attempts.join_next().await {
        match result {
            Ok(Ok(won)) => return Some(won),
            Ok(Err(error)) => failed(error),
            // It panicked, which the log tells.
            Err(_) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns_beginning_with_the_first_and_each_keeps_its_order() {
        let given = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]);
        let tried = addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
        assert_eq!(by_turns(given), tried);
        assert_eq!(by_turns(Vec::new()), Vec::new());
    }

    /// What comes of addresses whose attempts answer by their last number: 1 never, 2 with a failure, 3 well.
    fn come_of(texts: &[&str]) -> (Option<SocketAddr>, Vec<SocketAddr>) {
        let attempt = |address: SocketAddr| async move {
            match address.port() {
                1 => std::future::pending().await,
                2 => Err(address),
                _ => Ok(address),
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let mut failures = Vec::new();
        let race = race(addresses(texts), attempt, |failure| failures.push(failure));
        (runtime.block_on(race), failures)
    }

    #[test]
    fn an_address_that_swallows_packets_does_not_hold_up_one_that_answers() {
        // Would wait for ever if it waited for the first.
        let (won, failures) = come_of(&["1.1.1.1:1", "[::1]:1", "1.1.1.1:2", "[::1]:3"]);
        assert_eq!(won, Some("[::1]:3".parse().unwrap()));
        assert_eq!(failures, addresses(&["1.1.1.1:2"]));
    }

    #[test]
    fn where_all_fail_all_are_told() {
        let all = ["1.1.1.1:2", "[::1]:2"];
        assert_eq!(come_of(&all), (None, addresses(&all)));
    }
}
