//! The file format of models and features: an envelope around a payload in the postcard wire format.
//!
//! | bytes | content |
//! |---|---|
//! | 6 | `STRAND` |
//! | 2 | format version, little endian; now 4 |
//! | 4 | payload length n, little endian |
//! | n | the value, postcard 1 (varint integers, little-endian IEEE 754 floats, fields in declaration order) |
//! | 32 | SHA-256 of everything before |
//!
//! The format contains no code, and nothing is decoded before the checksum matches.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 6] = b"STRAND";
/// The version that is written, and the newest that can be read. Version 3 added the digests of a model's photos,
/// version 4 their vectors.
pub const FORMAT_VERSION: u16 = 4;
const HEADER: usize = 12;
const CHECKSUM: usize = 32;

/// Why packed bytes could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The bytes are not such a file, or are truncated.
    #[error("not a Strand file, or cut short")]
    Malformed,
    /// A newer or unsupported version of Strand wrote the file.
    #[error("format version {0} is unknown here; the newest that is read is {FORMAT_VERSION}")]
    Version(u16),
    /// The bytes changed since the file was written.
    #[error("the checksum does not hold: the file is damaged")]
    Checksum,
    /// The payload is not of the expected type.
    #[error("the payload does not decode: {0}")]
    Payload(#[from] postcard::Error),
}

/// Packs a value into the format.
///
/// # Errors
/// [`FormatError::Payload`] if the value cannot be serialized.
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

/// Reads a value from packed bytes. `oldest` is the first format version in which the value has its current payload.
///
/// # Errors
/// Any [`FormatError`].
pub fn unpack<T: DeserializeOwned>(oldest: u16, bytes: &[u8]) -> Result<T, FormatError> {
    let header = bytes.first_chunk::<HEADER>().ok_or(FormatError::Malformed)?;
    if &header[..6] != MAGIC {
        return Err(FormatError::Malformed);
    }
    let version = u16::from_le_bytes([header[6], header[7]]);
    if !(oldest..=FORMAT_VERSION).contains(&version) {
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
pub(crate) mod tests {
    use super::*;

    /// Changes the format version of packed bytes, as if an older or newer Strand had written them.
    pub(crate) fn relabel(packed: &mut Vec<u8>, version: u16) {
        packed[6..8].copy_from_slice(&version.to_le_bytes());
        packed.truncate(packed.len() - CHECKSUM);
        let sum = Sha256::digest(&*packed);
        packed.extend_from_slice(&sum);
    }

    #[test]
    fn round_trips_and_refuses_damage() {
        let value = (7_u64, vec![1.5_f32, -2.0], "shade".to_owned());
        let packed = pack(&value).unwrap();
        assert_eq!(unpack::<(u64, Vec<f32>, String)>(2, &packed).unwrap(), value);
        for at in 0..packed.len() {
            let mut damaged = packed.clone();
            damaged[at] ^= 0x40;
            assert!(
                unpack::<(u64, Vec<f32>, String)>(2, &damaged).is_err(),
                "a flipped bit at {at} was not detected"
            );
            assert!(
                unpack::<(u64, Vec<f32>, String)>(2, &packed[..at]).is_err(),
                "a cut at {at} was not detected"
            );
        }
    }

    #[test]
    fn another_version_is_named() {
        let mut packed = pack(&1_u8).unwrap();
        assert_eq!(unpack::<u8>(2, &packed).unwrap(), 1);
        relabel(&mut packed, 2);
        assert_eq!(unpack::<u8>(2, &packed).unwrap(), 1);
        assert!(matches!(unpack::<u8>(3, &packed), Err(FormatError::Version(2))));
        relabel(&mut packed, 9);
        assert!(matches!(unpack::<u8>(2, &packed), Err(FormatError::Version(9))));
    }
}
