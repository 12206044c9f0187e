//! Curves as SVG: polylines, two axes with ticks, a legend. Just enough to see two curves beside each other. Pure.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 52.0;
/// Told apart by those who do not see red or green, too.
const COLOURS: [&str; 4] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

/// How the horizontal axis is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    Linear,
    /// By powers of ten; for values over many magnitudes.
    Logarithmic,
}

/// One curve.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// A picture of curves.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plot {
    pub(super) title: String,
    pub(super) across: String,
    pub(super) up: String,
    pub(super) scale: Scale,
    pub(super) curves: Vec<Curve>,
}

/// The picture; nothing where there is no point to draw.
pub(super) fn draw(plot: &Plot) -> Option<String> {
    let points = || plot.curves.iter().flat_map(|curve| curve.points.iter().copied());
    points().next()?;
    let across = Axis::of(points().map(|(x, _)| x), plot.scale);
    let up = Axis::of(points().map(|(_, y)| y).chain([0.0]), Scale::Linear);
    let x = |value: f64| LEFT + across.part(value) * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| HEIGHT - BOTTOM - up.part(value) * (HEIGHT - TOP - BOTTOM);
    let mut text = String::new();
    open(&mut text, plot);
    for tick in across.ticks() {
        let (at, bottom, label) = (x(tick), HEIGHT - BOTTOM, number(tick));
        text.extend([
            format!(r##"<line x1="{at:.1}" y1="{TOP}" x2="{at:.1}" y2="{bottom}" stroke="#ddd"/>"##),
            format!(r#"<text x="{at:.1}" y="{:.1}" text-anchor="middle">{label}</text>"#, bottom + 16.0),
            "\n".to_owned(),
        ]);
    }
    for tick in up.ticks() {
        let (at, right, label) = (y(tick), WIDTH - RIGHT, number(tick));
        text.extend([
            format!(r##"<line x1="{LEFT}" y1="{at:.1}" x2="{right}" y2="{at:.1}" stroke="#ddd"/>"##),
            format!(r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{label}</text>"#, LEFT - 6.0, at + 4.0),
            "\n".to_owned(),
        ]);
    }
    for (curve, colour) in plot.curves.iter().zip(COLOURS.iter().cycle()) {
        let points: Vec<String> =
            curve.points.iter().map(|(across, up)| format!("{:.1},{:.1}", x(*across), y(*up))).collect();
        writeln!(
            text,
            r#"<polyline fill="none" stroke="{colour}" stroke-width="2" points="{}"/>"#,
            points.join(" ")
        )
        .ok();
    }
    legend(&mut text, &plot.curves);
    text.push_str("</svg>\n");
    Some(text)
}

fn open(text: &mut String, plot: &Plot) {
    let middle = (LEFT + WIDTH - RIGHT) / 2.0;
    text.extend([
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">"#
        ),
        "\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n".to_owned(),
        format!(r#"<text x="{LEFT}" y="18" font-size="14">{}</text>"#, escaped(&plot.title)),
        format!(
            r#"<text x="{middle}" y="{}" text-anchor="middle">{}</text>"#,
            HEIGHT - 14.0,
            escaped(&plot.across)
        ),
        format!(
            r#"<text transform="translate(14 {}) rotate(-90)" text-anchor="middle">{}</text>"#,
            (TOP + HEIGHT - BOTTOM) / 2.0,
            escaped(&plot.up)
        ),
        "\n".to_owned(),
    ]);
}

fn legend(text: &mut String, curves: &[Curve]) {
    let mut at = LEFT;
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        text.extend([
            format!(
                r#"<line x1="{at}" y1="32" x2="{}" y2="32" stroke="{colour}" stroke-width="3"/>"#,
                at + 18.0
            ),
            format!(r#"<text x="{}" y="36">{}</text>"#, at + 24.0, escaped(&curve.name)),
            "\n".to_owned(),
        ]);
        at += 44.0 + 7.0 * curve.name.chars().count() as f64;
    }
}

/// One axis: from where to where.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Axis {
    from: f64,
    to: f64,
    scale: Scale,
}

impl Axis {
    fn of(values: impl Iterator<Item = f64>, scale: Scale) -> Self {
        let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            from = from.min(value);
            to = to.max(value);
        }
        match scale {
            Scale::Linear => {
                let step = step(to - from.min(0.0));
                Self { from: from.min(0.0), to: ((to / step).ceil() * step).max(step), scale }
            }
            Scale::Logarithmic => {
                let (from, to) = (from.max(0.001).log10().floor(), to.max(0.001).log10().ceil());
                Self { from, to: if to > from { to } else { from + 1.0 }, scale }
            }
        }
    }

    /// Where a value lies, from 0 to 1.
    fn part(self, value: f64) -> f64 {
        let value = match self.scale {
            Scale::Linear => value,
            Scale::Logarithmic => value.max(0.001).log10(),
        };
        ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }

    fn ticks(self) -> Vec<f64> {
        match self.scale {
            Scale::Linear => {
                let step = step(self.to - self.from);
                let first = (self.from / step).ceil();
                let tick = |at: u32| (first + f64::from(at)) * step;
                (0..20).map(tick).take_while(|tick| *tick <= self.to + step / 1e6).collect()
            }
            Scale::Logarithmic => {
                let tick = |at: u32| self.from + f64::from(at);
                let all = (0..20).map(tick).take_while(|tick| *tick <= self.to + 1e-6);
                all.map(|power| 10f64.powf(power)).collect()
            }
        }
    }
}

/// A round distance of which a handful make up a length.
fn step(length: f64) -> f64 {
    let rough = (length / 5.0).max(f64::MIN_POSITIVE);
    if !rough.is_finite() || length <= 0.0 {
        return 1.0;
    }
    let magnitude = 10f64.powf(rough.log10().floor());
    let round = [1.0, 2.0, 5.0].into_iter().find(|round| round * magnitude >= rough).unwrap_or(10.0);
    round * magnitude
}

fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_ticks() {
        let ticks = |values: &[f64], scale| Axis::of(values.iter().copied(), scale).ticks();
        assert_eq!(ticks(&[0.0, 9.0], Scale::Linear), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(&[3.0, 700.0], Scale::Logarithmic), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(ticks(&[0.0], Scale::Linear).last(), Some(&1.0), "a curve of zeros");
        assert_eq!(ticks(&[10.0], Scale::Logarithmic), [10.0, 100.0], "a single value");
    }

    #[test]
    fn points_lie_between_the_axes() {
        let axis = Axis::of([1.0, 1_000.0].into_iter(), Scale::Logarithmic);
        assert!((axis.part(10.0) - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!((axis.part(0.0), axis.part(1e9)), (0.0, 1.0));
    }

    #[test]
    fn a_picture() {
        let curve =
            |name: &str, points: &[(f64, f64)]| Curve { name: name.to_owned(), points: points.to_vec() };
        let mut plot = Plot {
            title: "a < b".to_owned(),
            across: "seconds".to_owned(),
            up: "requests".to_owned(),
            scale: Scale::Linear,
            curves: vec![curve("flux", &[(0.0, 0.0), (10.0, 100.0)]), curve("none", &[])],
        };
        let text = draw(&plot).expect("points");
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"), "{text}");
        assert!(text.contains("a &lt; b") && text.contains(r#"points="70.0,368.0 700.0,44.0""#), "{text}");
        plot.curves.remove(0);
        assert_eq!(draw(&plot), None, "nothing to draw");
    }
}
