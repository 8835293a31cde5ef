//! The venue proves its books, and publishes what the proofs say.

use zkmargin_chain::abi::SolvencyRegistry;
use zkmargin_chain::publication::{differences, publish_call};
use zkmargin_desk::report::grouped_size;
use zkmargin_engine::account::{Account, Position};
use zkmargin_engine::market::Market;
use zkmargin_engine::policy::CUSTODY as CUSTODY_ASSET;
use zkmargin_verifier::command::counted;

use super::super::super::console;
use super::super::super::error::CliError;
use super::super::book::Made;
use super::amounts::{clock, short, usd};
use super::{Story, CUSTODY, MONEY, SECOND_MARKET, TAKEN};

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
        let market = &self.scene.market;
        let made = self.proven(&self.scene.accounts, (market, market.time().into()))?;
        self.published(0, made)?;
        self.out
            .learned("the trader", "his path in the book, from the venue")
    }

    /// The book in which the trader has what is in custody.
    pub(super) fn next_book(&mut self) -> Result<(), CliError> {
        let left = CUSTODY - TAKEN;
        self.out.step("The next book, with what is in custody")?;
        let cut = self.cut()?;
        self.out.say(format!(
            "The venue reads its accounts at {}, when the withdrawal was paid: the trader has {} in \
             custody in his. The market of a book is the oracle's first after that, so nobody \
             chose it, and the account is at prices that came later.",
            clock(cut.time),
            usd(left)
        ))?;
        let market = self.scene.market_after(SECOND_MARKET, false)?;
        let asset = market
            .cash(&self.scene.policy, CUSTODY_ASSET)
            .ok_or_else(|| CliError::Demo("the market lists no custody".to_owned()))?;
        let kept = Position {
            id: asset.id,
            quantity: (u128::from(left) * MONEY) as i64,
        };
        let mut accounts = self.scene.accounts.clone();
        credited(&mut accounts[self.scene.index], kept);
        let made = self.proven(&accounts, (&market, cut.time))?;
        self.published(1, made)
    }

    fn proven(
        &self,
        accounts: &[Account],
        (market, cut_off): (&Market, u64),
    ) -> Result<Made, CliError> {
        let work = || self.venue.prove(self.scene, accounts, (market, cut_off));
        console::working("Proving the venue's book", work)
    }

    /// Puts a book on chain, and looks whether it is there.
    fn published(&mut self, number: u64, made: Made) -> Result<(), CliError> {
        self.told(&made)?;
        let call = publish_call(number, &made.proven, self.on.oracle);
        let venue = self.on.cast.venue;
        let receipt = self.node.send(venue, self.on.registry, &call)?;
        let (root, digest) = (call.publication.root.into(), call.publication.digest);
        self.out.done(
            "venue",
            format!(
                "publishes epoch {number}: book {}, folder {}",
                short(root),
                short(digest)
            ),
            receipt.gas,
        )?;
        let epoch = SolvencyRegistry::epochCall { venue, number };
        let recorded = self.node.call(self.on.registry, &epoch)?;
        if let Some(field) = differences(&recorded, &made.proven).first() {
            let problem = format!("the registry has another {field} than was published");
            return Err(CliError::Demo(problem));
        }
        self.out.off_chain(
            "everyone",
            format!("reads epoch {number}, and finds root, totals and digest of the folder"),
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

/// Puts a position where it belongs by its id.
fn credited(account: &mut Account, kept: Position) {
    let at = account.positions.partition_point(|p| p.id < kept.id);
    account.positions.insert(at, kept);
}
