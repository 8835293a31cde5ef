//! How wide a terminal is, and sentences broken to that width.

/// Columns where nothing is known of the terminal.
const USUAL: usize = 80;

/// Fewer columns than this break no sentence.
const LEAST: usize = 40;

/// Columns of the terminal: what `COLUMNS` says, else what the terminal says, else 80; at least 40.
pub fn width() -> usize {
    let said = std::env::var("COLUMNS").ok();
    let said = said.and_then(|columns| columns.parse().ok());
    let asked = || terminal_size::terminal_size().map(|(columns, _)| columns.0.into());
    said.or_else(asked).unwrap_or(USUAL).max(LEAST)
}

/// A text with its control characters spelled out, but for line feeds: a name that a stranger gave a file
/// must not write over what the terminal shows.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() && c != '\n' {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    out
}

/// A text with lines of at most so many columns, broken at blanks. What is one word, such as a digest,
/// or stands between backticks stays whole; what follows a wide gap hangs under its column. Lines with
/// escapes were laid out by others and stay as they are.
pub fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let body = line.strip_suffix('\n').unwrap_or(line);
        match body.chars().count() <= width || body.contains('\x1b') {
            true => out.push_str(body),
            false => wrap(body, width, &mut out),
        }
        out.push_str(&line[body.len()..]);
    }
    out
}

fn wrap(line: &str, width: usize, out: &mut String) {
    let hang = hang(line, width);
    let mut column = 0;
    for (gap, word) in words(line) {
        let length = word.chars().count();
        if column + gap + length > width && column > hang {
            out.push('\n');
            out.push_str(&" ".repeat(hang));
            column = hang + length;
        } else {
            out.push_str(&" ".repeat(gap));
            column += gap + length;
        }
        out.push_str(word);
    }
}

/// Where a line goes on: under its last column that begins in the left half, else a little to the
/// right of where it began.
fn hang(line: &str, width: usize) -> usize {
    let begin = line.len() - line.trim_start_matches(' ').len();
    let mut column = 0;
    let mut hang = if begin == 0 { 0 } else { begin + 2 };
    for (gap, word) in words(line) {
        column += gap;
        if gap > 1 && column > begin && column <= width / 2 {
            hang = column;
        }
        column += word.chars().count();
    }
    hang
}

/// The words of a line, each with the number of blanks before it.
fn words(line: &str) -> Vec<(usize, &str)> {
    let quotes = line.matches('`').count() % 2 == 0;
    let (mut words, mut gap, mut start, mut inside) = (Vec::new(), 0, None, false);
    for (at, c) in line.char_indices() {
        inside ^= quotes && c == '`';
        match (c == ' ' && !inside, start) {
            (false, None) => start = Some(at),
            (false, Some(_)) => {}
            (true, None) => gap += 1,
            (true, Some(begin)) => {
                words.push((gap, &line[begin..at]));
                (gap, start) = (1, None);
            }
        }
    }
    if let Some(begin) = start {
        words.push((gap, &line[begin..]));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_blanks_and_nowhere_else() {
        for (text, wanted) in [
            ("", ""),
            ("short\n", "short\n"),
            ("one two three four", "one two\nthree four"),
            ("  one two three\n", "  one two\n    three\n"),
            ("say `a b c d e` now", "say\n`a b c d e`\nnow"),
            ("it`s all of it", "it`s all\nof it"),
            ("0123456789abcdef then", "0123456789abcdef\nthen"),
            ("a   one two three", "a   one\n    two\n    three"),
            ("\x1b[1mone two three four", "\x1b[1mone two three four"),
            ("äöü äöü äöü", "äöü äöü\näöü"),
        ] {
            assert_eq!(wrapped(text, 10), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_stranger_s_name_moves_no_cursor() {
        assert_eq!(
            printable("a\u{1b}[2J\rb\u{9b}\nc ä"),
            "a\\u{1b}[2J\\rb\\u{9b}\nc ä"
        );
    }

    #[test]
    fn nothing_is_lost() {
        let text = "  name       0x0123 and many words beside it, more than fit into a line\n\nx\n";
        let bare = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        for width in 1..100 {
            let broken = wrapped(text, width);
            assert_eq!(bare(&broken), bare(text));
            let widest = broken.lines().map(|line| line.chars().count()).max();
            assert!(width < 24 || widest <= Some(width), "{width}: {broken}");
        }
    }
}
