//! Any `Accept` header, and any names: what is negotiated is known, names that are escaped are classic,
//! those of the scheme `values` can be told again, and each family is there or said to be left out.
#![no_main]

use std::collections::HashSet;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use metrion::exposition::parse::{ParsedFamily, parse_openmetrics, parse_text};
use metrion::exposition::{EncodeOptions, Escaping, Format, Syntax, negotiate};
use metrion::{FamilyOptions, GaugeOptions, NameFilter, NameRules, Registry, RegistryOptions};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    accept: &'a str,
    families: Vec<(&'a str, [&'a str; 2])>,
}

fuzz_target!(|input: Input<'_>| {
    let negotiated = negotiate(input.accept);
    assert!(negotiated.syntax != Syntax::Json, "nobody asks for it");
    // The answer asks for itself.
    assert_eq!(negotiate(&negotiated.content_type()), negotiated);

    let options = RegistryOptions { name_rules: NameRules::Utf8, ..RegistryOptions::default() };
    let registry = Registry::new(options).unwrap();
    let mut names = HashSet::new();
    for (name, labels) in input.families {
        let options = GaugeOptions {
            family: FamilyOptions::labelled(name, "", &labels),
            ..Default::default()
        };
        if let Ok(family) = registry.gauge_family(options) {
            family.labels(&["1", "2"]).unwrap().set(3.0).unwrap();
            names.insert((name.to_owned(), labels.map(str::to_owned)));
        }
    }
    let snapshot = registry.snapshot(&NameFilter::all());
    for escaping in [Escaping::AllowUtf8, Escaping::Underscores, Escaping::Dots, Escaping::Values] {
        let encode = |syntax| {
            let mut out = Vec::new();
            let format = Format { syntax, escaping: Some(escaping) };
            let left_out = format.encode(&snapshot, EncodeOptions::default(), &mut out);
            (out, left_out.len())
        };
        let (text, left_out) = encode(Syntax::Text);
        let families = parse_text(&text).unwrap();
        assert_eq!(families.len() + left_out, snapshot.families.len());
        let (openmetrics, _) = encode(Syntax::OpenMetrics);
        match parse_openmetrics(&openmetrics) {
            Ok(same) => assert_eq!(same.len(), families.len()),
            // What the schemes of Prometheus make of some labels OpenMetrics keeps for others.
            Err(error) => assert!(error.message().ends_with("is reserved"), "{error}"),
        }
        let found: HashSet<_> = families.iter().map(all_names).collect();
        match escaping {
            Escaping::AllowUtf8 => assert_eq!(found, names),
            Escaping::Values => {
                check_classic(&found);
                let told = |(name, labels): &(String, [String; 2])| {
                    let [a, b] = labels;
                    (unescape(name), [unescape(a), unescape(b)])
                };
                // Without the names that look like escaped ones already, and may meet them.
                if !names
                    .iter()
                    .flat_map(|(name, labels)| [name, &labels[0], &labels[1]])
                    .any(|name| name.starts_with("U__"))
                {
                    assert_eq!(found.iter().map(told).collect::<HashSet<_>>(), names);
                }
            }
            _ => check_classic(&found),
        }
    }
});

fn all_names(family: &ParsedFamily<'_>) -> (String, [String; 2]) {
    let mut labels = family.samples[0].labels.iter().map(|(name, _)| name.into_owned());
    (family.name.clone().into_owned(), [labels.next().unwrap(), labels.next().unwrap()])
}

fn check_classic(found: &HashSet<(String, [String; 2])>) {
    let head = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_classic =
        |name: &str| name.starts_with(head) && name.chars().all(|c| head(c) || c.is_ascii_digit());
    for (name, labels) in found {
        assert!(is_classic(&name.replace(':', "_")), "{name}");
        labels.iter().for_each(|label| assert!(is_classic(label), "{label}"));
    }
}

/// As Prometheus' `model.UnescapeName` for the scheme `values`.
fn unescape(name: &str) -> String {
    let Some(mut rest) = name.strip_prefix("U__") else { return name.to_owned() };
    let mut out = String::new();
    while let Some((plain, behind)) = rest.split_once('_') {
        out.push_str(plain);
        let (code, behind) = behind.split_once('_').unwrap();
        match code {
            "" => out.push('_'),
            code => out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap()),
        }
        rest = behind;
    }
    out + rest
}
