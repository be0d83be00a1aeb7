//! Bytes to messages.

use super::memory;
use metrion_model::{Error, ErrorCode, Result};
use metrion_proto::Message as _;
use metrion_proto::client::MetricFamily;

/// The longest message that is read, in bytes: a family of more than half a million series.
pub const MAX_MESSAGE: usize = 64 * 1024 * 1024;

/// The most memory that the parts of one message may take, in bytes. Real ones take a few times their
/// length; one that is made to hurt, of empty metrics, takes hundreds of times.
pub const MAX_MEMORY: usize = 1024 * 1024 * 1024;

/// Reads the families of a stream as [`crate::encode_protobuf`] writes it, one after the other: only
/// the one that was just read is in memory.
///
/// # Errors
/// The iterator yields a `parse_error` with the place in `bytes`, for a message that is cut off, longer
/// than [`MAX_MESSAGE`], too large for [`MAX_MEMORY`], or otherwise malformed; after that it ends.
#[must_use]
pub fn parse_protobuf(bytes: &[u8]) -> ProtobufFamilies<'_> {
    ProtobufFamilies { bytes, at: 0 }
}

/// The families of a stream, for [`parse_protobuf`].
#[derive(Clone, Debug)]
pub struct ProtobufFamilies<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for ProtobufFamilies<'_> {
    type Item = Result<MetricFamily>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let (start, read) = (self.at, read_family(rest));
        match read {
            Ok((family, len)) => {
                self.at += len;
                Some(Ok(family))
            }
            Err(what) => {
                self.at = self.bytes.len();
                let message = format!("metric family at byte {start}: {what}");
                Some(Err(Error::new(ErrorCode::ParseError, message)))
            }
        }
    }
}

/// The first family and how many bytes it takes with its length.
fn read_family(bytes: &[u8]) -> Result<(MetricFamily, usize), String> {
    let (len, prefix) = read_varint(bytes)?;
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    if len > MAX_MESSAGE {
        return Err(format!("{len} bytes long, more than the {MAX_MESSAGE} that are read"));
    }
    let rest = bytes.get(prefix..).unwrap_or_default();
    let message = rest
        .get(..len)
        .ok_or_else(|| format!("cut off: {len} bytes long, but only {} are there", rest.len()))?;
    let needed = memory::needed(message)?;
    if needed > MAX_MEMORY {
        return Err(format!("it would take {needed} bytes of memory, more than {MAX_MEMORY}"));
    }
    let family = MetricFamily::decode(message).map_err(|error| error.to_string())?;
    Ok((family, prefix + len))
}

pub(super) fn read_varint(bytes: &[u8]) -> Result<(u64, usize), String> {
    let mut value = 0;
    for (place, byte) in bytes.iter().take(10).enumerate() {
        let part = u64::from(byte & 0x7f);
        // Ten bytes have 70 bits.
        if place == 9 && part > 1 {
            break;
        }
        value |= part << (7 * place);
        if byte & 0x80 == 0 {
            return Ok((value, place + 1));
        }
    }
    Err(match bytes.len() {
        0..10 => "cut off within its length".to_owned(),
        _ => "its length is not a number of 64 bits".to_owned(),
    })
}
