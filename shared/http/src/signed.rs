//! References that open one thing without a key, for browsers, whose `<img>`, `EventSource`, and links send no headers.
//!
//! They are signed with a secret that is made of the keys, so every process with these keys makes and takes them, and a
//! key that is taken away ends those that were made before.

use crate::keys::Keys;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use std::fmt::Write;

/// How long a reference to a photo holds: at least this long, at most twice. Within it, the reference stays the same, so
/// that browsers keep the photo.
const PHOTO_LASTS: i64 = 60 * 60;
/// How long a ticket holds, in seconds.
pub const TICKET_LASTS: i64 = 60;

/// Signs and checks.
#[derive(Clone)]
pub struct Signer(Keys);

impl Signer {
    pub fn new(keys: Keys) -> Self {
        Self(keys)
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

    /// Whether a ticket is for this path. Whether it was used before is not checked here.
    pub fn is_ticket(&self, path: &str, ticket: &str) -> bool {
        let mut parts = ticket.splitn(3, '-');
        let (Some(expires), Some(nonce), Some(signature)) = (parts.next(), parts.next(), parts.next()) else {
            return false;
        };
        let expires = expires.parse().unwrap_or(0);
        self.is_signed("ticket", path, expires, nonce, signature)
    }

    fn mac(&self, kind: &str, path: &str, expires: i64, nonce: &str) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0.secret()).expect("HMAC takes keys of any length");
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
        Signer::new(Keys::new(ApiKey::new(key), None, None).unwrap())
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
        assert!(signer("a").is_ticket("/export", &ticket));
        assert!(!signer("a").is_ticket("/train/1/stream", &ticket));
        assert!(!signer("b").is_ticket("/export", &ticket));
        for forged in ["", "-", "--", "99999999999-0-0", &ticket[1..]] {
            assert!(!signer("a").is_ticket("/export", forged), "{forged}");
        }
        let photo = signer("a").photo("/export");
        let signature = photo.rsplit('=').next().unwrap();
        assert!(!signer("a").is_ticket("/export", &format!("99999999999--{signature}")));
    }
}
