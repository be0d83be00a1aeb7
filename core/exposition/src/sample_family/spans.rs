//! The buckets of native histograms as Prometheus writes them: spans of neighbours, and the difference of
//! each count to the one before.

/// The buckets that spans (a gap before, and a length) and differences describe; what has no partner in
/// the other list is left out.
#[must_use]
pub fn buckets_of_spans(spans: &[(i32, u32)], deltas: &[f64]) -> Vec<(i32, f64)> {
    let mut next = 0_i64;
    let indices = spans.iter().flat_map(|(offset, length)| {
        let start = next + i64::from(*offset);
        next = start + i64::from(*length);
        start..next
    });
    let counts = deltas.iter().scan(0.0, |count, delta| {
        *count += delta;
        Some(*count)
    });
    indices.zip(counts).filter_map(|(index, count)| Some((index.try_into().ok()?, count))).collect()
}

/// The spans and differences of buckets, whose indices increase.
#[must_use]
pub fn spans_of_buckets(buckets: &[(i32, f64)]) -> (Vec<(i32, u32)>, Vec<f64>) {
    let mut spans: Vec<(i32, u32)> = Vec::new();
    let mut next = 0_i32;
    let (mut before, mut deltas) = (0.0, Vec::with_capacity(buckets.len()));
    for (index, count) in buckets {
        match spans.last_mut() {
            Some((_, length)) if *index == next => *length += 1,
            _ => spans.push((index.wrapping_sub(next), 1)),
        }
        next = index.wrapping_add(1);
        deltas.push(count - before);
        before = *count;
    }
    (spans, deltas)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let buckets = [(-3, 1.0), (-2, 4.0), (5, 2.0)];
        let (spans, deltas) = spans_of_buckets(&buckets);
        assert_eq!(
            (spans.as_slice(), deltas.as_slice()),
            (&[(-3, 2), (6, 1)][..], &[1.0, 3.0, -2.0][..])
        );
        assert_eq!(buckets_of_spans(&spans, &deltas), buckets);
        assert_eq!(buckets_of_spans(&[(i32::MAX, u32::MAX)], &[1.0, 1.0]), [(i32::MAX, 1.0)]);
        assert_eq!(buckets_of_spans(&[(0, 5)], &[]), []);
    }
}
