//! Market files: [`Market`] to JSON.

use super::{Instrument, Kind, Market, Settlement};
use crate::error::Error;
use crate::policy::{Policy, Underlying};
use crate::units::{Price, Strike, Vol};

impl Market {
    /// The market file, one instrument a line, in the order of the rows.
    ///
    /// # Errors
    /// Refuses instruments of underlyings that the policy does not know.
    pub fn to_json(&self, policy: &Policy) -> Result<String, Error> {
        let underlying = |code, subject: &dyn Fn() -> String| {
            policy.by_code(code).ok_or_else(|| Error::Engine {
                subject: subject(),
                problem: "its underlying is not in the policy",
                hint: "use the policy that the market was made for",
            })
        };
        let settlements = self.settlements.iter().map(|settlement| {
            let subject = || format!("the settlement at {}", settlement.expiry);
            settlement_line(settlement, underlying(settlement.underlying, &subject)?)
        });
        let instruments = self.instruments.iter().map(|instrument| {
            let subject = || instrument.name.clone();
            let settled = instrument.id.settled_at(self.time);
            line(
                instrument,
                settled,
                underlying(instrument.id.underlying(), &subject)?,
            )
        });
        let settlements = settlements.collect::<Result<Vec<_>, _>>()?.join(",\n");
        let instruments = instruments.collect::<Result<Vec<_>, _>>()?.join(",\n");
        let mut out = format!("{{\"time\": {}, ", self.time);
        if !settlements.is_empty() {
            out.push_str(&format!("\"settlements\": [\n{settlements}\n], "));
        }
        let first = if instruments.is_empty() { "" } else { "\n" };
        out.push_str(&format!("\"instruments\": [{first}{instruments}\n]}}\n"));
        Ok(out)
    }
}

/// Fields as they are written in a line.
fn joined(fields: &[(&str, String)]) -> String {
    let fields = fields
        .iter()
        .map(|(name, value)| format!("\"{name}\": {value}"));
    format!("  {{{}}}", fields.collect::<Vec<_>>().join(", "))
}

/// A text as JSON writes it.
fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A settlement as it is written.
fn settlement_line(settlement: &Settlement, underlying: &Underlying) -> Result<String, Error> {
    let price = Price::from_units(settlement.price).map_err(|_| Error::Engine {
        subject: format!("the settlement of {}", underlying.symbol),
        problem: "the price is out of its range",
        hint: "prices are 1 to 2^60 - 1 units of 1e-8 USD",
    })?;
    Ok(joined(&[
        ("underlying", text(&underlying.symbol)),
        ("expiry", settlement.expiry.to_string()),
        ("price", text(&underlying.scale.price(price.units().into()))),
    ]))
}

/// An entry as it is written.
fn line(instrument: &Instrument, settled: bool, underlying: &Underlying) -> Result<String, Error> {
    let (id, kind) = (instrument.id, instrument.id.kind());
    let out_of_range = |_| Error::Engine {
        subject: instrument.name.clone(),
        problem: "a price, strike or volatility is out of its range",
        hint: "prices are below 2^60, strikes below 2^44, volatilities 100 to 65535 units",
    };
    let mut fields = vec![("id", text(&instrument.name)), ("kind", text(kind.name()))];
    if kind != Kind::Cash {
        fields.push(("underlying", text(&underlying.symbol)));
    }
    if kind.is_dated() {
        fields.push(("expiry", id.expiry().to_string()));
    }
    if kind.is_option() {
        let strike = Strike::from_units(id.strike()).map_err(out_of_range)?;
        fields.push(("strike", text(&underlying.scale.strike(strike.units()))));
    }
    if settled {
        return Ok(joined(&fields));
    }
    let price = Price::from_units(instrument.forward).map_err(out_of_range)?;
    let price = text(&underlying.scale.price(price.units().into()));
    if kind.is_option() {
        let vol = Vol::from_units(u64::from(instrument.vol)).map_err(out_of_range)?;
        fields.push(("forward", price));
        fields.push(("vol", text(&vol.to_string())));
    } else {
        fields.push(("mark", price));
    }
    Ok(joined(&fields))
}
