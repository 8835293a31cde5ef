//! Policies of format 2 in 64-bit floating point: an independent opinion on RM-2.
//!
//! As [`super`], nothing is shared with the engine: the policy's file is read here once more, and every
//! term follows its definition. Losses in a joint point are interpolated between node losses with the
//! integer weights that the policy's format prescribes; [`Portfolio::revalued`] prices the same points
//! anew, which is what interpolation stands for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{black76, charges, held, years, Charges, Holdings, Kind, Listed, Market, DAY};

/// Volatility of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Vol {
    Up,
    Down,
    Static,
}

/// A scenario of the policy.
#[derive(Clone, Copy, Debug)]
struct Scenario {
    /// Share of the range; `None` for a shock of every underlying.
    of_range: Option<f64>,
    /// Price shock where it is no share of the range.
    shock: f64,
    vol: Vol,
    /// Weight on the loss where the policy states it.
    weight: Option<f64>,
    days: u64,
}

/// What the policy says of an underlying.
#[derive(Clone, Debug, Default)]
struct Underlying {
    range: f64,
    haircut: f64,
    delta_lines: Vec<[f64; 2]>,
    vega_lines: Vec<[f64; 2]>,
}

/// One joint point: how often, then price and volatility of each path.
struct Point {
    count: f64,
    /// Price and volatility in 1e-4, as written.
    moves: Vec<(i64, i64)>,
}

/// A policy of format 2.
pub struct Portfolio {
    scenarios: Vec<Scenario>,
    underlyings: BTreeMap<String, Underlying>,
    file: Value,
    points: Vec<Point>,
    paths: Vec<String>,
    total: f64,
    level: f64,
}

/// What an account needs under a policy of format 2, USD.
#[derive(Clone, Debug, Default)]
pub struct Required {
    /// Σ abs(quantity)·forward: the unit of the error bounds.
    pub gross: f64,
    /// Equity.
    pub equity: f64,
    /// Expected shortfall over the points, unscaled.
    pub expected_shortfall: f64,
    /// Market risk by the policy's rule.
    pub market_risk: f64,
    /// Liquidity lines.
    pub liquidity: f64,
    /// Half spreads.
    pub closing: f64,
    /// Fees of closing.
    pub settlement: f64,
    /// Roll charge.
    pub roll: f64,
    /// Short-option minimum.
    pub short_option: f64,
    /// Haircuts.
    pub haircut: f64,
    /// The sum: the certified error of prices, which the engine adds, is not in it.
    pub initial_margin: f64,
}

fn text(v: &Value) -> f64 {
    v.as_str()
        .expect("reference: decimal string")
        .parse()
        .expect("reference: decimal")
}

fn basis_points(v: &Value) -> i64 {
    (text(v) * 1e4).round() as i64
}

fn lines(v: &Value) -> Vec<[f64; 2]> {
    let list = v.as_array().map_or(&[][..], Vec::as_slice);
    list.iter()
        .map(|line| [text(&line[0]), text(&line[1])])
        .collect()
}

impl Portfolio {
    /// Reads a policy's file.
    ///
    /// # Panics
    /// If it is no policy of format 2.
    pub fn parse(policy: &str) -> Self {
        let file: toml::Value = toml::from_str(policy).expect("reference: policy");
        let file = serde_json::to_value(file).expect("reference: policy");
        let scenario = |s: &Value| Scenario {
            of_range: s["of_range"].as_str().map(|_| text(&s["of_range"])),
            shock: s["shock"].as_str().map_or(0.0, |_| text(&s["shock"])),
            vol: match s["vol"].as_str().expect("reference: vol") {
                "up" => Vol::Up,
                "down" => Vol::Down,
                _ => Vol::Static,
            },
            weight: s["weight"].as_str().map(|_| text(&s["weight"])),
            days: s["days_later"].as_u64().unwrap_or(0),
        };
        let listed = file["underlying"]
            .as_array()
            .expect("reference: underlyings")
            .iter();
        let underlyings = listed.map(|u| {
            let read = Underlying {
                range: u["range"].as_str().map_or(0.0, |_| text(&u["range"])),
                haircut: text(&u["haircut"]),
                delta_lines: lines(&u["delta_liquidity"]),
                vega_lines: lines(&u["vega_liquidity"]),
            };
            (
                u["symbol"].as_str().expect("reference: symbol").to_owned(),
                read,
            )
        });
        let shortfall = &file["expected_shortfall"];
        let paths = shortfall["paths"]
            .as_array()
            .expect("reference: paths")
            .iter();
        let points = shortfall["points"]
            .as_array()
            .expect("reference: points")
            .iter();
        let points = points.map(|point| {
            let point = point.as_array().expect("reference: point");
            let moves = point[1..]
                .chunks(2)
                .map(|m| (basis_points(&m[0]), basis_points(&m[1])));
            Point {
                count: point[0].as_f64().expect("reference: count"),
                moves: moves.collect(),
            }
        });
        Portfolio {
            scenarios: file["scenarios"]
                .as_array()
                .expect("reference: scenarios")
                .iter()
                .map(scenario)
                .collect(),
            underlyings: underlyings.collect(),
            points: points.collect(),
            paths: paths
                .map(|p| p.as_str().expect("reference: path").to_owned())
                .collect(),
            total: shortfall["total"].as_f64().expect("reference: total"),
            level: text(&shortfall["level"]),
            file,
        }
    }

    /// The path of an underlying in the points.
    fn path(&self, symbol: &str) -> Option<usize> {
        self.paths.iter().position(|path| path == symbol)
    }

    /// Relative price shock and weight of a scenario for a range.
    fn shock(&self, s: &Scenario, range: f64) -> (f64, f64) {
        match s.of_range {
            Some(part) => (part * range, s.weight.unwrap_or(1.0)),
            None => {
                let own = range / s.shock.abs();
                (s.shock, s.weight.unwrap_or(own))
            }
        }
    }

    /// Volatilities up and down.
    fn vols(&self, sigma: f64, seconds: u64) -> (f64, f64) {
        let vol = &self.file["vol"];
        let days = (seconds / DAY).max(1) as f64;
        let reference = vol["reference_days"].as_f64().expect("reference: days");
        let power = if days < reference {
            "short_power"
        } else {
            "long_power"
        };
        let m = (reference / days).powf(text(&vol[power]));
        let up = (sigma * (1.0 + text(&vol["up"]) * m)).max(text(&vol["floor"]));
        (up, sigma * (1.0 - text(&vol["down"]) * m))
    }

    /// Price of a contract after a relative shock, at a volatility, with so many seconds left.
    fn price(i: &Listed, shock: f64, vol: f64, seconds: u64) -> f64 {
        let forward = i.forward * (1.0 + shock);
        match i.kind {
            Kind::Call | Kind::Put => {
                black76(i.kind == Kind::Call, forward, i.strike, vol, years(seconds))
            }
            _ => forward,
        }
    }

    /// Weighted signed losses of each underlying at each scenario.
    fn losses(&self, held: &[(&Listed, f64, u64)]) -> BTreeMap<String, Vec<f64>> {
        let mut losses: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for (i, q, seconds) in shocked(held) {
            let range = self.underlyings[&i.underlying].range;
            let (up, down) = self.vols(i.vol, seconds);
            let base = Self::price(i, 0.0, i.vol, seconds);
            let row = losses
                .entry(i.underlying.clone())
                .or_insert_with(|| vec![0.0; self.scenarios.len()]);
            for (loss, s) in row.iter_mut().zip(&self.scenarios) {
                let (shock, weight) = self.shock(s, range);
                let vol = match s.vol {
                    Vol::Up => up,
                    Vol::Down => down,
                    Vol::Static => i.vol,
                };
                let left = seconds.saturating_sub(s.days * DAY);
                *loss -= weight * q * (Self::price(i, shock, vol, left) - base);
            }
        }
        losses
    }

    /// Loss of one underlying at a share of its range and of the way of volatility, both in 1e-4, between
    /// its node losses.
    fn between(&self, losses: &[f64], z: i64, y: i64) -> f64 {
        let range = |s: &&Scenario| s.of_range.is_some() && s.days == 0;
        let level = |s: &Scenario| (s.of_range.unwrap_or(0.0) * 1e4).round() as i64;
        let mut levels: Vec<i64> = self.scenarios.iter().filter(range).map(level).collect();
        levels.retain(|l| *l >= 0);
        levels.push(0);
        levels.sort_unstable();
        levels.dedup();
        let size = z.abs();
        let cell = levels
            .windows(2)
            .find(|w| size < w[1])
            .unwrap_or(&levels[levels.len() - 2..]);
        let a = ((size - cell[0]) << 12) / (cell[1] - cell[0]);
        let b = (y.abs() << 12) / 10_000;
        let side = if y > 0 { Vol::Up } else { Vol::Down };
        let at = |price: i64, vol: Vol| {
            let price = price * z.signum();
            let found = self
                .scenarios
                .iter()
                .position(|s| range(&s) && level(s) == price && s.vol == vol);
            // The base is no scenario: it loses nothing.
            found.map_or(0.0, |n| losses[n])
        };
        let one = 1i64 << 12;
        let mut sum = 0.0;
        for (price, share) in [(cell[0], one - a), (cell[1], a)] {
            for (vol, part) in [(Vol::Static, one - b), (side, b)] {
                sum += (share * part) as f64 * at(price, vol);
            }
        }
        sum / f64::from(1 << 24)
    }

    /// Expected shortfall of losses by point.
    fn shortfall(&self, mut losses: Vec<(f64, f64)>) -> f64 {
        let mass = (1.0 - self.level) * self.total;
        losses.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut seen = 0.0;
        let mut threshold = 0.0;
        for (loss, count) in &losses {
            seen += count;
            // Counts are whole and the mass is not: no sum is so near it by rounding.
            if seen >= mass - 1e-9 {
                threshold = loss.max(0.0);
                break;
            }
        }
        let excess: f64 = losses
            .iter()
            .map(|(l, c)| c * (l - threshold).max(0.0))
            .sum();
        threshold + excess / mass
    }

    /// Expected shortfall with every position priced anew at every point.
    ///
    /// # Panics
    /// If a holding is not listed.
    pub fn revalued(&self, market: &Market, holdings: &Holdings) -> f64 {
        let held = held(market, holdings);
        let losses = self.points.iter().map(|point| {
            let mut loss = 0.0;
            for (i, q, seconds) in shocked(&held) {
                let Some(path) = self.path(&i.underlying) else {
                    continue;
                };
                let (z, y) = point.moves[path];
                let (z, y) = (z as f64 / 1e4, y as f64 / 1e4);
                let (up, down) = self.vols(i.vol, seconds);
                let way = if y > 0.0 { up } else { down } - i.vol;
                let vol = i.vol + y.abs() * way;
                let shock = z * self.underlyings[&i.underlying].range;
                loss -=
                    q * (Self::price(i, shock, vol, seconds) - Self::price(i, 0.0, i.vol, seconds));
            }
            (loss, point.count)
        });
        self.shortfall(losses.collect())
    }

    /// Market risk and expected shortfall.
    fn market_risk(&self, losses: &BTreeMap<String, Vec<f64>>) -> (f64, f64) {
        let share = self.file["offset"]["share"]
            .as_str()
            .map_or(0.0, |_| text(&self.file["offset"]["share"]));
        let none = Vec::new();
        let groups = self.file["offset"]["groups"].as_array().unwrap_or(&none);
        let of = |symbol: &str| {
            groups.iter().position(|g| {
                g.as_array()
                    .is_some_and(|g| g.iter().any(|s| s.as_str() == Some(symbol)))
            })
        };
        let worst = |charge: &dyn Fn(usize) -> f64| {
            (0..self.scenarios.len()).map(charge).fold(0.0, f64::max)
        };
        let stress = |phi: f64| {
            worst(&|n| {
                let mut sums = vec![0.0; groups.len()];
                let mut alone = 0.0;
                for (symbol, row) in losses {
                    match of(symbol) {
                        Some(group) => sums[group] += (1.0 - phi) * row[n].max(0.0) + phi * row[n],
                        None => alone += row[n].max(0.0),
                    }
                }
                alone + sums.iter().map(|sum: &f64| sum.max(0.0)).sum::<f64>()
            })
        };
        let others = worst(&|n| {
            let out = losses
                .iter()
                .filter(|(symbol, _)| self.path(symbol).is_none());
            out.map(|(_, row)| row[n].max(0.0)).sum()
        });
        let points = self.points.iter().map(|point| {
            let path = |(path, (z, y)): (&String, &(i64, i64))| {
                losses
                    .get(path)
                    .map_or(0.0, |row| self.between(row, *z, *y))
            };
            (
                self.paths.iter().zip(&point.moves).map(path).sum(),
                point.count,
            )
        });
        let shortfall = self.shortfall(points.collect());
        let rule = &self.file["market_risk"];
        let scaled = text(&rule["scale"]) * shortfall + others;
        let risk = match rule["rule"].as_str() {
            Some("greatest") => stress(share).max(shortfall).max(stress(0.0).min(scaled)),
            _ => {
                let mix = text(&rule["share"]);
                mix * scaled + (1.0 - mix) * stress(share)
            }
        };
        (risk, shortfall)
    }

    /// Liquidity lines over the exposures that the nodes show.
    fn liquidity(&self, losses: &BTreeMap<String, Vec<f64>>) -> f64 {
        let range = |s: &&Scenario| s.of_range.is_some() && s.days == 0;
        let levels = self
            .scenarios
            .iter()
            .filter(range)
            .filter_map(|s| s.of_range);
        let first = levels.filter(|l| *l > 0.0).fold(f64::INFINITY, f64::min);
        let mut sum = 0.0;
        for (symbol, row) in losses {
            let underlying = &self.underlyings[symbol];
            let size = |keep: &dyn Fn(&Scenario) -> bool| {
                let nodes = self.scenarios.iter().zip(row);
                let nodes = nodes.filter(|(s, _)| range(s) && keep(s));
                nodes.map(|(_, loss)| loss.abs()).fold(0.0, f64::max)
            };
            let of = |s: &Scenario| s.of_range.unwrap_or(0.0);
            let x = size(&|s| of(s).abs() == first && s.vol == Vol::Static);
            let v = size(&|s| of(s) == 0.0 && s.vol != Vol::Static);
            let line = |lines: &[[f64; 2]], exposure: f64| {
                lines
                    .iter()
                    .map(|[slope, less]| slope * exposure - less)
                    .fold(0.0, f64::max)
            };
            sum += line(&underlying.delta_lines, x / (first * underlying.range));
            sum += line(&underlying.vega_lines, v);
        }
        sum
    }

    /// Half spreads, fees of closing.
    fn closing(&self, held: &[(&Listed, f64, u64)]) -> (f64, f64) {
        let (closing, fees) = (&self.file["closing"], &self.file["settlement"]);
        let mut spreads = 0.0;
        for (i, q, seconds) in held
            .iter()
            .filter(|(i, ..)| i.kind != Kind::Cash && !i.settled)
        {
            let mark = Self::price(i, 0.0, i.vol, *seconds);
            spreads += q.abs()
                * match i.kind {
                    Kind::Call | Kind::Put => {
                        let forward = text(&closing["option_of_forward"]) * i.forward;
                        forward.min(text(&closing["option_of_value"]) * mark)
                    }
                    _ => text(&closing["linear"]) * mark,
                };
        }
        let traded = held.iter().filter(|(i, ..)| i.kind != Kind::Cash);
        let traded: BTreeSet<&str> = traded.map(|(i, ..)| i.underlying.as_str()).collect();
        let counted = held
            .iter()
            .filter(|(i, ..)| i.underlying != "USD-SETTLEMENT")
            .count();
        let fees = text(&fees["account"])
            + text(&fees["underlying"]) * traded.len() as f64
            + text(&fees["position"]) * counted as f64;
        (spreads, fees)
    }

    /// Rate of the roll charge.
    fn roll_rate(&self, expiry: u64, seconds: u64) -> f64 {
        let roll = &self.file["roll"];
        let days = if expiry == 0 {
            0
        } else {
            seconds.div_ceil(DAY)
        };
        let rate = (text(&roll["rate"]) * days as f64 / 365.0).exp_m1();
        let rate = rate.max(text(&roll["minimum"]));
        match expiry != 0 && seconds <= DAY {
            true => rate.max(text(&roll["last_day"])),
            false => rate,
        }
    }

    /// Evaluates an account.
    ///
    /// # Panics
    /// If a holding is not listed, or an underlying with options has no index.
    pub fn evaluate(&self, market: &Market, holdings: &Holdings) -> Required {
        let held: Vec<_> = held(market, holdings)
            .into_iter()
            .filter(|(_, q, _)| *q != 0.0)
            .collect();
        let losses = self.losses(&held);
        let (market_risk, expected_shortfall) = self.market_risk(&losses);
        let liquidity = self.liquidity(&losses);
        let (closing, settlement) = self.closing(&held);
        let minimum = text(&self.file["short_option_minimum"]);
        let Charges {
            roll,
            short_option_minimum,
            haircut,
        } = charges(
            market,
            &held,
            |expiry, seconds| self.roll_rate(expiry, seconds),
            minimum,
            |asset| self.underlyings[asset].haircut,
        );
        let value = |(i, q, s): &(&Listed, f64, u64)| {
            q * if i.settled {
                i.forward
            } else {
                Self::price(i, 0.0, i.vol, *s)
            }
        };
        Required {
            gross: held.iter().map(|(i, q, _)| q.abs() * i.forward).sum(),
            equity: held.iter().map(value).sum(),
            initial_margin: market_risk
                + liquidity
                + closing
                + settlement
                + roll
                + short_option_minimum
                + haircut,
            expected_shortfall,
            market_risk,
            liquidity,
            closing,
            settlement,
            roll,
            short_option: short_option_minimum,
            haircut,
        }
    }
}

/// What moves: neither cash nor settled.
fn shocked<'m, 'h>(
    held: &'h [(&'m Listed, f64, u64)],
) -> impl Iterator<Item = (&'m Listed, f64, u64)> + 'h {
    let moves = held
        .iter()
        .filter(|(i, ..)| i.kind != Kind::Cash && !i.settled);
    moves.map(|(i, q, seconds)| (*i, *q, *seconds))
}
