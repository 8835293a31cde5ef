//! The venue proves its book, and publishes what the proofs say.

use zkmargin_chain::abi::SolvencyRegistry;
use zkmargin_chain::publication::{differences, publish_call};
use zkmargin_desk::report::grouped_size;
use zkmargin_verifier::command::counted;

use super::super::super::console;
use super::super::super::error::CliError;
use super::super::book::{prove, Made};
use super::amounts::short;
use super::Story;

impl Story<'_> {
    pub(super) fn publication(&mut self) -> Result<(), CliError> {
        self.out.step("The venue's book")?;
        self.out.say(format!(
            "The venue holds {} accounts, the trader's among them, and its own, which takes the \
             other side of every derivative. It proves what they add up to, and publishes a folder \
             with the proofs. On chain it puts the root, the sums that are proven, and the digest of \
             the folder. The registry keeps claims; it does not check them, and whoever has the \
             folder does.",
            self.scene.accounts.len(),
        ))?;
        let made = console::working("Proving the venue's book", || prove(self.scene))?;
        self.told(&made)?;
        let call = publish_call(0, &made.proven, self.on.oracle);
        let venue = self.on.cast.venue;
        let receipt = self.node.send(venue, self.on.registry, &call)?;
        let (root, digest) = (call.publication.root.into(), call.publication.digest);
        self.out.done(
            "venue",
            format!(
                "publishes epoch 0: book {}, folder {}",
                short(root),
                short(digest)
            ),
            receipt.gas,
        )?;
        let epoch = SolvencyRegistry::epochCall { venue, number: 0 };
        let recorded = self.node.call(self.on.registry, &epoch)?;
        if let Some(field) = differences(&recorded, &made.proven).first() {
            let problem = format!("the registry has another {field} than was published");
            return Err(CliError::Demo(problem));
        }
        self.out.off_chain(
            "everyone",
            "reads epoch 0, and finds root, totals and digest of the folder",
        )?;
        let totals = &call.publication.totals;
        self.out.learned(
            "everyone",
            format!(
                "{} accounts with {} USD of equity, {} of them failing; derivatives net to zero",
                totals.accounts,
                grouped_size(totals.equity, 16, 0),
                totals.failing,
            ),
        )?;
        self.out
            .learned("the trader", "his path in the book, from the venue")?;
        self.counted = Some((made.account, made.place));
        Ok(())
    }

    fn told(&mut self, made: &Made) -> Result<(), CliError> {
        let batches = made.proven.book().batches.len() as u64;
        self.out.off_chain(
            "prover",
            format!(
                "proves {} of 2^{} rows in {:.1} s, {:.1} s of it for the keys",
                counted(batches, "batch", "batches"),
                made.k,
                (made.keys + made.proofs).as_secs_f64(),
                made.keys.as_secs_f64(),
            ),
        )?;
        self.out.off_chain(
            "everyone",
            format!(
                "verifies the folder in {:.1} s, with the key that follows from market and policy",
                made.verification.as_secs_f64()
            ),
        )
    }
}
