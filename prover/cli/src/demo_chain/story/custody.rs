//! An agreement with the venue itself, which counts the collateral in the trader's account.

use zkmargin_chain::abi::MarginVault::{self, AnnouncementPaid};
use zkmargin_chain::binding::agreement_id;
use zkmargin_chain::signer::Payment;

use super::super::super::error::CliError;
use super::amounts::{clock, dollars, in_dollars, usd};
use super::transactions::refusal;
use super::{Story, CUSTODY, GRACE, TAKEN};

impl Story<'_> {
    pub(super) fn custody(&mut self) -> Result<(), CliError> {
        self.out.step("Custody: collateral that the venue counts")?;
        self.out.say(
            "With the venue itself the trader has another agreement. The venue counts what lies there \
             in his account, and the terms say what that means: he trusts its books up to this \
             collateral, since being left out of a book is seizure. A withdrawal is announced first; \
             the venue stops counting it, and signs. Should it not sign, a proof under a book that no \
             longer counts it does.",
        )?;
        let terms = self.custody.clone();
        let id = agreement_id(&terms);
        self.opened("venue", &terms, CUSTODY)?;
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
        self.refused("relayer", "sends it again", &refused)?;
        let known = "amount and recipient; the account shows nothing for it";
        self.out.learned("everyone", known)
    }
}
