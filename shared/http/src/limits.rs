//! How often a client may ask, and how often it may guess a key. On AWS, the API's throttle does this.

use crate::keys::{self, ApiKey, Hash};
use crate::place::TrustedProxies;
use crate::{ApiError, Shared};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use moka::sync::Cache;
use std::hash;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// Requests that may come at once, in seconds of the rate.
const BURST: u32 = 5;
/// Wrong keys that an address may send at once, and how often after that.
const GUESSES: NonZeroU32 = NonZeroU32::new(30).expect("not zero");
const GUESS_EVERY: Duration = Duration::from_secs(2);
/// The most addresses that are remembered.
const ADDRESSES: usize = 10_000;
/// How long it is remembered from where a key was used.
const KNOWN: Duration = Duration::from_hours(1);

/// Counts requests and wrong keys.
pub struct Limits {
    requests: Option<Limiter<Client>>,
    guesses: Limiter<IpAddr>,
    /// Addresses that guessed too often, and until when they wait.
    waiting: Cache<IpAddr, Instant>,
    /// Where keys were used: they open from there, whoever else guesses behind the same address.
    known: Cache<(IpAddr, Hash), ()>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Client {
    Key(String),
    Address(IpAddr),
}

impl Limits {
    /// At most so many requests a second of each key or address, in the long run; any number without a rate.
    pub fn new(rate: Option<NonZeroU32>) -> Self {
        let burst = |rate: NonZeroU32| rate.saturating_mul(NonZeroU32::new(BURST).unwrap_or(rate));
        Self {
            requests: rate.map(|rate| RateLimiter::hashmap(Quota::per_second(rate).allow_burst(burst(rate)))),
            guesses: RateLimiter::hashmap(
                Quota::with_period(GUESS_EVERY)
                    .unwrap_or(Quota::per_minute(GUESSES))
                    .allow_burst(GUESSES),
            ),
            waiting: Cache::builder()
                .max_capacity(ADDRESSES as u64)
                .time_to_live(KNOWN)
                .build(),
            known: Cache::builder()
                .max_capacity(ADDRESSES as u64)
                .time_to_live(KNOWN)
                .build(),
        }
    }

    /// The seconds that a client has to wait before a request.
    fn wait(&self, client: &Client) -> Option<u64> {
        wait(self.requests.as_ref()?, client)
    }

    /// Refuses an address that guessed too often. A key that was used from there lately opens all the same.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`].
    pub fn before_key(&self, address: Option<IpAddr>, given: Option<&str>) -> Result<(), ApiError> {
        let (Some(address), Some(hash)) = (address, given.map(hash_of)) else {
            return Ok(());
        };
        let until = self
            .waiting
            .get(&address)
            .filter(|_| !self.known.contains_key(&(address, hash)));
        let left = until.and_then(|until| until.checked_duration_since(Instant::now()));
        left.map_or(Ok(()), |left| Err(ApiError::TooManyRequests(left.as_secs() + 1)))
    }

    /// Remembers from where a key was right, and counts where it was wrong.
    pub fn after_key(&self, address: Option<IpAddr>, given: Option<&str>, checked: &Result<(), ApiError>) {
        let (Some(address), Some(hash)) = (address, given.map(hash_of)) else {
            return;
        };
        match checked {
            Ok(()) => self.known.insert((address, hash), ()),
            Err(ApiError::WrongKey) => {
                if let Some(seconds) = wait(&self.guesses, &address) {
                    self.waiting
                        .insert(address, Instant::now() + Duration::from_secs(seconds));
                }
            }
            Err(_) => {}
        }
    }
}

fn hash_of(key: &str) -> Hash {
    ApiKey::new(key).map_or([0; 32], ApiKey::hash)
}

/// Counts one more of a client; the seconds to wait, if it is one too many.
fn wait<K: hash::Hash + Eq + Clone>(limiter: &Limiter<K>, client: &K) -> Option<u64> {
    if limiter.len() > ADDRESSES {
        // Forgets those that may send as many as anybody.
        limiter.retain_recent();
    }
    let refused = limiter.check_key(client).err()?;
    Some(refused.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
}

/// Refuses clients that ask too often.
pub async fn check(State(app): State<Shared>, request: Request, next: Next) -> Result<Response, ApiError> {
    // What this machine asks by itself is not limited.
    if let Some(address) = address_of(&app, &request)
        && (!address.is_loopback() || request.headers().contains_key(FORWARDED))
    {
        let given = keys::in_headers(request.headers());
        let key = given.and_then(|given| app.config.access.keys.find(&given));
        let client = key.map_or(Client::Address(address), |key| Client::Key(key.name));
        if let Some(seconds) = app.limits.wait(&client) {
            return Err(ApiError::TooManyRequests(seconds));
        }
    }
    Ok(next.run(request).await)
}

/// Where proxies say for whom they ask.
const FORWARDED: &str = "x-forwarded-for";

/// The address that a request came from; `None` if it did not come over a network.
pub fn address_of(app: &Shared, request: &Request) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    Some(client_of(peer.ip(), request.headers(), &app.config.trusted))
}

/// The address of the client: what the nearest proxy that is trusted says, and so on, up to what is no address. Of an address
/// of IPv6, its network, of which a client has all addresses.
fn client_of(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> IpAddr {
    let forwarded = headers.get_all(FORWARDED).iter();
    let forwarded: Vec<&str> = forwarded
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .collect();
    let mut client = peer;
    for before in forwarded.into_iter().rev() {
        let Some(address) = address(before).filter(|_| trusted.believe(Some(client))) else {
            break;
        };
        client = address;
    }
    match client.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64))
        }
        address => address,
    }
}

/// An address, which some proxies write with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_say_who_asks() {
        let client = |peer: &str, forwarded: &str| {
            let mut headers = HeaderMap::new();
            if !forwarded.is_empty() {
                headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            }
            client_of(peer.parse().unwrap(), &headers, &TrustedProxies::default()).to_string()
        };
        assert_eq!(client("203.0.113.7", ""), "203.0.113.7");
        assert_eq!(client("203.0.113.7", "198.51.100.1"), "203.0.113.7");
        assert_eq!(client("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        // What the client itself has claimed comes first.
        assert_eq!(
            client("10.0.0.1", "192.0.2.9, 198.51.100.1, 10.0.0.2"),
            "198.51.100.1"
        );
        assert_eq!(
            client("10.0.0.1", "not an address, 198.51.100.1:5678"),
            "198.51.100.1"
        );
        assert_eq!(client("10.0.0.1", "198.51.100.1, not an address"), "10.0.0.1");
        assert_eq!(client("2001:db8:1:2:3:4:5:6", ""), "2001:db8:1:2::");
        assert_eq!(client("::ffff:203.0.113.7", ""), "203.0.113.7");
    }

    #[test]
    fn guesses_are_slowed_but_not_those_who_know() {
        let limits = Limits::new(None);
        let (guesser, other) = ("203.0.113.7".parse().ok(), "203.0.113.8".parse().ok());
        limits.after_key(guesser, Some("right"), &Ok(()));
        for _ in 0..=GUESSES.get() {
            assert!(limits.before_key(guesser, Some("wrong")).is_ok());
            limits.after_key(guesser, Some("wrong"), &Err(ApiError::WrongKey));
        }
        assert!(limits.before_key(guesser, Some("wrong")).is_err());
        assert!(limits.before_key(guesser, Some("right")).is_ok());
        assert!(limits.before_key(other, Some("wrong")).is_ok());
        assert!(limits.before_key(guesser, None).is_ok());
    }

    #[test]
    fn a_client_may_send_a_burst_and_then_so_many_a_second() {
        let limits = Limits::new(NonZeroU32::new(2));
        let client = || Client::Key("a".to_owned());
        let taken = (0..100).take_while(|_| limits.wait(&client()).is_none()).count();
        assert!((10..20).contains(&taken), "{taken}");
        assert_eq!(limits.wait(&Client::Key("b".to_owned())), None);
    }
}
