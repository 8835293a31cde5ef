//! What the demonstration tells: step by step on a screen, or at the end as JSON.

use serde::Serialize;
use zkmargin_desk::report::grouped;

use super::super::console;
use super::super::error::CliError;

/// Columns of running text.
const WIDTH: usize = 94;
/// Columns for the cost at the end of a line that names a transaction.
const COST: usize = 14;

/// One thing that somebody did.
#[derive(Serialize)]
struct Deed {
    who: String,
    what: String,
    /// Gas of the transaction; none where nothing was sent.
    gas: Option<u64>,
    /// Whether it was done, or refused.
    done: bool,
}

/// A numbered step.
#[derive(Serialize)]
struct Step {
    title: String,
    text: Vec<String>,
    deeds: Vec<Deed>,
    /// Who learned what.
    learned: Vec<[String; 2]>,
}

/// The steps told so far.
pub(crate) struct Narrative {
    json: bool,
    steps: Vec<Step>,
}

impl Narrative {
    /// Nothing told yet.
    pub fn new(json: bool) -> Self {
        Narrative {
            json,
            steps: Vec::new(),
        }
    }

    /// Begins a step.
    pub(crate) fn step(&mut self, title: &str) -> Result<(), CliError> {
        let number = self.steps.len() + 1;
        let break_before = if number == 1 { "" } else { "\n" };
        self.show(&format!("{break_before}{number}. {title}\n\n"))?;
        self.steps.push(Step {
            title: title.to_owned(),
            text: Vec::new(),
            deeds: Vec::new(),
            learned: Vec::new(),
        });
        Ok(())
    }

    /// Running text.
    pub(crate) fn say(&mut self, text: impl Into<String>) -> Result<(), CliError> {
        let text = text.into();
        self.show(&(wrapped(&text, " ", " ", WIDTH) + "\n"))?;
        self.with(|step| step.text.push(text));
        Ok(())
    }

    /// What a command printed, line by line as it stands.
    pub(crate) fn printed(&mut self, text: &str) -> Result<(), CliError> {
        let lines = text.lines().map(|line| format!("     {line}\n"));
        self.show(&lines.collect::<String>())?;
        self.with(|step| step.text.push(text.to_owned()));
        Ok(())
    }

    /// A transaction that went through.
    pub(crate) fn done(
        &mut self,
        who: &str,
        what: impl Into<String>,
        gas: u64,
    ) -> Result<(), CliError> {
        self.deed(who, what.into(), Some(gas), true)
    }

    /// A transaction that was refused on chain.
    pub fn refused(
        &mut self,
        who: &str,
        what: impl Into<String>,
        gas: u64,
    ) -> Result<(), CliError> {
        self.deed(who, what.into(), Some(gas), false)
    }

    /// Something that went well without a transaction.
    pub(crate) fn off_chain(&mut self, who: &str, what: impl Into<String>) -> Result<(), CliError> {
        self.deed(who, what.into(), None, true)
    }

    /// Something that did not come to a transaction.
    pub(crate) fn off_chain_refused(
        &mut self,
        who: &str,
        what: impl Into<String>,
    ) -> Result<(), CliError> {
        self.deed(who, what.into(), None, false)
    }

    /// What somebody knows now that he did not know before.
    pub(crate) fn learned(&mut self, who: &str, what: impl Into<String>) -> Result<(), CliError> {
        let what = what.into();
        let lead = format!("   learned  {who}: ");
        self.show(&(wrapped(&what, &lead, "            ", WIDTH) + "\n"))?;
        self.with(|step| step.learned.push([who.to_owned(), what]));
        Ok(())
    }

    /// The end.
    pub(crate) fn end(&self) -> Result<(), CliError> {
        match self.json {
            true => console::json(&self.steps),
            false => Ok(()),
        }
    }

    fn deed(
        &mut self,
        who: &str,
        what: String,
        gas: Option<u64>,
        done: bool,
    ) -> Result<(), CliError> {
        let mark = if done { "+" } else { "x" };
        let lead = format!("   {mark} {who:<12} ");
        let cost = gas.map_or_else(|| "off chain".to_owned(), gas_text);
        let indent = " ".repeat(lead.len());
        let text = wrapped(&what, &lead, &indent, WIDTH - COST);
        let last = text.lines().last().map_or(0, |line| line.chars().count());
        let gap = (WIDTH + 1)
            .saturating_sub(last + cost.chars().count())
            .max(2);
        self.show(&format!("{text}{}{cost}\n", " ".repeat(gap)))?;
        let who = who.to_owned();
        self.with(|step| {
            step.deeds.push(Deed {
                who,
                what,
                gas,
                done,
            })
        });
        Ok(())
    }

    fn show(&self, text: &str) -> Result<(), CliError> {
        match self.json {
            true => Ok(()),
            false => console::data(text),
        }
    }

    fn with(&mut self, change: impl FnOnce(&mut Step)) {
        if let Some(step) = self.steps.last_mut() {
            change(step);
        }
    }
}

fn gas_text(gas: u64) -> String {
    format!("{} gas", grouped(i128::from(gas), 0, 0))
}

/// Text broken into lines at spaces, the first with `lead` before it, the others with `indent`.
fn wrapped(text: &str, lead: &str, indent: &str, width: usize) -> String {
    let mut out = String::from(lead);
    let mut used = lead.chars().count();
    let mut first = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        if !first && used + 1 + length > width {
            out += "\n";
            out += indent;
            used = indent.chars().count();
            first = true;
        }
        if !first {
            out.push(' ');
            used += 1;
        }
        out += word;
        used += length;
        first = false;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces() {
        let text = "word ".repeat(40);
        for line in wrapped(text.trim(), " ", " ", 60).lines() {
            assert!(
                line.chars().count() <= 60 && line.starts_with(" word"),
                "{line}"
            );
        }
        assert_eq!(wrapped("one", ">", "", 9), ">one");
    }
}
