//! What the venue has against what its last book owes, as `book reserves` tells it.

use serde_json::{json, Value};
use zkmargin_chain::binding::word;
use zkmargin_chain::reserves::{Addresses, Covered};
use zkmargin_chain::terms::written;
use zkmargin_engine::file::write_atomic;
use zkmargin_engine::policy::CUSTODY as CUSTODY_ASSET;
use zkmargin_engine::units::format_element;
use zkmargin_verifier::command::counted;

use super::super::super::book::reserves;
use super::super::super::error::CliError;
use super::wallets::Wallet;
use super::{Story, SECOND_MARKET};

impl Story<'_> {
    pub(super) fn reserves(&mut self) -> Result<(), CliError> {
        self.out.step("Whether it is there")?;
        self.out.say(
            "Anyone sets what the venue has against what its last book owes. The venue signs for its \
             addresses, and names its agreements of custody with the proofs by which it counts them: \
             they cover what is owed in custody, and nothing else does. The moment is nobody's choice: \
             the block is the last before the venue read its accounts, and the least balance at three \
             moments drawn later counts.",
        )?;
        let file = self.addresses()?;
        let (addresses, assets) = (
            self.venue.file("addresses.json"),
            self.venue.file("assets.toml"),
        );
        write_atomic(&addresses, file.to_string().as_bytes())?;
        write_atomic(&assets, self.assets()?.as_bytes())?;
        let wallets = self.wallets.len() as u64;
        let what = format!(
            "signs for {}, and shows the credit of 1 agreement",
            counted(wallets, "address", "addresses")
        );
        self.out.off_chain("venue", what)?;
        let at = (self.url, self.on.registry, self.on.cast.venue);
        let book = self.venue.public().join("book.json");
        let (text, verdict) = reserves::told([addresses, book, assets], at)?;
        self.out.off_chain(
            "everyone",
            "asks `zkmargin book reserves`, with a node, a list of known contracts, and the registry",
        )?;
        self.out.printed(&text)?;
        match verdict {
            Covered::Yes => Ok(()),
            verdict => Err(CliError::Demo(format!("the reserves: {verdict:?}"))),
        }
    }

    /// The venue's file, with its signatures.
    fn addresses(&self) -> Result<Value, CliError> {
        let cut = self.cut()?;
        let asset = |wallet: &Wallet| {
            json!({ "asset": wallet.asset, "token": wallet.token, "addresses": [{
                "address": self.on.cast.venue, "chain_id": self.on.chain_id, "block": cut.block,
                "balance": wallet.whole.to_string(), "scheme": "personal_sign" }] })
        };
        let market = word(self.scene.market.digest());
        let mut file = json!({ "venue": "Venue of the story", "book": self.root()?,
            "assets": self.wallets.iter().map(asset).collect::<Vec<_>>(),
            "custody": [{ "asset": CUSTODY_ASSET, "chain_id": self.on.chain_id, "block": cut.block,
                "vault": self.on.vault, "terms": written(&self.custody),
                "credit": { "verifier": 0, "epoch": 0, "market": market, "proof": self.credit } }] });
        let market = self.scene.market_after(SECOND_MARKET, false)?;
        let of = (&market, &self.scene.policy);
        let read = Addresses::from_json(&file.to_string(), "addresses.json", of)?;
        for (n, holding) in read.holdings.iter().enumerate() {
            let signature = self.on.venue_key.sign_message(&holding.ownership.text())?;
            file["assets"][n]["addresses"][0]["signature"] = json!(signature);
        }
        Ok(file)
    }

    /// Root of the venue's last book.
    fn root(&self) -> Result<String, CliError> {
        let counted = self.counted.as_ref();
        let root = counted.and_then(|(account, place)| place.root(account.leaf()));
        let missing = || CliError::Demo("the venue has no book".to_owned());
        Ok(format_element(&root.ok_or_else(missing)?))
    }

    /// The list of a verifier who knows the contracts of the story.
    fn assets(&self) -> Result<String, CliError> {
        let on = &self.on;
        let mut list = "version = 1\n".to_owned();
        for Wallet { asset, token, .. } in &self.wallets {
            list.push_str(&format!(
                "[[asset]]\nsymbol = \"{asset}\"\nindependent = true\n\
                 at = [{{ chain = {}, token = \"{token}\" }}]\n",
                on.chain_id
            ));
        }
        let code = alloy_primitives::keccak256(self.node.code(on.verifier)?);
        Ok(list
            + &format!(
                "[[custody]]\nasset = \"{CUSTODY_ASSET}\"\nchain = {}\nvault = \"{}\"\n\
                 token = \"{}\"\noracle = \"{}\"\nregistry = \"{}\"\npolicy = \"{:#x}\"\n\
                 verifiers = [\"{code}\"]\n",
                on.chain_id, on.vault, on.token, on.oracle, on.registry, self.custody.policy
            ))
    }
}
