//! Text that describes the program, as labels with the value 1.

use std::sync::{Arc, Mutex};

use metrion_model::{
    Error, ErrorCode, FamilySnapshot, LabelSets, Quoted, Result, Value, validate_label_names,
};
use metrion_slab::{Entry, EntryKind, Owners, join_key, lock, split_key};

use crate::definition::Storage;
use crate::family::Metric;
use crate::series::Series;

/// One series of an info family. Cloning gives another handle to the same series.
///
/// What it says stands in the directory; its one cell is the number of that entry and 1, or 0 while it
/// says nothing.
#[derive(Clone, Debug)]
pub struct Info {
    series: Arc<Series>,
    said: Arc<Mutex<Option<Entry>>>,
}

impl Info {
    /// Says these labels from now on, instead of what it said before.
    ///
    /// # Errors
    /// `invalid_name` and `reserved_name` for wrong names, `label_mismatch` for one that is a label of
    /// the family, `limit_reached` when the registry is full. What it said before stays then.
    pub fn set(&self, labels: &[(&str, &str)]) -> Result<()> {
        let schema = &self.series.context.definition.schema;
        let constant = schema.constant_labels.iter().map(|(name, _)| name);
        let mut own = constant.chain(&schema.label_names);
        if let Some(taken) = own.find(|own| labels.iter().any(|(name, _)| name == own)) {
            let message = format!(
                "{taken:?} is a label of the family {}",
                schema.name,
                taken = Quoted(taken)
            );
            return Err(Error::new(ErrorCode::LabelMismatch, message));
        }
        let rules = self.series.context.name_rules;
        validate_label_names(labels.iter().map(|(name, _)| *name), &[], rules)?;
        let fields: Vec<&str> = labels.iter().flat_map(|(name, value)| [*name, *value]).collect();
        let mut said = lock(&self.said);
        let entry = self.series.part(EntryKind::Info, &join_key(&fields), 0, 0)?;
        let number = f64::from(entry.number) + 1.0;
        if self.series.context.storage() == Storage::Own {
            // What it said before, another process may say still.
            self.series.say(number);
            return Ok(());
        }
        self.series.segment.set(self.series.cell(), number);
        let before = said.replace(entry);
        if let Some(before) = before.filter(|before| before.number != entry.number) {
            self.series.free_part(&before);
        }
        Ok(())
    }

    /// What it says: names and values in the order in which they were given.
    #[must_use]
    pub fn get(&self) -> Vec<(String, String)> {
        self.get_of(&self.series.owners())
    }

    fn get_of(&self, owners: &Owners) -> Vec<(String, String)> {
        let key = match self.series.context.storage() {
            Storage::Own => self.key_said_last(owners),
            _ => self.own_key(),
        };
        let key = key.unwrap_or_default();
        let mut fields = split_key(&key).unwrap_or_default().into_iter().map(str::to_owned);
        std::iter::from_fn(|| Some((fields.next()?, fields.next()?))).collect()
    }

    fn own_key(&self) -> Option<Vec<u8>> {
        let said = lock(&self.said);
        let segment = &self.series.segment;
        let number = segment.get(self.series.cell());
        let entry = said.filter(|entry| f64::from(entry.number) + 1.0 == number)?;
        Some(segment.key_of(&entry))
    }

    /// Of processes that share it, one that lives and said something last is right.
    fn key_said_last(&self, owners: &Owners) -> Option<Vec<u8>> {
        let number = self.series.said_last(owners)?;
        let (entry, key) = self.series.segment.entry((number - 1.0) as u32)?;
        let is_own = entry.kind == EntryKind::Info && entry.family == self.series.entry.number;
        is_own.then_some(key)
    }
}

impl Metric for Info {
    fn new(series: Arc<Series>) -> Self {
        Self { series, said: Arc::default() }
    }

    fn series(&self) -> &Arc<Series> {
        &self.series
    }

    fn adopt_parts(&self) {
        *lock(&self.said) = self.series.parts(EntryKind::Info).first().copied();
    }

    fn collect(&self, labels: &str, family: &mut FamilySnapshot, owners: &Owners) -> Result<()> {
        let said = self.get_of(owners);
        let mut own = LabelSets::default();
        own.push(said.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let separator = if labels.is_empty() || own.text(0).is_empty() { "" } else { "," };
        let all = format!("{labels}{separator}{}", own.text(0));
        family.push_label_text(&all, Value::Number(1.0))
    }
}
