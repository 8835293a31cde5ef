//! An agreement with the venue itself, which counts the collateral in the trader's account.

use zkmargin_chain::abi::MarginVault::{self, AnnouncementPaid};
use zkmargin_chain::binding::{agreement_id, Intent};
use zkmargin_chain::signer::Payment;
use zkmargin_chain::trader::Claim;
use zkmargin_engine::market::Market;

use super::super::super::console;

use super::super::super::error::CliError;
use super::amounts::{clock, dollars, in_dollars, usd};
use super::transactions::refusal;
use super::{Cut, Story, CUSTODY, GRACE, TAKEN};

impl Story<'_> {
    pub(super) fn custody(&mut self, market: &Market) -> Result<(), CliError> {
        self.out.step("Custody: collateral that the venue counts")?;
        self.out.say(
            "With the venue itself the trader has another agreement. The venue counts what lies there \
             in his account, and the terms say what that means: he trusts its books up to this \
             collateral, since being left out of a book is seizure. A withdrawal is announced first; \
             the venue stops counting it, and signs. Should it not sign, a proof under a book that no \
             longer counts it does.",
        )?;
        let terms = self.custody.clone();
        self.opened("venue", &terms, CUSTODY)?;
        self.credit(market)?;
        self.paid_out()?;
        // What the venue reads for its next book, before anything else happens.
        self.cut = Some(Cut {
            time: self.node.time()?,
            block: self.node.block()?,
        });
        let known = "amount and recipient; the account shows nothing for it";
        self.out.learned("everyone", known)
    }

    /// The trader shows which account the collateral is counted in.
    fn credit(&mut self, market: &Market) -> Result<(), CliError> {
        let claim = Claim {
            chain_id: self.on.chain_id,
            vault: self.on.vault,
            intent: Intent::credit(agreement_id(&self.custody)),
            ratio: self.custody.ratio,
            buffer: self.custody.margin,
        };
        let (request, trader) = (claim.request(), self.trader()?);
        let work = || trader.prove(market, &request);
        let (proof, timing) = console::working("Proving", work)?;
        self.out.off_chain(
            "prover",
            format!(
                "proves in {:.1} s that the account in epoch 0 is that of the agreement: the credit, \
                 which no vault accepts",
                (timing.witness + timing.proof).as_secs_f64()
            ),
        )?;
        self.credit = proof;
        let what = format!("counts {} in that account from now on", usd(CUSTODY));
        self.out.off_chain("venue", what)
    }

    /// A withdrawal on the venue's signature.
    fn paid_out(&mut self) -> Result<(), CliError> {
        let terms = self.custody.clone();
        let id = agreement_id(&terms);
        let (node, vault, cast) = (self.node, self.on.vault, self.on.cast);
        let amount = dollars(TAKEN);
        let announce = MarginVault::announceCall {
            terms: terms.clone(),
            amount,
            to: cast.trader,
        };
        let refused = refusal(node.send(cast.stranger, vault, &announce))?;
        self.refused("stranger", "announces a withdrawal", &refused)?;
        let receipt = node.send(cast.refund, vault, &announce)?;
        let what = format!("announces withdrawal 1: {} for the trader", usd(TAKEN));
        self.out.done("refund", what, receipt.gas)?;
        let deadline = node.time()? + GRACE;
        let payment = Payment {
            id,
            announcement: 1,
            amount,
            recipient: cast.trader,
            deadline,
        };
        let signature = self.on.signed(&self.on.venue_key, &payment)?;
        self.out.off_chain(
            "venue",
            format!(
                "stops counting it, and signs, good until {}",
                clock(deadline)
            ),
        )?;
        let pay = MarginVault::payAnnouncedCall {
            terms,
            deadline,
            signature,
        };
        let receipt = node.send(cast.relayer, vault, &pay)?;
        let paid = receipt.events::<AnnouncementPaid>(vault);
        let amount = paid.first().map_or(dollars(0), |event| event.amount);
        let what = format!(
            "sends the signature: the trader has {} USD more",
            in_dollars(amount)
        );
        self.out.done("relayer", what, receipt.gas)?;
        let refused = refusal(node.send(cast.relayer, vault, &pay))?;
        self.refused("relayer", "sends it again", &refused)
    }
}
