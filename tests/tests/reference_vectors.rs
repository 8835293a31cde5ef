//! The floating-point reference against numbers that it did not make:
//! Black-76 and N(x) at 40 digits (mpmath), and two responses of Deribit's
//! portfolio-margin engine.

use zkmargin_testing::reference::{
    black76, black76_d, black76_delta, evaluate, normal_cdf, Holdings, Kind, Listed, Market, Model,
};

/// F, K, σ, T, price of the call and of the put, d1, delta of the call.
/// Computed with mpmath at 40 digits.
#[rustfmt::skip]
#[allow(clippy::excessive_precision, clippy::type_complexity)]
const BLACK76: [(f64, f64, f64, f64, f64, f64, f64, f64); 12] = [
    (77181.01, 94000.0, 0.6745, 0.015564184740601313, 23.1185979033343739, 16842.108597903334374, -2.3007115538933412177, 0.010703970293956192128),
    (100000.0, 100000.0, 0.5, 0.0821917808219178, 5713.7675090999348813, 5713.7675090999348813, 0.071672772385124481802, 0.52856883754549967441),
    (100000.0, 50000.0, 1.2, 0.0027397260273972603, 50000.0, 5.1017128352037841184e-26, 11.066870677528520978, 1.0),
    (100000.0, 300000.0, 1.5, 0.2465753424657534, 3807.6512040910972789, 203807.65120409109728, -1.1025309935881256839, 0.13511544590881054979),
    (2400.0, 2400.0, 0.6, 0.019178082191780823, 79.533524052370449104, 79.533524052370449104, 0.041545485883068861637, 0.5165694841775771769),
    (100000.0, 100000.0, 0.05, 0.0027397260273972603, 104.40793685061493301, 104.40793685061493301, 0.0013085598064755342651, 0.50052203968425307467),
    (100000.0, 120000.0, 0.35, 1.0, 7281.4059954164746253, 27281.405995416474625, -0.34591873369701321775, 0.3647018946715190219),
    (100000.0, 80000.0, 2.5, 0.0027397260273972603, 20210.973993195311674, 210.97399319531167393, 1.7706886150958535806, 0.96169375163737721012),
    (34000.0, 100000.0, 0.9, 0.0821917808219178, 0.047096708500666066978, 66000.047096708500666, -4.0520655944223316196, 0.000025383713166090730585),
    (600000.0, 100000.0, 0.9, 0.0821917808219178, 500000.00000001653246, 1.6532455515312968772e-8, 7.0732235149612175468, 0.99999999999924312317),
    (100000.0, 101000.0, 0.4, 0.00011415525114155251, 1.4472981373292645812, 1001.4472981373292646, -2.3261129785863749384, 0.010006262177820939327),
    (63000.0, 20000.0, 1.4, 0.5, 44975.563212224802605, 1975.5632122248026054, 1.6540262541898739965, 0.95093891078866658952),
];

/// N(x), mpmath at 40 digits.
#[allow(clippy::excessive_precision)]
const NORMAL: [(f64, f64); 10] = [
    (-10.0, 7.619853024160526065973343e-24),
    (-8.0, 6.220960574271784123515995e-16),
    (-6.0, 9.865876450376981407008641e-10),
    (-3.5, 0.0002326290790355250363499259),
    (-1.0, 0.1586552539314570514147675),
    (-0.1, 0.4601721627229710185345954),
    (0.0, 0.5),
    (0.5, 0.6914624612740131036377046),
    (2.0, 0.9772498680518207927997174),
    (6.0, 0.9999999990134123549623019),
];

#[track_caller]
fn close(got: f64, want: f64, tolerance: f64) {
    assert!(
        (got - want).abs() <= tolerance,
        "got {got}, want {want}, tolerance {tolerance}"
    );
}

#[test]
fn normal_distribution_function() {
    for (x, want) in NORMAL {
        close(normal_cdf(x), want, 1e-14 * want);
    }
}

#[test]
fn black76_prices_and_deltas() {
    for (f, k, sigma, t, call, put, d1, delta) in BLACK76 {
        let scale = f.max(k);
        close(black76(true, f, k, sigma, t), call, 1e-15 * scale);
        close(black76(false, f, k, sigma, t), put, 1e-15 * scale);
        close(black76_d(f, k, sigma, t).0, d1, 1e-14 * (1.0 + d1.abs()));
        close(black76_delta(true, f, k, sigma, t), delta, 1e-14);
        close(black76_delta(false, f, k, sigma, t), delta - 1.0, 1e-14);
    }
}

fn linear(time: u64, rows: &[(&str, Kind, &str, u64, f64, f64)]) -> (Market, Holdings) {
    let mut market = Market {
        time,
        listed: Default::default(),
    };
    let mut holdings = Holdings::new();
    for (name, kind, underlying, expiry, forward, quantity) in rows {
        let (kind, underlying) = (*kind, (*underlying).to_owned());
        let row = Listed {
            kind,
            underlying,
            expiry: *expiry,
            strike: 0.0,
            forward: *forward,
            vol: 0.0,
            settled: false,
        };
        market.listed.insert((*name).to_owned(), row);
        holdings.insert((*name).to_owned(), *quantity);
    }
    (market, holdings)
}

/// Deribit settles in coin: its P&L is ours over the shocked price. Source:
/// response example of private/pme/simulate, timestamp 1718619740501.
#[test]
fn deribit_portfolio_margin_of_two_futures() {
    const TIME: u64 = 1_718_619_740;
    const EXPIRY: u64 = 1_719_561_600; // 28 June 2024, 08:00 UTC
    let perpetual = [
        -0.05991206933333334,
        -0.04289159509090909,
        -0.027351162086956524,
        -0.013105765166666668,
        0.0,
        0.012097629384615385,
        0.023299138074074074,
        0.033700538999999995,
        0.043384601931034494,
    ];
    let future = [
        0.0002261969523809524,
        0.00016193645454545456,
        0.00010326382608695652,
        4.948058333333334e-05,
        0.0,
        -4.567438461538462e-05,
        -8.796548148148148e-05,
        -0.0001272357857142857,
        -0.00016379779310344832,
    ];
    let rows = [
        (
            "BTC-PERPETUAL",
            Kind::Perpetual,
            "BTC",
            0,
            65910.57,
            0.314538364,
        ),
        (
            "BTC-28JUN24",
            Kind::Future,
            "BTC",
            EXPIRY,
            67371.75,
            -0.001187534,
        ),
    ];
    let model = Model::rm1();
    for (row, vector) in rows.iter().zip([perpetual, future]) {
        let (market, holdings) = linear(TIME, &[*row]);
        let out = evaluate(&model, &market, &holdings);
        let nodes = model.nodes("BTC");
        for (bucket, want) in vector.iter().enumerate() {
            let node = nodes[2 * bucket];
            let coin = -out.losses["BTC"][2 * bucket] / (row.4 * (1.0 + node.shock));
            close(coin, *want, 1e-15);
        }
    }
    // Add-on in coin: each expiry over its own forward.
    let coin: f64 = rows
        .iter()
        .map(|row| {
            let (market, holdings) = linear(TIME, &[*row]);
            evaluate(&model, &market, &holdings).roll / row.4
        })
        .sum();
    close(coin, 0.00315725898, 1e-16);
    // Worst case 0.0596858723809524 is the −16% node of the two vectors together.
    close(perpetual[0] + future[0], -0.05968587238095239, 1e-16);
    // Maintenance is 0.8 of scenario (which Deribit cuts to nine places) and roll.
    close(
        model.maintenance * (0.059685872 + coin),
        0.050274504784,
        1e-14,
    );
}

/// Source: response of private/pme/simulate of 2026-02-15 23:20 UTC, whose
/// parameters differ from the default in the roll add-on (0.5%).
#[test]
fn deribit_portfolio_margin_of_a_short_perpetual() {
    let up = [
        0.0,
        -0.04304011233014354,
        -0.08252645391743119,
        -0.11888171996035243,
        -0.15246412672881357,
    ];
    let model = Model {
        roll: (0.005, 0.05),
        ..Model::rm1()
    };
    let row = (
        "ETH-PERPETUAL",
        Kind::Perpetual,
        "ETH",
        0,
        1949.49,
        -0.999487053,
    );
    let (market, holdings) = linear(1_771_197_600, &[row]);
    let out = evaluate(&model, &market, &holdings);
    for (step, want) in up.iter().enumerate() {
        let bucket = 4 + step;
        let shock = model.nodes("ETH")[2 * bucket].shock;
        close(
            -out.losses["ETH"][2 * bucket] / (1949.49 * (1.0 + shock)),
            *want,
            1e-15,
        );
    }
    close(out.roll / 1949.49, 0.004997435265, 1e-16);
}
