//! The file format of models and features: an envelope around a payload in the postcard wire format.
//!
//! | bytes | content |
//! |---|---|
//! | 6 | `STRAND` |
//! | 2 | format version, little endian; now 2 |
//! | 4 | payload length n, little endian |
//! | n | the value, postcard 1 (varint integers, little-endian IEEE 754 floats, fields in declaration order) |
//! | 32 | SHA-256 of everything before |
//!
//! Nothing in it is code, and nothing is read before the checksum holds.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 6] = b"STRAND";
/// The version that is written, and the only one that is read.
pub const FORMAT_VERSION: u16 = 2;
const HEADER: usize = 12;
const CHECKSUM: usize = 32;

/// Why packed bytes could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// Not such a file, or cut short.
    #[error("not a Strand file, or cut short")]
    Malformed,
    /// Written by another version of Strand.
    #[error("format version {0} is unknown here; version {FORMAT_VERSION} is read")]
    Version(u16),
    /// Bytes changed since it was written.
    #[error("the checksum does not hold: the file is damaged")]
    Checksum,
    /// The payload is not of the expected type.
    #[error("the payload does not decode: {0}")]
    Payload(#[from] postcard::Error),
}

/// Packs a value into the format.
///
/// # Errors
/// [`FormatError::Payload`] where the value does not serialise.
pub fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, FormatError> {
    let payload = postcard::to_stdvec(value)?;
    let mut bytes = Vec::with_capacity(HEADER + payload.len() + CHECKSUM);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&payload);
    let sum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&sum);
    Ok(bytes)
}

/// Reads a value back from packed bytes.
///
/// # Errors
/// Any [`FormatError`].
pub fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FormatError> {
    let header = bytes.first_chunk::<HEADER>().ok_or(FormatError::Malformed)?;
    if &header[..6] != MAGIC {
        return Err(FormatError::Malformed);
    }
    let version = u16::from_le_bytes([header[6], header[7]]);
    if version != FORMAT_VERSION {
        return Err(FormatError::Version(version));
    }
    let length = u32::from_le_bytes([header[8], header[9], header[10], header[11]]) as usize;
    if bytes.len() != HEADER + length + CHECKSUM {
        return Err(FormatError::Malformed);
    }
    let (body, sum) = bytes.split_at(HEADER + length);
    if Sha256::digest(body).as_slice() != sum {
        return Err(FormatError::Checksum);
    }
    Ok(postcard::from_bytes(&body[HEADER..])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_refuses_damage() {
        let value = (7_u64, vec![1.5_f32, -2.0], "shade".to_owned());
        let packed = pack(&value).unwrap();
        assert_eq!(unpack::<(u64, Vec<f32>, String)>(&packed).unwrap(), value);
        for at in 0..packed.len() {
            let mut damaged = packed.clone();
            damaged[at] ^= 0x40;
            assert!(
                unpack::<(u64, Vec<f32>, String)>(&damaged).is_err(),
                "a flipped bit at {at} went unseen"
            );
            assert!(
                unpack::<(u64, Vec<f32>, String)>(&packed[..at]).is_err(),
                "cut at {at} went unseen"
            );
        }
    }

    #[test]
    fn another_version_is_named() {
        let mut packed = pack(&1_u8).unwrap();
        packed[6] = 9;
        assert!(
            unpack::<u8>(&packed)
                .unwrap_err()
                .to_string()
                .contains("version 9")
        );
    }
}
