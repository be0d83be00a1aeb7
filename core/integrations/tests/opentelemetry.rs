//! Exemplars of real OpenTelemetry spans.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use metrion_integrations::opentelemetry::CurrentSpan;
use metrion_metrics::{Counter, Registry, RegistryOptions};
use metrion_model::NameFilter;
use opentelemetry::trace::{TraceContextExt, Tracer, TracerProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};

fn counter() -> (Registry, Counter) {
    let options =
        RegistryOptions { spans: Some(Arc::new(CurrentSpan)), ..RegistryOptions::default() };
    let registry = Registry::new(options).unwrap();
    let counter = registry.counter("c", "help").unwrap();
    (registry, counter)
}

fn exemplar(registry: &Registry) -> Option<String> {
    let snapshot = registry.snapshot(&NameFilter::all());
    let exemplar = &snapshot.families.first()?.exemplars().first()?.exemplar;
    Some(exemplar.label_text().to_owned())
}

#[test]
fn a_sampled_span_is_the_exemplar() {
    let provider = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOn).build();
    let (registry, counter) = counter();
    provider.tracer("test").in_span("work", |context| {
        counter.add_in_span(1.0);
        let span = context.span();
        let ids = span.span_context();
        let labels = format!("trace_id=\"{}\",span_id=\"{}\"", ids.trace_id(), ids.span_id());
        assert_eq!(exemplar(&registry), Some(labels));
    });
}

#[test]
fn without_a_sampled_span_there_is_none() {
    let provider = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOff).build();
    let (registry, counter) = counter();
    counter.add_in_span(1.0);
    provider.tracer("test").in_span("work", |_| counter.add_in_span(1.0));
    assert_eq!((counter.get(), exemplar(&registry)), (2.0, None));
}
