//! Market files: JSON to [`Market`].

use super::json::{Node, Object};
use super::{
    check, own_cash, Instrument, InstrumentId, Kind, Market, Settlement, FORWARD_HINT, SETTLED,
};
use crate::commitment::MARKET_CAPACITY;
use crate::error::{quoted, Error};
use crate::policy::{Policy, Underlying};
use crate::units::{Price, Strike, Vol, DAY};

/// Longest name of an instrument, in bytes.
const MAX_NAME: usize = 64;

impl Market {
    /// Reads a market file. `file` names it in messages.
    ///
    /// # Errors
    /// Refuses what is not a complete market of the policy: unknown, missing or repeated fields;
    /// numbers out of form or range; unknown kinds and underlyings; repeated and too distant
    /// instruments; expired ones without a settlement price, or with a price or volatility of their
    /// own; settlements that stand twice or are of what has not expired; names that another instrument has; options of one expiry with two
    /// forwards, and a future too far from theirs; more than [`MARKET_CAPACITY`] instruments.
    pub fn from_json(text: &str, file: &str, policy: &Policy) -> Result<Market, Error> {
        let mut top = Object::new(file, String::new(), Node::parse(text, file)?)?;
        top.only(&["time", "settlements", "instruments"])?;
        let time = top.seconds("time")?;
        let settlements = match top.has("settlements") {
            true => top.list("settlements")?,
            false => Vec::new(),
        };
        let entries = top.list("instruments")?;
        if entries.len() > MARKET_CAPACITY {
            return Err(Error::TooMany {
                file: file.to_owned(),
                field: top.path("instruments"),
                count: entries.len(),
                limit: MARKET_CAPACITY,
                hint: "leave out instruments that no account holds",
            });
        }
        let mut reader = Reader {
            file,
            time,
            policy,
            settlements: Vec::new(),
        };
        reader.settlements = reader.settlements(settlements)?;
        let instruments = entries
            .into_iter()
            .enumerate()
            .map(|(n, node)| reader.instrument(Object::new(file, entry_path(n), node)?))
            .collect::<Result<Vec<_>, _>>()?;
        refuse_repeated(
            file,
            &instruments,
            |i| i.name.as_str(),
            "every id stands once",
        )?;
        let second_name = "the same kind, underlying, expiry and strike are the same instrument";
        refuse_repeated(file, &instruments, |i| i.id, second_name)?;
        let scale = |code| policy.scale(code);
        if let Some(conflict) = check::deliveries(time, &instruments, scale) {
            let [first, second] = conflict.places;
            return Err(Error::Value {
                file: file.to_owned(),
                field: format!("{}.{}", entry_path(second), conflict.field),
                value: format!(
                    "{} of {} in {}",
                    conflict.values,
                    instruments[first].name,
                    entry_path(first)
                ),
                problem: conflict.problem,
                hint: FORWARD_HINT.to_owned(),
            });
        }
        let mut numbered = instruments.iter().enumerate();
        numbered.try_for_each(|(n, i)| reader.own_name(n, i))?;
        own_cash::check(file, policy, &instruments)?;
        Market::settled(time, instruments, reader.settlements)
    }

    /// Reads a list of settlement prices, as `settlements` of a market file is; `file` names it in
    /// messages. What they are to a market, [`Market::settled`] checks.
    ///
    /// # Errors
    /// Refuses unknown, missing or repeated fields, numbers out of form or range, unknown underlyings
    /// and two prices of one expiry.
    pub fn settlements_from_json(
        text: &str,
        file: &str,
        policy: &Policy,
    ) -> Result<Vec<Settlement>, Error> {
        let wrapped = format!("{{\"settlements\": {text}}}");
        let mut top = Object::new(file, String::new(), Node::parse(&wrapped, file)?)?;
        top.only(&["settlements"])?;
        let reader = Reader {
            file,
            time: u32::MAX,
            policy,
            settlements: Vec::new(),
        };
        reader.settlements(top.list("settlements")?)
    }
}

fn entry_path(n: usize) -> String {
    format!("instruments[{n}]")
}

/// Refuses two instruments with the same key.
fn refuse_repeated<'a, K: Ord>(
    file: &str,
    instruments: &'a [Instrument],
    key: impl Fn(&'a Instrument) -> K,
    hint: &'static str,
) -> Result<(), Error> {
    let mut order: Vec<usize> = (0..instruments.len()).collect();
    order.sort_by_key(|n| (key(&instruments[*n]), *n));
    let twins = order
        .windows(2)
        .find(|w| key(&instruments[w[0]]) == key(&instruments[w[1]]));
    match twins {
        None => Ok(()),
        Some(twins) => Err(Error::Repeated {
            file: file.to_owned(),
            field: format!("{}.id", entry_path(twins[1])),
            value: quoted(&instruments[twins[1]].name),
            first: entry_path(twins[0]),
            hint,
        }),
    }
}

/// What the entries of a file are read against.
struct Reader<'a> {
    file: &'a str,
    time: u32,
    policy: &'a Policy,
    settlements: Vec<Settlement>,
}

impl Reader<'_> {
    fn instrument(&self, mut entry: Object<'_>) -> Result<Instrument, Error> {
        let name = self.name(&mut entry)?;
        let kind_name = entry.text("kind")?;
        let kind = Kind::from_name(&kind_name).ok_or_else(|| {
            let hint = "the kinds are cash, spot, perpetual, future, call, put".to_owned();
            entry.wrong("kind", quoted(&kind_name), "there is no such kind", hint)
        })?;
        entry.only(fields_of(kind))?;
        let underlying = self.underlying(&mut entry, kind, &name)?;
        let expiry = match kind.is_dated() {
            true => self.expiry(&mut entry, &name, underlying.code)?,
            false => 0,
        };
        let scale = underlying.scale;
        let price = |text: &str| Price::parse(text, scale);
        let strike = match kind.is_option() {
            true => entry
                .number("strike", |text| Strike::parse(text, scale))?
                .units(),
            false => 0,
        };
        let id = InstrumentId::new(underlying.code, expiry, strike, kind);
        let (forward, vol) = match (id.settled_at(self.time), kind.is_option()) {
            // [`Market::settled`] computes the value.
            (true, _) => (self.no_price(&entry)?, SETTLED),
            (false, true) => {
                let forward = entry.number("forward", price)?.units();
                (forward, entry.number("vol", Vol::parse)?.units())
            }
            (false, false) => (entry.number("mark", price)?.units(), 0),
        };
        Ok(Instrument {
            name,
            id,
            forward,
            vol,
        })
    }

    /// Nothing, where what has expired has no price of its own; its value is nowhere written.
    fn no_price(&self, entry: &Object<'_>) -> Result<u64, Error> {
        let given = ["mark", "forward", "vol"];
        match given.into_iter().find(|name| entry.has(name)) {
            None => Ok(0),
            Some(name) => {
                let value = "a price of what has expired".to_owned();
                let problem = "its value follows from the settlement price of its expiry";
                let hint = format!("leave `{name}` out, and give the price in `settlements`");
                Err(entry.wrong(name, value, problem, hint))
            }
        }
    }

    /// The settlement prices of a file. [`Market::settled`] checks what they are to each other.
    fn settlements(&self, list: Vec<Node>) -> Result<Vec<Settlement>, Error> {
        let mut settlements: Vec<Settlement> = Vec::with_capacity(list.len());
        for (n, node) in list.into_iter().enumerate() {
            let mut entry = Object::new(self.file, format!("settlements[{n}]"), node)?;
            entry.only(&["underlying", "expiry", "price"])?;
            let symbol = entry.text("underlying")?;
            let known = self.known(&entry, "underlying", &symbol, false)?;
            let (underlying, scale) = (known.code, known.scale);
            let expiry = entry.seconds("expiry")?;
            if expiry > self.time {
                let hint = "settle what has expired at the market's time, and nothing else";
                let problem = "is after the market's time";
                return Err(entry.wrong("expiry", expiry.to_string(), problem, hint.to_owned()));
            }
            let twin = settlements
                .iter()
                .position(|s| (s.underlying, s.expiry) == (underlying, expiry));
            if let Some(first) = twin {
                return Err(Error::Repeated {
                    file: self.file.to_owned(),
                    field: entry.path("expiry"),
                    value: format!("{symbol} at {expiry}"),
                    first: format!("settlements[{first}]"),
                    hint: "an underlying has one settlement price at an expiry",
                });
            }
            settlements.push(Settlement {
                underlying,
                expiry,
                price: entry
                    .number("price", |text| Price::parse(text, scale))?
                    .units(),
            });
        }
        Ok(settlements)
    }

    /// A name may be the file's own, but not one that another instrument has.
    fn own_name(&self, n: usize, instrument: &Instrument) -> Result<(), Error> {
        let (name, id) = (&instrument.name, instrument.id);
        let Some(other) = id.mistaken_for(name, self.policy) else {
            return Ok(());
        };
        let (ours, other) = (id.name(self.policy), other.name(self.policy));
        Err(Error::Value {
            file: self.file.to_owned(),
            field: format!("{}.id", entry_path(n)),
            value: quoted(name),
            problem: "the name of another instrument",
            hint: format!("{other} has that name, this entry is {ours}: write it so"),
        })
    }

    fn name(&self, entry: &mut Object<'_>) -> Result<String, Error> {
        let name = entry.text("id")?;
        let printable = name.bytes().all(|b| b.is_ascii_graphic());
        if name.is_empty() || name.len() > MAX_NAME || !printable {
            let hint = "1 to 64 visible ASCII characters without blanks".to_owned();
            return Err(entry.wrong("id", quoted(&name), "not a name of an instrument", hint));
        }
        Ok(name)
    }

    fn underlying(
        &self,
        entry: &mut Object<'_>,
        kind: Kind,
        name: &str,
    ) -> Result<&Underlying, Error> {
        let cash = kind == Kind::Cash;
        let field = if cash { "id" } else { "underlying" };
        let symbol = match (cash, entry.optional_text("underlying")?) {
            (true, None) => name.to_owned(),
            (true, Some(symbol)) if symbol == name => symbol,
            (true, Some(symbol)) => {
                let hint = "leave the field out: the id of cash is its symbol".to_owned();
                let problem = "cash is its own underlying";
                return Err(entry.wrong("underlying", quoted(&symbol), problem, hint));
            }
            (false, Some(symbol)) => symbol,
            (false, None) => entry.text("underlying")?,
        };
        self.known(entry, field, &symbol, cash)
    }

    /// The underlying, or cash asset, of a symbol that stands in a field.
    fn known(
        &self,
        entry: &Object<'_>,
        field: &str,
        symbol: &str,
        cash: bool,
    ) -> Result<&Underlying, Error> {
        let (problem, wanted) = match cash {
            true => ("the policy knows no such cash asset", "its cash assets are"),
            false => ("the policy knows no such underlying", "its underlyings are"),
        };
        let known = self.policy.underlying(symbol).filter(|u| u.cash == cash);
        known.ok_or_else(|| {
            let all = self.policy.underlyings().iter().filter(|u| u.cash == cash);
            let symbols: Vec<&str> = all.map(|u| u.symbol.as_str()).collect();
            let hint = format!("{wanted} {}", symbols.join(", "));
            entry.wrong(field, quoted(symbol), problem, hint)
        })
    }

    fn expiry(&self, entry: &mut Object<'_>, name: &str, code: u16) -> Result<u32, Error> {
        let expiry = entry.seconds("expiry")?;
        let instrument = || format!("{}: {} of {name}", self.file, entry.path("expiry"));
        let mut settled = self.settlements.iter();
        if expiry <= self.time && !settled.any(|s| (s.underlying, s.expiry) == (code, expiry)) {
            return Err(Error::Expired {
                instrument: instrument(),
                expiry,
                time: self.time,
            });
        }
        let left = expiry.saturating_sub(self.time);
        let (days, max_days) = (left / DAY, self.policy.max_days);
        if days > max_days {
            return Err(Error::TooFar {
                instrument: instrument(),
                days,
                max_days,
            });
        }
        Ok(expiry)
    }
}

/// The fields of an entry. Cash may repeat its symbol as its underlying.
fn fields_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Cash | Kind::Spot | Kind::Perpetual => &["id", "kind", "underlying", "mark"],
        Kind::Future => &["id", "kind", "underlying", "expiry", "mark"],
        Kind::Call | Kind::Put => &[
            "id",
            "kind",
            "underlying",
            "expiry",
            "strike",
            "forward",
            "vol",
        ],
    }
}

#[cfg(test)]
mod tests;
