//! The memory map of a generated contract: every address is known when it is generated.

/// Bytes of a word.
pub(crate) const WORD: usize = 32;

/// A named run of words.
#[derive(Clone, Debug)]
pub(crate) struct Area {
    /// What it holds.
    pub name: String,
    /// First byte.
    pub at: usize,
    /// Words.
    pub words: usize,
}

/// Hands out addresses from zero up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    areas: Vec<Area>,
    next: usize,
}

impl Memory {
    /// Reserves a named area and returns its address.
    pub(crate) fn area(&mut self, name: &str, words: usize) -> usize {
        let at = self.next;
        self.next += words * WORD;
        self.areas.push(Area {
            name: name.to_owned(),
            at,
            words,
        });
        at
    }

    /// Names the coming words without reserving them.
    pub(crate) fn overlaid(&mut self, name: &str, words: usize) -> usize {
        let at = self.area(name, words);
        self.next = at;
        at
    }

    /// Makes the last area longer.
    pub(crate) fn extend(&mut self, words: usize) {
        self.next += words * WORD;
        if let Some(area) = self.areas.last_mut() {
            area.words += words;
        }
    }

    /// Reserves one more word of the last area, which is the scratch area.
    pub(crate) fn scratch(&mut self) -> usize {
        let at = self.next;
        self.extend(1);
        at
    }

    /// The areas in order.
    pub(crate) fn areas(&self) -> &[Area] {
        &self.areas
    }
}
