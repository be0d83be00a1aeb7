use super::ParseError;

/// Checks that the samples of one histogram with one label set and one timestamp fit together.
#[derive(Default)]
pub(super) struct HistogramCheck {
    group: Option<Group>,
}

/// What one sample of a histogram says.
#[derive(Clone, Copy)]
pub(super) struct Number<'s> {
    /// What the sample's name has behind that of the family.
    pub(super) suffix: &'s str,
    /// Of a bucket.
    pub(super) bound: Option<f64>,
    pub(super) value: f64,
}

#[derive(Default)]
struct Group {
    /// The line of its last sample.
    line: usize,
    last_bound: Option<f64>,
    last_bucket: f64,
    has_negative_bound: bool,
    has_sum: bool,
    gsum: Option<f64>,
    count: Option<f64>,
}

impl HistogramCheck {
    /// Takes the next sample; with `begins` it is the first of its label set and timestamp.
    pub(super) fn push(
        &mut self,
        family: &str,
        number: Number<'_>,
        begins: bool,
        line: usize,
    ) -> Result<(), ParseError> {
        if begins {
            self.finish(family)?;
            self.group = None;
        }
        let group = self.group.get_or_insert_default();
        group.line = line;
        match number.suffix {
            "_bucket" => {
                let bound = number.bound.unwrap_or(f64::NAN);
                let fault =
                    |message: &str| Err(ParseError::new(line, 1, format!("{message}: {family}")));
                if group.last_bound.is_some_and(|last| bound <= last) {
                    return fault("the bounds of the buckets do not increase");
                }
                if number.value < group.last_bucket {
                    return fault("a bucket has less than the one before it");
                }
                group.has_negative_bound |= bound < 0.0;
                group.last_bound = Some(bound);
                group.last_bucket = number.value;
            }
            "_count" | "_gcount" => group.count = Some(number.value),
            "_sum" => group.has_sum = true,
            "_gsum" => group.gsum = Some(number.value),
            _ => {}
        }
        Ok(())
    }

    /// Checks the samples that were pushed since the last that began.
    pub(super) fn finish(&self, family: &str) -> Result<(), ParseError> {
        let Some(group) = &self.group else { return Ok(()) };
        let has_sum = group.has_sum || group.gsum.is_some();
        let message = if group.last_bound != Some(f64::INFINITY) {
            "the last bucket is not le=\"+Inf\""
        } else if group.count.is_some_and(|count| count != group.last_bucket) {
            "the count is not that of the +Inf bucket"
        } else if has_sum != group.count.is_some() {
            "a sum and a count must come together"
        } else if group.has_negative_bound && group.has_sum {
            "with negative bounds there must be no _sum"
        } else if !group.has_negative_bound && group.gsum.is_some_and(|sum| sum < 0.0) {
            "without negative bounds the _gsum must not be negative"
        } else {
            return Ok(());
        };
        Err(ParseError::new(group.line, 1, format!("{message}: {family}")))
    }
}
