//! The route labels of requests, shared among the requests of a route.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use super::families::UNMATCHED;

/// A program with more templates than this gets a new copy for each request to the others.
const MAX_KNOWN: usize = 10_000;

#[derive(Debug)]
pub(super) struct Routes {
    excluded: HashSet<String>,
    unmatched: Arc<str>,
    known: RwLock<HashSet<Arc<str>>>,
}

impl Routes {
    pub(super) fn new(excluded: Vec<String>) -> Self {
        Self {
            excluded: excluded.into_iter().collect(),
            unmatched: UNMATCHED.into(),
            known: RwLock::default(),
        }
    }

    /// The label of a template, or nothing if its requests are not measured.
    pub(super) fn label(&self, template: Option<&str>) -> Option<Arc<str>> {
        if self.excluded.contains(template.unwrap_or(UNMATCHED)) {
            return None;
        }
        let Some(template) = template else { return Some(Arc::clone(&self.unmatched)) };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(label) = known.get(template) {
            return Some(Arc::clone(label));
        }
        drop(known);
        let label: Arc<str> = template.into();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MAX_KNOWN {
            known.insert(Arc::clone(&label));
        }
        Some(label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_kept_once() {
        let routes = Routes::new(vec!["/metrics".into()]);
        let first = routes.label(Some("/a")).unwrap();
        assert!(Arc::ptr_eq(&first, &routes.label(Some("/a")).unwrap()));
        assert_eq!(routes.label(Some("/metrics")), None);
        assert_eq!(routes.label(None).as_deref(), Some("unmatched"));
        assert_eq!(Routes::new(vec!["unmatched".into()]).label(None), None);
    }

    #[test]
    fn memory_is_bounded() {
        let routes = Routes::new(Vec::new());
        for i in 0..MAX_KNOWN + 10 {
            assert_eq!(routes.label(Some(&i.to_string())).as_deref(), Some(&*i.to_string()));
        }
        assert_eq!(routes.known.read().unwrap().len(), MAX_KNOWN);
    }
}
