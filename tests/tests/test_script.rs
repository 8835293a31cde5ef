//! `./test --setup` on machines that lack what the tests need.
//!
//! The script runs in a folder of its own with a path that holds nothing but what these tests put
//! there, so that whatever the machine has is hidden.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the script itself uses.
const SHELL: [&str; 4] = ["bash", "env", "dirname", "cat"];
/// What the tests need, by program.
const NEEDED: [&str; 3] = ["node", "npm", "nats-server"];

struct Machine(tempfile::TempDir);

impl Machine {
    /// A machine of this user, with none of the needed programs.
    fn of_user(id: u32) -> Machine {
        let machine = Machine(tempfile::tempdir().expect("a folder"));
        fs::create_dir(machine.bin()).expect("a folder");
        fs::create_dir(machine.sbin()).expect("a folder");
        for program in SHELL {
            let at = ["/bin", "/usr/bin"].map(|folder| Path::new(folder).join(program));
            let at = at.iter().find(|path| path.exists()).expect(program);
            symlink(at, machine.bin().join(program)).expect("a link");
        }
        machine.program("id", &format!("echo {id}"));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../test");
        let script = fs::read_to_string(script).expect("the script");
        let hidden = script.replace("/usr/sbin", &machine.sbin().display().to_string());
        assert_ne!(script, hidden);
        machine.executable(&machine.0.path().join("test"), &hidden);
        machine
    }

    fn bin(&self) -> PathBuf {
        self.0.path().join("bin")
    }

    fn sbin(&self) -> PathBuf {
        self.0.path().join("sbin")
    }

    fn executable(&self, path: &Path, text: &str) {
        fs::write(path, text).expect("written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
    }

    fn program(&self, name: &str, body: &str) {
        self.executable(
            &self.bin().join(name),
            &format!("#!/usr/bin/env bash\n{body}\n"),
        );
    }

    /// An `apt-get` that notes how it was called and by which way, and brings the programs.
    fn apt_get(&self, brings: bool) {
        let log = self.log();
        let mut body = format!("echo \"${{AS_ROOT:-}}apt-get $*\" >> {}\n", log.display());
        if brings {
            body += "if [[ $1 == install ]]; then\n";
            for (program, folder) in NEEDED.iter().zip([self.bin(), self.bin(), self.sbin()]) {
                let made = folder.join(program).display().to_string();
                // No chmod on this machine: a copy of what is executable.
                body += &format!(
                    "  cat {0}/id > {made}; /bin/chmod 755 {made}\n",
                    self.bin().display()
                );
            }
            body += "fi\n";
        }
        self.program("apt-get", &body);
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("log")
    }

    /// What `apt-get` was called with.
    fn calls(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn set_up(&self, variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new("/bin/bash");
        command.arg(self.0.path().join("test")).arg("--setup");
        command.env_clear().env("PATH", self.bin());
        command.envs(variables.iter().copied());
        command.output().expect("the script runs")
    }

    /// Runs, and asserts the exit code and words on standard error.
    fn expect(&self, variables: &[(&str, &str)], code: i32, words: &[&str]) {
        let output = self.set_up(variables);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{text}");
        for word in words {
            assert!(text.contains(word), "no {word:?} in {text}");
        }
    }
}

const BY_HAND: &str =
    "hint: run this as root: apt-get update && apt-get install -y nodejs npm nats-server";

#[test]
fn root_gets_what_is_missing_and_is_told_before() {
    let machine = Machine::of_user(0);
    machine.apt_get(true);
    machine.expect(&[], 0, &["installing nodejs npm nats-server with apt-get"]);
    let calls = "apt-get update -qq\napt-get install -y -qq nodejs npm nats-server\n";
    assert_eq!(machine.calls(), calls);
    // The second time there is nothing to do, and nothing is said.
    let again = machine.set_up(&[]);
    assert!(again.status.success() && again.stderr.is_empty());
    assert_eq!(machine.calls(), calls);
}

#[test]
fn only_what_is_missing_is_installed() {
    let machine = Machine::of_user(0);
    machine.apt_get(true);
    machine.program("node", "");
    machine.program("npm", "");
    machine.expect(&[], 0, &["installing nats-server with apt-get"]);
    assert!(machine
        .calls()
        .ends_with("apt-get install -y -qq nats-server\n"));
}

#[test]
fn a_user_with_sudo_installs_through_it() {
    let machine = Machine::of_user(1000);
    machine.apt_get(true);
    machine.program(
        "sudo",
        "[[ $1 == -n ]] && exit 0\nAS_ROOT='sudo ' exec \"$@\"",
    );
    machine.expect(&[], 0, &["installing"]);
    assert!(machine.calls().starts_with("sudo apt-get update"));
    assert!(machine.calls().contains("sudo apt-get install"));
}

#[test]
fn who_may_not_is_told_the_one_command() {
    // No sudo at all; a sudo that would ask for a password when nobody is there to give it.
    for sudo in [None, Some("exit 1")] {
        let machine = Machine::of_user(1000);
        machine.apt_get(true);
        if let Some(body) = sudo {
            machine.program("sudo", body);
        }
        machine.expect(&[], 2, &["not installed: nodejs npm nats-server", BY_HAND]);
        assert_eq!(machine.calls(), "");
    }
    // Not Debian.
    Machine::of_user(0).expect(&[], 2, &[BY_HAND]);
}

#[test]
fn installing_can_be_forbidden() {
    let machine = Machine::of_user(0);
    machine.apt_get(true);
    machine.expect(&[("ZKMARGIN_NO_INSTALL", "1")], 2, &[BY_HAND]);
    assert_eq!(machine.calls(), "");
}

#[test]
fn an_installation_that_fails_or_brings_nothing_is_said() {
    let machine = Machine::of_user(0);
    machine.program("apt-get", "exit 100");
    machine.expect(&[], 2, &["apt-get failed", BY_HAND]);
    machine.apt_get(false);
    machine.expect(
        &[],
        2,
        &["still not found after installing: nodejs npm nats-server"],
    );
}

/// Debian's node is older than what the native tools ask for, though they are no programs of node: npm
/// leaves optional packages out in silence whose `engines` it does not meet.
#[test]
fn no_native_tool_asks_for_an_age_of_node() {
    let lock = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../contracts/package-lock.json"
    );
    let lock = fs::read_to_string(lock).expect("the lock file");
    let lock: serde_json::Value = serde_json::from_str(&lock).expect("JSON");
    let packages = lock["packages"].as_object().expect("packages");
    let optional = packages
        .iter()
        .filter(|(_, package)| package["optional"] == true);
    let optional: Vec<_> = optional.collect();
    assert!(
        optional.len() >= 3,
        "the native tools are optional packages"
    );
    for (name, package) in optional {
        assert!(package["engines"].is_null(), "take `engines` out of {name}");
    }
}
