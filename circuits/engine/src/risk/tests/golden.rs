//! Margins of whole portfolios against 40-digit references.

use super::evaluated;

/// Exact margin of a portfolio, USD: RM-1 in mpmath at 40 digits, with no rounding anywhere.
struct Golden {
    name: &'static str,
    positions: &'static [(&'static str, &'static str)],
    equity: f64,
    scenario: f64,
    roll: f64,
    short_option: f64,
    haircut: f64,
    gross: f64,
    /// Delta, gamma, vega, theta by underlying.
    greeks: &'static [[f64; 4]],
}

fn golden() -> Vec<Golden> {
    vec![
        Golden {
            name: "a trader with a little of everything",
            positions: &[
                ("USD", "250000"),
                ("USDT", "10000.5"),
                ("BTC", "0.75"),
                ("BTC-PERPETUAL", "-1.5"),
                ("BTC-25SEP26", "0.4"),
                ("BTC-25SEP26-80000-C", "-10"),
                ("BTC-25SEP26-80000-P", "3.25"),
                ("BTC-FAR-100000-P", "2"),
                ("ETH-PERPETUAL", "40"),
                ("ETH-25SEP26-2400-C", "-25"),
                ("ETH-25MAR27-3000-C", "5.5"),
                ("DOGE", "12000"),
                ("DOGE-25SEP26-0.15-P", "-50000"),
            ],
            equity: 388908.956446099,
            scenario: 128864.386408087,
            roll: 16778.5709590086,
            short_option: 2932.506195,
            haircut: 7807.657335,
            gross: 1833648.99826,
            greeks: &[
                [
                    -7.46449940095,
                    -0.000251565336129,
                    161.538135752,
                    348.405030939,
                ],
                [
                    31.8023242447,
                    -0.0221787728268,
                    -69.2813375861,
                    61.1325061855,
                ],
                [44521.8477027, -438340.443053, -6.97998593731, 11.6040144597],
            ],
        },
        Golden {
            name: "only short options",
            positions: &[
                ("BTC-SOON-77000-C", "-1"),
                ("BTC-SOON-70000-P", "-2"),
                ("BTC-25SEP26-80000-C", "-1"),
                ("BTC-25SEP26-80000-P", "-1"),
                ("ETH-25SEP26-2400-C", "-10"),
                ("ETH-25SEP26-2400-P", "-12"),
            ],
            equity: -12328.0703368139,
            scenario: 36312.6897436668,
            roll: 621.484671527323,
            short_option: 2191.1605,
            haircut: 0.0,
            gross: 439073.86,
            greeks: &[
                [
                    -0.496607088919,
                    -0.00207594733708,
                    -186.632001332,
                    8296.12157175,
                ],
                [
                    0.00379789174659,
                    -0.0195305112386,
                    -63.8267465471,
                    57.792067776,
                ],
            ],
        },
        Golden {
            name: "deep in, deep out, still and wild",
            positions: &[
                ("USD", "1000000"),
                ("BTC-SOON-70000-P", "4"),
                ("BTC-25SEP26-20000-C", "5"),
                ("BTC-25SEP26-300000-C", "-50"),
                ("BTC-25SEP26-77000-C", "20"),
                ("ETH-25MAR27-3000-C", "-30"),
            ],
            equity: 1222693.92162847,
            scenario: 49197.0399853296,
            roll: 22070.1187806927,
            short_option: 19630.6075,
            haircut: 0.0,
            gross: 7188085.5,
            greeks: &[
                [
                    24.0997302318,
                    0.00764911124916,
                    421.351395206,
                    -13280.7184846,
                ],
                [
                    -29.6420296088,
                    -0.0000817633330647,
                    -17.7221248224,
                    24.7652623931,
                ],
            ],
        },
        Golden {
            name: "half an hour to go",
            positions: &[
                ("USD", "5000"),
                ("BTC-SOON-77000-C", "10"),
                ("BTC-PERPETUAL", "-6.5"),
            ],
            equity: -494891.604332894,
            scenario: 357.103717670501,
            roll: 10273.1435550686,
            short_option: 0.0,
            haircut: 0.0,
            gross: 1276973.28,
            greeks: &[[
                0.326135596278,
                0.0197398934501,
                20.7547632427,
                -15441.5438526,
            ]],
        },
    ]
}

fn usd(money: i128) -> f64 {
    money as f64 / 1e8
}

#[test]
fn exact_margin_within_the_certified_error() {
    for g in golden() {
        let e = evaluated(g.positions);
        let (noise, allowed) = (1e-9 * g.gross, 5e-6 * g.gross + 0.01);
        let name = g.name;
        let near = |what: &str, got: i128, exact: f64, below: f64, above: f64| {
            let off = usd(got) - exact;
            assert!(
                (-below..=above).contains(&off),
                "{name}: {what} {} is off by {off}",
                usd(got)
            );
        };
        let initial = g.scenario + g.roll + g.short_option + g.haircut;
        let error = usd(e.pricing_error) + noise;
        near("equity", e.equity, g.equity, allowed, noise);
        near("initial margin", e.initial_margin, initial, noise, allowed);
        near(
            "maintenance margin",
            e.maintenance_margin,
            0.8 * initial,
            noise,
            allowed,
        );
        near(
            "scenario loss",
            e.scenario_loss,
            g.scenario,
            error,
            error + 1e-7 * g.scenario,
        );
        near("roll", e.roll, g.roll, error, error);
        near(
            "short option minimum",
            e.short_option_minimum,
            g.short_option,
            1e-7,
            2e-7,
        );
        near("haircut", e.haircut, g.haircut, 1e-7, 2e-7);
        assert!(error < allowed, "{name}: {error}");
        let parts = e.scenario_loss + e.roll + e.short_option_minimum + e.haircut + e.pricing_error;
        assert_eq!(e.initial_margin, parts);
        assert_eq!(e.greeks.len(), g.greeks.len());
        for (got, exact) in e.greeks.iter().zip(g.greeks) {
            let got = [got.delta, got.gamma, got.vega, got.theta];
            for (got, exact) in got.iter().zip(exact) {
                assert!(
                    (got - exact).abs() < 1e-4 * exact.abs() + 1e-3,
                    "{name}: {got} {exact}"
                );
            }
        }
        let values: i128 = e.values.iter().map(|v| v.value).sum();
        assert!((usd(values) - g.equity).abs() < error, "{name}: {values}");
    }
}
