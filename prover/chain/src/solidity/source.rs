//! Text of a contract, line by line.

/// Lines with their indentation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    lines: Vec<String>,
    depth: usize,
}

impl Source {
    /// Text that starts indented by this many levels.
    pub(crate) fn indented(depth: usize) -> Self {
        Source {
            lines: Vec::new(),
            depth,
        }
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, text: &str) {
        match text.is_empty() {
            true => self.lines.push(String::new()),
            false => self
                .lines
                .push(format!("{}{text}", "    ".repeat(self.depth))),
        }
    }

    /// Adds the heading of a section.
    pub(crate) fn section(&mut self, title: &str) {
        self.line("");
        self.line(&format!("// --- {title}"));
    }

    /// Bytes of machine code that the text compiles to, about: one for an operation or a variable,
    /// two for an assignment, one more than its length for a literal.
    pub(crate) fn code_bytes(&self) -> usize {
        self.lines.iter().map(|line| line_bytes(line)).sum()
    }

    /// The whole text.
    pub fn text(&self) -> String {
        self.lines.join("\n") + "\n"
    }
}

fn line_bytes(line: &str) -> usize {
    if line.trim_start().starts_with("//") {
        return 0;
    }
    let assignment = if line.contains(":=") { 2 } else { 0 };
    let token = |token: &str| match token.strip_prefix("0x") {
        Some(digits) => 1 + digits.len().div_ceil(2),
        None if token.starts_with(|c: char| c.is_ascii_digit()) => 3,
        None => 1,
    };
    let tokens = line
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|t| !t.is_empty());
    assignment + tokens.map(token).sum::<usize>()
}
