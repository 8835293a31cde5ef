//! Text of a contract, line by line.

/// Lines with their indentation.
#[derive(Clone, Debug, Default)]
pub struct Source {
    lines: Vec<String>,
    depth: usize,
}

impl Source {
    /// Text that starts indented by this many levels.
    pub fn indented(depth: usize) -> Self {
        Source {
            lines: Vec::new(),
            depth,
        }
    }

    /// Adds a line.
    pub fn line(&mut self, text: &str) {
        match text.is_empty() {
            true => self.lines.push(String::new()),
            false => self.lines.push(format!("{}{text}", "    ".repeat(self.depth))),
        }
    }

    /// Adds the heading of a section.
    pub fn section(&mut self, title: &str) {
        self.line("");
        self.line(&format!("// --- {title}"));
    }

    /// The whole text.
    pub fn text(&self) -> String {
        self.lines.join("\n") + "\n"
    }
}
