//! The pinned files: read, compared, and written anew on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Map, Value};

/// Set to anything but `0` to write the file anew.
const REPIN: &str = "ZKMARGIN_REPIN";

fn path(file: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "pinned", file]
        .iter()
        .collect()
}

/// The pinned values of one kind, by size.
fn pinned(file: &str, kind: &str) -> Value {
    let path = path(file);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}\nhint: {REPIN}=1 writes it", path.display()));
    let all: Value = serde_json::from_str(&text).expect("the pinned file is JSON");
    all.get(kind).cloned().unwrap_or(Value::Null)
}

/// Writes one kind of values into a file, beside the others.
fn repin(file: &str, kind: &str, values: &Value) {
    let path = path(file);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mut all: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    all.insert(kind.to_owned(), values.clone());
    let text = serde_json::to_string_pretty(&all).expect("JSON") + "\n";
    std::fs::write(path, text).expect("the pinned file can be written");
}

/// Every number and text in a tree, by its path.
fn leaves(value: &Value, path: &str, out: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                leaves(field, &format!("{path}.{name}"), out);
            }
        }
        Value::Null => {}
        other => {
            out.insert(path.to_owned(), other.to_string());
        }
    }
}

/// What differs, a line for each value.
fn differences(pinned: &Value, found: &Value) -> Vec<String> {
    let (mut before, mut now) = (BTreeMap::new(), BTreeMap::new());
    leaves(pinned, "", &mut before);
    leaves(found, "", &mut now);
    let paths: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let side = |side: &BTreeMap<String, String>, path: &String| {
        side.get(path).map_or("nothing".to_owned(), String::clone)
    };
    paths
        .into_iter()
        .map(|path| (path, side(&before, path), side(&now, path)))
        .filter(|(_, before, now)| before != now)
        .map(|(path, before, now)| format!("  {}: {before} -> {now}", &path[1..]))
        .collect()
}

/// Holds what was found against one kind of values of a file in `tests/pinned`.
pub fn compare(file: &str, kind: &str, found: &Value) {
    if std::env::var_os(REPIN).is_some_and(|set| set != "0") {
        return repin(file, kind, found);
    }
    let differences = differences(&pinned(file, kind), found);
    assert!(
        differences.is_empty(),
        "{} of {} changed, pinned -> found:\n{}\n\
         hint: if the change is meant, raise CIRCUIT_REVISION where cached keys would be stale, \
         and run {REPIN}=1 ./test pinned",
        kind,
        path(file).display(),
        differences.join("\n")
    );
}

#[test]
fn a_difference_is_told_by_its_path() {
    use serde_json::json;
    let before = json!({"small": {"k": 13, "rows": {"leaf": 1}, "gone": 2}});
    let now = json!({"small": {"k": 14, "rows": {"leaf": 1}, "new": "x"}});
    assert_eq!(
        differences(&before, &now),
        [
            "  small.gone: 2 -> nothing",
            "  small.k: 13 -> 14",
            "  small.new: nothing -> \"x\"",
        ]
    );
    assert!(differences(&now, &now).is_empty());
    assert_eq!(differences(&Value::Null, &now).len(), 3);
}
