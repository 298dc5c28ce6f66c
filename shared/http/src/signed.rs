//! References that open one thing without a key, for browsers, whose `<img>`, `EventSource`, and links send no headers.
//!
//! They are signed with a secret that is made of the keys, so every process with these keys makes and takes them, and a
//! key that is taken away ends those that were made before.

use crate::keys::{Hash, Keys};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use std::fmt::Write;

/// How long a reference to a photo holds: at least this long, at most twice. Within it, the reference stays the same, so
/// that browsers keep the photo.
const PHOTO_LASTS: i64 = 60 * 60;
/// How long a ticket holds, in seconds.
pub const TICKET_LASTS: i64 = 60;

/// Signs and checks, with a secret.
#[derive(Clone, Default)]
pub struct Signer(Hash);

impl Signer {
    /// With the secret of the keys; `None` without a key of full scope: what nobody may open, nobody signs.
    pub fn new(keys: &Keys) -> Option<Self> {
        keys.secret().map(Self)
    }

    /// What to add to the query of a photo's path.
    pub fn photo(&self, path: &str) -> String {
        let now = Timestamp::now().as_second();
        let expires = (now / PHOTO_LASTS + 2) * PHOTO_LASTS;
        format!(
            "expires={expires}&signature={}",
            self.sign("photo", path, expires, "")
        )
    }

    /// Whether the query of a photo's path has what [`photo`](Self::photo) gave.
    pub fn opens_photo(&self, path: &str, query: &str) -> bool {
        let (Some(expires), Some(signature)) = (value(query, "expires"), value(query, "signature")) else {
            return false;
        };
        let Ok(expires) = expires.parse() else {
            return false;
        };
        self.is_signed("photo", path, expires, "", &signature)
    }

    /// A ticket for one request to a path, and when it expires.
    pub fn ticket(&self, path: &str) -> (String, Timestamp) {
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let expires = Timestamp::now().as_second() + TICKET_LASTS;
        let signature = self.sign("ticket", path, expires, &nonce);
        let until = Timestamp::from_second(expires).unwrap_or(Timestamp::MAX);
        (format!("{expires}-{nonce}-{signature}"), until)
    }

    /// What is in a ticket once: the rest can be written in several ways. `None` if it is not for this path. Whether it was
    /// used before is not checked here.
    pub fn nonce<'a>(&self, path: &str, ticket: &'a str) -> Option<&'a str> {
        let mut parts = ticket.splitn(3, '-');
        let (expires, nonce, signature) = (parts.next()?, parts.next()?, parts.next()?);
        let expires = expires.parse().ok()?;
        self.is_signed("ticket", path, expires, nonce, signature)
            .then_some(nonce)
    }

    fn mac(&self, kind: &str, path: &str, expires: i64, nonce: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(format!("{kind}\n{path}\n{expires}\n{nonce}").as_bytes());
        mac
    }

    fn sign(&self, kind: &str, path: &str, expires: i64, nonce: &str) -> String {
        let mac = self.mac(kind, path, expires, nonce).finalize().into_bytes();
        mac.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    fn is_signed(&self, kind: &str, path: &str, expires: i64, nonce: &str, signature: &str) -> bool {
        let given = crate::keys::hash(signature);
        expires > Timestamp::now().as_second()
            && given.is_some_and(|given| self.mac(kind, path, expires, nonce).verify_slice(&given).is_ok())
    }
}

/// The first value of a name in a query, unless it is blank.
pub fn value(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, value) = pairs.find(|(given, _)| given == name)?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::ApiKey;

    fn signer(key: &str) -> Signer {
        Signer::new(&Keys::new(ApiKey::new(key), None, None).unwrap()).unwrap()
    }

    #[test]
    fn a_signature_is_for_one_photo_until_it_expires() {
        let query = signer("a").photo("/training_data/7/12.jpg");
        assert!(signer("a").opens_photo("/training_data/7/12.jpg", &query));
        assert!(!signer("a").opens_photo("/training_data/7/13.jpg", &query));
        assert!(!signer("b").opens_photo("/training_data/7/12.jpg", &query));
        let (_, signature) = query.split_once('&').unwrap();
        for expires in ["1", "99999999999", "x"] {
            let forged = format!("expires={expires}&{signature}");
            assert!(
                !signer("a").opens_photo("/training_data/7/12.jpg", &forged),
                "{forged}"
            );
        }
        let past = signer("a").sign("photo", "/training_data/7/12.jpg", 1, "");
        let query = format!("expires=1&signature={past}");
        assert!(!signer("a").opens_photo("/training_data/7/12.jpg", &query));
    }

    #[test]
    fn a_ticket_is_for_one_path() {
        let (ticket, _) = signer("a").ticket("/export");
        let nonce = signer("a").nonce("/export", &ticket);
        assert!(nonce.is_some());
        assert_eq!(signer("a").nonce("/train/1/stream", &ticket), None);
        assert_eq!(signer("b").nonce("/export", &ticket), None);
        for forged in ["", "-", "--", "99999999999-0-0", &ticket[1..]] {
            assert_eq!(signer("a").nonce("/export", forged), None, "{forged}");
        }
        // Written in another way, it is the same ticket.
        assert_eq!(signer("a").nonce("/export", &format!("+{ticket}")), nonce);
        let photo = signer("a").photo("/export");
        let signature = photo.rsplit('=').next().unwrap();
        let forged = format!("99999999999--{signature}");
        assert_eq!(signer("a").nonce("/export", &forged), None);
    }

    #[test]
    fn without_a_key_of_full_scope_nothing_is_signed() {
        let list = |scope: &str, rest: &str| {
            let hash = strand_library::hex_digest(b"key");
            format!("[[keys]]\nname = \"a\"\nscope = \"{scope}\"\nsha256 = \"{hash}\"\n{rest}\n")
        };
        let signer = |list: &str| Signer::new(&Keys::new(None, Some(list), None).unwrap());
        assert!(signer(&list("full", "")).is_some());
        assert!(signer(&list("match", "")).is_none());
        assert!(signer(&list("full", "expires = \"2020-01-01T00:00:00Z\"")).is_none());
    }
}
