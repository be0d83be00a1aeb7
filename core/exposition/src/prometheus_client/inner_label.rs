use metrion_model::FamilySnapshot;

use super::number::append_float;

/// The lines of a type that adds a label to those of its series, where that stands before others.
pub(super) struct InnerLabel<'a> {
    pub(super) family: &'a FamilySnapshot,
    /// Up to the first label, the line feed of the line before included.
    pub(super) start: String,
    /// How many of the own labels come before it.
    pub(super) place: usize,
    /// The label for each line of a row: `le="0.5"`.
    pub(super) added: Vec<String>,
}

impl InnerLabel<'_> {
    /// One line for each number; `tail` appends what follows it.
    pub(super) fn append_row(
        &self,
        out: &mut Vec<u8>,
        row: usize,
        numbers: impl Iterator<Item = f64>,
        tail: impl Fn(&mut Vec<u8>, usize),
    ) {
        let labels = self.family.labels().text(row);
        let (before, after) = labels.split_at(end_of_labels(labels, self.place));
        // A series past the limit has one label only.
        let comma = if before.is_empty() || before.ends_with(',') { "" } else { "," };
        let behind = if after.is_empty() { "" } else { "," };
        for (place, (added, number)) in self.added.iter().zip(numbers).enumerate() {
            for part in [&self.start, before, comma, added, behind, after, "} "] {
                out.extend_from_slice(part.as_bytes());
            }
            append_float(out, number);
            tail(out, place);
        }
    }
}

/// Where the first labels of a text of the form of [`metrion_model::LabelSets::text`] end, the comma behind
/// them included. Its names are classic.
pub(super) fn end_of_labels(text: &str, count: usize) -> usize {
    let mut end = 0;
    for _ in 0..count {
        let rest = text.get(end..).unwrap_or_default();
        let Some(opening) = rest.find("=\"") else { return text.len() };
        let value = rest.get(opening + 2..).unwrap_or_default();
        let mut escaped = false;
        let closing = value.bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        });
        let Some(closing) = closing else { return text.len() };
        // Two for what opens the value, one for what closes it, and one for the comma.
        end = (end + opening + 2 + closing + 2).min(text.len());
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_end_at_their_commas() {
        let text = r#"a="x\",b="\",c=\"\\",d="""#;
        let ends: Vec<&str> = (0..5).map(|count| &text[..end_of_labels(text, count)]).collect();
        let two = r#"a="x\",b="\",c=\"\\","#;
        assert_eq!(ends[0], "");
        assert!(two.starts_with(ends[1]) && ends[2].starts_with(ends[1]));
        assert_eq!((ends[3], ends[4]), (text, text));
    }
}
