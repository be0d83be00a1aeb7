//! The parser of protocol buffers: what it accepts is written again to bytes that are read as the same.
//! That memory stays in bounds is checked by libFuzzer's limit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use metrion::exposition::parse_protobuf;
use metrion_proto::Message as _;

fuzz_target!(|input: &[u8]| {
    let mut families = parse_protobuf(input);
    let mut again = Vec::new();
    let mut count = 0;
    while let Some(Ok(family)) = families.next() {
        family.encode_length_delimited(&mut again).unwrap();
        count += 1;
    }
    assert!(families.next().is_none(), "after an error there is nothing");
    // A packed number of one byte becomes one with a tag of two.
    assert!(again.len() <= 4 * input.len());

    let mut once_more = Vec::new();
    let mut families = parse_protobuf(&again);
    let mut count_again = 0;
    while let Some(family) = families.next() {
        family.unwrap().encode_length_delimited(&mut once_more).unwrap();
        count_again += 1;
    }
    // Bytes, as NaN does not equal NaN.
    assert!((count, &again) == (count_again, &once_more));
});
