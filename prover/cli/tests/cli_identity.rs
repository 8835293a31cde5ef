//! `zkmargin identity`.

use crate::common::{Folder, IDENTITY, SECRET_FILE};
use serde_json::Value;

/// The secret of a file.
fn secret(folder: &Folder, name: &str) -> String {
    let file: Value = serde_json::from_str(&folder.read(name)).unwrap();
    assert_eq!(file["version"], 2);
    file["secret"].as_str().unwrap().to_owned()
}

#[test]
fn a_secret_is_drawn_and_only_its_identity_shown() {
    let folder = Folder::new();
    let made = folder.run("identity new --out s.json").code(0);
    let identity = made.stdout.trim();
    assert!(
        identity.starts_with("0x") && identity.len() == 66,
        "{identity}"
    );
    assert_eq!(made.stdout, format!("{identity}\n"), "one line of data");
    assert!(made.stderr.contains("wrote s.json"), "{}", made.stderr);
    let next = "next: zkmargin account generate --market market.json --identity s.json";
    assert!(made.stderr.contains(next), "{}", made.stderr);
    let secret = secret(&folder, "s.json");
    assert!(!made.stdout.contains(&secret[2..]) && !made.stderr.contains(&secret[2..]));
    assert_eq!(folder.names(), ["s.json"]);
    let shown = folder.run("identity show s.json").code(0);
    assert_eq!(
        (shown.stdout, shown.stderr),
        (made.stdout.clone(), String::new())
    );
    let json = folder.run("identity show s.json --json").code(0).json();
    assert_eq!(json, serde_json::json!({ "identity": identity }));
}

#[test]
fn every_secret_is_another_one() {
    let folder = Folder::new();
    let of = |name: &str| {
        let line = format!("identity new --out {name} --json");
        let made = folder.run(&line).code(0).json();
        (made["identity"].clone(), secret(&folder, name))
    };
    let (one, two) = (of("1.json"), of("2.json"));
    assert!(one.0 != two.0 && one.1 != two.1);
}

#[test]
fn an_identity_is_a_function_of_the_secret() {
    let folder = Folder::with_files();
    let shown = folder.run("identity show identity.json").code(0).stdout;
    assert_eq!(shown, format!("{IDENTITY}\n"));
    let piped = folder.run_with("identity show -", SECRET_FILE).code(0);
    assert_eq!(piped.stdout, shown);
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_trader_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.run("identity new --out s.json").code(0);
    let mode = std::fs::metadata(folder.path("s.json")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
}

/// Nobody can make a secret again, so none is replaced, whatever is asked.
#[test]
fn a_file_that_is_there_stays() {
    let folder = Folder::new();
    folder.write("old", "anything");
    folder.run("identity new --out old").refused(&[
        "--out old",
        "there already",
        "lost",
        "another file",
    ]);
    let forced = folder.run("identity new --out old --force").code(2);
    assert!(forced.stderr.contains("--force"), "{}", forced.stderr);
    assert_eq!(folder.read("old"), "anything");
    for place in ["-", "/dev/null", "/dev/stdout"] {
        folder
            .run(&format!("identity new --out {place}"))
            .refused(&[place, "lost"]);
    }
    folder
        .run("identity new --out no/s.json")
        .refused(&["no/s.json"]);
    folder.run("identity new").code(2);
    assert_eq!(folder.names(), ["old"]);
}
