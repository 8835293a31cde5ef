//! What may be done next, as a command that runs as it stands.

use std::fmt::{Display, Write as _};
use std::path::Path;

use super::console;

/// A command in the making.
pub(crate) struct Next(String);

impl Next {
    /// A command by its name: `evaluate`, `book prove`.
    pub fn new(command: &str) -> Next {
        Next(format!("zkmargin {command}"))
    }

    /// A file or a folder that stands by itself.
    pub(crate) fn path(mut self, path: &Path) -> Next {
        let path = path.display().to_string();
        // What begins with a dash would be taken for an option.
        let path = if path.starts_with('-') {
            format!("./{path}")
        } else {
            path
        };
        let _ = write!(self.0, " {}", word(&path));
        self
    }

    /// An option and its value.
    pub(crate) fn option(mut self, name: &str, value: impl Display) -> Next {
        let _ = write!(self.0, " --{name} {}", word(&value.to_string()));
        self
    }

    /// An option, where its value is not what the program takes by itself.
    pub(crate) fn unless<T: Display + PartialEq>(self, usual: T, name: &str, value: T) -> Next {
        if value == usual {
            self
        } else {
            self.option(name, value)
        }
    }

    /// `--out` with a name that no file has yet.
    pub(crate) fn out(self, stem: &str, ending: &str) -> Next {
        let name = |number: u32| match number {
            1 => format!("{stem}{ending}"),
            _ => format!("{stem}-{number}{ending}"),
        };
        let free = (1..1_000).map(name).find(|name| !Path::new(name).exists());
        match free {
            Some(free) => self.option("out", free),
            None => self,
        }
    }

    /// Tells it on standard error.
    pub(crate) fn tell(self) {
        console::next(&self.0);
    }
}

/// A word for a shell.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "./_-+=:@%,".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_as_a_shell_reads_them() {
        for (text, shown) in [
            ("a.json", "a.json"),
            ("../b c", "'../b c'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("$HOME", "'$HOME'"),
        ] {
            assert_eq!(word(text), shown);
        }
        let next = Next::new("book prove").path(Path::new("-x"));
        let next = next.unless("rm1", "policy", "rm1").unless(1, "k", 2);
        assert_eq!(next.0, "zkmargin book prove ./-x --k 2");
    }
}
