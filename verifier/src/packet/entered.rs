//! What a venue shows of linear positions beside their quantities: at what price each was entered,
//! and at what it is marked.
//!
//! The root does not commit to entry prices. It commits to what they come to in all, −Σ quantity·entry,
//! the position in [`ENTRY_COSTS`]: so a venue that shows a gain which it does not owe, or hides one
//! that it owes, has to show it with another sum than the one that it proves.

use zkmargin_engine::account::{booked, Position};
use zkmargin_engine::market::{InstrumentId, Kind, Market};
use zkmargin_engine::policy::{Policy, ENTRY_COSTS};
use zkmargin_engine::units::format_money;

use super::{NotCounted, Packet, Placed};

/// Prices of a linear position, in 1e-8 USD per contract, above 0 and below 2^60.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entered {
    /// At which it was entered, as the venue shows it.
    pub price: u64,
    /// Its mark in the market of the book.
    pub mark: u64,
}

impl Entered {
    /// What a position of `quantity` (1e-8 contract) has gained since it was entered, in 1e-8 USD: its
    /// entry cost and its worth, each rounded down.
    pub fn gain(&self, quantity: i64) -> i128 {
        booked(quantity, self.price) + booked(-quantity, self.mark)
    }
}

impl Placed {
    /// What the entry prices come to: −Σ quantity·entry in 1e-8 USD, each rounded down.
    pub fn entry_costs(&self) -> i128 {
        let with_entry = self.with_entries();
        with_entry.map(|(p, e)| booked(p.quantity, e.price)).sum()
    }

    /// Gain of all positions that say at what price they were entered, in 1e-8 USD.
    pub fn gain(&self) -> i128 {
        let with_entry = self.with_entries();
        with_entry.map(|(p, e)| e.gain(p.quantity)).sum()
    }

    /// Whether every perpetual and future says at what price it was entered, and whether the entries come
    /// to the unit to what the leaf has in [`ENTRY_COSTS`]. Names are those of the packet's `policy`.
    ///
    /// # Errors
    /// [`NotCounted::NoEntry`], [`NotCounted::Entries`].
    pub fn check_entries(&self, policy: &Policy) -> Result<(), NotCounted> {
        let number = self.account.number;
        let mut futures = self.account.positions.iter().map(|p| p.id);
        if let Some(id) = futures.find(|id| id.kind().is_future() && !self.entered.contains_key(id))
        {
            let name = id.name(policy);
            return Err(NotCounted::NoEntry { number, name });
        }
        let is_cost = |p: &&Position| {
            let symbol = policy.by_code(p.id.underlying()).map(|u| u.symbol.as_str());
            p.id.kind() == Kind::Cash && symbol == Some(ENTRY_COSTS)
        };
        let counted = self.account.positions.iter().find(is_cost);
        let counted = counted.map_or(0, |p| i128::from(p.quantity));
        match self.entry_costs() {
            stated if stated == counted => Ok(()),
            stated => Err(NotCounted::Entries {
                number,
                stated: format_money(stated),
                counted: format_money(counted),
            }),
        }
    }

    fn with_entries(&self) -> impl Iterator<Item = (&Position, &Entered)> {
        let positions = self.account.positions.iter();
        positions.filter_map(move |p| Some((p, self.entered.get(&p.id)?)))
    }
}

impl Packet {
    /// Whether the time and the marks of the packet are those of the market that the venue published.
    ///
    /// # Errors
    /// [`NotCounted::Other`] for another market or time, [`NotCounted::Mark`].
    pub fn check_market(&self, market: &Market) -> Result<(), NotCounted> {
        for (what, same) in [
            ("market", market.digest() == self.market),
            ("time of the market", market.time() == self.time),
        ] {
            if !same {
                return Err(NotCounted::Other { what });
            }
        }
        let listed = |id: &InstrumentId| market.listed(*id);
        for placed in &self.accounts {
            let mut marks = placed.entered.iter();
            let wrong = |(id, e): &(&InstrumentId, &Entered)| {
                listed(id).is_none_or(|row| row.forward != e.mark)
            };
            if let Some((id, _)) = marks.find(wrong) {
                let name = listed(id).map_or_else(|| id.to_string(), |row| row.name.clone());
                let number = placed.account.number;
                return Err(NotCounted::Mark { number, name });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::packet::Published;
    use zkmargin_engine::account::{Account, AccountFile, Customer, Listing};
    use zkmargin_engine::commitment::Book;
    use zkmargin_engine::Fr;

    const MARKET: &str = r#"{"time": 1787412831, "instruments": [
      {"id": "USD", "kind": "cash", "mark": "1"},
      {"id": "USD-SETTLEMENT", "kind": "cash", "mark": "1"},
      {"id": "BTC", "kind": "spot", "underlying": "BTC", "mark": "77081.80"},
      {"id": "BTC-PERPETUAL", "kind": "perpetual", "underlying": "BTC", "mark": "77095.12"},
      {"id": "BTC-25SEP26", "kind": "future", "underlying": "BTC", "expiry": 1790323200, "mark": "77405.28"}]}"#;
    const POSITIONS: &str = r#"{"positions": [
      {"instrument": "USD", "quantity": "250000"},
      {"instrument": "BTC", "quantity": "0.5"},
      {"instrument": "BTC-PERPETUAL", "quantity": "-1.5", "entry": "76500"},
      {"instrument": "BTC-25SEP26", "quantity": "0.00000003", "entry": "76500.01"}]}"#;

    fn market() -> Market {
        Market::from_json(MARKET, "m.json", &Policy::rm1()).unwrap()
    }

    /// The packet of a book of one account of these positions, as a venue makes it.
    fn packet(positions: &str) -> Packet {
        let (market, policy) = (market(), Policy::rm1());
        let listing = Listing::new(&market, &policy);
        let file = AccountFile::from_json(positions, "a.json", &listing).unwrap();
        let customer = Customer::new("ann@example.com", Fr::from(5)).unwrap();
        let account = Account {
            customer: customer.digest(),
            identity: Fr::from(0),
            number: 7,
            salt: Fr::from(9),
            positions: file.positions,
        };
        let book = Book::lone(account.leaf());
        let mark = |id| market.listed(id).unwrap().forward;
        let entered = file.entries.iter().map(|(id, entry)| {
            let (price, mark) = (entry.price, mark(*id));
            (*id, Entered { price, mark })
        });
        let names = account.positions.iter();
        Packet {
            customer,
            accounts: vec![Placed {
                names: names.map(|p| p.id.name(&policy)).collect(),
                entered: entered.collect(),
                place: book.inclusion(0),
                account,
            }],
            count: 1,
            root: book.root(),
            policy: policy.digest(),
            market: market.digest(),
            time: market.time(),
            cut_off: market.time().into(),
        }
    }

    fn check(packet: &Packet) -> Result<(), NotCounted> {
        let checked = packet.check(&Published::default(), Some(&Policy::rm1()));
        checked.map(|_| ())
    }

    fn entry<'a>(packet: &'a mut Packet, name: &str) -> &'a mut Entered {
        let market = market();
        let id = market.instruments()[market.by_name(name).unwrap()].id;
        packet.accounts[0].entered.get_mut(&id).unwrap()
    }

    #[test]
    fn entries_come_to_what_was_counted() {
        let good = packet(POSITIONS);
        assert_eq!(check(&good), Ok(()));
        let held = &good.accounts[0];
        // 1.5 · 76,500, less 0.00000003 · 76,500.01 rounded up.
        assert_eq!(held.entry_costs(), 11_475_000_000_000 - 229_501);
        // −1.5 · 595.12, and 0.00000003 · 905.27, each part rounded down.
        assert_eq!(held.gain(), -89_268_000_000 + (232_215 - 229_501));
        assert_eq!(check(&packet(r#"{"positions": []}"#)), Ok(()));
        let cash = r#"{"positions": [{"instrument": "USD", "quantity": "5"}]}"#;
        let held = packet(cash);
        assert_eq!(check(&held), Ok(()));
        assert_eq!(
            (held.accounts[0].entry_costs(), held.accounts[0].gain()),
            (0, 0)
        );
    }

    #[test]
    fn an_entry_price_off_by_its_last_digit_is_a_definite_no() {
        // A short position of 1.5: a digit of its price is a digit and a half, rounded down.
        for (digits, stated) in [(1, "114749.997705"), (-1, "114749.99770497")] {
            let mut bad = packet(POSITIONS);
            let price = &mut entry(&mut bad, "BTC-PERPETUAL").price;
            *price = price.wrapping_add_signed(digits);
            let (number, stated) = (7, stated.to_owned());
            let counted = "114749.99770499".to_owned();
            let no = NotCounted::Entries {
                number,
                stated,
                counted,
            };
            assert_eq!(check(&bad), Err(no));
        }
    }

    #[test]
    fn an_entry_moved_to_another_position_is_a_definite_no() {
        let mut bad = packet(POSITIONS);
        let (perpetual, future) = (
            *entry(&mut bad, "BTC-PERPETUAL"),
            *entry(&mut bad, "BTC-25SEP26"),
        );
        entry(&mut bad, "BTC-PERPETUAL").price = future.price;
        entry(&mut bad, "BTC-25SEP26").price = perpetual.price;
        assert!(matches!(
            check(&bad),
            Err(NotCounted::Entries { number: 7, .. })
        ));
        // To a position that had none.
        let mut bad = packet(POSITIONS);
        let coin = bad.accounts[0]
            .account
            .positions
            .iter()
            .find(|p| p.id.kind() == Kind::Spot);
        let coin = coin.unwrap().id;
        bad.accounts[0].entered.insert(coin, perpetual);
        assert!(matches!(
            check(&bad),
            Err(NotCounted::Entries { number: 7, .. })
        ));
    }

    #[test]
    fn a_future_without_an_entry_is_a_definite_no() {
        for name in ["BTC-PERPETUAL", "BTC-25SEP26"] {
            let mut bad = packet(POSITIONS);
            let market = market();
            let id = market.instruments()[market.by_name(name).unwrap()].id;
            bad.accounts[0].entered.remove(&id);
            let (number, name) = (7, name.to_owned());
            assert_eq!(check(&bad), Err(NotCounted::NoEntry { number, name }));
        }
        // Entry costs that no entry explains.
        let mut bad = packet(POSITIONS);
        bad.accounts[0].entered = BTreeMap::new();
        bad.accounts[0]
            .account
            .positions
            .retain(|p| !p.id.kind().is_future());
        let number = 7;
        let no = bad.accounts[0].check_entries(&Policy::rm1());
        let (stated, counted) = ("0".to_owned(), "114749.99770499".to_owned());
        assert_eq!(
            no,
            Err(NotCounted::Entries {
                number,
                stated,
                counted
            })
        );
    }

    #[test]
    fn marks_and_time_are_those_of_the_published_market() {
        let good = packet(POSITIONS);
        assert_eq!(good.check_market(&market()), Ok(()));
        let mut bad = good.clone();
        entry(&mut bad, "BTC-25SEP26").mark += 1;
        let (number, name) = (7, "BTC-25SEP26".to_owned());
        assert_eq!(
            bad.check_market(&market()),
            Err(NotCounted::Mark { number, name })
        );
        let mut bad = good.clone();
        bad.time += 1;
        let what = "time of the market";
        assert_eq!(bad.check_market(&market()), Err(NotCounted::Other { what }));
        let other = MARKET.replace("77095.12", "77095.13");
        let other = Market::from_json(&other, "m.json", &Policy::rm1()).unwrap();
        let what = "market";
        assert_eq!(good.check_market(&other), Err(NotCounted::Other { what }));
    }
}
