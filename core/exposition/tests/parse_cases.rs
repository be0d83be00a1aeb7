//! The public OpenMetrics cases, where the shared data is there.

#[allow(dead_code)]
#[path = "../examples/parse_cases.rs"]
mod parse_cases;

use std::path::Path;

#[test]
fn openmetrics_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/openmetrics");
    if !folder.is_dir() {
        eprintln!("skipped: ../shared/openmetrics is not there");
        return;
    }
    let (passed, failures) = parse_cases::run_cases(&folder).unwrap();
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(passed > 100, "only {passed} cases");
}

/// A case that is wrong is seen.
#[test]
fn wrong_cases_fail() {
    let folder = std::env::temp_dir().join(format!("parse-cases-{}", std::process::id()));
    let write = |case: &str, metrics: &str, test: &str| {
        std::fs::create_dir_all(folder.join(case)).unwrap();
        std::fs::write(folder.join(case).join("metrics"), metrics).unwrap();
        std::fs::write(folder.join(case).join("test.json"), test).unwrap();
    };
    write("accepted", "# EOF\n", r#"{"type": "text", "shouldParse": false}"#);
    write("good", "# EOF\n", r#"{"type": "text", "shouldParse": true}"#);
    write("old", "a 1\n", r#"{"type": "text-0.0.4", "shouldParse": true}"#);
    write("other", "", r#"{"type": "other", "shouldParse": true}"#);
    write("refused", "a 1\n", r#"{"type": "text", "shouldParse": true}"#);
    let (passed, failures) = parse_cases::run_cases(&folder).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let names: Vec<_> = failures.iter().map(|failure| failure.split(':').next().unwrap()).collect();
    assert_eq!((passed, names), (2, vec!["accepted", "other", "refused"]));
}
